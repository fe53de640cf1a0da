"""What the commands of `sora-bot` do, one file each. Invalid settings end each of them in the same way."""
