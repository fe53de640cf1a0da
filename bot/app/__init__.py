"""The bot as a whole: what it is built of, what a process of each role runs, and in which order it starts and stops."""
