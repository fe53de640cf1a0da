"""The processes that share a database: their rows and leases, their shards, and what all of them are to know."""
