"""What use cases and workers share while the bot runs: context, clocks, wake signals, background tasks, failpoints."""
