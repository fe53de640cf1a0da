"""Does accepting a job cost more with a million ledger entries than with ten?

    python -m benchmarks.quota_check [--entries 1000000] [--rounds 1000] [--folder PLACE]

Builds two databases by bulk SQL, one with ten entries and one with a million (many members and windows, jobs posted and
voided over a year), proves both with the audit of `sora-bot db verify`, then accepts jobs on them in turns, under rules of
every kind, a grant, settings and a budget. Prints the median of each and, for a busy machine, the median ratio of a round, in
which both take their turn: as the bot runs, every commit on the disk, and once more without waiting for the disk, where
nothing hides the cost of the check itself. Takes about two minutes and a gigabyte of disk.
"""

# ruff: noqa: S608 - the SQL is put together from this file's own constants

import argparse
import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.domain.generation import Generation, Orientation, State
from bot.domain.moderation.audit import Actor, AuditAction, SettingsEdit
from bot.domain.moderation.guild_settings import Setting, ZoneChange
from bot.domain.provider import Format
from bot.domain.queue.admission import AdmissionPolicy
from bot.domain.quota.limits import Limit, Per, Scope, Unit
from bot.domain.quota.rules import Rule, Subject
from bot.storage.columns import to_ms
from bot.storage.opening import upgrade
from bot.storage.quota.ledger_audit import CELL, COUNTED
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.storage.sqlite_parts import sqlite

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
YEAR = 365 * 24 * 3_600_000
MEMBERS = 5_000
GUILD = "guild"
MODERATOR = Actor(guild_id=GUILD, actor_id="mod", reason="benchmark")
MOST_RATIO = 1.2

# Job n: which member, and when; the newest are of this very hour.
JOBS = f"""
CREATE TEMP TABLE job AS
WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :jobs)
SELECT n, printf('old-%07d', n) AS id, 'member-' || (n * 7919 % {MEMBERS}) AS member_id,
    :now - 60000 - n * ({YEAR} / :jobs) AS at, n % 2 AS posted
FROM number
"""

WINDOWS = """
UPDATE reservation SET hour_at = at - at % 3600000, day_at = at - at % 86400000, week_at = at - (at - 345600000) % 604800000,
    month_at = strftime('%s', at / 1000, 'unixepoch', 'start of month') * 1000
FROM job WHERE job.id = reservation.id
"""

HISTORY = (
    f"""
    INSERT INTO generation (id, interaction_id, guild_id, channel_id, member_id, prompt, family, model, format, orientation,
        seconds, price_micros, state, accepted_at, due_at, submitting_at, submitted_at, finished_at, job_id, fault,
        video_file, video_size, video_type, video_sha256, root_id)
    SELECT id, 'i-' || id, '{GUILD}', 'channel', member_id, 'a cat on a roof', 'Sora 2', 'sora-2', 'task', 'landscape',
        4, 270000, iif(posted, 'succeeded', 'failed'), at, at, at, at, at + 60000, 'j-' || id, iif(posted, NULL, 'lost'),
        iif(posted, id || '.mp4', NULL), 1000, 'video/mp4', '', id FROM job
    """,
    f"""
    INSERT INTO reservation (id, guild_id, member_id, state, videos, seconds, micros, reserved_at, resolved_at)
    SELECT id, '{GUILD}', member_id, iif(posted, 'posted', 'voided'), 1, 4, 270000, at, at + 60000 FROM job
    """,
    """
    INSERT INTO entry (reservation_id, kind, videos, seconds, micros, at)
    SELECT id, 'reserve', 1, 4, 270000, at FROM job
    UNION ALL SELECT id, iif(posted, 'post', 'void'), 1, 4, 270000, at + 60000 FROM job
    """,
    """
    INSERT INTO delivery (id, generation_id, channel_id, state, queued_at, due_at, attempts, message_id, sent_at)
    SELECT 'd-' || id, id, 'channel', 'sent', at + 60000, at + 60000, 1, 'm-' || id, at + 61000 FROM job WHERE posted
    """,
    f"""
    INSERT INTO balance (scope, guild_id, member_id, per, starts_at, used_videos, used_seconds, used_micros)
    SELECT scope, guild_id, member_id, per, starts_at, sum(posted), 4 * sum(posted), 270000 * sum(posted) FROM (
        WITH {CELL} SELECT {COUNTED}, posted FROM reservation JOIN job ON job.id = reservation.id CROSS JOIN cell
    ) GROUP BY scope, guild_id, member_id, per, starts_at
    """,
)


def fill(path: Path, entries: int) -> None:
    """Write the past of a server: half as many jobs as entries, each reserved, then posted or voided."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        connection.execute("BEGIN")
        connection.execute(JOBS, {"jobs": entries // 2, "now": to_ms(NOW)})
        connection.execute("CREATE UNIQUE INDEX temp.job_id ON job (id)")
        first, second, *others = HISTORY
        for sql in (first, second, WINDOWS, *others):
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def moderate(store: SqlStore) -> None:
    """Rules of every kind in several windows, a grant for everybody who asks, a time zone, limits on running jobs."""
    subjects = ((Subject.EVERYONE, ""), (Subject.ROLE, "artist"), (Subject.MEMBER, "member-1"), (Subject.SERVER, ""))
    for subject, of in subjects:
        for unit in Unit:
            for per in Per:
                rule = Rule(
                    id=f"{subject}-{unit}-{per}",
                    guild_id=GUILD,
                    subject=subject,
                    subject_id=of,
                    amount=10**15,
                    unit=unit,
                    per=per,
                )
                await store.set_rule(MODERATOR, rule, now=NOW)
    for number in range(100):
        await store.grant(MODERATOR, f"member-{number}", Unit.VIDEOS, 5, now=NOW)
    zones = (ZoneChange(NOW, "Europe/Berlin"),)
    limited = SettingsEdit(
        action=AuditAction.SETTING,
        subject_id=Setting.LIMITS,
        apply=lambda old: replace(old, zones=zones, most_running=10),
    )
    await store.change_guild(MODERATOR, limited, now=NOW)


TERMS = AdmissionPolicy(
    role_ids=frozenset({"artist", "patron"}),
    default=(Limit(amount=5, unit=Unit.VIDEOS, per=Per.DAY),),
    budget=(Limit(amount=10**15, unit=Unit.USD, per=Per.DAY, scope=Scope.OPERATOR),),
)


async def accept(store: SqlStore, number: int) -> float:
    """Accept one job and take it back; answers how many seconds the accept took."""
    now = NOW + timedelta(milliseconds=number)
    new = Generation(
        id=f"new-{number}",
        interaction_id=f"new-{number}",
        guild_id=GUILD,
        channel_id="channel",
        member_id=f"member-{number * 31 % MEMBERS}",
        prompt="a cat on a roof",
        family="Sora 2",
        model="sora-2",
        format=Format.TASK,
        orientation=Orientation.LANDSCAPE,
        seconds=4,
        price_micros=270_000,
        state=State.RESERVED,
        accepted_at=now,
        due_at=now,
    )
    began = time.perf_counter()
    placed = await store.accept(new, TERMS, now=now)
    took = time.perf_counter() - began
    assert placed.fresh
    await store.cancel(new.id, now=now)
    return took


async def compare(stores: list[SqlStore], rounds: int, first: int) -> tuple[list[float], float]:
    """The median of each store in milliseconds, and the median over all rounds of the second's time by the first's.

    They take turns, and who begins takes turns too. What else the machine does meanwhile hits both of a round alike.
    """
    times: list[list[float]] = [[] for _ in stores]
    for number in range(first, first + rounds):
        turns = list(range(len(stores)))
        for turn in turns if number % 2 else reversed(turns):
            times[turn].append(await accept(stores[turn], number))
    few, many = times
    ratio = statistics.median(two / one for one, two in zip(few, many, strict=True))
    return [statistics.median(found) * 1000 for found in times], ratio


async def run(folder: Path, entries: int, rounds: int) -> bool:
    """Build, prove, measure, print; answers whether the ratio is within bounds."""
    stores: list[SqlStore] = []
    try:
        for count in (10, entries):
            path = folder / f"{count}.db"
            began = time.perf_counter()
            await upgrade(path)
            fill(path, count)
            wrong = await differences(path)
            assert wrong == [], wrong[:3]
            size = path.stat().st_size / 1e6
            print(f"{count:>9,} entries: built and proved in {time.perf_counter() - began:.0f} s, {size:,.0f} MB")
            stores.append(await SqlStore.open(path))
            await moderate(stores[-1])
        await compare(stores, 50, 0)  # warm
        within = True
        for number, (mode, what) in enumerate((("FULL", "as the bot runs"), ("OFF", "without the disk"))):
            for store in stores:
                await sqlite(store)._writer.fetch(f"PRAGMA synchronous = {mode}")
            (few, many), ratio = await compare(stores, rounds, 1_000_000 * (number + 1))
            print(
                f"{what}: median accept {few:.3f} ms with 10, {many:.3f} ms with {entries:,}: {many / few:.3f} times;"
                f" ratio of a round {ratio:.3f}"
            )
            within = within and ratio <= MOST_RATIO
        return within
    finally:
        for store in stores:
            await store.close()


def main() -> int:
    """Exit 0 when both ratios of a round are at most 1.2."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=None)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        within = asyncio.run(run(Path(folder), chosen.entries, chosen.rounds))
    print(f"at most {MOST_RATIO}: {'yes' if within else 'NO'}")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
