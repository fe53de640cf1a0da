"""Keeping the media folder within its budget, on a real folder and a real database; only how much is free is made up."""

import asyncio
import itertools
import os
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from bot.domain.generation import ENDED, Generation, Image, State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.processes.media_inventory import FileRole, KeptFile, MediaInventory, RetentionState
from bot.domain.queue.claims import Claim
from bot.media.files.budget import Budget
from bot.media.files.folder import LocalMediaFolder
from bot.runtime.alerts import Alerts
from bot.runtime.context import OperatorPolicy, ServiceContext
from bot.runtime.disk_pressure import PICTURES
from bot.runtime.wake_signals import WakeSignals
from bot.storage.store import SqlStore
from bot.workers.upkeep.media_retention import UNOWNED_FOR, MediaRetention, may_go
from tests.storage.life import POSTED, START, Life

PLENTY = 10**12
FILE = 100


@dataclass
class Shop:
    """A media folder of 1,000 bytes, and the loop that keeps it so; a file has 100 unless said otherwise."""

    folder: Path
    store: SqlStore
    life: Life
    told: list[str] = field(default_factory=list[str])
    free: int = PLENTY
    broken: bool = False

    def __post_init__(self) -> None:
        self.media = LocalMediaFolder(self.folder, Budget(most=1000, free=self._free))
        self._numbers = itertools.count()
        here = cast(Any, self)
        self.world = ServiceContext(
            store=self.store,
            provider=here,
            messenger=here,
            notices=here,
            media=self.media,
            catalog=here,
            clock=here,
            ids=here,
            random=random.Random(0),
            policy=OperatorPolicy(),
            wake_signals=WakeSignals(),
            alerts=Alerts(here, here),
        )
        self.keeping = MediaRetention(self.world)

    def _free(self, _: Path) -> int:
        if self.broken:
            raise OSError(5, "Input/output error")
        return self.free

    def now(self) -> datetime:
        return self.life.now

    async def tell_operator(self, text: str) -> None:
        self.told.append(text)

    async def heard(self) -> list[str]:
        """What the operator has been told."""
        task = asyncio.create_task(self.world.alerts.run())
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        return self.told

    def new(self, *, image: bool = False) -> Generation:
        """A job with an id as real ones have."""
        generation_id = f"{next(self._numbers):020d}"
        picture = Image(file=f"{generation_id}-reference.png", media_type="image/png", url="https://cdn/i")
        return replace(self.life.new(), id=generation_id, image=picture if image else None)

    def write(self, name: str, size: int = FILE, *, old: bool = False) -> str:
        path = self.folder / name
        path.write_bytes(bytes(size))
        at = (START.timestamp() - 10**6) if old else START.timestamp()
        os.utime(path, (at, at))
        return name

    async def video(self, *, size: int = FILE) -> tuple[str, Claim]:
        """A finished video whose post is under way."""
        job = await self.life.succeeded(await self.life.accept(self.new()))
        self.write(f"{job.id}.mp4", size)
        claim = self.life.claim()
        assert await self.store.claim_delivery(claim, now=self.life.now)
        return job.id, claim

    async def posted(self, *, size: int = FILE) -> str:
        """A video that is posted; its file's name."""
        generation_id, claim = await self.video(size=size)
        await self.store.record_sent(f"d-{generation_id}", claim, POSTED, now=self.life.later(seconds=1))
        return f"{generation_id}.mp4"

    def there(self) -> set[str]:
        return set(os.listdir(self.folder))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    folder = tmp_path / "media"
    folder.mkdir()
    store = await SqlStore.open(tmp_path / "bot.db")
    yield Shop(folder, store, Life(store))
    await store.close()


async def test_within_the_budget_nothing_goes(shop: Shop) -> None:
    names = {await shop.posted() for _ in range(10)}
    await shop.keeping.look()
    assert shop.there() == names
    assert not shop.world.disk.full


async def test_the_oldest_posted_videos_go_first_and_no_more_than_must(shop: Shop) -> None:
    names = [await shop.posted() for _ in range(13)]
    await shop.keeping.look()
    assert shop.there() == set(names[3:])
    assert not shop.world.disk.full
    assert await shop.heard() == []


async def test_what_counts_is_when_it_was_posted_not_when_it_was_asked_for(shop: Shop) -> None:
    late, claim = await shop.video()
    early = await shop.posted(size=950)
    await shop.store.record_sent(f"d-{late}", claim, POSTED, now=shop.life.later(seconds=1))
    await shop.keeping.look()
    assert early not in shop.there()
    assert shop.there() == {f"{late}.mp4"}


async def test_a_video_that_waits_for_its_post_never_goes_and_pauses_the_bot(shop: Shop) -> None:
    sending, _ = await shop.video(size=500)
    given_up, claim = await shop.video(size=500)
    await shop.store.give_up_delivery(f"d-{given_up}", claim, why="gone", now=shop.life.now)
    queued = await shop.life.succeeded(await shop.life.accept(shop.new()))
    waits = shop.write(f"{queued.id}.mp4", 500)
    await shop.keeping.look()
    assert shop.there() == {f"{sending}.mp4", f"{given_up}.mp4", waits}
    assert shop.world.disk.full


async def test_pictures_go_after_videos_and_only_of_jobs_that_have_ended(shop: Shop) -> None:
    open_job = await shop.life.accept(shop.new(image=True))
    ended = await shop.life.accept(shop.new(image=True))
    await shop.store.cancel(ended.id, now=shop.life.now)
    kept = {
        shop.write(f"{open_job.id}-reference.png", 400),
        shop.write(f"{open_job.id}-reference-1280x720.png", 400),
    }
    gone = shop.write(f"{ended.id}-reference.png", 300)
    await shop.keeping.look()
    assert shop.there() == kept
    shop.write(gone, 150)
    claim = shop.life.claim()
    await shop.store.claim_submit(claim, most=9, now=shop.life.later(seconds=20))
    video = await shop.posted(size=200)
    await shop.keeping.look()
    assert video not in shop.there()
    assert gone in shop.there()


async def test_what_a_crash_left_goes_first_but_not_what_is_just_being_accepted(shop: Shop) -> None:
    kept = await shop.posted(size=800)
    failed = await shop.life.accept(shop.new())
    await shop.store.cancel(failed.id, now=shop.life.now)
    shop.write(f"{failed.id}.mp4.part", 200)
    shop.write(f"{'z' * 20}-reference.png", 200, old=True)
    young = shop.write(f"{'y' * 20}-reference.png", 200)
    await shop.keeping.look()
    assert shop.there() == {kept, young}


async def test_what_is_not_ours_stays_whatever_it_takes(shop: Shop) -> None:
    shop.write("holiday.mp4", 10**6, old=True)
    kept = await shop.posted()
    await shop.keeping.look()
    assert shop.there() == {"holiday.mp4", kept}
    assert not shop.world.disk.full


async def test_a_disk_with_hardly_anything_left_takes_posted_videos_then_pauses_and_goes_on_by_itself(
    shop: Shop,
) -> None:
    await shop.posted()
    waiting = await shop.life.accept(shop.new())
    shop.free = 99
    await shop.keeping.look()
    assert shop.there() == set()
    assert shop.world.disk.full
    assert (await shop.life.reload(waiting)).hold == "disk"
    for _ in range(3):
        shop.life.later(hours=2)
        await shop.keeping.look()
    [told] = await shop.heard()
    assert "no room for more videos" in told
    assert "99 bytes" in told
    shop.free = PLENTY
    await shop.keeping.look()
    assert not shop.world.disk.full
    assert (await shop.life.reload(waiting)).hold is None


async def test_a_job_that_is_accepted_just_before_the_pause_is_held_at_the_next_look(shop: Shop) -> None:
    shop.free = 0
    await shop.keeping.look()
    late = await shop.life.accept(shop.new())
    await shop.keeping.look()
    assert (await shop.life.reload(late)).hold == "disk"


async def test_holds_of_the_process_before_are_let_go_at_the_first_look(shop: Shop) -> None:
    job = await shop.life.accept(shop.new())
    await shop.store.hold_waiting("disk", now=shop.life.now)
    await shop.keeping.look()
    assert (await shop.life.reload(job)).hold is None


async def test_a_video_that_the_disk_did_not_take_pauses_the_bot_until_it_does(shop: Shop) -> None:
    posted = await shop.posted()
    shop.world.disk.write_refused("g")
    await shop.keeping.look()
    assert shop.world.disk.full
    assert posted not in shop.there(), "a quota may be full where the disk is not"
    shop.world.disk.write_settled("g")
    await shop.keeping.look()
    assert not shop.world.disk.full


async def test_a_picture_that_the_disk_did_not_take_pauses_the_bot_until_it_takes_one(
    shop: Shop, no_file_over: Callable[[int], None]
) -> None:
    await shop.keeping.look()
    no_file_over(50)
    shop.world.disk.write_refused(PICTURES)
    with pytest.raises(OSError, match="too large"):
        await shop.media.try_writing(100)
    await shop.keeping._try_writing(100)
    assert shop.world.disk.full
    no_file_over(1000)
    await shop.keeping._try_writing(100)
    assert not shop.world.disk.full


async def test_a_folder_that_cannot_be_read_pauses_the_bot_until_it_can(shop: Shop) -> None:
    shop.broken = True
    await shop.keeping.look()
    assert shop.world.disk.full
    assert "cannot be read" in (await shop.heard())[0]
    shop.broken = False
    await shop.keeping.look()
    assert not shop.world.disk.full


async def test_a_hundred_pauses_within_an_hour_are_told_once(shop: Shop) -> None:
    for free in (0, PLENTY) * 100:
        shop.free = free
        await shop.keeping.look()
    assert len(await shop.heard()) == 1


async def test_the_loop_looks_when_something_was_written_and_stops(shop: Shop) -> None:
    task = asyncio.create_task(shop.keeping.loop.run())
    names = [await shop.posted() for _ in range(12)]
    shop.world.disk.write_settled("g")
    async with asyncio.timeout(60):
        while shop.there() != set(names[2:]):  # noqa: ASYNC110 - a folder rings no bell
            await asyncio.sleep(0.01)
        shop.keeping.loop.stop()
        await task
    assert shop.there() == set(names[2:])


def test_whatever_state_a_job_is_in_only_what_nobody_waits_for_may_go() -> None:
    now = START + UNOWNED_FOR * 2
    names = {FileRole.VIDEO: "{}.mp4", FileRole.IMAGE: "{}-reference.png", FileRole.MADE: "{}-small.mp4"}
    known: dict[str, RetentionState] = {}
    files: list[KeptFile] = []
    for number, (state, delivery) in enumerate(itertools.product(State, [None, *DeliveryState])):
        generation_id = f"{number:020d}"
        known[generation_id] = RetentionState(state=state, delivery=delivery, at=START)
        files += [
            KeptFile(name=name.format(generation_id), generation_id=generation_id, part=part, size=1, written_at=START)
            for part, name in names.items()
        ]
    stock = MediaInventory(files=tuple(files), most=0, free=0, reserve=0)
    going = list(may_go(stock, known, set(), now=now))
    for file in going:
        of = known[file.generation_id]
        assert of.state in ENDED
        if file.part is FileRole.VIDEO and of.state is State.SUCCEEDED:
            assert of.delivery is DeliveryState.SENT
        if file.part is FileRole.MADE and of.state is State.SUCCEEDED:
            assert of.delivery in (DeliveryState.SENT, DeliveryState.UNDELIVERABLE)
    parts = [file.part for file in going]
    assert parts.index(FileRole.IMAGE) > max(at for at, part in enumerate(parts) if part is FileRole.VIDEO)
    needed = {f"{file.generation_id}-reference.png" for file in files}
    assert {file.part for file in may_go(stock, known, needed, now=now)} == {FileRole.VIDEO}
