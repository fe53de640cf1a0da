"""A card and results of a bot that was killed since, for tests that reply to them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from tests.process.conftest import Room, Studio, image, said
from tests.standins.discord import Message, Person


@dataclass(slots=True, repr=False)
class Earlier:
    """A card and a result of a bot that was killed since; and a hint that the present one gave first of all."""

    studio: Studio
    room: Room
    mia: Person
    card: Message
    result: Message
    pictured: Message
    hint: Message

    def person(self) -> Person:
        """Somebody new, there."""
        return self.room.person("New")

    async def next_version(self, reply: Message) -> Message:
        """The card that answers a reply, once its video is there."""
        card = await self.room.answer_to(reply)
        await self.room.result(card)
        return card

    async def refused(self, reply: Message) -> str:
        """The short answer to a reply: nothing was spent, and there is no other answer."""
        answer = await self.room.answer_to(reply)
        assert answer.components == []
        assert reply.id not in {job.interaction_id for job in self.studio.database.generations()}
        return said(answer).replace("\\", "")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(shared: Studio) -> AsyncIterator[Earlier]:
    """Made by one process; the tests meet it in the next."""
    room = shared.room("earlier")
    mia = room.person("Mia")
    pictured = await room.make(mia, "with image", image=image(), orientation="portrait", duration=8)
    card = await mia.slash("sora", prompt="a cat in the grass").message()
    result = await room.result(card)
    await shared.wait_card(card, "Done")
    await shared.bot.kill()
    await shared.start()
    quiet = shared.room("quiet")
    hint = await quiet.answer_to(quiet.person().say(f"hello {shared.discord.world.bot.mention}"))
    yield Earlier(shared, room, mia, card, result, pictured, hint)
    await shared.discord.wait_for(lambda: shared.held() == 0, "nothing held at the end")


@pytest_asyncio.fixture(loop_scope="module")
async def earlier(made: Earlier) -> Earlier:
    """The same, with everything else as ever."""
    made.studio.as_ever()
    return made
