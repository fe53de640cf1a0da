"""Quotas and what was spent."""
