"""The cards of waiting jobs: right again within seconds of any move of the queue, and otherwise left alone."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.domain.errors import PostError
from bot.domain.generation import Generation
from bot.domain.messages.card import CardContext
from bot.domain.messages.posts import CardPictures
from bot.runtime.context import OperatorPolicy
from bot.storage.store import SqlStore
from bot.usecases.requests.card_answers import CardAnswers
from bot.workers.cards.card_edits import CardWorker
from tests.conftest import POSTGRESQL_LONG
from tests.storage.life import Life
from tests.storage.single_cards import take_place
from tests.storage.sqlite_parts import sqlite
from tests.storage.test_plans import traced
from tests.workers.conftest import draw_due, world

ENGINES = POSTGRESQL_LONG


class Channel:
    """Shows of a card its state and its place. edits: by generation, what it has shown."""

    def __init__(self, store: SqlStore, life: Life) -> None:
        self.store = store
        self.life = life
        self.drawn = 0
        self.cards: dict[str, str] = {}
        self.edits = 0
        self.fault: Exception | None = None
        self.restart()

    def restart(self) -> None:
        """A new process."""
        clock = cast(Any, SimpleNamespace(now=lambda: self.life.now))
        nothing_runs = OperatorPolicy(max_in_flight=0)
        self.context = replace(world(self.store, self.life, messenger=self), steady=clock, policy=nothing_runs)
        self.worker = CardWorker(self.context)

    async def edit_card(self, generation: Generation, card_context: CardContext, shown: str) -> str:
        self.drawn += 1
        now = f"{generation.state} {card_context.queue_position}"
        if now == shown:
            return shown
        if self.fault:
            raise self.fault
        self.edits += 1
        self.cards[generation.id] = now
        taken = [card for card in self.cards.values() if card.startswith("reserved ") and card[-1].isdigit()]
        assert len(taken) == len(set(taken)), "no two cards show the same place"
        return now

    async def accept(self, count: int, *, channels: int = 99) -> list[Generation]:
        """So many jobs, each of another member, whose cards show their places."""
        jobs: list[Generation] = []
        for number in range(count):
            job = await self.life.accept(self.life.new(f"member {number:03}", channel=f"channel {number % channels}"))
            place = len(self.cards) + 1
            assert await take_place(self.store, job.id, job.guild_id, place, now=self.life.now)
            self.cards[job.id] = f"reserved {place}"
            await self.life.show(job, self.cards[job.id], message_id=f"card of {job.id}")
            jobs.append(job)
        return jobs

    async def ticks(self, count: int) -> None:
        """So many seconds pass."""
        for _ in range(count):
            self.life.later(seconds=1)
            self.worker._waiting.moved()
            await draw_due(self.worker)


@pytest.fixture
def channel(store: SqlStore, life: Life) -> Channel:
    return Channel(store, life)


async def test_the_cards_follow_when_the_queue_moves(channel: Channel, store: SqlStore) -> None:
    jobs = await channel.accept(4)
    await channel.ticks(6)
    assert channel.edits == 0
    await store.cancel(jobs[0].id, now=channel.life.now)
    await channel.ticks(6)
    assert [channel.cards[job.id] for job in jobs] == ["cancelled None", "reserved 1", "reserved 2", "reserved 3"]


@pytest.mark.sqlite_only("it reads what SQLite's connections are sent")
async def test_what_has_not_changed_is_neither_drawn_nor_written_again(channel: Channel, store: SqlStore) -> None:
    await channel.accept(5)
    await channel.ticks(6)
    assert channel.drawn == 5, "each once, because nothing is known of it yet"
    async with traced(store) as statements:
        await channel.ticks(60)
    assert channel.drawn == 5
    assert not [sql for sql in statements if sql.startswith(("UPDATE", "INSERT", "BEGIN IMMEDIATE"))]


async def test_after_a_restart_every_card_is_brought_up_to_date(channel: Channel, store: SqlStore) -> None:
    jobs = await channel.accept(3)
    await channel.ticks(6)
    await store.cancel(jobs[0].id, now=channel.life.now)
    channel.restart()
    await channel.ticks(8)
    assert [channel.cards[job.id] for job in jobs[1:]] == ["reserved 1", "reserved 2"]


async def test_a_card_that_cannot_be_edited_now_is_tried_again_later(channel: Channel, store: SqlStore) -> None:
    jobs = await channel.accept(2)
    await channel.ticks(6)
    await store.cancel(jobs[0].id, now=channel.life.now)
    channel.fault = PostError("not now")
    await channel.ticks(4)
    assert channel.cards[jobs[1].id] == "reserved 2"
    channel.fault = None
    await channel.ticks(30)
    assert channel.cards[jobs[1].id] == "reserved 1"


async def test_in_one_channel_one_card_is_edited_a_second_and_all_of_them_in_the_end(
    channel: Channel, store: SqlStore
) -> None:
    jobs = await channel.accept(5, channels=1)
    await channel.ticks(6)
    await store.cancel(jobs[0].id, now=channel.life.now)
    before = channel.edits
    for second in range(1, 12):
        await channel.ticks(1)
        assert channel.edits - before <= second
    assert [channel.cards[job.id] for job in jobs[1:]] == [f"reserved {place}" for place in range(1, 5)]


@pytest.mark.sqlite_only("only SQLite counts the rows that a connection has changed")
async def test_an_accepted_or_claimed_job_writes_the_cards_of_no_other(channel: Channel, store: SqlStore) -> None:
    changed: list[int] = []
    for waiting in (2, 40):
        await channel.accept(waiting)
        before = sqlite(store)._writer.total_changes
        await channel.life.accept(channel.life.new(f"late {waiting}"))
        assert await channel.life.next()
        changed.append(sqlite(store)._writer.total_changes - before)
    assert changed[0] == changed[1]


async def test_a_card_whose_first_answer_shows_its_place_is_not_drawn_again_until_that_changes(
    channel: Channel, store: SqlStore
) -> None:
    answers = CardAnswers(channel.context)
    jobs = await channel.accept(3)
    for place, job in enumerate(jobs, start=1):
        shown = CardContext(queue_position=place)
        await answers.card_shown(
            job, f"card of {job.id}", pictures=CardPictures(), shown=channel.cards[job.id], card_context=shown
        )
    await channel.ticks(8)
    assert channel.drawn == 0
    await store.cancel(jobs[0].id, now=channel.life.now)
    await channel.ticks(8)
    assert [channel.cards[job.id] for job in jobs] == ["cancelled None", "reserved 1", "reserved 2"]


async def test_a_first_answer_that_shows_another_place_is_put_right(channel: Channel) -> None:
    [job] = await channel.accept(1)
    shown = CardContext(queue_position=7)
    await CardAnswers(channel.context).card_shown(
        job, f"card of {job.id}", pictures=CardPictures(), shown="reserved 7", card_context=shown
    )
    await channel.ticks(8)
    assert channel.cards[job.id] == "reserved 1"
    assert channel.edits == 1
