"""The PostgreSQL engine: many connections, row locks, named locks; its dialect and its schema.

Nothing outside of this package imports psycopg, and this package is only imported where an address names PostgreSQL.
"""
