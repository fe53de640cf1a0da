"""Sora Bot: everything but the slash commands, which are in `cogs`."""
