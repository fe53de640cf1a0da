"""Limits, rules, grants and the ledger: what a member may use, what is held, and what was spent."""
