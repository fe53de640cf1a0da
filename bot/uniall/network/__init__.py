"""Requests to UniAll and their answers: connections, allowed addresses, one exchange, waiting times."""
