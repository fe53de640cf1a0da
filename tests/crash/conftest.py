"""A storm's bot has a database of the engine under test, as those of `tests/process`."""

from tests.process.conftest import database_server

__all__ = ["database_server"]
