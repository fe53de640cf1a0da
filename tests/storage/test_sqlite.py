"""SQLite keeps the promises of every store."""

import pytest

from tests.storage.conformance import StoreConformance

pytestmark = pytest.mark.asyncio(loop_scope="module")


class TestSqlite(StoreConformance): ...
