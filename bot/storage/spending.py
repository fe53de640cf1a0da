"""Sums up a server's videos in SQLite, so that a report of a million takes no more memory than one of ten."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from bot.domain.quota.spending import DELETED, Sums, Tally
from bot.storage.columns import to_ms
from bot.storage.sqlite.connection import Row
from bot.storage.sqlite.database import Database

_TALLY = "done, running, lost, used, held, used_estimated, held_estimated"
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in _TALLY.split(", "))
_DEAREST = f"""
    SELECT '{{of}}' AS of, {{of}} AS name, count(*) OVER () AS count, {_TALLY}
    FROM (SELECT {{of}}, {_SUMS} FROM cell GROUP BY {{of}} HAVING sum(done) + sum(running) > 0)
    ORDER BY used + held DESC, done DESC, {{of}} LIMIT :{{of}}s
"""

# The rows are read three times, in index order: grouping once by day, member and model would need a larger sort.
_QUESTION = f"""
WITH day (number, starts, ends) AS (SELECT key, value ->> 0, value ->> 1 FROM json_each(:days)),
cell AS NOT MATERIALIZED (
    SELECT number, iif(forget, '{DELETED}', member_id) AS member, iif(forget, '{DELETED}', family) AS model,
        state = 'succeeded' AS done, finished_at IS NULL AS running, state IN ('failed', 'cancelled') AS lost,
        iif(state = 'succeeded', price_micros, 0) AS used, iif(finished_at IS NULL, price_micros, 0) AS held,
        estimate AND state = 'succeeded' AS used_estimated, estimate AND finished_at IS NULL AS held_estimated
    FROM day CROSS JOIN generation INDEXED BY generation_guild
        ON guild_id = :guild AND accepted_at >= starts AND accepted_at < ends AND joined IS NULL
)
SELECT 'day' AS of, number AS name, 0 AS count, {_SUMS} FROM cell GROUP BY number
UNION ALL SELECT * FROM ({_DEAREST.format(of="member")})
UNION ALL SELECT * FROM ({_DEAREST.format(of="model")})
"""


class SpendingQueries:
    """The part of the store for `/quota report`."""

    db: Database
    summing: asyncio.Semaphore

    async def sums(self, guild_id: str, days: Sequence[datetime], *, members: int, models: int) -> Sums:
        """See `SpendingStore.sums`. It uses a connection of its own, so that other reads do not wait for it.

        A report of half a million videos is seconds of work for a processor: others of the same time wait for their turn.
        """
        bounds = [*map(to_ms, days[:-1]), 2**62]  # after a clock was set back, some may be dated after today
        values = {"guild": guild_id, "days": json.dumps(list(pairwise(bounds))), "members": members, "models": models}
        async with self.summing:
            found = await self.db.read_apart(_QUESTION, values)
        by_member, by_model = ([row for row in found if row["of"] == of] for of in ("member", "model"))
        return Sums(
            days={int(row["name"]): _tally(row) for row in found if row["of"] == "day"},
            members=tuple((row["name"], _tally(row)) for row in by_member),
            member_count=by_member[0]["count"] if by_member else 0,
            models=tuple((row["name"], _tally(row)) for row in by_model),
            model_count=by_model[0]["count"] if by_model else 0,
        )


def _tally(row: Row) -> Tally:
    return Tally(**{name: row[name] for name in _TALLY.split(", ")})
