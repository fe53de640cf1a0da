"""What the database says, as named questions: the one place of the black-box tests that knows SQLite's file
(`postgres_rows` asks PostgreSQL the same).

Each question opens the file, reads and closes it, so that the bot may run, stop or be killed meanwhile. Times are milliseconds
UTC. With `server` a question concerns that server only.
"""

import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

_HEAD = 48  # bytes
_LATEST: dict[tuple[object, ...], tuple[object, list[tuple[Any, ...]]]] = {}

_UNFINISHED = """
SELECT (SELECT count(*) FROM generation WHERE finished_at IS NULL)
    + (SELECT count(*) FROM delivery WHERE state IN ('queued', 'sending'))
    + (SELECT count(*) FROM failure_notice WHERE state IN ('queued', 'sending'))
    + (SELECT count(*) FROM joining WHERE state IN ('queued', 'failed', 'removing'))
    + (SELECT count(*) FROM generation WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL)
    + (SELECT count(*) FROM value WHERE name LIKE 'reply:%')
"""

# Each names what is left without an owner, in its only column.
_LOOSE_ENDS = (
    "SELECT 'generation ' || id || ' is still ' || state FROM generation"
    " WHERE state NOT IN ('succeeded', 'failed', 'cancelled')",
    "SELECT 'generation ' || id || ' is leased' FROM generation WHERE lease_owner IS NOT NULL OR lease_until IS NOT NULL",
    "SELECT 'reservation ' || id || ' is pending' FROM reservation WHERE state = 'pending' OR resolved_at IS NULL",
    "SELECT 'delivery ' || id || ' is ' || state FROM delivery WHERE state NOT IN ('sent', 'undeliverable')",
    "SELECT 'join ' || id || ' is ' || state FROM joining WHERE state IN ('queued', 'failed', 'removing')",
    "SELECT 'delivery ' || id || ' is leased' FROM delivery WHERE lease_owner IS NOT NULL OR lease_until IS NOT NULL",
    "SELECT 'notice of ' || generation_id || ' is ' || state FROM failure_notice"
    " WHERE state NOT IN ('sent', 'dropped') OR lease_owner IS NOT NULL OR lease_until IS NOT NULL",
    "SELECT 'card of ' || id || ' is out of date' FROM generation"
    " WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL",
    "SELECT per || ' of ' || scope || ' holds ' || held_videos FROM balance"
    " WHERE held_videos <> 0 OR held_seconds <> 0 OR held_micros <> 0",
    "SELECT 'nobody completes ' || name FROM value WHERE name LIKE 'reply:%'",
)

# What a button or a form may change.
_PRESSED = (
    "SELECT id, state, forget FROM generation ORDER BY id",
    "SELECT id, state, removed_at FROM delivery ORDER BY id",
    "SELECT * FROM entry ORDER BY 1",
    "SELECT * FROM report ORDER BY 1",
    "SELECT * FROM rule ORDER BY 1",
)


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
    channel_id: str
    card_message_id: str | None
    image_file: str | None
    image_url: str | None
    end_image_url: str | None
    avoid: str | None
    style: str | None
    style_text: str | None
    origins: str
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

    def card_waits(self) -> bool:
        """Whether Discord has refused the last edit of its card, so that the next one is half a minute away or more."""
        return bool(self.card_due_at and self.finished_at and self.card_due_at > self.finished_at + 30_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One post. `message_id`: where it was made; `member_id`: whose video it is."""

    generation_id: str
    member_id: str
    state: str
    channel_id: str
    message_id: str | None
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One change of the audit log. `before`, `after`: as they are stored."""

    actor_id: str
    subject_id: str | None
    before: str
    after: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Rows:
    """Questions to one database: here a SQLite file, in `postgres_rows` a PostgreSQL database."""

    path: Path | str
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

    def in_state(self, state: str) -> list[GenerationRow]:
        """Jobs of which that is the state."""
        return [job for job in self.generations() if job.state == state]

    def images(self) -> set[str]:
        """The files of reference images that jobs have."""
        return {job.image_file for job in self.generations() if job.image_file}

    def deliveries(self) -> list[DeliveryRow]:
        """Posts, the one that was queued first first."""
        sql = (
            "SELECT generation_id, member_id, delivery.state, delivery.channel_id, message_id, delivery.attempts"
            " FROM delivery JOIN generation ON generation.id = generation_id ORDER BY queued_at"
        )
        names = tuple(DeliveryRow.__dataclass_fields__)
        return [DeliveryRow(**dict(zip(names, row, strict=True))) for row in self.select(sql)]

    def delivery_of(self, generation_id: str) -> DeliveryRow:
        """The one post of a job."""
        [found] = [post for post in self.deliveries() if post.generation_id == generation_id]
        return found

    def posting(self) -> list[DeliveryRow]:
        """Posts that are still to be made."""
        return [post for post in self.deliveries() if post.state in ("queued", "sending")]

    def undeliverable(self, prompt: str) -> list[GenerationRow]:
        """Jobs of one prompt whose post was given up."""
        given_up = {post.generation_id for post in self.deliveries() if post.state == "undeliverable"}
        return [job for job in self.generations(prompt) if job.id in given_up]

    def at_rest(self) -> bool:
        """Whether there is a database, and nothing in it is left to do."""
        return self.exists() and self.select(_UNFINISHED) == [(0,)]

    def deferred(self) -> int:
        """How many members see "thinking…" for now."""
        [(count,)] = self.select("SELECT count(*) FROM value WHERE name LIKE 'reply:%'")
        return count

    def exists(self) -> bool:
        """Whether there is a database."""
        return Path(self.path).exists()

    def loose_ends(self) -> list[str]:
        """Everything that nobody will ever finish; empty where all is well and has come to rest."""
        return [text for question in _LOOSE_ENDS for [text] in self.select(question)]

    def pressed(self) -> list[list[tuple[Any, ...]]]:
        """Everything that a button or a form may change, to compare."""
        return [self.select(question) for question in _PRESSED]

    def drafts(self) -> str:
        """Everything that is kept of open forms, as text."""
        return str(self.select("SELECT * FROM draft"))

    def newest_question(self) -> str:
        """The id of the question that was asked last."""
        [(found,)] = self.select("SELECT id FROM question ORDER BY asked_at DESC LIMIT 1")
        return str(found)

    def questions(self) -> list[tuple[Any, ...]]:
        """What is kept of each question: its wish, its picture, its state."""
        return self.select("SELECT edits, picture, state FROM question ORDER BY state")

    def asks(self, member_id: str) -> bool:
        """Whether anything is kept of a question to this member."""
        return bool(self.select("SELECT 1 FROM question WHERE member_id = ?1", member_id))

    def failure_notices(self, prompt: str) -> list[str]:
        """The states of the messages that tell of failed jobs of this prompt."""
        sql = (
            "SELECT notice.state FROM failure_notice AS notice JOIN generation ON generation.id = generation_id"
            " WHERE prompt = ?1"
        )
        return [str(state) for [state] in self.select(sql, prompt)]

    def changes(self) -> int:
        """How many changes the audit log has."""
        return self.select("SELECT count(*) FROM change")[0][0]

    def audit(self, action: str | None = None) -> list[ChangeRow]:
        """The changes of the audit log in order; of one kind."""
        names = tuple(ChangeRow.__dataclass_fields__)
        sql = f"SELECT {', '.join(names)} FROM change WHERE ?1 IS NULL OR did = ?1 ORDER BY id"  # noqa: S608 - names of this module
        return [ChangeRow(**dict(zip(names, row, strict=True))) for row in self.select(sql, action)]

    def banned_terms(self) -> list[str]:
        """The terms of the word filter, as they were typed."""
        return [term for (term,) in self.select("SELECT item FROM guild_item WHERE kind = 'term'")]

    def zone_changes(self) -> list[str]:
        """The time zones that were chosen."""
        return [zone for (zone,) in self.select("SELECT zone FROM zone_change")]

    def log_channels(self) -> list[str | None]:
        """The log channel of each server that has settings."""
        return [channel for (channel,) in self.select("SELECT log_channel_id FROM guild_setting")]

    def restored_at(self) -> int:
        """When it was restored from a backup."""
        [(value,)] = self.select("SELECT value FROM value WHERE name = 'restored_at'")
        return int(value)

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
        """The rows of a query. For this module, and for tests whose question has no name yet.

        A test that waits asks the same again and again: while nothing is written, it gets the same rows without a query.
        """
        key, version = (self.path, self.server, sql, values), self._version()
        if version is None or _LATEST.get(key, (None, []))[0] != version:
            with self._opened(sql) as database:
                _LATEST[key] = version, database.execute(sql, values).fetchall()
        return list(_LATEST[key][1])

    def contents(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of each of these tables. The file is opened once: that takes longer than to read them."""
        with self._opened(" ".join(tables)) as database:
            return {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in tables}  # noqa: S608

    @contextmanager
    def _opened(self, names: str) -> Generator[sqlite3.Connection]:
        """The file, to read what concerns the server. names: has the names of all tables that are read."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as database:
            if self.server:
                _narrow(database, self.server, names)
            yield database

    def _version(self) -> tuple[bytes, int, int] | None:
        """Another one after every write: the head of SQLite's index of the log. None where nobody has the database open."""
        try:
            with Path(f"{self.path}-shm").open("rb") as index:
                head, file = index.read(_HEAD), Path(self.path).stat()
        except FileNotFoundError:
            return None
        return head, file.st_ino, file.st_mtime_ns

    def change(self, sql: str, *values: object) -> None:
        """Change the database from outside."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute(sql, values)

    def accepted_earlier(self, prompt: str, *, seconds: int) -> None:
        """As if the jobs of this prompt had been accepted so much earlier, and been due."""
        sql = "UPDATE generation SET accepted_at = accepted_at - ?1, due_at = due_at - ?1 WHERE prompt = ?2"
        self.change(sql, seconds * 1000, prompt)

    def asked_earlier(self, *, seconds: int) -> None:
        """As if every open question had been asked so much earlier."""
        self.change("UPDATE question SET asked_at = asked_at - ? WHERE state = 'open'", seconds * 1000)

    def asked_for_less(self, *, micros: int) -> None:
        """As if every open question had shown so much less."""
        self.change("UPDATE question SET price_micros = price_micros - ? WHERE state = 'open'", micros)

    def submitted_earlier(self, *, seconds: float) -> None:
        """As if the submits under way had begun so much earlier."""
        sql = "UPDATE generation SET submitting_at = submitting_at - ?1, sent_there = sent_there - ?1"
        self.change(sql, round(seconds * 1000))

    def submitted_at(self, generation_id: str, at: datetime) -> None:
        """As if this job had been submitted then; its next poll is due, and its card is up to date."""
        sql = "UPDATE generation SET submitted_at = ?, card_due_at = NULL, due_at = 0 WHERE id = ?"
        self.change(sql, round(at.timestamp() * 1000), generation_id)

    def polls_due(self, at: datetime, *, gap: timedelta) -> None:
        """As if the next poll of every job had been set to then, so long after the one before, and nobody were at it."""
        sql = "UPDATE generation SET due_at = ?, gap_ms = ?, lease_owner = NULL, lease_until = NULL"
        self.change(sql, round(at.timestamp() * 1000), gap // timedelta(milliseconds=1))

    def finished_earlier(self, *, seconds: int) -> None:
        """As if all jobs had ended so much earlier."""
        self.change("UPDATE generation SET finished_at = finished_at - ?", seconds * 1000)

    def cards_due(self) -> None:
        """Every card is to be brought up to date now."""
        self.change("UPDATE generation SET card_due_at = 1")

    def tried_for_a_day(self) -> None:
        """Whatever is under way has been tried for a day, and UniAll has not known some jobs for minutes. No bot may run."""
        now = int(time.time() * 1000)
        self.change("UPDATE generation SET tried_ms = 86400000")
        self.change("UPDATE delivery SET tried_ms = 86400000")
        sql = "UPDATE generation SET missing_since = ?, due_at = ?, gap_ms = 0 WHERE missing_since IS NOT NULL"
        self.change(sql, now - 180_000, now)

    def backdate(self, *, hours: int = 25) -> None:
        """As if the bot had not run for so long: everything began earlier than it did, and is due. It must not be running."""
        times = ("accepted_at", "submitting_at", "submitted_at", "rendered_at", "finished_at", "missing_since")
        sets = ", ".join(f"{name} = {name} - ?1" for name in times)
        self.change(f"UPDATE generation SET {sets}, due_at = 0", hours * 3_600_000)  # noqa: S608 - names of this module
        self.change(
            "UPDATE delivery SET queued_at = queued_at - ?, due_at = 0 WHERE state = 'queued'", hours * 3_600_000
        )
        self.change("UPDATE pause SET until = until - ?", hours * 3_600_000)  # which processes that share it keep

    def lose_deliveries(self) -> None:
        """Every post is forgotten, as no bot would do."""
        self.change("DELETE FROM delivery")

    @contextmanager
    def locked(self) -> Generator[None]:
        """A program that looks into databases holds a transaction open."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield


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
