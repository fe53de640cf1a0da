"""The processes that share a database, their shards, and what they watch."""
