"""Sums up a server's videos in SQLite, so that a report of a million takes no more memory than one of ten."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from bot.domain.quota.spending import DELETED, Sums, Tally
from bot.storage.columns import to_ms, total
from bot.storage.database import Database, Row

_TALLY = "done, running, lost, used, held, used_estimated, held_estimated"
_SUMS = ", ".join(total(name, name) for name in _TALLY.split(", "))
_DEAREST = f"""
    SELECT '{{of}}' AS of, {{of}} AS name, count(*) OVER () AS count, {_TALLY}
    FROM (SELECT {{of}}, {_SUMS} FROM cell GROUP BY {{of}} HAVING sum(done) + sum(running) > 0) AS grouped
    ORDER BY used + held DESC, done DESC, {{of}} LIMIT :{{of}}s
"""


def _question(days: int) -> str:
    """Return the query for so many days. Needs :bound0 and so on: where each begins, and where the last one ends.

    The rows are read three times, in index order: grouping once by day, member and model would need a larger sort.
    """
    bounds = ", ".join(f"({n}, CAST(:bound{n} AS BIGINT), CAST(:bound{n + 1} AS BIGINT))" for n in range(days))
    return f"""
WITH day (number, starts, ends) AS (VALUES {bounds}),
cell AS NOT MATERIALIZED (
    SELECT number,
        CASE WHEN forget = 1 THEN '{DELETED}' ELSE member_id END AS member,
        CASE WHEN forget = 1 THEN '{DELETED}' ELSE family END AS model,
        CASE WHEN state = 'succeeded' THEN 1 ELSE 0 END AS done,
        CASE WHEN finished_at IS NULL THEN 1 ELSE 0 END AS running,
        CASE WHEN state IN ('failed', 'cancelled') THEN 1 ELSE 0 END AS lost,
        CASE WHEN state = 'succeeded' THEN price_micros ELSE 0 END AS used,
        CASE WHEN finished_at IS NULL THEN price_micros ELSE 0 END AS held,
        CASE WHEN state = 'succeeded' THEN estimate ELSE 0 END AS used_estimated,
        CASE WHEN finished_at IS NULL THEN estimate ELSE 0 END AS held_estimated
    FROM day CROSS JOIN generation
    WHERE guild_id = :guild AND accepted_at >= starts AND accepted_at < ends AND joined IS NULL
)
SELECT 'day' AS of, CAST(number AS TEXT) AS name, 0 AS count, {_SUMS} FROM cell GROUP BY number
UNION ALL SELECT * FROM ({_DEAREST.format(of="member")}) AS members
UNION ALL SELECT * FROM ({_DEAREST.format(of="model")}) AS models
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
        values = {
            "guild": guild_id,
            "members": members,
            "models": models,
            **{f"bound{number}": at for number, at in enumerate(bounds)},
        }
        async with self.summing:
            found = await self.db.read_apart(_question(len(bounds) - 1), values)
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
