"""Prometheus metrics: every series (`series`), and what records them (`recorder`)."""
