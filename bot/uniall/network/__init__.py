"""Requests to UniAll and what came back: connections, addresses, one request and its answer, waiting."""
