"""Versions, forms and what members keep."""
