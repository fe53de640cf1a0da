"""A clock that is wrong, or is set while the bot runs or between two runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli import check
from bot.domain.generation import State
from bot.domain.processes.contact import Contact
from bot.domain.provider import Accepted, JobState, JobStatus, ListedJob
from bot.domain.queue.claims import Claim, Work
from bot.settings import Settings
from bot.storage.backup import backup, restore
from bot.uniall.network.exchange import dated
from tests.clock.bench import Bench
from tests.conftest import POSTGRESQL_LONG
from tests.process.database import Rows
from tests.storage.life import START

ENGINES = POSTGRESQL_LONG

PROMPT = "a cat on a roof"
BACK = [timedelta(minutes=10), timedelta(hours=1), timedelta(days=366)]


async def in_doubt(bench: Bench) -> str:
    """A job whose submit got no answer; its id. UniAll had said what time it is there."""
    job = await bench.life.accept()
    await bench.life.show(job)
    claim = bench.world.claim(600)
    bench.uniall.answered(bench.clock_there())
    got = await bench.store.claim_submit(claim, most=9, now=bench.clock.now(), there=bench.uniall.now())
    assert got
    await bench.store.record_unclear(job.id, claim, now=bench.clock.now())
    return job.id


@pytest.mark.parametrize("off", [timedelta(0), *BACK, *(-back for back in BACK)], ids=str)
@pytest.mark.parametrize("then_right", [False, True], ids=["still wrong", "set right at the restart"])
async def test_a_job_in_doubt_is_found_by_uniall_s_own_clock_and_no_like_of_it_is(
    bench: Bench, off: timedelta, then_right: bool
) -> None:
    bench.clock_there = lambda: bench.steady.at  # UniAll is right, this machine is `off`
    bench.clock.at = START + off
    job_id = await in_doubt(bench)
    bench.pass_(seconds=20)
    if then_right:
        bench.clock.at = bench.steady.at

    def listed(name: str, after: float) -> ListedJob:
        return ListedJob(job_id=name, prompt=PROMPT, created_at=int(START.timestamp() + after))

    bench.listed = [listed("older", -120), listed("ours", 3), listed("wrong", -off.total_seconds() or 9999)]
    bench.listed += [listed("much later", 3600), replace(listed("no time", 0), created_at=10**400)]
    await bench.reconciliation.look()
    found = await bench.store.generation(job_id)
    assert found
    assert (found.state, found.job_id) == (State.SUBMITTED, "ours")


@pytest.mark.parametrize("off", [timedelta(0), timedelta(hours=-1), timedelta(days=1)], ids=str)
async def test_where_uniall_s_clock_was_not_known_at_the_submit_the_list_s_own_date_finds_the_job(
    bench: Bench, off: timedelta
) -> None:
    bench.clock.at = START + off
    job_id = await in_doubt(bench)  # nothing has said what time it is
    bench.pass_(seconds=20)
    bench.clock_there = lambda: bench.steady.at
    bench.listed = [ListedJob(job_id="ours", prompt=PROMPT, created_at=int(START.timestamp()) + 3)]
    await bench.reconciliation.look()
    found = await bench.store.generation(job_id)
    assert found
    assert (found.state, found.job_id) == (State.SUBMITTED, "ours")


async def test_a_clock_that_runs_away_between_two_runs_does_not_end_the_search_at_the_first_look(bench: Bench) -> None:
    bench.clock_there = lambda: bench.steady.at
    job_id = await in_doubt(bench)
    bench.pass_(seconds=2)
    bench.down(minutes=10)  # not really: the clock is set
    await bench.reconciliation.look()
    found = await bench.store.generation(job_id)
    assert found
    assert found.state is State.UNKNOWN, "its job may appear in the list a little later"
    bench.clock.at -= timedelta(days=2)
    bench.pass_(seconds=15)
    await bench.reconciliation.look()
    found = await bench.store.generation(job_id)
    assert found
    assert found.state is State.FAILED, "and it is not looked for for ever"


@pytest.mark.parametrize("back", BACK, ids=str)
async def test_a_clock_that_is_set_back_stops_no_work(bench: Bench, back: timedelta) -> None:
    life = bench.life
    polled = await life.submitted()
    claim = life.claim()
    assert await bench.life.claim_poll(claim, now=life.now)
    later = life.now + timedelta(seconds=60)
    await bench.life.record_poll(polled.id, claim, progress=1, missing_since=None, due_at=later, now=life.now)
    fetched, claim = await life.fetching()
    await bench.store.retry_fetch(fetched.id, claim, video_url=None, due_at=later, now=life.now)
    posted, claim = await life.posting()
    await bench.store.retry_delivery(f"d-{posted.id}", claim, due_at=later, now=life.now)
    held, claim = await life.submitting()
    await bench.store.release_submit(held.id, claim, hold="auth", due_at=later, now=life.now)
    for job in (polled, fetched, posted, held):
        await life.show(job)
    waiting = await life.accept()
    # Nothing is due yet, but for what has just been accepted.
    assert await bench.life.claim_poll(life.claim(), now=life.now) is None
    assert await bench.store.claim_fetch(life.claim(), now=life.now) is None
    assert await bench.store.claim_delivery(life.claim(), now=life.now) is None
    now = life.now - back
    polls = await bench.life.claim_poll(life.claim(), now=now)
    assert polls
    assert (polls.id, polls.submitted_at) == (polled.id, now), "no job is younger than nothing"
    assert await bench.store.claim_fetch(life.claim(), now=now)
    assert await bench.store.claim_delivery(life.claim(), now=now)
    sent = [await bench.store.claim_submit(life.claim(), most=99, now=now) for _ in range(2)]
    assert {job.id for job in sent if job} == {held.id, waiting.id}
    if back >= timedelta(minutes=11):
        assert await bench.store.cards_due(now=now, limit=9)


async def test_a_due_time_that_lies_ahead_of_its_own_gap_is_due(bench: Bench) -> None:
    job = await bench.life.submitted()
    for at, due in ((0, True), (4_000, False), (3_600_000, True), (10**12, True)):
        bench.rows.polls_due(bench.life.now + timedelta(milliseconds=at), gap=timedelta(seconds=5))
        claimed = await bench.life.claim_poll(bench.life.claim(), now=bench.life.now)
        assert (claimed is not None) is due, at
    assert (await bench.row(job)).state is State.SUBMITTED


async def test_a_lease_is_neither_lost_nor_held_longer_when_the_clock_is_set(bench: Bench) -> None:
    await bench.life.submitted()
    bench.sync()
    bench.steady.at = bench.clock.at
    first = bench.world.claim(600)
    assert await bench.polls._claim(first, 1)
    for set_to in (timedelta(minutes=11), timedelta(days=400), timedelta(hours=-30)):
        bench.clock.at += set_to
        assert await bench.polls._claim(bench.world.claim(600), 1) == [], "it is still held"
    bench.steady.at += timedelta(seconds=601)
    assert await bench.polls._claim(bench.world.claim(600), 1), "and over after ten minutes, whatever time it is"


async def test_a_suspend_during_a_submit_puts_no_answer_in_doubt(bench: Bench) -> None:
    job = await bench.life.accept()
    await bench.life.show(job)
    bench.sync()
    claim = bench.world.claim(600)
    generation = await bench.submits._claim(claim)
    assert generation
    bench.clock.at += timedelta(minutes=11)  # asleep: the clock that only goes forward stood still
    await bench.reconciliation.look()
    bench.taken = Accepted(status=JobStatus(job_id="theirs", state=JobState.QUEUED))
    await bench.submits._one(generation, claim)
    assert (await bench.row(job)).job_id == "theirs"


def contact(*, here: list[float], steady: list[float]) -> Contact:
    return Contact(lambda: steady[0], lambda: here[0])


def test_the_time_there_goes_on_while_both_clocks_here_agree_and_is_unknown_where_they_do_not() -> None:
    here, steady = [5000.0], [10.0]
    uniall = contact(here=here, steady=steady)
    assert uniall.now() is None
    uniall.answered(START)
    here[0], steady[0] = 5060.0, 70.0
    assert uniall.now() == START + timedelta(seconds=60)
    here[0] += 600  # asleep, or set
    assert uniall.now() is None
    uniall.answered(START + timedelta(seconds=660))
    assert uniall.now() == START + timedelta(seconds=660)


@pytest.mark.parametrize(
    ("headers", "at"),
    [
        ({"date": "Wed, 04 Mar 2026 12:00:00 GMT"}, START),
        ({"date": "Wed, 04 Mar 2026 13:00:00 +0100"}, START),
        ({"date": "Wed, 04 Mar 2026 12:00:00 GMT", "age": "0"}, START),
        ({"date": "Wed, 04 Mar 2026 12:00:00 GMT", "age": "77"}, None),
        ({"date": "Tue, 01 Jan 1850 00:00:00 GMT"}, None),
        ({"date": "Fri, 31 Dec 9999 23:59:59 -2359"}, None),
        ({"date": "99999999999999999999"}, None),
        ({"date": ""}, None),
        ({}, None),
    ],
)
def test_a_date_is_read_where_it_is_one_and_not_out_of_a_cache(headers: dict[str, str], at: datetime | None) -> None:
    assert dated(headers) == at


@pytest.mark.parametrize(
    ("uniall", "discord", "good", "words"),
    [
        (0, 0, True, ["agrees with UniAll's, agrees with Discord's"]),
        (29, -29, True, ["29 s ahead of UniAll's, 29 s behind Discord's"]),
        (31, 31, None, ["31 s ahead of UniAll's", "31 s ahead of Discord's", "timedatectl"]),
        (0, -45, None, ["agrees with UniAll's, 45 s behind Discord's", "disagree with each other"]),
        (121, 121, False, ["121 s ahead", "timedatectl"]),
        (None, -86400, False, ["86400 s behind Discord's", "timedatectl"]),
        (None, None, None, ["not compared"]),
    ],
)
async def test_check_warns_of_a_clock_from_30_s_and_fails_from_2_min_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, uniall: float | None, discord: float | None, good: bool | None, words: list[str]
) -> None:
    here = START.timestamp()
    monkeypatch.setattr(check.time, "time", lambda: here)
    clocks = {"UniAll": contact(here=[here], steady=[0.0]), "Discord": contact(here=[here], steady=[0.0])}
    for name, ahead in (("UniAll", uniall), ("Discord", discord)):
        if ahead is not None:
            clocks[name].answered(datetime.fromtimestamp(here - ahead - 0.5, UTC))
    settings = Settings.load(env_file=None, discord_token="t", uniall_api_key="k")
    [finding] = [finding async for finding in check._clock(settings, clocks=clocks)]
    assert (finding.good, finding.what) == (good, "clock")
    assert all(word in str(finding) for word in words), finding


async def test_a_claim_without_a_clock_of_its_own_goes_by_the_time_it_is_made(bench: Bench) -> None:
    await bench.life.submitted()
    claim = Claim(owner="c", until=bench.life.now + timedelta(minutes=5))
    assert await bench.life.claim_poll(claim, now=bench.life.now)
    assert await bench.store.next_due(Work.POLL) == claim.until


@pytest.mark.sqlite_only("`db backup` and `db restore` are for SQLite's file")
async def test_what_is_in_a_backup_is_in_doubt_also_on_a_machine_whose_clock_is_behind(
    bench: Bench, tmp_path: Path
) -> None:
    job = await bench.life.accept()
    await backup(tmp_path / "bot.db", tmp_path / "b.db")
    await restore(tmp_path / "b.db", tmp_path / "new.db", now=START - timedelta(days=1))
    assert Rows(tmp_path / "new.db").restored_at() >= job.accepted_at.timestamp() * 1000
