"""Fetching a finished video into a file, and whether its link may be given away."""
