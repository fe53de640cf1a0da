"""The messages about a generation: its status card, its result, and what it changed against its parent."""
