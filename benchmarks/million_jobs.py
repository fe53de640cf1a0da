"""How the bot does with a million jobs behind it: how long commands take, what holds its event loop, how much memory it needs.

    python -m benchmarks.million_jobs [--jobs 1000000] [--rounds 40] [--folder PLACE]

Builds a database by bulk SQL (one server, five thousand members, one of them with a fourteenth of all jobs, a family of five
thousand versions, a year of days) and keeps it in the folder for a day. Then starts the real bot on a copy of it, between a
Discord and a UniAll on loopback, once for each command, and prints the median and the 99th percentile of its answers, the
longest stall of the event loop by the bot's own metric (with the processor time that the bot itself used meanwhile: on a
busy machine a loop is late without having done anything), and the peak of its memory. The first line is the start itself.
About five minutes, two of them to build, and two gigabytes of disk. Needs what the tests need.
"""

# ruff: noqa: S608 - the SQL is put together from this file's own constants

import argparse
import asyncio
import logging
import re
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bot.storage.columns import to_ms
from bot.storage.opening import upgrade
from bot.storage.sqlite.schema import migrations
from tests.crash.storm import open_studio
from tests.process.conftest import Studio
from tests.standins.discord import Channel, Permission, Person

# Ids that the stand-in gives to its server and to the member with most jobs, whenever it is started.
FIRST = 1_900_000_000_000_000_000
GUILD, HEAVY = str(FIRST), str(FIRST + 100)
MEMBERS, FAMILY = 5_000, 5_000
LONGEST = 600.0  # seconds for a file, on a busy machine
YEAR = 365 * 24 * 3_600_000

JOBS = f"""
CREATE TEMP TABLE job AS
WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :jobs)
SELECT n, printf('old%017d', n) AS id, iif(n % 14 = 0, '{HEAVY}', 1800000000000000000 + n * 7919 % {MEMBERS}) AS member_id,
    :now - ({YEAR} / :jobs) * (:jobs - n) AS at, n % 10 < 8 AS posted,
    iif(n > 0 AND n % 14 = 0 AND n / 14 < {FAMILY}, 0, n) AS root
FROM number
"""
ROWS = (
    f"""
    INSERT INTO generation (id, interaction_id, guild_id, channel_id, member_id, prompt, family, model, format, orientation,
        seconds, price_micros, state, accepted_at, due_at, submitting_at, submitted_at, rendered_at, finished_at, job_id,
        fault, video_file, video_size, video_type, video_sha256, parent_id, root_id, version, card_answered)
    SELECT id, 'i' || id, '{GUILD}', '1700000000000000000', member_id,
        'a cat on roof ' || n || ' in the rain, ' || replace(hex(zeroblob(40)), '00', 'and then '), 'Sora 2',
        'sora2-landscape-4s', 'task', 'landscape', 4, 272000, iif(posted, 'succeeded', 'failed'), at, at, at, at, at + 50000,
        at + 60000, 'j' || id, iif(posted, NULL, 'upstream_failed'), iif(posted, id || '.mp4', NULL), 1000, 'video/mp4', '',
        iif(root = n, NULL, printf('old%017d', n - 14)), printf('old%017d', root), iif(root = n, 1, n / 14 + 1), 1 FROM job
    """,
    f"""
    INSERT INTO reservation (id, guild_id, member_id, state, videos, seconds, micros, reserved_at, resolved_at)
    SELECT id, '{GUILD}', member_id, iif(posted, 'posted', 'voided'), 1, 4, 272000, at, at + 60000 FROM job
    """,
    """
    INSERT INTO entry (reservation_id, kind, videos, seconds, micros, at)
    SELECT id, 'reserve', 1, 4, 272000, at FROM job
    UNION ALL SELECT id, iif(posted, 'post', 'void'), 1, 4, 272000, at + 60000 FROM job
    """,
    """
    INSERT INTO delivery (id, generation_id, channel_id, state, queued_at, due_at, attempts, message_id, sent_at)
    SELECT 'd' || id, id, '1700000000000000000', 'sent', at + 60000, at + 60000, 1, 1600000000000000000 + n, at + 61000
    FROM job WHERE posted
    """,
)


async def built(folder: Path, jobs: int) -> Path:
    """The database, built unless it is there. Windows of the past are left out: no command looks at one."""
    path = folder / f"sora-bot-bench-{jobs}-{len(migrations())}-{datetime.now(UTC):%Y%m%d}.db"
    if path.exists():
        return path
    began = time.perf_counter()
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    await upgrade(part)

    def fill() -> None:
        """The rows first, and then the indexes: that is faster."""
        with closing(sqlite3.connect(part, isolation_level=None)) as connection:
            for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000", "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {pragma}")
            indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
            dropped = indexes.fetchall()
            for name, _ in dropped:
                connection.execute(f"DROP INDEX {name}")
            connection.execute(JOBS, {"jobs": jobs, "now": to_ms(datetime.now(UTC))})
            for sql in (*ROWS, *(sql for _, sql in dropped)):
                connection.execute(sql)
            connection.execute("PRAGMA journal_mode = WAL")

    await asyncio.to_thread(fill)
    part.rename(path)
    print(
        f"{jobs:,} jobs built in {time.perf_counter() - began:.0f} s, {path.stat().st_size / 1e6:,.0f} MB", flush=True
    )
    return path


@dataclass(slots=True)
class Line:
    """What was measured of one command."""

    name: str
    seconds: list[float] = field(default_factory=list[float])
    stall: float = 0.0
    stall_cpu: float = 0.0
    memory: float = 0.0

    def __str__(self) -> str:
        ordered = sorted(self.seconds)
        last = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        return (
            f"{self.name:<16} {len(ordered):>5} {statistics.median(ordered) * 1000:>9,.0f} ms {last * 1000:>9,.0f} ms"
            f" {self.stall * 1000:>9,.0f} ms {self.stall_cpu * 1000:>9,.0f} ms {self.memory:>7,.0f} MB"
        )


@dataclass(slots=True)
class Stage:
    """The bot on the large database, and who asks it."""

    studio: Studio
    channel: Channel
    heavy: Person
    moderator: Person

    @classmethod
    def on(cls, studio: Studio) -> "Stage":
        """Before the bot starts: the server and the member have the ids that the database knows."""
        world, ids = studio.discord.world, studio.discord.world.ids
        ids._last = FIRST - 1
        guild = world.add_guild("Big")
        channel = world.add_channel(guild, "general")
        ids._last = FIRST + 99
        heavy = studio.discord.person("Heavy", channel=channel)
        ids._last = 0
        assert (guild.id, heavy.id) == (GUILD, HEAVY)
        moderator = studio.discord.person("Mod", channel=channel, permissions=Permission.MANAGE_GUILD)
        return cls(studio, channel, heavy, moderator)

    async def answered(self, person: Person, command: str, **given: object) -> None:
        """Until the command has been answered; only a card or a page counts."""
        await person.at(self.channel).slash(command, **given).message()

    async def filed(self, command: str, **given: object) -> None:
        """Until the answer carries a file."""
        asked = self.moderator.at(self.channel).slash(command, **given)
        await asked.answer()

        def look() -> bool:
            return bool(asked.followups) or bool(asked.original and asked.original.attachments)

        await self.studio.discord.wait_for(look, "a file", timeout=LONGEST)
        assert asked.original, f"{command} was refused"

    async def note(self, line: Line) -> None:
        """Read the bot's own metric, and what the system says of its memory."""
        [served] = [record for record in self.studio.bot.records() if record["event"] == "metrics_served"][-1:]
        address = f"http://{served['address']}:{served['port']}/metrics"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            page = await answer.text()
        wall, used = (
            re.search(rf"^sora_bot_loop_longest_stall_{of} (\S+)", page, re.M) for of in ("seconds", "cpu_seconds")
        )
        status = Path(f"/proc/{self.studio.bot.pid}/status").read_text()  # noqa: ASYNC240 - the kernel's own
        memory = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert wall
        assert used
        assert memory
        line.stall = max(line.stall, float(wall[1]))
        line.stall_cpu = max(line.stall_cpu, float(used[1]))
        line.memory = max(line.memory, int(memory[1]) / 1024)


async def run(path: Path, rounds: int) -> list[Line]:
    """A line for each command, each with a bot of its own."""
    lines: list[Line] = [Line("start")]

    async def measure(name: str, times: int, ask: Callable[[Stage, int], Awaitable[None]]) -> None:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            async with open_studio(Path(folder)) as studio:
                await asyncio.to_thread(shutil.copyfile, path, studio.bot.database)
                stage, line, start = Stage.on(studio), Line(name), lines[0]
                began = time.perf_counter()
                await studio.start(METRICS_LISTEN="127.0.0.1:0", MAX_IN_FLIGHT="1")
                start.seconds.append(time.perf_counter() - began)
                await stage.note(start)
                for number in range(times):
                    began = time.perf_counter()
                    await ask(stage, number)
                    line.seconds.append(time.perf_counter() - began)
                await stage.note(line)
                lines.append(line)
                print(line, flush=True)

    few = max(2, rounds // 10)
    await measure(
        "/sora",
        rounds,
        lambda stage, n: stage.answered(
            stage.studio.discord.person(f"m{n}", channel=stage.channel), "sora", prompt=f"a dog {n}"
        ),
    )
    await measure("/usage", rounds, lambda stage, _: stage.answered(stage.heavy, "usage"))
    await measure("/history", rounds, lambda stage, _: stage.answered(stage.heavy, "history"))
    await measure("/quota report", few, lambda stage, _: stage.filed("quota report", days=366))
    await measure("/quota export", few, lambda stage, _: stage.filed("quota export", days=30))
    return lines


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    chosen = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    path = asyncio.run(built(chosen.folder, chosen.jobs))
    print(f"{'':<16} {'times':>5} {'p50':>12} {'p99':>12} {'stall':>12} {'its CPU':>12} {'memory':>10}", flush=True)
    print(asyncio.run(run(path, chosen.rounds))[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
