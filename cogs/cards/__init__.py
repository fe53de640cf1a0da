"""The messages about a generation: its status card, its result, what changed against its parent."""
