"""What would go wrong unseen is told to the operator once, in time, and so is its end; a gauge shows it meanwhile."""

import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.processes.media_inventory import FileRole, KeptFile, MediaInventory
from bot.domain.processes.process import Process, Role
from bot.domain.processes.watched import DiskUse, MediaUse
from bot.monitoring.metrics.recorder import Metrics
from bot.storage.backup import backup
from bot.workers.upkeep.data_retention import DataRetention
from bot.workers.watchers import stuck_jobs
from bot.workers.watchers.backup_age import BackupAge
from bot.workers.watchers.disk_space import SpaceWatch
from bot.workers.watchers.reachability import Reachability
from bot.workers.watchers.starts import Starts
from bot.workers.watchers.stuck_jobs import StuckJobs
from tests.clock.bench import Bench
from tests.clock.test_reach import told
from tests.conftest import POSTGRESQL_LONG
from tests.storage.life import START

ENGINES = POSTGRESQL_LONG

GB = 10**9


async def go(bench: Bench, look: Callable[[], Coroutine[Any, Any, None]], *, minutes: int) -> None:
    """Look once a minute while the bot runs."""
    for _ in range(minutes):
        bench.pass_(minutes=1)
        await look()


async def gauge(bench: Bench, name: str) -> float:
    metrics = Metrics(uniall=bench.uniall, discord=bench.discord, watched=bench.world.watched)
    page, _ = await metrics.page("", store=None, now=bench.clock.now(), alive={}, ready=True)
    [line] = [line for line in page.decode().splitlines() if line.startswith(f"sora_bot_{name} ")]
    return float(line.split()[1])


async def nothing() -> None:
    """A call that is never made."""


async def test_discord_away_for_five_minutes_is_told_once_and_so_is_its_end(bench: Bench) -> None:
    async def call() -> None:
        bench.discord.unanswered()

    reach = Reachability.discord(bench.world, call, lambda: True)
    bench.discord.answered()
    await go(bench, reach.look, minutes=60)
    assert await told(bench) == [], "an idle bot whose gateway is there has no trouble"
    bench.discord.answered()
    bench.discord.unanswered()
    await go(bench, reach.look, minutes=4)
    assert await told(bench) == []
    await go(bench, reach.look, minutes=60)
    [text] = await told(bench)
    assert text.startswith("Discord has been out of reach for 5 minutes, since ")
    assert await gauge(bench, 'trouble{cause="discord"}') == 1
    assert await gauge(bench, "discord_last_answer_timestamp_seconds") == bench.clock.at.timestamp() - 64 * 60
    bench.discord.answered()
    await go(bench, reach.look, minutes=2)
    assert await told(bench) == [text, "Discord answers again. It was out of reach for 64 minutes."]
    assert await gauge(bench, 'trouble{cause="discord"}') == 0


async def test_a_gateway_that_is_away_for_five_minutes_is_told_although_calls_are_answered(bench: Bench) -> None:
    connected = False
    reach = Reachability.discord(bench.world, nothing, lambda: connected)
    for _ in range(10):
        bench.discord.answered()
        await go(bench, reach.look, minutes=1)
    assert ["no connection to its gateway" in text for text in await told(bench)] == [True]
    connected = True
    await go(bench, reach.look, minutes=1)
    assert len(await told(bench)) == 2


async def test_a_disk_that_is_nine_tenths_full_is_told_before_anything_is_refused(bench: Bench) -> None:
    free = 20
    watch = SpaceWatch(bench.world, {"media": bench.folder}, use=lambda _: DiskUse(free=free * GB, total=100 * GB))
    await go(bench, watch.look, minutes=3)
    assert await told(bench) == []
    for free in (10, 9, 11, 10, 9):  # noqa: B007 - the watch reads it; around the bound it is one trouble
        await go(bench, watch.look, minutes=1)
    assert await gauge(bench, 'disk_free_bytes{of="media"}') == 9 * GB
    [text] = await told(bench)
    assert text.startswith(f"The disk of {bench.folder} is 90% full: 10.0 GB are left. Make room on it")
    free = 40
    await go(bench, watch.look, minutes=2)
    assert await told(bench) == [text, "There is room on the disk again: 40.0 GB."]


async def test_media_that_may_not_go_are_told_of_at_nine_tenths_and_those_that_may_are_not(bench: Bench) -> None:
    posted = await bench.life.posted()
    job = await bench.life.succeeded()  # waits for its post
    bench.clock.at = bench.life.now
    sizes = {posted.id: 9 * GB, job.id: GB // 2}

    async def inventory() -> MediaInventory:
        files = tuple(
            KeptFile(name=f"{id_}.mp4", generation_id=id_, part=FileRole.VIDEO, size=size, written_at=START)
            for id_, size in sizes.items()
        )
        return MediaInventory(files=files, most=10 * GB, free=GB, reserve=0)

    bench.__dict__["inventory"] = inventory
    watch = SpaceWatch(bench.world, {})

    async def look() -> None:
        found, before = await inventory(), bench.world.watched.media
        bench.world.watched.media = MediaUse(size=found.size, most=found.most, needed=before.needed if before else None)
        await watch.look()

    await go(bench, look, minutes=10)
    assert await told(bench) == [], "posted videos go when room is needed"
    sizes |= {posted.id: GB // 2, job.id: 9 * GB}
    await go(bench, look, minutes=10)
    [text] = await told(bench)
    assert text.startswith("The media folder holds 9.0 GB that may not go, of 10.0 GB (MEDIA_BUDGET)")
    assert await gauge(bench, "media_needed_bytes") == 9 * GB
    sizes[job.id] = GB
    await go(bench, look, minutes=10)
    assert len(await told(bench)) == 2


@pytest.mark.sqlite_only("PostgreSQL is saved by its own tools, and nobody is told")
async def test_a_week_without_a_backup_is_told_once_the_bot_has_run_a_week(bench: Bench) -> None:
    backups = bench.folder / "backups"
    age, starts = BackupAge(bench.world, backups), Starts(bench.world)
    await starts.look()
    bench.pass_(days=6.9)
    await age.look()
    assert await told(bench) == []
    for _ in range(20):
        bench.pass_(days=0.2)
        await age.look()
    [text] = await told(bench)
    assert text.startswith(
        "No backup of the database has ever been made: 7 days without one. Run `sora-bot db backup FILE`"
    )
    await backup(bench.folder / "bot.db", backups / "one.db", now=bench.clock.now())
    os.utime(backups / "one.db", (1, 1))  # a file of another clock: the mark in the database counts
    await age.look()
    assert await told(bench) == [text, "A backup of the database has been made."]
    assert await gauge(bench, "last_backup_timestamp_seconds") == int(bench.clock.at.timestamp())
    bench.pass_(days=8)
    (backups / "by hand").touch()
    os.utime(backups / "by hand", times=(bench.clock.at.timestamp(), bench.clock.at.timestamp()))
    await age.look()
    assert len(await told(bench)) == 2, "a file in the folder is a backup too"


async def test_work_that_is_long_due_and_does_not_move_is_told_and_a_backlog_that_moves_is_not(bench: Bench) -> None:
    jobs = [await bench.life.submitted() for _ in range(3)]
    bench.clock.at = bench.life.now + timedelta(hours=5)  # the bot was away
    watch = StuckJobs(bench.world)
    for job in jobs:
        await go(bench, watch.look, minutes=14)
        claim = bench.life.claim()
        found = await bench.life.claim_poll(claim, now=bench.clock.at)
        assert found is not None
        assert found.id == job.id
        due = bench.clock.at if job is jobs[-1] else bench.clock.at + timedelta(days=1)
        await bench.life.record_poll(job.id, claim, due_at=due, now=bench.clock.at)
    assert await told(bench) == []
    await go(bench, watch.look, minutes=60)
    [text] = await told(bench)
    assert text.startswith("Work does not move: jobs at UniAll are not asked about. ")
    assert await gauge(bench, 'trouble{cause="stuck"}') == 1


async def test_places_that_nobody_gives_back_while_jobs_wait_are_told(bench: Bench) -> None:
    for _ in range(bench.world.policy.max_in_flight):
        await bench.life.unknown()
    bench.clock.at = bench.life.now
    watch = StuckJobs(bench.world)
    await go(bench, watch.look, minutes=60)
    assert await told(bench) == [], "nobody waits"
    waiting = await bench.life.accept()
    await bench.life.show(waiting)
    bench.clock.at = bench.life.now
    await go(bench, watch.look, minutes=stuck_jobs.PLACES_AFTER.seconds // 60)
    assert await told(bench) == []
    await go(bench, watch.look, minutes=5)
    [text] = await told(bench)
    assert text.startswith("All 10 places at UniAll (MAX_IN_FLIGHT) have been taken for 30 minutes, and jobs wait.")


async def test_a_bot_that_starts_again_and_again_is_told_once_over_all_its_starts(bench: Bench) -> None:
    for number in range(12):
        bench.pass_(minutes=1)
        await Starts(bench.world).look()
        bench.world.watched.troubles["restarts"] = False  # a new process knows nothing
        bench.world.alerts.clear("trouble restarts")
        assert len(await told(bench)) == (number >= 4), number
    assert bench.told[0].startswith("The bot has started 5 times within 4 minutes: something ends it each time.")
    assert await gauge(bench, "starts_last_hour") == 12
    for _ in range(8):
        bench.pass_(minutes=9)
        await Starts(bench.world).look()
    assert len(await told(bench)) == 1, "upgrades of a day are no loop"


async def test_the_processes_of_a_cluster_may_all_start_and_be_started_again(bench: Bench) -> None:
    bench.store.db.shared = True
    now = bench.clock.now()
    for name in "abcd":
        row = Process(id=name, role=Role.WORKER, version="1", started_at=now, seen_at=now)
        await bench.store.enter(row, now=now)
        await Starts(bench.world).look()
    for number in range(7):  # a rolling upgrade is the first four
        assert await told(bench) == [], number
        await Starts(bench.world).look()
    assert len(await told(bench)) == 1


async def test_a_clock_that_is_ahead_blanks_nothing_and_the_right_one_blanks_what_is_old(
    bench: Bench, tmp_path: Path
) -> None:
    object.__setattr__(bench.world.policy, "keep_prompts", timedelta(days=180))
    bench.store.lists = [tmp_path]
    job = await bench.life.posted()
    bench.clock.at = bench.life.now
    growth = DataRetention(bench.world)
    bench.down(days=300)
    await growth.look()
    assert (await bench.row(job)).prompt, "only this machine says that it is late"
    bench.uniall.answered(bench.life.now + timedelta(days=1))
    await growth.look()
    assert (await bench.row(job)).prompt, "UniAll says that it is not"
    bench.uniall.answered(bench.life.now + timedelta(days=180, hours=2))
    await growth.look()
    assert not (await bench.row(job)).prompt
    assert (await bench.row(job)).prompt_expired
    assert '"*"' in (tmp_path / "forgotten.jsonl").read_text("utf-8")
