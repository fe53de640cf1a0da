"""What the benchmarks put around a bot: a lean Discord, a lean UniAll, and a bot of a few lines to compare with.

Each is a process of its own, so that its work is not counted as the bot's. They check nothing: the tests do that.
"""
