"""One process of the hammer: `python -m tests.storage.concurrency.hammer ADDRESS SEED STEPS`.

It does at random what gateways and workers do, in several tasks at once. For every paid call and every post that it would have
made it prints a line: `paid ID`, `posted ID`. Whatever is neither a result nor a refusal of the domain ends it.
"""

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from bot.domain.errors import IllegalTransition, LostLease
from bot.domain.generation import Generation
from bot.domain.messages.card import CardRecord
from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation import settings_edits as edits
from bot.domain.provider import JobState, JobStatus
from bot.domain.queue.claims import Claim
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Limit, Scope, Unit
from bot.domain.refusals.refusal import Refusal
from bot.ports.database.jobs.polls import PollRecord
from bot.storage.store import SqlStore
from tests.storage.life import VIDEO, Life, at_most, terms

TASKS = 4
IN_FLIGHT = 4
BUDGET = at_most(60, scope=Scope.OPERATOR)
QUOTA: list[Limit] = [at_most(9)]
MEMBERS = ("ann", "bob", "cem")
GUILDS = ("one", "two", "three")


class Hammer:
    """The steps. What it makes has its own names, so that two processes never make the same by accident."""

    def __init__(self, store: SqlStore, seed: int) -> None:
        self.store = store
        self.life = Life(store)
        self.seed = seed
        self.dice = random.Random(seed)
        self.made: list[str] = []

    def fresh(self, kind: str) -> str:
        return self.life.fresh(f"{kind}-{self.seed}-")

    def claim(self) -> Claim:
        return Claim(owner=self.fresh("claim"), until=self.life.now + timedelta(hours=9))

    async def accept(self) -> None:
        new = self.life.new(self.dice.choice(MEMBERS), self.dice.choice(GUILDS))
        name = self.fresh("job")
        object.__setattr__(new, "id", name)
        object.__setattr__(new, "root_id", name)
        object.__setattr__(new, "interaction_id", self.fresh("press"))
        placed = await self.store.accept(new, terms(*QUOTA, BUDGET), now=self.life.now, place=self.dice.randint(1, 3))
        self.made.append(placed.generation.id)
        await self.store.set_card(
            name, message_id=name, image_url=None, image_until=None, shown="", now=self.life.later(milliseconds=1)
        )

    async def cancel(self) -> None:
        if self.made:
            await self.store.cancel(self.dice.choice(self.made), now=self.life.now)

    async def withdraw(self) -> None:
        if self.made:
            await self.store.withdraw(self.dice.choice(self.made), now=self.life.now)

    async def submit(self) -> None:
        claim = self.claim()
        job = await self.store.claim_submit(claim, most=IN_FLIGHT, now=self.life.now)
        if job is None:
            return
        await asyncio.sleep(0)
        match self.dice.randint(0, 5):
            case 0:
                stops = self.dice.random() < 0.5
                await self.store.release_submit(
                    job.id,
                    claim,
                    hold="x",
                    due_at=self.life.now,
                    now=self.life.now,
                    tried=timedelta(1),
                    stops_all=stops,
                )
            case 1:
                say("paid", job.id)
                await self.store.record_unclear(job.id, claim, now=self.life.now)
            case 2:
                await self.fail(job, claim, Resolution.VOID)
            case _:
                say("paid", job.id)
                status = JobStatus(job_id=f"at {job.id}", state=JobState.RUNNING)
                await self.store.record_submitted(job.id, claim, status, due_at=self.life.now, now=self.life.now)

    async def doubt(self) -> None:
        for job in (await self.store.unclear())[:1]:
            await self.fail(job, None, Resolution.BILLED)

    async def fail(self, job: Generation, claim: Claim | None, how: Resolution) -> None:
        await self.store.fail(job.id, claim, fault="x", detail="", resolution=how, now=self.life.now)

    async def poll(self) -> None:
        claim, now = self.claim(), self.life.now
        polled = await self.store.claim_polls(claim, most=3, most_overdue=3, now=now)
        records: list[PollRecord] = []
        for job in polled:
            match self.dice.randint(0, 4):
                case 0:
                    await self.fail(job, claim, Resolution.VOID)
                case 1:
                    records.append(_record(job, claim, self.life, self.dice.randint(0, 99)))
                case _:
                    await self.store.record_rendered(job.id, claim, video_url="v", now=now)
        await self.store.record_polls(records, now=now)

    async def fetch(self) -> None:
        claim = self.claim()
        job = await self.store.claim_fetch(claim, now=self.life.now)
        if job is None:
            return
        if self.dice.random() < 0.2:
            await self.store.retry_fetch(job.id, claim, video_url=None, due_at=self.life.now, now=self.life.now)
        else:
            await self.store.succeed(job.id, claim, VIDEO, delivery_id=f"d-{job.id}", now=self.life.now)

    async def deliver(self) -> None:
        claim = self.claim()
        found = await self.store.claim_delivery(claim, now=self.life.now)
        if found is None:
            return
        await asyncio.sleep(0)
        delivery, job = found
        match self.dice.randint(0, 4):
            case 0:
                await self.store.retry_delivery(delivery.id, claim, due_at=self.life.now, now=self.life.now)
            case 1:
                await self.store.give_up_delivery(delivery.id, claim, why="x", now=self.life.now)
            case _:
                say("posted", job.id)
                there = PostedMessage(message_id=f"m-{job.id}", channel_id="channel")
                await self.store.record_sent(delivery.id, claim, there, now=self.life.now)

    async def notices(self) -> None:
        claim = self.claim()
        if found := await self.store.claim_notice(claim, now=self.life.now):
            await self.store.end_notice(found.generation.id, claim, sent=True)

    async def cards(self) -> None:
        due = await self.store.cards_due(now=self.life.now + timedelta(hours=1), limit=9)
        records = [CardRecord(card=card, shown="x", again_at=self.life.now) for card in due]
        await self.store.record_cards(records, now=self.life.now)

    async def moderate(self) -> None:
        guild, member = self.dice.choice(GUILDS), self.dice.choice(MEMBERS)
        match self.dice.randint(0, 5):
            case 0:
                await self.life.grant(self.dice.choice((1, 2, -1)), member=member, guild=guild)
            case 1:
                await self.life.grant_lot(4, Unit.SECONDS, role=guild, days=1, lot_id=self.fresh("lot"), guild=guild)
            case 2:
                await self.life.reset(member, guild)
            case 3:
                await self.life.configure(lambda old: edits.with_spoiler(old, not old.spoiler), guild)
            case 4:
                await self.store.hold_waiting("disk", now=self.life.now)
                await self.store.release_held("disk", now=self.life.now)
            case _:
                await self.store.give_back_waiting(guild, fault="x", most=2, now=self.life.now)

    async def forget(self) -> None:
        await self.store.forget(self.dice.choice(MEMBERS), now=self.life.now)

    async def run(self, steps: int) -> None:
        usual: list[Callable[[], Awaitable[None]]] = [
            *(self.accept, self.submit, self.poll, self.fetch, self.deliver) * 4,
            *(self.cancel, self.withdraw, self.doubt, self.notices, self.cards, self.moderate),
        ]
        for _ in range(steps):
            step = self.forget if self.dice.random() < 0.01 else self.dice.choice(usual)
            with suppress(Refusal, IllegalTransition, LostLease):
                await step()


def _record(job: Generation, claim: Claim, life: Life, progress: int) -> PollRecord:
    return PollRecord(
        generation_id=job.id,
        owner=claim.owner,
        progress=progress,
        missing_since=None,
        due_at=life.now,
        polled_at=life.now,
        tried=timedelta(0),
    )


def say(what: str, name: str) -> None:
    print(what, name, flush=True)


async def main(address: str, seed: int, steps: int) -> None:
    store = await SqlStore.open(address)
    try:
        async with asyncio.TaskGroup() as tasks:
            for number in range(TASKS):
                tasks.create_task(Hammer(store, seed * TASKS + number).run(steps))
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
