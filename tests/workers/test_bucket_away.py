"""While the bucket, or the disk beside it, does not take a file: what waits, what goes on, and who is told."""

import asyncio
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.errors import MediaUnavailable
from bot.domain.generation import Generation, State
from bot.domain.messages.posts import MessageStatus
from bot.domain.processes.media_inventory import MediaInventory
from bot.domain.processes.process import TERM, Process, Role
from bot.domain.provider import Downloaded, JobState, JobStatus
from bot.domain.queue.claims import Claim
from bot.domain.versions.joins import JoinState
from bot.runtime.bucket_alerts import BucketAlerts
from bot.runtime.context import ServiceContext
from bot.runtime.own_process import OwnProcess, uptime
from bot.runtime.scratch_pressure import ScratchPressure
from bot.runtime.shared_facts import take_over
from bot.storage.store import SqlStore
from bot.system.background import finish_background
from bot.workers.jobs.fetch import FetchWorker
from bot.workers.jobs.joins import TRIES, JoinWorker
from bot.workers.upkeep.media_retention import MediaRetention
from bot.workers.upkeep.scratch_folder import ScratchKeeping
from tests.conftest import POSTGRESQL_LONG
from tests.storage.conformance.joining import chain, wanted
from tests.storage.life import Life
from tests.workers.conftest import world

ENGINES = POSTGRESQL_LONG


class Bucket:
    """A place for files that is away until told otherwise; `Scratch` too."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.away, self.room = folder, True, True
        self.kept: list[str] = []
        self.stock: MediaInventory | None = None

    def video_path(self, generation_id: str) -> Path:
        return self.folder / f"{generation_id}.mp4"

    def _there(self) -> None:
        if self.away:
            raise MediaUnavailable("it cannot be reached")

    async def keep(self, name: str) -> None:
        self._there()
        self.kept.append(name)

    async def have(self, name: str) -> Path:
        self._there()
        return self.folder / name

    async def inventory(self) -> MediaInventory:
        if self.stock is None:
            raise MediaUnavailable("it cannot be reached")
        return self.stock

    async def check_video(self, _: Path) -> float:
        return 4.0

    async def sweep(self) -> bool:
        return self.room


class UniAll:
    """Has every video."""

    def __init__(self) -> None:
        self.downloads = 0

    def names_links(self, _: object) -> bool:
        return True

    async def status(self, job_id: str, **_: object) -> JobStatus:
        return JobStatus(job_id=job_id, state=JobState.SUCCEEDED, video_url="https://cdn.example/v.mp4")

    async def download(self, _: JobStatus, path: Path, **__: object) -> Downloaded:
        self.downloads += 1
        await asyncio.to_thread(path.write_bytes, b"video")
        return Downloaded(path=path, size=5, media_type="video/mp4", sha256="0")


async def fetching(store: SqlStore, life: Life) -> tuple[Generation, Claim]:
    """A finished job that is claimed."""
    claim = life.claim()
    job = await store.claim_fetch(claim, now=life.now, failed_too=True)
    assert job is not None
    return job, claim


async def test_a_video_that_the_bucket_does_not_take_waits_and_is_not_downloaded_again(
    store: SqlStore, life: Life, tmp_path: Path
) -> None:
    bucket, uniall = Bucket(tmp_path), UniAll()
    here = world(store, life, media=bucket, provider=uniall)
    fetches = FetchWorker(here)
    job = await life.rendered()
    for _ in range(3):
        await fetches._one(*await fetching(store, life))
        waiting = await life.reload(job)
        assert (waiting.state, waiting.attempts) == (State.SUBMITTED, 0)
        life.later(minutes=1)
    assert not here.disk.full
    bucket.away = False
    await fetches._one(*await fetching(store, life))
    assert (await life.reload(job)).state is State.SUCCEEDED
    assert (uniall.downloads, bucket.kept) == (1, [f"{job.id}.mp4"])


async def test_a_file_that_is_gone_before_it_is_kept_is_downloaded_again(
    store: SqlStore, life: Life, tmp_path: Path
) -> None:
    bucket, uniall = Bucket(tmp_path), UniAll()
    fetches = FetchWorker(world(store, life, media=bucket, provider=uniall))
    job = await life.rendered()
    await fetches._one(*await fetching(store, life))
    bucket.video_path(job.id).unlink()
    bucket.away = False
    life.later(minutes=1)
    await fetches._one(*await fetching(store, life))
    assert (await life.reload(job)).state is State.SUCCEEDED
    assert uniall.downloads == 2


async def test_a_full_scratch_stops_the_fetches_of_this_process_and_nothing_else(
    store: SqlStore, life: Life, tmp_path: Path
) -> None:
    bucket, pressure = Bucket(tmp_path), ScratchPressure()
    here = world(store, life, media=bucket, provider=UniAll(), scratch=pressure)
    fetches, keeping = FetchWorker(here), ScratchKeeping(here, cast(Any, bucket), pressure)
    await life.rendered()
    here.local_disk.write_refused("job")
    assert await fetches._claim(life.claim()) is None
    assert not here.disk.full
    bucket.room = False
    await keeping.look()
    assert await fetches._claim(life.claim()) is None
    bucket.room = True
    await keeping.look()
    assert await fetches._claim(life.claim()) is not None


async def test_a_bucket_that_cannot_be_listed_pauses_nothing(store: SqlStore, life: Life, tmp_path: Path) -> None:
    here = world(store, life, media=Bucket(tmp_path))
    waiting = await life.accept()
    await MediaRetention(here).look()
    assert not here.disk.full
    assert (await life.reload(waiting)).hold is None


@pytest.mark.sqlite_only(
    "a pause there ends by PostgreSQL's own clock, which no test moves: tests/storage/test_processes.py"
)
async def test_all_processes_hear_from_the_leader_that_there_is_no_room(
    store: SqlStore, life: Life, tmp_path: Path
) -> None:
    bucket = Bucket(tmp_path)
    leader = world(store, life, media=bucket, catalog=Catalog.read(), process=OwnProcess("a", alone=False))
    other = world(store, life, media=bucket, catalog=Catalog.read(), process=OwnProcess("b", alone=False))
    store.db.shared = True
    for here in (leader, other):
        row = Process(id=here.process.id, role=Role.RUN, version="1", started_at=life.now, seen_at=life.now)
        await store.enter(row, now=life.now)
    led: list[bool] = []

    async def beat(here: ServiceContext) -> None:
        heard = await store.beat(here.process.id, now=life.now, term=TERM, told_within=timedelta(hours=1))
        assert heard is not None
        here.process.confirm(began=uptime(), leads=heard.leads)
        led.append(here.process.leads)
        take_over(here, heard)

    await beat(leader)
    bucket.stock = MediaInventory(files=(), most=10, free=0, reserve=1)
    await MediaRetention(leader).look()
    await finish_background(5)
    await beat(other)
    await beat(leader)
    assert led == [True, False, True]
    assert (leader.disk.full, other.disk.full) == (True, True)
    bucket.stock = MediaInventory(files=(), most=10, free=10, reserve=1)
    await MediaRetention(leader).look()
    life.later(minutes=1)
    await beat(leader)
    await beat(other)
    assert (leader.disk.full, other.disk.full) == (False, False)


async def test_a_join_waits_for_the_bucket_however_often_it_is_tried(
    store: SqlStore, life: Life, tmp_path: Path
) -> None:
    async def there(*_: object) -> MessageStatus:
        return MessageStatus.THERE

    async def unread(*_: object) -> None:
        return None

    discord = SimpleNamespace(message_status=there, video_data=unread)
    here = world(store, life, media=Bucket(tmp_path), messenger=discord)
    join = await store.request_join(wanted(life, await chain(life, "ann", "bob")), now=life.now)
    for _ in range(TRIES + 2):
        claim = life.claim()
        got = await store.claim_join(claim, now=life.now)
        assert got is not None
        assert (got.id, got.state) == (join.id, JoinState.QUEUED)
        await JoinWorker(here)._one(got, claim)
        life.later(minutes=1)


async def test_the_operator_is_told_once_an_hour_that_the_bucket_is_away(store: SqlStore, life: Life) -> None:
    told: list[str] = []

    async def tell_operator(text: str) -> None:
        told.append(text)

    here: ServiceContext = world(store, life)
    here.alerts._notices = cast(Any, SimpleNamespace(tell_operator=tell_operator))
    watch = BucketAlerts(here.alerts, "s3://videos")
    for _ in range(5):
        watch.observe("it cannot be reached")
        watch.observe(None)
    life.later(minutes=61)
    watch.observe("it answers 503")
    posting = asyncio.create_task(here.alerts.run())
    for _ in range(5):
        await asyncio.sleep(0)
    posting.cancel()
    assert ["cannot be reached" in text for text in told] == [True, False]
    assert all(text.startswith("The bucket s3://videos does not serve: ") for text in told)
