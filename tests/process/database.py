"""What the database says, as named questions: the one place of the black-box tests that knows it is SQLite.

Each question opens the file, reads and closes it, so that the bot may run, stop or be killed meanwhile. Times are milliseconds
UTC. With `server` a question concerns that server only.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRow:
    """One job. `job_id`: UniAll's; `hold`: why it waits; `fault`: why it failed."""

    id: str
    member_id: str
    prompt: str
    state: str
    fault: str | None
    hold: str | None
    job_id: str | None
    interaction_id: str
    card_message_id: str | None
    image_file: str | None
    image_url: str | None
    video_file: str | None
    model: str
    price_micros: int
    version: int
    progress: int | None
    attempts: int
    accepted_at: int
    due_at: int
    rendered_at: int | None
    finished_at: int | None
    missing_since: int | None
    card_due_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One post. `message_id`: where it was made; `member_id`: whose video it is."""

    generation_id: str
    member_id: str
    state: str
    channel_id: str
    message_id: str | None


@dataclass(frozen=True, slots=True)
class Rows:
    """Questions to one database file."""

    path: Path
    server: str | None = None

    def generations(self, prompt: str | None = None, *, member: str | None = None) -> list[GenerationRow]:
        """Jobs in the order of their acceptance; of one prompt, of one member."""
        columns = ", ".join(GenerationRow.__dataclass_fields__)
        sql = (
            f"SELECT {columns} FROM generation"  # noqa: S608 - names of this module
            " WHERE (?1 IS NULL OR prompt = ?1) AND (?2 IS NULL OR member_id = ?2) ORDER BY accepted_at, id"
        )
        names = tuple(GenerationRow.__dataclass_fields__)
        return [GenerationRow(**dict(zip(names, row, strict=True))) for row in self.select(sql, prompt, member)]

    def running(self) -> list[GenerationRow]:
        """Jobs that have not ended."""
        return [job for job in self.generations() if job.finished_at is None]

    def deliveries(self) -> list[DeliveryRow]:
        """Posts, the one that was queued first first."""
        sql = (
            "SELECT generation_id, member_id, delivery.state, delivery.channel_id, message_id FROM delivery"
            " JOIN generation ON generation.id = generation_id ORDER BY queued_at"
        )
        names = tuple(DeliveryRow.__dataclass_fields__)
        return [DeliveryRow(**dict(zip(names, row, strict=True))) for row in self.select(sql)]

    def drafts(self) -> str:
        """Everything that is kept of open forms, as text."""
        return str(self.select("SELECT * FROM draft"))

    def changes(self) -> int:
        """How many changes the audit log has."""
        return self.select("SELECT count(*) FROM change")[0][0]

    def rules(self) -> int:
        """How many quota rules there are."""
        return self.select("SELECT count(*) FROM rule")[0][0]

    def entries(self, member: str) -> list[str]:
        """The kinds of a member's ledger entries, in order."""
        sql = (
            "SELECT kind FROM entry JOIN reservation ON reservation.id = reservation_id"
            " WHERE member_id = ? ORDER BY entry.id"
        )
        return [kind for (kind,) in self.select(sql, member)]

    def balance(self, *, per: str, scope: str = "member", member: str | None = None) -> tuple[int, int]:
        """Videos used and videos held in one kind of window, of all members or of one."""
        sql = (
            "SELECT coalesce(sum(used_videos), 0), coalesce(sum(held_videos), 0) FROM balance"
            " WHERE per = ?1 AND scope = ?2 AND (?3 IS NULL OR member_id = ?3)"
        )
        [(used, held)] = self.select(sql, per, scope, member)
        return used, held

    def select(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query. For this module, and for tests whose question has no name yet."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as database:
            if self.server:
                _narrow(database, self.server, sql)
            return database.execute(sql, values).fetchall()

    def change(self, sql: str, *values: object) -> None:
        """Change the database from outside."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute(sql, values)


def _narrow(database: sqlite3.Connection, guild_id: str, sql: str) -> None:
    """Let each table that `sql` names show what belongs to one server only: a view in front of it, gone with it."""
    jobs = f"SELECT id FROM main.generation WHERE guild_id = '{guild_id}'"  # noqa: S608
    tables = database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        if table not in sql:
            continue
        columns = {name for _, name, *_ in database.execute(f"PRAGMA main.table_info({table})")}
        if "guild_id" in columns:
            part = f"guild_id = '{guild_id}'"
        elif "generation_id" in columns:
            part = f"generation_id IN ({jobs})"
        else:
            continue
        database.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE {part}")  # noqa: S608
