"""Many jobs as a report reads them, written straight into a database, without their ledger."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bot.domain.generation import ENDED, State
from bot.domain.quota.spending import UsageRow
from bot.storage.columns import to_ms
from tests.storage.empty import put_empty


def put_jobs(path: Path, rows: Sequence[UsageRow]) -> None:
    """A new database with just these jobs, all of the server "guild"."""
    put_empty(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.executemany(
            "INSERT INTO generation (id, interaction_id, guild_id, channel_id, member_id, prompt, family, model, format,"
            " orientation, seconds, price_micros, state, accepted_at, due_at, root_id, forget, finished_at, estimate)"
            " VALUES (?, ?, 'guild', '4', ?, ?, ?, 'm', 'task', 'landscape', ?, ?, ?, ?, 0, ?, ?, ?, ?)",
            [
                (
                    *(one.generation_id, one.generation_id, one.member_id, one.prompt, one.family, one.seconds),
                    *(one.price_micros, one.state, to_ms(one.accepted_at), one.generation_id, one.member_id == "3"),
                    1 if State(one.state) in ENDED else None,
                    one.estimate,
                )
                for one in rows
            ],
        )
        database.commit()
