"""The whole bot as a process, between a Discord and a UniAll on loopback."""

import io
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from PIL import Image

from bot.storage.verify import differences
from tests.conftest import POSTGRESQL
from tests.process.clean import assert_clean
from tests.process.database import Rows
from tests.process.postgres_rows import PostgresRows, forget
from tests.standins.discord import Channel, DiscordStandIn, Invocation, Message, Permission, Person, Upload
from tests.standins.discord.model import COMPONENTS_V2
from tests.standins.discord.world import ALWAYS, Event
from tests.standins.forked import SHORT_LIVES, Forked
from tests.standins.process import BotProcess
from tests.standins.uniall import video
from tests.standins.uniall_server import ScriptedUniAll
from tests.storage.empty import put_empty
from tests.storage.postgres.server import PostgresServer


@dataclass(slots=True, repr=False)
class Studio:
    """Discord, UniAll, and the bot between them. `start` it, perhaps with other settings."""

    discord: DiscordStandIn
    uniall: ScriptedUniAll
    folder: Path
    bot: BotProcess
    server: str | None = None
    """The one server that `rows` tells of; None: all of them."""

    async def start(self, **env: str | None) -> BotProcess:
        """Start the bot; again after a stop or a kill."""
        self.bot.env.update({name: value for name, value in env.items() if value is not None})
        await self.bot.start()
        return self.bot

    async def command(self, *words: str, code: int = 0) -> str:
        """Run another `sora-bot` command in the bot's environment; its output, once its exit code is as expected."""
        output = self.folder / f"command-{len(list(self.folder.glob('command-*.txt')))}.txt"
        output.touch()
        process = Forked.start(*words, cwd=self.folder, env=self.bot.env, stdout=output, stderr=output)
        ended = await process.wait()
        text = output.read_text()
        assert ended == code, text
        return text

    async def backup(self) -> Path:
        """Save the database, as an operator does while the bot runs; the file."""
        if self.bot.address:
            return await _databases_on_server().dump(self.bot.address)
        saved = self.folder / "elsewhere" / "saved.db"
        await self.command("db", "backup", str(saved))
        assert await differences(saved) == []
        return saved

    async def restore(self, saved: Path) -> None:
        """Put a saved database into a new one, on which the bot is started from now on."""
        if self.bot.address:
            self.bot.address = self.bot.env["DATABASE_URL"] = await _databases_on_server().restore(saved)
            self.database.change("UPDATE process SET seen_at = seen_at - 60000")  # it was saved a minute ago
            await self.command("db", "restored")
            return
        self.bot.database = self.folder / "fresh" / "sora-bot.db"
        self.bot.env["DATABASE_URL"] = f"sqlite:///{self.bot.database}"
        await self.command("db", "restore", str(saved))

    def person(self, name: str = "Mia") -> Person:
        """A new member."""
        return self.discord.person(name)

    def results(self) -> list[Message]:
        """The messages that carry a video."""
        return [message for message in self.discord.messages() if self.files(message)]

    def files(self, message: Message) -> list[str]:
        """The videos a message carries."""
        return [file.filename for file in message.attachments if file.filename.endswith(".mp4")]

    async def wait_results(self, count: int) -> list[Message]:
        """So many videos in the channel."""
        await self.discord.wait_for(lambda: len(self.results()) >= count, f"{count} results")
        return self.results()

    async def wait_card(self, message: Message, words: str) -> str:
        """Until a card says so; everything it says."""
        await self.discord.wait_for(lambda: words in said(message), f"{words!r} on the card")
        return said(message)

    def posted(self) -> list[bytes]:
        """The bytes of every posted video."""
        return sorted(file.data for message in self.results() for file in message.attachments)

    def made(self) -> list[bytes]:
        """The bytes of every video that UniAll made."""
        return sorted(video(job_id, self.uniall.size) for job_id in self.uniall.jobs)

    @property
    def database(self) -> Rows:
        """Questions to the database, as far as they concern `server`."""
        if self.bot.address:
            return PostgresRows(self.bot.address, self.server)
        return Rows(self.bot.database, self.server)

    async def differences(self) -> list[str]:
        """Where the balances do not agree with the ledger."""
        return await differences(self.bot.address or self.bot.database) if self.database.exists() else []

    def held(self) -> int:
        """Videos held by members' running jobs."""
        return self.database.balance(per="month")[1]

    def used(self, scope: str = "member") -> int:
        """Videos used today in a scope."""
        return self.database.balance(per="day", scope=scope)[0]

    def spent(self, person: Person) -> tuple[int, int]:
        """Videos that one member has used today, and those held by their running jobs."""
        return self.database.balance(per="day", member=person.id)

    async def settled(self, person: Person, videos: int) -> None:
        """Until none of a member's jobs runs; then they have used so many videos."""
        await self.discord.wait_for(lambda: self.spent(person)[1] == 0, "nothing held")
        assert self.spent(person) == (videos, 0)

    async def submitted(self, prompt: str) -> None:
        """Until UniAll has the job of this prompt, and the bot has recorded that: a kill leaves no doubt about it."""
        await self.discord.wait_for(
            lambda: any(job.job_id for job in self.database.generations(prompt)), "the job at UniAll"
        )

    def as_ever(self) -> None:
        """Nothing fails on order any more, and UniAll is as quick as it was: whatever an earlier test has left."""
        self.discord.faults.stop()
        self.uniall.seconds = 0.2
        for orders in (self.uniall.next_submit, self.uniall.next_poll, self.uniall.next_download):
            orders.clear()

    def move(self) -> None:
        """To a new server, in which nobody has asked for anything; UniAll has no jobs but those that will be asked for."""
        self.discord.guild = self.discord.world.add_guild("Studio")
        self.discord.channel = self.discord.world.add_channel(self.discord.guild, "general")
        self.server = self.discord.guild.id
        self.uniall.jobs = {}

    async def settle(self) -> None:
        """Let whatever still runs fail."""

        def look() -> bool:
            for job in self.uniall.jobs.values():
                job.state = job.state or "failed"
            return not self.database.running()

        await self.discord.wait_for(look, "an end of every job")

    def room(self, name: str = "room") -> "Room":
        """A channel of its own, for a test that shares the bot with others."""
        return Room(self, self.discord.world.add_channel(self.discord.guild, name))

    def moderator(self, channel: Channel | None = None) -> Person:
        """Someone who may manage the server."""
        return self.discord.person("Moderator", channel=channel, permissions=Permission.MANAGE_GUILD)

    def deliver_again(self, invocation: Invocation) -> None:
        """The gateway tells of the same interaction once more."""
        guild = invocation.channel.guild
        event = Event(
            name="INTERACTION_CREATE",
            payload=invocation.payload,
            intent=ALWAYS,
            guild_id=guild.id if guild else None,
        )
        self.discord.gateway.emit(event)


@dataclass(slots=True, repr=False)
class Room:
    """One channel or thread of a studio, and what is in it."""

    studio: Studio
    channel: Channel

    def person(self, name: str = "Mia") -> Person:
        """A new member, here."""
        return self.studio.discord.person(name, channel=self.channel)

    def messages(self, viewer: Person | None = None) -> list[Message]:
        """What is here, oldest first."""
        return self.studio.discord.messages(self.channel, viewer=viewer)

    def results(self) -> list[Message]:
        """The messages here that carry a video."""
        return [message for message in self.messages() if self.studio.files(message)]

    async def wait_results(self, count: int) -> list[Message]:
        """So many videos here."""
        await self.studio.discord.wait_for(lambda: len(self.results()) >= count, f"{count} results")
        return self.results()

    async def result(self, card: Message) -> Message:
        """The video that answers this card, once the bot has recorded that it is posted."""

        def look() -> Message | None:
            return next((message for message in self.results() if message.reply_to is card), None)

        found = await self.studio.discord.wait_for(look, "the result of a card")
        await self.studio.discord.wait_for(
            lambda: any(post.message_id == found.id for post in self.studio.database.deliveries()), "the post recorded"
        )
        return found

    async def make(self, person: Person, prompt: str, **given: object) -> Message:
        """`/sora` here, until the video is posted and its card says so."""
        card = await person.at(self.channel).slash("sora", prompt=prompt, **given).message()
        result = await self.result(card)
        await self.studio.wait_card(card, "Done")
        return result

    async def answer_to(self, message: Message) -> Message:
        """What the bot replies to a message."""

        def look() -> Message | None:
            bot = self.studio.discord.world.bot
            return next((one for one in self.messages() if one.reply_to is message and one.author is bot), None)

        return await self.studio.discord.wait_for(look, f"an answer to {message.content!r}")

    def thread(self, message: Message) -> "Room":
        """The thread on a message."""
        assert message.thread is not None
        return Room(self.studio, message.thread)

    def forged(self, custom_id: str) -> Message:
        """A message here with a button that nobody has made."""
        row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Forged", "custom_id": custom_id, "id": 2}]}
        world = self.studio.discord.world
        message = Message(id=world.ids.next(), channel=self.channel, author=world.bot, components=[row])
        message.flags = COMPONENTS_V2
        world.publish(message)
        return message


def said(message: Message) -> str:
    """All words of a message's components."""

    def walk(parts: list[dict[str, Any]]) -> list[str]:
        return [
            word
            for part in parts
            for word in [*([part["content"]] if part.get("type") == 10 else []), *walk(part.get("components") or [])]
        ]

    return "\n".join([message.content, *walk(message.components)])


def buttons(message: Message) -> list[str]:
    """The labels of a message's buttons."""

    def walk(parts: list[dict[str, Any]]) -> list[str]:
        return [
            word
            for part in parts
            for word in [*([part["label"]] if part.get("type") == 2 else []), *walk(part.get("components") or [])]
        ]

    return walk(message.components)


def picture(width: int = 320, height: int = 180, form: str = "PNG") -> bytes:
    """A small real image."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (180, 40, 40)).save(out, form)
    return out.getvalue()


def image(data: bytes | None = None, name: str = "a.png") -> Upload:
    """A file as a member gives it."""
    return Upload(data=picture() if data is None else data, filename=name)


@asynccontextmanager
async def studio_in(folder: Path, postgres: PostgresServer | None = None, /, **env: str) -> AsyncGenerator[Studio]:
    """Both stand-ins and a bot that is not yet started; at the end `assert_clean`.

    postgres: the server of its database; None: the database is of the engine on which the module runs. env: further
    settings.
    """
    postgres = postgres or _Databases.server
    async with DiscordStandIn() as discord, ScriptedUniAll() as uniall:
        settings = {"UNIALL_API_KEY": uniall.key, "DEFAULT_QUOTA": "unlimited", "POLL_MAX_SECONDS": "0.3", **env}
        bot = BotProcess(discord, folder, uniall_base_url=uniall.base_url, env=settings)
        studio = Studio(discord, uniall, folder, bot)
        taken = None
        if postgres:
            bot.address = bot.env["DATABASE_URL"] = taken = await postgres.take()
            bot.env[SHORT_LIVES] = "1"  # what one bot leaves at its death is free after six seconds, not thirty
        else:
            put_empty(bot.database).chmod(0o600)  # its first start makes the same, in a fifth of its processor time
        try:
            yield studio
            await assert_clean(studio)
        finally:
            if studio.bot.running:
                await studio.bot.kill()
            if postgres and bot.address and taken:
                forget(bot.address)
                forget(taken)
                await postgres.give_back(taken)


class _Databases:
    """Where the databases of all bots of the module under test are made: on a server; None: in SQLite files."""

    server: PostgresServer | None = None


def _databases_on_server() -> PostgresServer:
    assert _Databases.server is not None
    return _Databases.server


@pytest.fixture(scope="module", autouse=True)
def database_server(engine: str, request: pytest.FixtureRequest) -> Generator[None]:
    """Give every bot of a module a database of the engine on which it runs, whichever fixture makes the bot."""
    _Databases.server = request.getfixturevalue("postgres") if engine == POSTGRESQL else None
    yield
    _Databases.server = None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """A studio for a whole file, with its bot running by the `SETTINGS` of that file; each test has a room of its own."""
    settings: dict[str, str] = getattr(cast("Any", request).module, "SETTINGS", {})
    async with studio_in(tmp_path_factory.mktemp("shared"), **settings) as made:
        await made.start()
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    """A studio for one test, its bot not yet started."""
    async with studio_in(tmp_path) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def room(shared: Studio) -> Room:
    """A fresh channel of the shared studio, with everything as ever."""
    shared.as_ever()
    return shared.room()


@pytest_asyncio.fixture(loop_scope="module")
async def fresh(shared: Studio) -> AsyncIterator[Studio]:
    """The shared studio in a server of its own, with everything as ever. A test may stop or kill the bot."""
    shared.as_ever()
    shared.move()
    yield shared
    shared.as_ever()
    if not shared.bot.running:
        await shared.start()
    await shared.settle()
