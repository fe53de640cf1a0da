"""The processes, and what they measure."""
