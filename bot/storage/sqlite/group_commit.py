"""Several transactions with one commit: what they wrote is on the disk before any of them is answered.

Each stays whole or absent by itself, by a savepoint: one that fails changes nothing for the others. Where SQLite ends the
transaction of all (on a full or failing disk), or does not take the commit, each runs again in a transaction of its own.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.storage.database import Work
from bot.storage.sqlite.connection import SqliteWriting, run_through
from bot.storage.sqlite.kept_reads import KeptReads


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one transaction: its result, or the error for which nothing of it happened."""

    result: Any = None
    error: BaseException | None = None


class _Ended(Exception):
    """SQLite has ended the common transaction."""


class GroupCommit:
    """The writer's commits. Its methods run in the connection's thread, one after the other."""

    def __init__(self) -> None:
        self._kept = KeptReads()
        self._version = 0  # of the file, which only changes where something else writes it

    def run(self, connection: sqlite3.Connection, works: Sequence[Work[Any]], written: set[str]) -> list[Outcome]:
        """Run these transactions in their order. Each is committed where its outcome has no error.

        written: takes the names of the tables that they have written, or may have.
        """
        try:
            if len(works) > 1:
                with suppress(_Ended, sqlite3.Error):
                    return self._together(connection, works, written)
            return [self._alone(connection, work, written) for work in works]
        finally:
            self._kept.drop(written)

    def _alone(self, connection: sqlite3.Connection, work: Work[Any], written: set[str]) -> Outcome:
        try:
            self._begin(connection)
            result = run_through(work(SqliteWriting(connection, written, self._kept)))
            connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - it is raised where the transaction was asked for
            _roll_back(connection)
            return Outcome(error=error)
        return Outcome(result=result)

    def _together(self, connection: sqlite3.Connection, works: Sequence[Work[Any]], written: set[str]) -> list[Outcome]:
        """Raises _Ended or sqlite3.Error where none of them is committed."""
        try:
            self._begin(connection)
            outcomes = [self._within(connection, work, written) for work in works]
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise
        return outcomes

    def _within(self, connection: sqlite3.Connection, work: Work[Any], written: set[str]) -> Outcome:
        connection.execute("SAVEPOINT one")
        try:
            result = run_through(work(SqliteWriting(connection, written, self._kept)))
        except BaseException as error:
            if not connection.in_transaction:
                raise _Ended from error
            connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
            return Outcome(error=error)
        connection.execute("RELEASE one")
        return Outcome(result=result)

    def _begin(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:  # a failing disk may not even have allowed the last rollback
            connection.rollback()
        connection.execute("BEGIN IMMEDIATE")
        [[version]] = connection.execute("PRAGMA data_version").fetchall()
        if version != self._version:  # some other program, which should not
            self._kept.drop_all()
            self._version = version


def _roll_back(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        connection.rollback()
