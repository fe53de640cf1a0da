"""The commands of `sora-bot`, one file each. Invalid settings end each of them in the same way."""
