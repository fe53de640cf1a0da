"""The database: all SQL, its migrations, backup, restore and audit."""
