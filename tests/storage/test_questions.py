"""A question is asked once, answered once, together with its job, and erased with the answer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.generation import Generation, Orientation
from bot.domain.quota.limits import Per, Unit
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.questions import OPEN_FOR, Question, QuestionState
from bot.domain.requests.request import Edits
from bot.storage.store import SqlStore
from tests.storage.life import START, Life, at_most, terms

ENGINES = ("sqlite", "postgresql")

EDITS = Edits(prompt="в дождь", orientation=Orientation.PORTRAIT, picture=(3, 4), spoiler=True, sound=False, seed=7)


def question(parent: Generation, number: int = 1) -> Question:
    return Question(
        id=f"question{number}",
        ask_id=str(number),
        guild_id="guild",
        channel_id="channel",
        member_id="ann",
        generation_id=parent.id,
        edits=EDITS,
        picture="https://cdn/1.png",
        price_micros=2_450_000,
        locale="zh-CN",
        asked_at=START,
    )


async def test_it_is_asked_once_and_its_job_takes_it(store: SqlStore, life: Life) -> None:
    asked = question(await life.accept())
    assert (await store.keep_question(asked), await store.keep_question(replace(asked, id="other"))) == (True, False)
    assert (await store.question(asked.id), await store.asked("1"), await store.asked("2")) == (asked, True, False)
    await store.question_shown(asked.id, "message")
    job = replace(life.new(), draft_id=asked.id)
    assert (await store.accept(job, terms(), now=life.now)).fresh
    made = await store.question(asked.id)
    assert made == replace(asked, edits=Edits(), picture=None, state=QuestionState.MADE, message_id="message")
    assert not (await store.accept(replace(life.new(), draft_id=asked.id), terms(), now=life.now)).fresh
    assert (await store.cancel_question(asked.id), await store.unclosed_questions()) == (False, [])
    await life.show(job, message_id="elsewhere")
    assert await store.unclosed_questions() == [made]
    await store.question_closed(asked.id)
    assert await store.unclosed_questions() == []


async def test_what_was_cancelled_or_is_over_makes_nothing(store: SqlStore, life: Life) -> None:
    parent = await life.accept()
    for number in (1, 2):
        await store.keep_question(question(parent, number))
    assert await store.cancel_question("question1")
    await store.end_questions(asked_before=START)
    assert (await store.question("question2")) == question(parent, 2)
    await store.end_questions(asked_before=START + OPEN_FOR)
    for number in (1, 2):
        with pytest.raises(Refusal) as refused:
            await store.accept(replace(life.new(), draft_id=f"question{number}"), terms(), now=life.now)
        assert refused.value.code is RefusalCode.QUESTION_OVER
    assert [one.state for one in await store.unclosed_questions()] == [QuestionState.CANCELLED, QuestionState.OVER]
    assert (await life.uses(limits=[at_most(5)]))[0].held == 1
    await store.forget_questions(asked_before=START + timedelta(seconds=1))
    assert await store.question("question1") is None


@pytest.mark.parametrize(
    ("amount", "unit", "before", "last"),
    [
        (3, Unit.VIDEOS, 1, False),
        (3, Unit.VIDEOS, 2, True),
        (1, Unit.VIDEOS, 0, False),
        (8, Unit.SECONDS, 1, True),
        (7, Unit.SECONDS, 0, False),
        (900_000, Unit.USD, 1, False),
        (900_000, Unit.USD, 2, True),
    ],
)
async def test_the_last_of_a_limit_is_the_one_after_which_none_like_it_fits(
    store: SqlStore, life: Life, amount: int, unit: Unit, before: int, last: bool
) -> None:
    for _ in range(before):
        await life.accept()
    limit = at_most(amount, unit, Per.WEEK)
    found = await store.last_of(life.new(), terms(limit), now=life.now)
    assert (found.limit if found else None) == (limit if last else None)
    await life.grant(unit=unit, amount=10_000_000)
    assert await store.last_of(life.new(), terms(limit), now=life.now) is None
