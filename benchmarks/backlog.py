"""Databases with jobs in them, made through the store itself, so that they are what the bot would have written.

A backlog is made once and copied for each start of a bot. Its members wait in the stand-in's servers and channels, some with
one job and some with several; every tenth job is of a member who has ten more.
"""

import asyncio
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.standins import payloads
from bot.domain.admission import AdmissionPolicy
from bot.domain.generation import Generation, Orientation, State
from bot.domain.jobs import Format
from bot.domain.quota.limits import parse_limits
from bot.storage.store import SqliteStore

POLICY = AdmissionPolicy(default=parse_limits("1000 videos per day, 1000 usd per day"))
_AT_ONCE = 16


def job(number: int, *, name: str = "w") -> Generation:
    """A job as `/sora` would ask for it."""
    now, guild = datetime.now(UTC), number % payloads.GUILDS
    return Generation(
        id=f"{name}{number:0{20 - len(name)}d}",
        interaction_id=f"{name}-{number}",
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
    store = await SqliteStore.open(path)
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
