"""What a process has from its machine, for every part of the bot: clocks, ids, files, log, signals, background tasks."""
