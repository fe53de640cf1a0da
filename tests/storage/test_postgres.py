"""PostgreSQL keeps the promises of every store."""

from tests.storage.conformance import StoreConformance

ENGINES = ("postgresql",)


class TestPostgres(StoreConformance): ...
