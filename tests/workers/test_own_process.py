"""A process acts only while the database has confirmed that it lives, and leads only for the term it was given."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.errors import StoreFault, StoreUnavailable
from bot.domain.processes.process import Beat, ModelState, Pause, Process, Role, Shared
from bot.runtime.alerts import Alerts, SharedAlerts
from bot.runtime.disk_pressure import DiskPressure
from bot.runtime.own_process import OwnProcess
from bot.runtime.shared_facts import list_models, refuse_model, take_over
from bot.runtime.wake_signals import WakeSignals
from bot.system.background import finish_background
from bot.system.clocks import Clocks
from bot.workers.processes import heartbeat
from bot.workers.processes.heartbeat import Heartbeat, Unseen
from bot.workers.processes.leader import LeaderLoops, led

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


class Uptime:
    """A clock that a test moves; it also advances while the machine is suspended."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def own(uptime: Uptime) -> OwnProcess:
    return OwnProcess("one", alone=False, uptime=uptime)


def test_a_process_that_was_paused_may_not_act_until_its_next_heartbeat() -> None:
    uptime = Uptime()
    process = own(uptime)
    assert not process.may_act(), "nothing was confirmed yet"
    process.confirm(began=uptime.at, leads=True)
    uptime.at += 9.9
    assert process.may_act()
    uptime.at += 0.1
    assert not process.may_act()
    process.confirm(began=uptime.at - 4, leads=True)  # the answer took four seconds: what counts is when it was asked
    uptime.at += 6
    assert not process.may_act()
    process.declare_dead()
    process.confirm(began=uptime.at, leads=True)
    assert not process.may_act()
    assert not process.leads


def test_a_leader_stops_before_its_term_is_over() -> None:
    uptime = Uptime()
    process = own(uptime)
    process.confirm(began=uptime.at, leads=True)
    uptime.at += 13.9
    assert process.leads
    uptime.at += 0.1
    assert not process.leads


def test_who_shares_the_database_with_nobody_always_acts_and_leads() -> None:
    uptime = Uptime()
    process = OwnProcess("only", alone=True, uptime=uptime)
    process.confirm(began=uptime.at, leads=False)  # at its start
    uptime.at += 10_000
    assert process.may_act()
    assert process.leads
    assert process.led


class Loop:
    """A loop that notes whether it runs."""

    name, finishes = "loop", False

    def __init__(self) -> None:
        self.running = False
        self.began, self.ended = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        self.running = True
        self.began.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.running = False
            self.ended.set()

    def stop(self) -> None: ...


async def test_the_leader_s_loops_run_while_it_leads_and_stop_when_a_heartbeat_says_so() -> None:
    process, loop = own(Uptime()), Loop()
    loops = LeaderLoops("leader", process, [loop])
    task = asyncio.create_task(loops.run())
    await asyncio.sleep(0)
    assert not loop.running
    for _ in range(2):
        process.confirm(began=1000.0, leads=True)
        await loop.began.wait()
        loop.began.clear()
        loop.ended.clear()
        process.confirm(began=1000.0, leads=False)
        await loop.ended.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert led("leader", OwnProcess("only", alone=True), [loop]) == [loop]


async def test_the_leader_s_loops_stop_when_no_heartbeat_comes_at_all() -> None:
    uptime, loop = Uptime(), Loop()
    process = own(uptime)
    loops = LeaderLoops("leader", process, [loop])
    process.confirm(began=uptime.at, leads=True)
    uptime.at += 13.99  # so that little of the term is left
    task = asyncio.create_task(loops.run())
    await loop.began.wait()
    uptime.at += 1
    await loop.ended.wait()
    assert not loop.running
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def row(name: str, seen: int) -> Process:
    at = NOW + timedelta(seconds=seen)
    return Process(id=name, role=Role.WORKER, version="1", started_at=NOW, seen_at=at)


def test_nobody_is_dead_but_who_was_not_seen_through_thirty_seconds_of_looking() -> None:
    unseen = Unseen()
    for at in range(0, 30, 5):
        assert unseen.look([row("dead", 0), row("alive", at)], float(at)) == []
    assert [one.id for one in unseen.look([row("dead", 0), row("alive", 30)], 30.0)] == ["dead"]


def test_an_outage_of_the_database_makes_nobody_dead() -> None:
    unseen = Unseen()
    unseen.look([row("one", 0)], 0.0)
    assert unseen.look([row("one", 0)], 60.0) == []
    assert unseen.look([row("one", 0)], 65.0) == []
    assert unseen.look([row("one", 62)], 70.0) == []


def test_a_clock_that_is_set_makes_nobody_dead() -> None:
    unseen = Unseen()
    for at in range(0, 60, 5):
        assert unseen.look([row("one", at if at < 30 else at + 86_400)], float(at)) == []
    for at in range(60, 120, 5):
        assert unseen.look([row("one", at - 86_400)], float(at)) == []


class Database:
    """Answers heartbeats as it is told, and notes who was declared dead."""

    def __init__(self, *answers: Beat | Exception | None) -> None:
        self.answers = list(answers)
        self.dead: list[str] = []

    async def beat(self, *_: Any, **__: Any) -> Beat | None:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def declare_dead(self, unseen: list[Process], **_: Any) -> list[str]:
        self.dead += [one.id for one in unseen]
        return self.dead


def around(process: OwnProcess, store: Database) -> Any:
    return SimpleNamespace(
        process=process,
        store=store,
        clock=SimpleNamespace(now=lambda: NOW),
        steady=SimpleNamespace(now=lambda: NOW),
        alerts=SimpleNamespace(told=frozenset[str]()),
        backoff=SimpleNamespace(until=None, fault=""),
        disk=DiskPressure(),
        catalog=Catalog(()),
        wake_signals=WakeSignals(),
    )


async def test_a_process_without_a_row_ends_and_does_nothing_more() -> None:
    process, ended = OwnProcess("one", alone=False), asyncio.Event()
    beating = Heartbeat(around(process, Database(Beat(at=NOW, leads=True), None)), Clocks(), ended)
    await beating.beat()
    assert process.may_act()
    await beating.beat()
    assert ended.is_set()
    assert not process.may_act()
    await beating.run()  # returns at once


async def test_the_leader_alone_declares_dead_whom_nobody_has_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    uptime = Uptime()
    monkeypatch.setattr(heartbeat, "uptime", uptime)
    for leads in (False, True):
        store = Database(*(Beat(at=NOW, leads=leads, others=(row("dead", 0),)) for _ in range(7)))
        beating = Heartbeat(around(own(uptime), store), Clocks(), asyncio.Event())
        for _ in range(7):
            await beating.beat()
            uptime.at += 5
        assert store.dead == (["dead"] if leads else [])
        assert beating.deaths.is_set() is leads


async def test_a_heartbeat_that_fails_confirms_nothing() -> None:
    process = OwnProcess("one", alone=False)
    beating = Heartbeat(around(process, Database(StoreUnavailable(StoreFault.UNAVAILABLE))), Clocks(), asyncio.Event())
    with pytest.raises(StoreUnavailable):
        await beating.beat()
    assert not process.may_act()


def test_the_clocks_follow_the_database_s_and_leases_outlast_a_clock_that_is_set() -> None:
    clocks = Clocks()

    def apart(hours: float) -> timedelta:
        return (datetime.now(UTC) + timedelta(hours=hours)) - clocks.steady.now()

    def follow(hours: float) -> None:
        now = datetime.now(UTC)
        clocks.follow(now + timedelta(hours=hours), asked_at=now, took=timedelta(0))

    follow(1)
    assert abs(clocks.system.offset - timedelta(hours=1)) < timedelta(seconds=1)
    assert abs(apart(1)) < timedelta(seconds=1)
    follow(3)
    assert abs(clocks.system.offset - timedelta(hours=3)) < timedelta(seconds=1)
    assert abs(apart(1)) < timedelta(seconds=1)


async def test_what_others_have_found_out_is_known_once_they_know_what_this_process_has() -> None:
    catalog, context = Catalog.read(), around(OwnProcess("one", alone=False), Database())
    context.catalog, stored, asked = catalog, asyncio.Event(), list[str]()

    async def refuse(model: str) -> None:
        asked.append(model)
        if len(asked) == 1:
            raise StoreUnavailable(StoreFault.UNAVAILABLE)
        await stored.wait()

    context.store.refuse_model = refuse
    first, second, *_ = models = sorted(catalog.usable_models())
    states = tuple(ModelState(model=one, listed=True, refused=one == second) for one in models)
    pause = Pause(name="submits", until=NOW + timedelta(minutes=3), fault="auth")
    beat, asked_at = Beat(at=NOW, leads=False, shared=Shared(models=states, pauses=(pause,))), catalog.told
    refuse_model(context, first)
    take_over(context, beat, asked_at=asked_at)
    assert first not in catalog.usable_models()
    assert (context.backoff.until, context.backoff.fault) == (NOW + timedelta(minutes=3), "auth")
    stored.set()
    await finish_background(5)
    assert asked == [first, first], "tried again"
    take_over(context, beat, asked_at=asked_at)
    assert first not in catalog.usable_models(), "those rows may be older"
    take_over(context, beat, asked_at=catalog.told)
    assert first in catalog.usable_models(), "another process has seen it listed again"
    assert second not in catalog.usable_models()


async def test_rows_that_were_asked_for_before_the_keys_list_was_stored_do_not_take_it_back() -> None:
    catalog, stored = Catalog.read(), asyncio.Event()
    models = frozenset(offer.model for offer in catalog.offers)
    gone = min(models)

    async def set_listed(*_: object) -> None:
        await stored.wait()

    context = around(OwnProcess("one", alone=False), Database())
    context.catalog, context.store.set_listed = catalog, set_listed
    states = tuple(ModelState(model=one, listed=True, refused=False) for one in models)
    old = Beat(at=NOW, leads=False, shared=Shared(models=states))
    asked_at = catalog.told
    listing = asyncio.create_task(list_models(context, models - {gone}))
    await asyncio.sleep(0)
    take_over(context, old, asked_at=asked_at)  # while it is being stored
    assert gone not in catalog.usable_models()
    stored.set()
    await listing
    take_over(context, old, asked_at=asked_at)  # afterwards
    assert gone not in catalog.usable_models()
    take_over(context, old, asked_at=catalog.told)
    assert gone in catalog.usable_models()


class Told:
    """What was told, by several processes."""

    def __init__(self) -> None:
        self.causes: set[str] = set()
        self.away = False

    async def tell_once(self, cause: str, **_: Any) -> bool:
        if self.away:
            raise StoreUnavailable(StoreFault.UNAVAILABLE)
        first = cause not in self.causes
        self.causes.add(cause)
        return first

    async def forget_told(self, cause: str) -> None:
        self.causes.discard(cause)


async def test_of_several_processes_one_tells_the_operator_and_while_the_database_is_away_the_last_leader() -> None:
    told, posted, clock = Told(), list[tuple[str, str]](), cast(Any, SimpleNamespace(now=lambda: NOW))
    queues: list[Alerts] = []
    for name in ("leader", "other"):
        process = OwnProcess(name, alone=False)
        process.confirm(began=0.0, leads=name == "leader")

        async def tell_operator(text: str, name: str = name) -> None:
            posted.append((name, text))

        notices = cast(Any, SimpleNamespace(tell_operator=tell_operator))
        queues.append(Alerts(notices, clock, SharedAlerts(told, clock, process)))

    async def both(text: str) -> None:
        for one in queues:
            one.tell(text, text)
            while not one._waiting.empty():
                await one.post_next()

    await both("key")
    assert [text for _, text in posted] == ["key"]
    queues[1].told = frozenset({"key"})
    queues[0].clear("key")
    queues[1].clear("key")
    for one in queues:
        await one.post_next()
    await both("key")
    assert [text for _, text in posted] == ["key", "key"]
    told.away = True
    await both("database")
    assert posted[2:] == [("leader", "database")]
