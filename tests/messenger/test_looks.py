"""Looks into channels go by Discord's own clock, however wrong this machine's is; and not seeing is not the same as not there."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.domain.errors import PostForbidden
from bot.domain.generation import Generation, Orientation, State
from bot.domain.messages.delivery import Delivery, DeliveryState, Try
from bot.domain.provider import Format
from bot.messenger.clock import DiscordClock, at
from bot.messenger.finder import MessageFinder

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # at Discord
ME, GEN = 7, "0" * 20
WRONG = [timedelta(), *(sign * timedelta(hours=hours) for sign in (1, -1) for hours in (1, 24))]


def snowflake(ago: timedelta) -> int:
    return at(NOW - ago)


def answered(status: int, code: int) -> discord.HTTPException:
    kind = discord.Forbidden if status == 403 else discord.NotFound
    return kind(cast(Any, SimpleNamespace(status=status, reason="No")), {"code": code, "message": "no"})


class Channel:
    """What a channel has, and who may read it. It answers as Discord does: without the permission, with an empty list."""

    def __init__(self, *messages: int, readable: bool = True, visible: bool = True) -> None:
        self.messages, self.readable, self.visible = sorted(messages), readable, visible
        self.asked: list[tuple[int, int | None]] = []

    async def history(self, *, after: Any, before: Any, **_: object) -> AsyncGenerator[Any]:
        self.asked.append((after.id, before.id if before else None))
        if not self.visible:
            raise answered(403, 50001)
        for key in self.messages if self.readable else ():
            if after.id < key and (before is None or key < before.id):
                file = SimpleNamespace(filename=f"sora-{GEN}.mp4")
                yield SimpleNamespace(id=key, author=SimpleNamespace(id=ME), attachments=[file], components=[])

    async def get_channel(self, _: int) -> dict[str, Any]:
        if not self.visible:
            raise answered(403, 50001)
        return {"last_message_id": str(self.messages[-1]) if self.messages else None}

    async def get_message(self, _: int, key: int) -> dict[str, Any]:
        if not self.visible or not self.readable:
            raise answered(403, 50001)
        if key not in self.messages:
            raise answered(404, 10008)
        return {"id": str(key)}


def looks(channel: Channel, *, date: datetime | None = NOW) -> MessageFinder:
    clock = DiscordClock()
    clock.record(date.strftime("%a, %d %b %Y %H:%M:%S GMT") if date else None)
    client = SimpleNamespace(
        user=SimpleNamespace(id=ME),
        http=channel,
        get_guild=lambda _: None,  # pyright: ignore[reportUnknownLambdaType]
        get_partial_messageable=lambda *_, **__: channel,  # pyright: ignore[reportUnknownLambdaType]
    )
    return MessageFinder(cast(Any, client), clock)


def job(wrong: timedelta, *, ended: timedelta = timedelta(seconds=5)) -> tuple[Generation, Delivery, Try]:
    """A post that was tried a moment ago, told by a machine whose clock is wrong by so much."""
    here = datetime.now(UTC) + wrong
    generation = Generation(
        id=GEN,
        interaction_id=str(snowflake(timedelta(minutes=5))),
        guild_id="1",
        channel_id="2",
        member_id="3",
        prompt="p",
        family="f",
        model="m",
        format=Format.TASK,
        orientation=Orientation.LANDSCAPE,
        seconds=4,
        price_micros=1,
        state=State.SUCCEEDED,
        accepted_at=here - timedelta(minutes=5),
        due_at=here,
        finished_at=here - ended,
    )
    delivery = Delivery(
        id="d", generation_id=GEN, channel_id="2", state=DeliveryState.SENDING, attempts=2, queued_at=here - ended
    )
    first = NOW - timedelta(seconds=5)
    tried = Try(delivery_id="d", channel_id="2", after_id=generation.interaction_id, first_at=first, last_at=first)
    return generation, delivery, tried


@pytest.mark.parametrize("wrong", WRONG, ids=str)
async def test_a_post_is_found_however_wrong_this_machine_s_clock_is_or_was(wrong: timedelta) -> None:
    posted = snowflake(timedelta(seconds=4))
    generation, delivery, tried = job(wrong)
    found = await looks(Channel(posted)).find_post(generation, delivery, [tried])
    assert found.posted
    assert found.posted.message_id == str(posted)


@pytest.mark.parametrize("skew", WRONG, ids=str)
async def test_a_post_is_found_though_what_discord_s_answers_are_dated_is_another_time_than_its_ids(
    skew: timedelta,
) -> None:
    posted = snowflake(timedelta(seconds=4))
    generation, delivery, tried = job(timedelta())
    tried = replace(tried, first_at=NOW - skew, last_at=NOW - skew)
    found = await looks(Channel(posted), date=NOW - skew).find_post(generation, delivery, [tried])
    assert found.posted


async def test_a_look_begins_with_the_newest_id_that_is_known_to_be_older() -> None:
    channel = Channel()
    generation, delivery, tried = job(timedelta())
    await looks(channel).find_post(generation, delivery, [tried])
    [(after, before)] = channel.asked
    assert snowflake(timedelta(minutes=7)) < after < int(generation.interaction_id)
    assert before
    assert before > at(NOW + timedelta(hours=25))


@pytest.mark.parametrize("wrong", [*WRONG, timedelta(minutes=10)], ids=str)
async def test_where_history_may_not_be_read_a_post_is_repeated_only_while_discord_surely_knows_its_nonce(
    wrong: timedelta,
) -> None:
    generation, delivery, tried = job(wrong)
    hidden = Channel(snowflake(timedelta(seconds=4)), readable=False)
    if not wrong:
        found = await looks(hidden).find_post(generation, delivery, [tried])
        assert (found.posted, found.unseen) == (None, (tried,))
        for later in (timedelta(minutes=3), -timedelta(hours=1)):
            with pytest.raises(PostForbidden):
                await looks(hidden, date=NOW + later).find_post(generation, delivery, [tried])
        return
    with pytest.raises(PostForbidden):
        await looks(hidden).find_post(generation, delivery, [tried])


@pytest.mark.parametrize("date", [None, NOW])
async def test_another_nonce_another_place_or_no_clock_of_discord_s_repeat_nothing(date: datetime | None) -> None:
    generation, delivery, tried = job(timedelta())
    tries = [tried] if date is None else [replace(tried, delivery_id="old"), replace(tried, channel_id="9")]
    for one in tries:
        with pytest.raises(PostForbidden):
            await looks(Channel(visible=False), date=date).find_post(generation, delivery, [one])


async def test_what_was_waived_is_looked_for_and_does_not_hinder() -> None:
    generation, delivery, tried = job(timedelta(hours=1))
    waived = replace(tried, waived=True)
    found = await looks(Channel(visible=False)).find_post(generation, delivery, [waived])
    assert (found.posted, found.unseen) == (None, (waived,))
    assert (await looks(Channel(snowflake(timedelta(seconds=4)))).find_post(generation, delivery, [waived])).posted


@pytest.mark.parametrize(
    ("channel", "seen"),
    [
        (Channel(), True),
        (Channel(snowflake(timedelta(minutes=1))), True),
        (Channel(snowflake(timedelta(hours=1)), readable=False), True),  # nothing was written there since
        (Channel(snowflake(timedelta(minutes=1)), readable=False), False),
        (Channel(visible=False), False),
    ],
)
async def test_an_empty_list_says_nothing_where_history_may_not_be_read(channel: Channel, seen: bool) -> None:
    generation, _, tried = job(timedelta())
    assert await looks(channel).unseen(generation, [tried]) == ([] if seen else [tried])
    if not seen:
        with pytest.raises(PostForbidden):
            await looks(channel).find_card(generation)
