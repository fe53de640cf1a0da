"""The bot's connection to Discord: logged in once, however long that takes, and kept from then on.

A Discord that cannot be reached, refuses for now or answers nonsense is one line in the log and another try. What the
operator must mend raises Unusable.

A lost connection is resumed at the address that its READY named. That address may be gone for good: after two tries there
the bot identifies anew at the main gateway, which it asks for each time. discord.py's own loop would stay with the old one.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.domain.errors import Unusable
from bot.domain.server_log import LogEvent
from bot.gateway.client import SoraBot
from bot.ports.notices import Notices
from bot.runtime.unreadable import UNREADABLE

log = structlog.stdlib.get_logger()

LOGIN_PAUSE = (1.0, 60.0)
HANDSHAKE = 25.0  # seconds from the first packet of a try until Discord has taken it; with the pause below a minute
LONGEST_PAUSE = 30.0
STEADY = 10.0  # seconds after which a connection that ends was a good one
RESUMES = 2  # tries at the address of the session, before a new one is begun at the main gateway
CLOSE_SECONDS = 2.0
SERVERS_WITHIN = 30.0  # seconds from the login until the gateway has said which servers there are
_INTENTS_REFUSED, _NORMAL, _RESUMABLE = 4014, 1000, 4000  # close codes
_PASSING = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)
_PROXY = (0, 40333)  # a 403 without a code of Discord's, or from its outer network


class Connection:
    """Logs a bot in, and keeps it connected."""

    def __init__(self, bot: SoraBot, token: str) -> None:
        self._bot = bot
        self._token = token
        self._identified = False
        self._held: asyncio.Task[None] | None = None

    async def log_in(self) -> None:
        """Until Discord knows the bot and its commands. Raises Unusable."""
        pause = LOGIN_PAUSE[0]
        while True:
            try:
                await self._bot.login(self._token)
                await self._bot.connect_to_own_gateway()
            except discord.LoginFailure as error:
                raise Unusable("Discord does not accept DISCORD_TOKEN") from error
            except (*_PASSING, *UNREADABLE) as error:
                if _refuses(error):
                    raise Unusable(f"Discord refuses this bot: {error}") from error
                log.warning(_name(error), **_details(error), again_in=pause)
                await self._bot.http.close()
                self._bot.http.connector = discord.utils.MISSING  # closed with its session: the next try makes another
                await asyncio.sleep(pause)
                pause = min(pause * 2, LOGIN_PAUSE[1])
            else:
                return

    async def hold(self) -> None:
        """`stay`, in a task of its own: where this wait is cut off, the connection goes on until `close`."""
        self._held = asyncio.create_task(self.stay(), name="discord connection")
        await asyncio.shield(self._held)

    async def close(self) -> None:
        """Close the client and its connection, within a little more than CLOSE_SECONDS."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._bot.close()
        except TimeoutError:
            log.warning("discord_not_closed")
        if self._held:
            self._held.cancel()
            await asyncio.gather(self._held, return_exceptions=True)

    async def stay(self) -> None:
        """Stay connected until the bot is closed: resume what can be resumed, else begin a new session. Raises Unusable."""
        bot, loop = self._bot, asyncio.get_running_loop()
        session: _Session | None = None
        failed = resumes = 0
        while not bot.is_closed():
            begun = loop.time()
            try:
                await self._live(session)
            except discord.ConnectionClosed as error:
                if error.code == _INTENTS_REFUSED:
                    raise Unusable("Discord refuses this bot's intents") from error
                if error.code != _NORMAL and not bot.is_closed():
                    raise Unusable(f"Discord has closed the connection for good (code {error.code})") from error
                ended: Exception = error
            except Exception as error:  # noqa: BLE001 - all of it is logged; not even a payload that discord.py cannot read ends the bot
                ended = error
            bot.dispatch("disconnect")
            if bot.is_closed():
                return
            await self._drop()
            resumes = 0 if bot.established else resumes + 1
            if bot.established or session:
                session = _Session.of(bot.ws)
            if resumes >= RESUMES or (isinstance(ended, ReconnectWebSocket) and not ended.resume):
                session = None
            failed = 0 if bot.established and loop.time() - begun >= STEADY else failed + 1
            pause = 0.0 if failed == 0 or (failed == 1 and bot.established) else _pause(failed)
            if pause or not isinstance(ended, ReconnectWebSocket):
                name = type(ended).__name__
                log.warning("discord_unreachable", error=name, again_in=round(pause, 2), resumes=session is not None)
            await asyncio.sleep(pause)

    async def _live(self, session: "_Session | None") -> NoReturn:
        """One connection, from its first packet to its end, which is what it raises."""
        bot = self._bot
        bot.established = False
        async with asyncio.timeout(HANDSHAKE):
            if session:
                socket = _Socket.from_client(
                    bot, gateway=session.gateway, session=session.id, sequence=session.sequence, resume=True
                )
            else:
                await self._ask_for_gateway()
                socket = _Socket.from_client(bot, initial=not self._identified)
            bot.ws = await socket
            self._identified = True
            while not bot.established:
                await bot.ws.poll_event()
        while True:
            await bot.ws.poll_event()

    async def _ask_for_gateway(self) -> None:
        """Where the main gateway is now. Its last address serves while Discord does not say."""
        if not self._identified:  # the login has just asked
            return
        try:
            await self._bot.connect_to_own_gateway()
        except (*_PASSING, *UNREADABLE) as error:
            log.warning("gateway_not_named", error=type(error).__name__)
        if self._bot.identifies_left == 0:  # one more and Discord takes the token away
            raise _NoIdentifyLeft

    async def _drop(self) -> None:
        """Let go of the socket that was opened last, also where its handshake never ended; the session outlives it."""
        socket = _Socket.newest
        if socket is not None and socket.open:
            with suppress(Exception):
                async with asyncio.timeout(1):
                    await socket.close(code=_RESUMABLE)


class _NoIdentifyLeft(Exception):
    """Discord lets this token begin no more sessions today."""


class _Socket(DiscordWebSocket):
    """discord.py hands out a socket once its handshake is over; the newest is remembered, so that any can be closed."""

    newest: ClassVar["_Socket | None"] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _Socket.newest = self


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """What resuming a session takes."""

    gateway: yarl.URL
    id: str
    sequence: int | None

    @classmethod
    def of(cls, socket: DiscordWebSocket) -> "_Session | None":
        """The session of a connection; None where Discord has ended it."""
        if socket.session_id is None:
            return None
        return cls(gateway=yarl.URL(str(socket.gateway)), id=socket.session_id, sequence=socket.sequence)


def _pause(failed: int) -> float:
    """Seconds until the next try: growing, with jitter, never so long that a try is more than a minute after the last."""
    return min(LONGEST_PAUSE, 2.0 ** min(failed - 1, 10)) * random.uniform(0.5, 1)  # noqa: S311 - for jitter


class LaterNotices:
    """Notices that wait for Discord: what happens while it is away is told when it is back."""

    def __init__(self, notices: Notices, bot: SoraBot, logged_in: asyncio.Event) -> None:
        self._notices = notices
        self._bot = bot
        self._logged_in = logged_in

    async def post_log(self, channel_id: str, event: LogEvent) -> bool:
        """See `Notices.post_log`. Its language and roles are those of the server, which the gateway brings."""
        await self._logged_in.wait()
        if self._bot.get_guild(int(event.guild_id)) is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(SERVERS_WITHIN):
                    await self._bot.wait_until_ready()
        return await self._notices.post_log(channel_id, event)

    async def tell_operator(self, text: str) -> None:
        """See `Notices.tell_operator`. Its loop begins after the login."""
        await self._notices.tell_operator(text)


def _refuses(error: Exception) -> bool:
    """Whether Discord itself says that this bot may not be here, and not something in between."""
    if not isinstance(error, discord.HTTPException):
        return False
    return error.status == 401 or (error.status == 403 and error.code not in _PROXY)


def _name(error: Exception) -> str:
    """The event of a login that failed."""
    if isinstance(error, discord.app_commands.CommandSyncFailure):
        return "commands_refused"
    if isinstance(error, discord.HTTPException) and error.status < 500 and error.status != 429:
        return "discord_refuses"
    return "discord_unreachable" if isinstance(error, _PASSING) else "discord_unreadable"


def _details(error: Exception) -> dict[str, object]:
    """What was asked, where that is known, and why it failed, on one line."""
    said: dict[str, object] = {"error": error}
    if isinstance(error, discord.HTTPException) and isinstance(error.response, aiohttp.ClientResponse):
        said["asked"] = f"{error.response.method} {error.response.url.path}"
    return said
