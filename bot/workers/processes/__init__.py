"""This process among others: its heartbeat, its turn as leader, its shards."""
