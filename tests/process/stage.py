"""One bot for many tests: it starts once, and every fault has a member, a prompt and, where it matters, a channel of its own.

The faults of a table are played all at once, so that a table costs the time of its slowest line, and each line has a test
of its own that looks at what became of it.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.process.conftest import Studio, studio_in
from tests.process.database import GenerationRow
from tests.standins.discord import Channel, Message, Person
from tests.standins.uniall import Act, Script, say, video


@asynccontextmanager
async def staged(folder: Path, *, start: bool = True, **env: str) -> AsyncGenerator[Studio]:
    """A studio that runs many jobs at once, for as long as a module likes."""
    async with studio_in(folder, **{"MAX_IN_FLIGHT": "200", **env}) as studio:
        if start:
            await studio.start()
        yield studio


@dataclass(slots=True, kw_only=True)
class Played:
    """One job on the stage: who asked, the card, and what UniAll was told to do. `go` lets what waits go on."""

    studio: Studio
    person: Person
    card: Message
    script: Script
    go: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def channel(self) -> Channel:
        """Where it was asked."""
        return self.card.channel

    def results(self) -> list[Message]:
        """The messages anywhere that mention this member and carry a video."""
        world = self.studio.discord.world
        everywhere = [message for channel in world.channels.values() for message in channel.messages.values()]
        return [m for m in everywhere if self.person.id in m.pinged and self.studio.files(m)]

    async def result(self) -> Message:
        """The one message with the video, byte for byte as it was made."""
        await self.studio.discord.wait_for(self.results, "the video")
        [found] = self.results()
        assert [file.data for file in found.attachments] == [self._made()]
        return found

    async def done(self) -> Message:
        """Posted once, the card says so, and it counts as one video."""
        found = await self.result()
        assert found.id in await self.studio.wait_card(self.card, "Done")
        await self.studio.discord.wait_for(lambda: not self.ledger()[1], "nothing held")
        assert self.ledger() == (1, 0, ["reserve", "post"])
        return found

    async def kept(self) -> None:
        """Not posted, but not lost either: given up as undeliverable, the file is there, and it counts as one video."""
        await self.studio.discord.wait_for(lambda: self.delivery() == "undeliverable", "given up")
        assert (self.studio.bot.media / str(self.generation().video_file)).read_bytes() == self._made()
        assert self.ledger() == (1, 0, ["reserve", "post"])
        assert self.results() == []

    def _made(self) -> bytes:
        """The video that UniAll made of it."""
        return video(self.studio.uniall.job(self.generation().prompt).id)

    def generation(self) -> GenerationRow:
        """Their one job, as the database has it."""
        [found] = self.studio.database.generations(member=self.person.id)
        return found

    def delivery(self) -> object:
        """The state of the post."""
        posts = self.studio.database.deliveries()
        return next((post.state for post in posts if post.member_id == self.person.id), None)

    def ledger(self) -> tuple[int, int, list[str]]:
        """Videos used, videos held, and the entries of this member."""
        return ledger(self.studio, self.person)


def ledger(studio: Studio, person: Person) -> tuple[int, int, list[str]]:
    """Videos used, videos held, and the kinds of the entries of a member."""
    used, held = studio.database.balance(per="month", member=person.id)
    return used, held, studio.database.entries(person.id)


async def books_agree(studio: Studio) -> None:
    """What `sora-bot db verify` finds: nothing."""
    assert await studio.differences() == []


async def play(
    studio: Studio, prompt: str, script: Script | None = None, *, channel: Channel | None = None, **options: object
) -> Played:
    """A new member asks for a video, and UniAll has its orders. Answers once the card is there."""
    script = studio.uniall.scripts[prompt] = script or Script()
    person = studio.discord.person(f"p{len(studio.discord.world.users)}", channel=channel)
    card = await person.slash("sora", prompt=prompt, **options).message()
    return Played(studio=studio, person=person, card=card, script=script)


async def play_waiting(studio: Studio, prompt: str, *, channel: Channel | None = None) -> Played:
    """A job that UniAll renders until `go`."""
    go = asyncio.Event()
    played = await play(studio, prompt, Script(always_poll=until(go)), channel=channel)
    played.go = go
    await studio.discord.wait_for(lambda: played.script.polled, "a poll")
    return played


def until(go: asyncio.Event) -> Act:
    """Rendering until `go`, then as usual."""

    async def act(request: web.Request) -> web.StreamResponse | None:
        return None if go.is_set() else await say(status="in_progress", progress=50)(request)

    return act
