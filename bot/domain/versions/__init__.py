"""Versions of a video: their families, who may read which, and chains that are joined."""
