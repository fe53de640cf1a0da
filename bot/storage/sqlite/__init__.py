"""The SQLite engine: one file, one connection that writes, one that reads; its lock and its schema."""
