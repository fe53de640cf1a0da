"""The database: all SQL, its migrations, backup, restore and audit.

The statements are written in words that PostgreSQL takes, and SQLite after a small step of its adapter; `database` is what
they ask of an engine. What only SQLite has (the connection, the lock, the schema's versions, backup and restore) is in `sqlite`;
another engine is a folder beside it, and `opening` chooses by the address.
"""
