"""A process that writes to a store for ever, as a busy bot does: `python -m tests.storage.busy PATH SEED`.

After each job it says its id and where the job stands, on a line of its own: what is said is stored. A small cache and a
short log make it spill unfinished transactions and fold the log into the file all the time.
"""

import asyncio
import random
import sys
from pathlib import Path

from bot.domain.generation import Generation
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.rules import Subject
from bot.storage.store import SqlStore
from tests.storage.life import MANY, POSTED, Life
from tests.storage.sqlite_parts import sqlite

TIGHT = (
    "synchronous = OFF",
    "cache_size = 10",
    "wal_autocheckpoint = 40",
)  # a killed process loses nothing by the first


async def job(life: Life, member: str, how: int) -> Generation:
    """One job on one of its ways."""
    match how:
        case 0:
            return await life.failed(Resolution.BILLED)
        case 1:
            found = await life.accept(life.new(member))
            return await life.store.cancel(found.id, now=life.now)
        case 2:
            return await life.unknown()
        case _:
            done = await life.succeeded()
            claim = life.claim()
            await life.store.claim_delivery(claim, now=life.now)
            await life.store.record_sent(f"d-{done.id}", claim, POSTED, now=life.now)
            return done


async def work(path: Path, seed: int) -> None:
    """Jobs, rules, grants, resets, and now and then somebody who wants to be forgotten."""
    chance = random.Random(seed)
    store = await SqlStore.open(path)
    for pragma in TIGHT:
        await sqlite(store)._writer.fetch(f"PRAGMA {pragma}")
    life = Life(store)
    while True:
        found = await job(life, chance.choice(["ann", "bob"]), chance.randrange(6))
        print(found.id, found.state, flush=True)
        match chance.randrange(6):
            case 0:
                await life.set_rule(Subject.EVERYONE, MANY + chance.randrange(9))
            case 1:
                await life.grant(chance.randint(-2, 3))
            case 2:
                await life.reset()
            case 3:
                await store.forget(chance.choice(["ann", "bob"]))
            case _:
                pass


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2])))
