"""A card whose id was lost is looked for until a look has come to an end, over any number of deaths."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.domain.errors import (
    PostClosed,
    PostError,
    PostForbidden,
    PostGone,
    PostImpossible,
    StoreFault,
    StoreUnavailable,
)
from bot.domain.generation import Generation
from bot.domain.messages.deferred_replies import DeferredReply
from bot.domain.messages.posts import CardPictures
from bot.domain.processes.process import Process, Role
from bot.runtime import persist
from bot.storage.store import SqlStore
from bot.system.background import finish_background
from bot.usecases.requests.card_answers import CardAnswers
from bot.workers.cards.card_edits import CardWorker
from bot.workers.cards.lost_cards import LostCards
from tests.conftest import POSTGRESQL_LONG
from tests.process.database import Rows
from tests.storage.life import Life
from tests.workers.conftest import draw_due, world

ENGINES = POSTGRESQL_LONG


class Finder:
    """Answers each look for a card as it is told."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)

    async def find_card(self, generation: Generation) -> Any:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def started(store: SqlStore, life: Life, *answers: object) -> LostCards:
    """As the bot starts: leases are void, and what is cardless is looked for once."""
    await store.void_leases(now=life.now)
    here = world(store, life, messenger=Finder(*answers))
    lost = LostCards(here, CardAnswers(here))
    await lost.look()
    return lost


async def test_a_card_is_found_after_a_second_death_before_anybody_has_looked_for_it(
    store: SqlStore, life: Life
) -> None:
    job = await life.accept()
    await store.cardless()
    await store.void_leases(now=life.now)  # and dies here, as at the failpoint start.voided
    await started(store, life, ("card", CardPictures()))
    assert (await life.reload(job)).card_message_id == "card"
    assert await store.cardless() == []


async def test_only_a_look_that_came_to_an_end_counts(store: SqlStore, life: Life) -> None:
    job = await life.accept()
    for trouble in (PostError("busy"), PostForbidden("may not look"), PostError("timeout")):
        lost = await started(store, life, trouble, trouble, ("card", CardPictures()))
        assert [one.id for one in await store.cardless()] == [job.id]
        await lost.look()
        assert [one.id for one in await store.cardless()] == [job.id]
    await lost.look()
    assert (await life.reload(job)).card_message_id == "card"
    found = await store.cards_due(now=life.later(minutes=1), limit=9)
    assert [card.generation.id for card in found] == [job.id]


async def test_a_card_that_is_certainly_nowhere_is_not_looked_for_again(store: SqlStore, life: Life) -> None:
    job = await life.accept()
    await started(store, life, None)
    assert await store.cardless() == []
    assert (await life.reload(job)).card_message_id is None


class Completing(Finder):
    """Answers as told when a deferred reply is to be completed; there is no card in the channel."""

    def __init__(self, *answers: object) -> None:
        super().__init__(*answers)
        self.completed: list[str] = []

    async def complete_with_card(self, reply: DeferredReply, generation: Generation, *_: object) -> Any:
        self.completed.append(generation.id)
        return await super().find_card(generation)

    async def complete_without_card(self, reply: DeferredReply) -> bool:
        self.completed.append(reply.interaction_id)
        return bool(await super().find_card(cast(Any, reply)))

    async def find_card(self, generation: Generation) -> Any:
        return None


async def deferred(store: SqlStore, interaction_id: str, process: str = "dead") -> None:
    await store.keep_reply(
        DeferredReply(interaction_id=interaction_id, sealed_token="t", process_id=process, locale="zh-CN")
    )


async def test_a_deferred_reply_becomes_the_card_once_discord_takes_it(store: SqlStore, life: Life) -> None:
    job = await life.accept()
    await deferred(store, job.interaction_id)
    messenger = Completing(PostError("busy"), ("card", CardPictures()))
    here = world(store, life, messenger=messenger)
    lost = LostCards(here, CardAnswers(here))
    await lost.look()
    assert [one.id for one in await store.cardless()] == [job.id]
    await lost.look()
    assert (await life.reload(job)).card_message_id == "card"
    assert (await store.cardless(), await store.abandoned_replies()) == ([], [])
    assert messenger.completed == [job.id, job.id]


@pytest.mark.parametrize("refused", [None, PostForbidden("50001")])
async def test_where_discord_takes_the_reply_no_more_the_job_goes_on_without_a_card(
    store: SqlStore, life: Life, refused: object
) -> None:
    job = await life.accept()
    await deferred(store, job.interaction_id)
    here = world(store, life, messenger=Completing(refused))
    await LostCards(here, CardAnswers(here)).look()
    assert (await life.reload(job)).card_message_id is None
    assert (await store.cardless(), await store.abandoned_replies()) == ([], [])


async def test_who_was_not_accepted_is_told_so_and_who_has_a_card_or_a_living_process_is_left_alone(
    store: SqlStore, life: Life
) -> None:
    row = Process(id="alive", role=Role.RUN, version="1", started_at=life.now, seen_at=life.now)
    await store.enter(row, now=life.now)
    shown = await life.accept()
    await life.show(shown)
    await deferred(store, shown.interaction_id)
    await deferred(store, "never accepted")
    await deferred(store, "answered now", process="alive")
    messenger = Completing(PostError("busy"), True)
    here = world(store, life, messenger=messenger)
    lost = LostCards(here, CardAnswers(here))
    await lost.look()
    await lost.look()
    assert messenger.completed == ["never accepted", "never accepted"]
    assert await store.abandoned_replies() == []
    assert [row["name"] for row in await store.db.read("SELECT name FROM value WHERE name LIKE 'reply:%'")] == [
        "reply:answered now"
    ]


async def edited(store: SqlStore, life: Life, rows: Rows, trouble: PostImpossible) -> float | None:
    """In how many minutes a closing edit that Discord refused so is tried again."""

    async def edit_card(*_: object) -> str:
        raise trouble

    cards = CardWorker(world(store, life, messenger=SimpleNamespace(edit_card=edit_card)))
    await draw_due(cards)
    [job] = rows.generations()
    return None if job.card_due_at is None else job.card_due_at / 60_000 - life.now.timestamp() / 60


@pytest.mark.parametrize("trouble", [PostClosed("50083"), PostForbidden("50013")])
async def test_a_card_in_a_closed_thread_is_tried_again_at_growing_gaps_at_a_start_and_once_the_thread_opens(
    store: SqlStore, life: Life, rows: Rows, trouble: PostImpossible
) -> None:
    job = await life.accept()
    await life.show(job)
    await store.cancel(job.id, now=life.now)
    cards = CardAnswers(world(store, life))
    gaps: list[int] = []
    for days in (0, 1, 10):
        life.later(days=days)
        gap = await edited(store, life, rows, trouble)
        assert gap is not None
        gaps.append(round(gap))
        await cards.thread_opened("another")
        assert await store.cards_due(now=life.now, limit=9) == []
        if days == 1:
            await store.void_leases(now=life.now)
        else:
            await cards.thread_opened("channel")
        assert len(await store.cards_due(now=life.now, limit=9)) == 1
    assert gaps == [1, 360, 360]
    life.later(days=30)
    assert await edited(store, life, rows, trouble) is None


async def test_a_card_that_was_deleted_is_left_alone(store: SqlStore, life: Life, rows: Rows) -> None:
    job = await life.accept()
    await life.show(job)
    await store.cancel(job.id, now=life.now)
    assert await edited(store, life, rows, PostGone("10008")) is None


async def test_a_reply_that_is_answered_while_the_database_is_away_is_not_kept_for_ever(
    store: SqlStore, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persist, "GAPS", (0.01, 0.01))
    away = [StoreUnavailable(StoreFault.BUSY, "locked")] * 3
    drop = SqlStore.drop_reply

    async def dropping(of: SqlStore, interaction_id: str) -> None:
        if away:
            raise away.pop()
        await drop(of, interaction_id)

    def seal(_: str, token: str) -> str:
        return token

    monkeypatch.setattr(SqlStore, "drop_reply", dropping)
    here = world(store, life, messenger=SimpleNamespace(seal=seal))
    answered = CardAnswers(here).reply_deferred("1", "t", "en-US")
    answered()
    await finish_background(20)
    assert not away
    assert await store.abandoned_replies() == []
