"""What the commands of `sora-bot` do, one file each. Settings that cannot be read end every one of them the same way."""
