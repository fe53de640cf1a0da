"""The whole bot as a process, with a moderator and a member in its server."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.process.conftest import Studio, database_server, fresh, shared, studio
from tests.standins.discord import Answer, Channel, Message, Permission, Person
from tests.standins.discord.model import walk

__all__ = ["database_server", "fresh", "shared", "studio"]


@dataclass(slots=True)
class Server:
    """A server with the bot, somebody who may manage the server, and somebody who may not."""

    studio: Studio
    mod: Person
    mia: Person

    async def config(self, command: str, by: Person | None = None, /, **options: object) -> str:
        """`/config …` by the moderator, or by somebody else: what only they read."""
        answer = await (by or self.mod).slash(f"config {command}", **options).answer()
        return private(answer)

    async def sora(self, prompt: str = "a fox", by: Person | None = None, /, **options: object) -> str:
        """What `/sora` answers: the card's words, or why not."""
        return (await (by or self.mia).slash("sora", prompt=prompt, **options).answer()).text

    async def video(self, prompt: str = "a fox", by: Person | None = None) -> Message:
        """A video that is posted, with its card closed."""
        before = len(self.studio.results())
        card = await (by or self.mia).slash("sora", prompt=prompt).message()
        posted = await self.studio.wait_results(before + 1)
        await self.studio.wait_card(card, "Done")
        return posted[-1]

    async def log_channel(self) -> Channel:
        """A new channel, which the bot now uses as its log."""
        channel = self.studio.discord.world.add_channel(self.studio.discord.guild, "mod-log")
        assert "Changed" in await self.config("log-channel", channel=channel)
        return channel

    async def logged(self, channel: Channel, words: str) -> Message:
        """The message of the log channel that says so."""
        return await self.studio.discord.wait_message(lambda message: words in message.text, channel=channel)

    def pressable(self, message: Message, label: str) -> bool:
        """Whether there is such a button."""
        return label in message.labels


def private(answer: Answer) -> str:
    """What an answer says, which only one person reads and which pings nobody."""
    assert answer.ephemeral
    assert answer.data.get("allowed_mentions", {"parse": []}).get("parse") == []
    return answer.text


async def report(person: Person, message: Message, reason: str = "other", words: str = "") -> str:
    """Press Report, fill in the form, and return what only the reporter reads then."""
    opened = person.press(message, "Report")
    await opened.answer()
    return private(await person.submit_modal(opened, {"reason": reason, "words": words}).answer())


def menus(answer: Answer) -> dict[str, dict[str, Any]]:
    """The menus of a card by custom id."""
    return {part["custom_id"]: part for part in walk(answer.data["components"]) if part["type"] in (3, 8)}


def server_of(studio: Studio) -> Server:
    """The server of a studio, with somebody who may manage it and somebody who may not."""
    mod = studio.discord.person("Mod", permissions=Permission.MANAGE_GUILD)
    return Server(studio, mod, studio.person("Mia"))


@pytest.fixture
def server(fresh: Studio) -> Server:
    """A new server of the bot that the tests of a file share."""
    return server_of(fresh)
