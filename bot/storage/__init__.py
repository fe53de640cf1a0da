"""The database: all SQL, its migrations, backup, restore and audit.

The statements are written in words that SQLite and PostgreSQL both take. What only SQLite has (the connection, the lock, the
schema's versions) is in `sqlite`: another engine is a folder beside it, and is chosen where `SqliteStore.open` is called.
"""
