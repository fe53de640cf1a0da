"""Databases with jobs in them, made through the store itself, so that they are what the bot would have written.

A backlog is made once and copied for each start of a bot. Its members wait in the stand-in's servers and channels, some with
one job and some with several; every tenth job is of a member who has ten more.
"""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.standins import payloads
from bot.domain.generation import Generation, Orientation, State
from bot.domain.provider import Format
from bot.domain.queue.admission import AdmissionPolicy
from bot.domain.quota.limits import parse_limits
from bot.storage.columns import to_ms
from bot.storage.store import SqlStore

POLICY = AdmissionPolicy(default=parse_limits("1000 videos per day, 1000 usd per day"))
_AT_ONCE = 16
_FIRST_INTERACTION = {"w": 1_500_000_000_000_000_000, "r": 1_550_000_000_000_000_000}


def job(number: int, *, name: str = "w") -> Generation:
    """A job as `/sora` would ask for it. name: how its id begins, "w" or "r"."""
    now, guild = datetime.now(UTC), number % payloads.GUILDS
    return Generation(
        id=f"{name}{number:0{20 - len(name)}d}",
        interaction_id=str(_FIRST_INTERACTION[name] + number),
        guild_id=payloads.guild_id(guild),
        channel_id=payloads.channel_id(guild, number // payloads.GUILDS % payloads.CHANNELS),
        member_id=f"15{number * 7919 % 100_003 if number % 10 else number // 100:017d}",
        prompt=f"a cat on roof {number} in the rain",
        family="Sora 2",
        model="sora2-landscape-4s",
        format=Format.TASK,
        orientation=Orientation.LANDSCAPE,
        seconds=4,
        price_micros=272_000,
        state=State.RESERVED,
        accepted_at=now,
        due_at=now,
    )


@dataclass(slots=True)
class Backlogs:
    """The databases with so many waiting jobs, each made when it is first wanted, the larger ones on the smaller."""

    folder: Path
    made: dict[int, Path] = field(default_factory=dict[int, Path])

    async def copy(self, waiting: int, to: Path) -> Path:
        """A database with so many waiting jobs, as `to`."""
        if waiting not in self.made:
            smaller = max((count for count in self.made if count < waiting), default=0)
            path = self.folder / f"waiting-{waiting}.db"
            if smaller:
                await asyncio.to_thread(shutil.copyfile, self.made[smaller], path)
            await fill(path, smaller, waiting)
            self.made[waiting] = path
        for beside in to.parent.glob(f"{to.name}*"):
            beside.unlink()
        await asyncio.to_thread(shutil.copyfile, self.made[waiting], to)
        return to


async def fill(path: Path, first: int, until: int) -> None:
    """Accept the jobs of these numbers and show their cards."""
    store = await SqlStore.open(path)
    try:
        left = iter(range(first, until))

        async def some() -> None:
            for number in left:
                new = job(number)
                await store.accept(new, POLICY, now=new.accepted_at)
                await store.set_card(
                    new.id,
                    message_id=str(1_600_000_000_000_000_000 + number),
                    image_url=None,
                    image_until=None,
                    shown="",
                    now=datetime.now(UTC),
                )

        await asyncio.gather(*(some() for _ in range(_AT_ONCE)))
    finally:
        await store.close()


async def fly(path: Path, *, apart: float = 0.0) -> None:
    """Make every waiting job of a database one that is at UniAll.

    apart: seconds between the due times of two polls, from now on; 0: all are due at once.
    """

    def work() -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "UPDATE generation SET state = 'submitted', job_id = 'job-' || id, submitting_at = :now, submitted_at = :now,"
                " attempts = 1, progress = 0, revision = revision + 1, due_at = :now + :apart * rowid, gap_ms = :apart * rowid"
                " WHERE state = 'reserved' AND finished_at IS NULL",
                {"now": to_ms(datetime.now(UTC)), "apart": round(apart * 1000)},
            )

    await asyncio.to_thread(work)


async def finish(path: Path, video: Path, sha256: str) -> None:
    """Make every waiting job of a database one whose video has been fetched and waits for its post.

    The ledger is left as it is. video: the file that each of them has; it is linked under all their names in the bot's folder.
    """

    def work() -> None:
        now, size, folder = to_ms(datetime.now(UTC)), video.stat().st_size, path.with_suffix(".media")
        folder.mkdir(mode=0o700)
        with closing(sqlite3.connect(path)) as connection, connection:
            ids = [key for (key,) in connection.execute("SELECT id FROM generation WHERE state = 'reserved'")]
            connection.execute(
                "UPDATE generation SET state = 'succeeded', job_id = 'job-' || id, submitting_at = :now, submitted_at = :now,"
                " rendered_at = :now, finished_at = :now, attempts = 1, progress = 100, revision = revision + 1,"
                " video_file = id || '.mp4', video_size = :size, video_type = 'video/mp4', video_sha256 = :sha,"
                " card_due_at = :now WHERE state = 'reserved'",
                {"now": now, "size": size, "sha": sha256},
            )
            connection.executemany(
                "INSERT INTO delivery (id, generation_id, channel_id, state, queued_at, due_at)"
                " SELECT 'd' || id, id, channel_id, 'queued', finished_at, finished_at FROM generation WHERE id = ?",
                [(key,) for key in ids],
            )
        for key in ids:
            (folder / f"{key}.mp4").hardlink_to(video)

    await asyncio.to_thread(work)
