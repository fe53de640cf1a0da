"""The numbers on `/metrics`: from a real database, from observed calls, and with labels from closed lists only."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import yarl
from discord.http import Route
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bot.domain.errors import ProviderError
from bot.domain.generation import Reason
from bot.domain.processes.process import Process, Role
from bot.domain.provider import (
    Accepted,
    Fault,
    Format,
    JobState,
    JobStatus,
    NeverLeft,
    Order,
    Outcome,
    Refused,
    RetryLater,
    Unclear,
)
from bot.domain.queue.claims import Work
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Limit, Per, Scope, Unit
from bot.gateway.tracing import route_of
from bot.monitoring.metrics.metered_provider import MeteredProvider
from bot.monitoring.metrics.recorder import Metrics
from bot.ports.provider import Provider
from bot.runtime.own_process import OwnProcess
from bot.storage.store import SqlStore
from tests.process.database import Rows
from tests.storage.life import PRICE, START, Life

ORDER = Order(format=Format.TASK, model="sora2-landscape-4s", prompt="a secret wish")
STATUS = JobStatus(job_id="j", state=JobState.RUNNING)
Numbers = dict[str, float]


def numbers(page: str) -> Numbers:
    """Every sample: `name{label=value,…}` without the prefix, in the order of the labels' names."""
    found: Numbers = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[sample.name.removeprefix("sora_bot_") + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


async def scrape(metrics: Metrics, store: SqlStore | None, now: datetime = START) -> Numbers:
    page, _ = await metrics.page("", store=store, now=now, alive={}, ready=True)
    return numbers(page.decode())


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = await SqlStore.open(tmp_path / "bot.db")
    yield store
    await store.close()


@pytest.fixture
def life(store: SqlStore) -> Life:
    return Life(store)


# -- from the database


async def test_jobs_money_and_ends_are_those_of_the_database(store: SqlStore, life: Life) -> None:
    await life.succeeded()  # before this process: in no counter
    metrics = Metrics((Limit(amount=50_000_000, unit=Unit.USD, per=Per.DAY, scope=Scope.OPERATOR),))
    await metrics.follow(store)
    await life.succeeded()
    await life.failed()
    await life.failed(Resolution.BILLED)
    await store.cancel((await life.accept()).id, now=life.now)
    await life.submitted()
    await life.accepted("ann", 2)
    seen = await scrape(metrics, store, life.now)
    price = PRICE / 1e6
    jobs = {name: value for name, value in seen.items() if name.startswith("jobs{")}
    assert jobs == {
        "jobs{state=reserved}": 2,
        "jobs{state=submitting}": 0,
        "jobs{state=unknown}": 0,
        "jobs{state=submitted}": 1,
    }
    ended = {name: value for name, value in seen.items() if name.startswith("jobs_ended_total") and value}
    assert ended == {
        "jobs_ended_total{fault=,state=succeeded}": 1,
        "jobs_ended_total{fault=,state=cancelled}": 1,
        "jobs_ended_total{fault=lost,state=failed}": 2,
    }
    assert (seen["ledger_pending_videos"], seen["ledger_pending_usd"]) == (3, pytest.approx(3 * price))
    for kind, count in {"reserve": 7, "post": 1, "void": 2, "billed": 1}.items():
        assert seen[f"ledger_videos_total{{kind={kind}}}"] == count
        assert seen[f"ledger_usd_total{{kind={kind}}}"] == pytest.approx(count * price)
    for per in Per:
        assert seen[f"operator_used{{per={per},unit=videos}}"] == 3
        assert seen[f"operator_used{{per={per},unit=usd}}"] == pytest.approx(3 * price)
    assert seen["operator_budget{per=day,unit=usd}"] == 50
    assert seen["database_up"] == 1


async def test_what_the_operator_used_is_that_of_the_windows_of_now(store: SqlStore, life: Life) -> None:
    metrics = Metrics()
    await metrics.follow(store)
    life.now = START.replace(hour=0)  # the first hour of a day begins when the day does
    await life.succeeded()
    for later, used in ((0, (1, 1, 1, 1)), (12, (0, 1, 1, 1)), (36, (0, 0, 1, 1)), (24 * 7, (0, 0, 0, 1))):
        seen = await scrape(metrics, store, START.replace(hour=0) + timedelta(hours=later))
        assert tuple(seen[f"operator_used{{per={per},unit=videos}}"] for per in Per) == used


async def test_two_scrapes_at_once_count_nothing_twice(store: SqlStore, life: Life) -> None:
    metrics = Metrics()
    await metrics.follow(store)
    await life.succeeded()
    await asyncio.gather(*(scrape(metrics, store, life.now) for _ in range(5)))
    await life.failed()
    seen = await scrape(metrics, store, life.now)
    counted = {kind: seen[f"ledger_videos_total{{kind={kind}}}"] for kind in ("reserve", "post", "void")}
    assert counted == {"reserve": 2, "post": 1, "void": 1}


async def test_the_oldest_due_work_has_an_age_and_the_rest_has_none(store: SqlStore, life: Life) -> None:
    metrics = Metrics()
    await metrics.follow(store)
    await life.submitted()
    seen = await scrape(metrics, store, life.now + timedelta(seconds=42))
    due = {work: seen[f"oldest_due_seconds{{work={work}}}"] for work in Work}
    assert due == {Work.POLL: 42} | {work: 0 for work in Work if work is not Work.POLL}


async def test_a_database_that_cannot_be_read_costs_its_own_numbers_only(tmp_path: Path) -> None:
    store = await SqlStore.open(tmp_path / "bot.db")
    metrics = Metrics()
    await metrics.follow(store)
    assert (await scrape(metrics, store))["database_up"] == 1
    metrics.submitted(Unclear())
    await store.close()
    for gone in (store, None):
        seen = await scrape(metrics, gone)
        assert seen["database_up"] == 0
        assert seen["submits_total{outcome=unclear}"] == 1
        assert not any(name.startswith(("jobs{", "oldest_due", "operator_used")) for name in seen)


async def test_a_scrape_waits_for_no_write(store: SqlStore, life: Life, tmp_path: Path) -> None:
    metrics = Metrics()
    await metrics.follow(store)
    with Rows(tmp_path / "bot.db").locked():
        writing = asyncio.create_task(life.accept())
        assert (await scrape(metrics, store))["database_up"] == 1
        assert not writing.done()
    await asyncio.gather(writing, return_exceptions=True)  # a slow machine may have let it wait for too long


# -- what is called


class Answers:
    """A provider that answers, or raises, what it is given."""

    def __init__(self, given: object) -> None:
        self._given = given

    async def _answer(self, *_: object, **__: object) -> Any:
        if isinstance(self._given, BaseException):
            raise self._given
        return self._given

    submit = status = download = models = recent = _answer


def metered(metrics: Metrics, given: object) -> MeteredProvider:
    return MeteredProvider(cast("Provider", Answers(given)), metrics)


@pytest.mark.parametrize(
    ("outcome", "word", "result"),
    [
        (Accepted(status=STATUS), "accepted", "ok"),
        (Refused(fault=Fault.CONTENT_BLOCKED), "refused", "content_blocked"),
        (RetryLater(fault=Fault.INSUFFICIENT_FUNDS), "retry_later", "insufficient_funds"),
        (NeverLeft(), "never_left", "never_left"),
        (Unclear(), "unclear", "unclear"),
    ],
)
async def test_each_outcome_of_a_submit_is_counted(outcome: Outcome, word: str, result: str) -> None:
    metrics = Metrics()
    assert await metered(metrics, outcome).submit(ORDER) is outcome
    seen = await scrape(metrics, None)
    assert {name for name, value in seen.items() if name.startswith("submits_total") and value} == {
        f"submits_total{{outcome={word}}}"
    }
    assert seen[f"uniall_calls_total{{call=submit,result={result}}}"] == 1


@pytest.mark.parametrize("error", [asyncio.CancelledError(), RuntimeError("a fault of ours")])
async def test_a_submit_that_is_cut_off_counts_as_unclear(error: BaseException) -> None:
    metrics = Metrics()
    with pytest.raises(type(error)):
        await metered(metrics, error).submit(ORDER)
    assert (await scrape(metrics, None))["submits_total{outcome=unclear}"] == 1


async def test_a_submit_without_its_image_was_never_a_call() -> None:
    metrics = Metrics()
    with pytest.raises(FileNotFoundError):
        await metered(metrics, FileNotFoundError()).submit(ORDER)
    seen = await scrape(metrics, None)
    assert not any(value for name, value in seen.items() if name.startswith(("submits_total", "uniall_calls_total")))


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (None, "ok"),
        (ProviderError(Fault.RATE_LIMITED, "slow down"), "rate_limited"),
        (OSError("no room"), "disk"),
        (asyncio.CancelledError(), "cut_off"),
        (RuntimeError("a fault of ours"), "broken"),
    ],
)
async def test_every_other_call_is_counted_by_its_result(given: object, result: str, tmp_path: Path) -> None:
    metrics = Metrics()
    provider = metered(metrics, given)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "status": lambda: provider.status("j", format=Format.TASK),
        "download": lambda: provider.download(STATUS, tmp_path / "v", format=Format.TASK),
        "models": provider.models,
        "recent": provider.recent,
    }
    for call in calls.values():
        if isinstance(given, BaseException):
            with pytest.raises(type(given)):
                await call()
        else:
            assert await call() is given
    seen = await scrape(metrics, None)
    for name in calls:
        assert seen[f"uniall_calls_total{{call={name},result={result}}}"] == 1


async def test_every_label_a_job_can_end_with_is_there_from_the_start() -> None:
    seen = await scrape(Metrics(), None)
    for fault in (*Fault, *Reason):
        assert seen[f"jobs_ended_total{{fault={fault},state=failed}}"] == 0


async def test_two_apps_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.claimed(Work.POLL, 2.0)
    one.submitted(Unclear())
    assert (await scrape(one, None))["work_lag_seconds_sum{work=poll}"] == 2
    seen = await scrape(other, None)
    assert seen["submits_total{outcome=unclear}"] == 0
    assert "work_lag_seconds_sum{work=poll}" not in seen


# -- routes

TOKEN = "aW50ZXJhY3Rpb246MTIz_secret-Token"


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/users/@me", "/users/@me"),
        ("/gateway/bot", "/gateway/bot"),
        ("/channels/1/messages", "/channels/{id}/messages"),
        ("/channels/123456789012345678/messages/2", "/channels/{id}/messages/{id}"),
        (f"/interactions/1/{TOKEN}/callback", "/interactions/{id}/{token}/callback"),
        ("/interactions/1/callback/callback", "/interactions/{id}/{token}/callback"),
        ("/webhooks/1/123/messages/@original", "/webhooks/{id}/{token}/messages/@original"),
        (f"/webhooks/1/{TOKEN}", "/webhooks/{id}/{token}"),
        (f"/strange/{TOKEN}", "/{other}/{other}"),
    ],
)
def test_a_route_is_told_without_ids_and_tokens(path: str, route: str) -> None:
    assert route_of(yarl.URL(Route.BASE + path)) == route


@pytest.mark.parametrize(
    ("url", "route"),
    [
        (f"https://cdn.discordapp.com/attachments/1/2/{TOKEN}.png?ex=1", "media"),
        (f"{yarl.URL(Route.BASE).origin()}/attachments/1/2/a.png", "media"),
        (f"wss://gateway.discord.gg/?token={TOKEN}", "gateway"),
    ],
)
def test_what_is_not_discord_s_api_is_one_word(url: str, route: str) -> None:
    assert route_of(yarl.URL(url)) == route


@given(st.lists(st.one_of(st.text(min_size=1), st.integers(0).map(str), st.just("webhooks")), max_size=30))
def test_no_path_makes_a_label_of_its_own(parts: list[str]) -> None:
    url = yarl.URL(Route.BASE) / "channels"
    for part in parts:
        if (safe := part.replace("/", "")) and safe not in (".", ".."):
            url /= safe
    kept = route_of(url).split("/")[1:]
    assert len(kept) <= 7
    assert all(word in ("channels", "webhooks", "{id}", "{token}", "{other}") or word.isalpha() for word in kept)


async def test_of_several_processes_the_leader_alone_shows_the_ledger_and_how_many_there_are(
    store: SqlStore, life: Life
) -> None:
    store.db.shared = True
    for one, role in (("a", Role.WORKER), ("b", Role.WORKER), ("c", Role.GATEWAY)):
        row = Process(id=one, role=role, version="1", started_at=START, seen_at=START)
        await store.enter(row, now=START)
    now = [100.0]
    process = OwnProcess("a", alone=False, role=Role.WORKER, uptime=lambda: now[0])
    process.confirm(began=now[0], leads=False)
    metrics = Metrics(stalls=None)
    await metrics.follow(store)
    await life.accept()

    async def seen(later: timedelta) -> Numbers:
        page, _ = await metrics.page("", store=store, now=life.now + later, alive={}, ready=True, process=process)
        return numbers(page.decode())

    other = await seen(timedelta())
    assert (other["database_up"], other["ledger_usd_total{kind=reserve}"]) == (1, 0)
    assert not [name for name in other if name.startswith(("jobs{", "processes"))]
    assert math.isnan(other["ledger_pending_videos"])
    process.confirm(began=now[0], leads=True)
    await seen(timedelta())
    await life.accept()
    assert (await seen(timedelta()))["ledger_videos_total{kind=reserve}"] == 0, "an earlier entry may not be there yet"
    leader = await seen(timedelta(minutes=1))
    assert {role: leader[f"processes{{role={role}}}"] for role in Role} == {"run": 0, "gateway": 1, "worker": 2}
    assert (leader["jobs{state=reserved}"], leader["ledger_videos_total{kind=reserve}"]) == (2, 1)
