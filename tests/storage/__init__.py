"""The database: one suite that every store passes, and what only SQLite promises."""

import pytest

pytest.register_assert_rewrite("tests.storage.conformance")
