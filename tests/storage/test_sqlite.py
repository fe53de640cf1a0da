"""SQLite keeps the promises of every store."""

from tests.storage.conformance import StoreConformance


class TestSqlite(StoreConformance): ...
