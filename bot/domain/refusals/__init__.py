"""Refusals: every code, and what its sentence needs to know."""
