"""Processes that die, beat and lead at the same moment."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot.domain.generation import State
from bot.domain.processes.process import Beat, Process, Role
from tests.storage.concurrency.interleaving import Bench, Pair
from tests.storage.concurrency.pairs.orders import recorded
from tests.storage.concurrency.pairs.registry import pair


@pair("orphaned_leases.end_orphaned: rows")
async def a_process_is_declared_dead_while_its_cards_arerecorded(bench: Bench) -> Pair:
    life = bench.life
    dead = Process(id="dead", role=Role.WORKER, version="1", started_at=life.now, seen_at=life.now)
    seen_at = await life.store.enter(dead, now=life.now)
    polled, sent = [
        await life.accept(replace(life.new(member), id=name)) for member, name in (("ann", "job1"), ("bob", "job2"))
    ]
    await life.polling(polled)
    await life.submitting(sent)

    async def in_doubt(one: list[str], _: None) -> None:
        assert one == ["dead"]
        assert (await life.reload(sent)).state is State.UNKNOWN

    return Pair(
        one=partial(bench.one.declare_dead, [replace(dead, seen_at=seen_at)], now=life.now),
        other=recorded(bench.other, [polled, sent], life),
        check=in_doubt,
    )


@pair()
async def a_process_beats_while_it_is_declared_dead(bench: Bench) -> Pair:
    life = bench.life
    process = Process(id="slow", role=Role.WORKER, version="1", started_at=life.now, seen_at=life.now)
    seen_at = await life.store.enter(process, now=life.now - timedelta(minutes=1))
    await asyncio.sleep(0.002)  # the database's own clock, to a millisecond

    def dead_or_alive(one: list[str], beat: object) -> None:
        assert bool(one) is (beat is None)

    return Pair(
        one=partial(bench.one.declare_dead, [replace(process, seen_at=seen_at)], now=life.now),
        other=partial(
            bench.other.beat, "slow", now=life.now, term=timedelta(seconds=15), told_within=timedelta(hours=1)
        ),
        check=dead_or_alive,
    )


@pair()
async def two_processes_want_to_lead(bench: Bench) -> Pair:
    life = bench.life
    for name in ("one", "two"):
        process = Process(id=name, role=Role.WORKER, version="1", started_at=life.now, seen_at=life.now)
        await life.store.enter(process, now=life.now)
    beats = [
        partial(store.beat, name, now=life.now, term=timedelta(seconds=15), told_within=timedelta(hours=1))
        for store, name in ((bench.one, "one"), (bench.other, "two"))
    ]

    def one_leads(one: Beat, other: Beat) -> None:
        assert {one.leads, other.leads} == {True, False}

    return Pair(one=beats[0], other=beats[1], check=one_leads)
