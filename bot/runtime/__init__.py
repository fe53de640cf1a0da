"""What use cases and workers share while the bot runs: their context, clocks, wake signals, background tasks,
failpoints.
"""
