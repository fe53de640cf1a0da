"""Logs the bot in to Discord, however long that takes, and keeps it connected.

If Discord cannot be reached, refuses for now, or sends an invalid answer, that is one log line and another attempt.
What the operator must fix raises Unusable.

A lost connection is resumed at the address in its READY event. That address may be gone for good, so after two attempts
there the bot identifies anew at the main gateway, whose address it requests each time. discord.py's own loop would stay
with the old one.
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

from bot.domain.errors import OperatorNeeded
from bot.domain.moderation.server_log import LogEvent
from bot.domain.posts import PostedMessage
from bot.gateway.client import SoraBot
from bot.ports.notices import Notices
from bot.runtime.unreadable import UNREADABLE

log = structlog.stdlib.get_logger()

LOGIN_PAUSE = (1.0, 60.0)
HANDSHAKE = 25.0  # seconds for Discord to accept an attempt; together with the pause below a minute
LONGEST_PAUSE = 30.0
STEADY = 10.0  # seconds after which a connection counts as successful
RESUMES = 2  # attempts at the session's address, before a new session at the main gateway
CLOSE_SECONDS = 2.0
SERVERS_WITHIN = 30.0  # seconds after the login until the gateway has named the servers
_INTENTS_REFUSED, _NORMAL, _RESUMABLE = 4014, 1000, 4000  # close codes
_PASSING = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)
_PROXY = (0, 40333)  # codes of a 403 that is not from Discord itself, or from its outer network


class Connection:
    """Logs a bot in and keeps it connected."""

    def __init__(self, bot: SoraBot, token: str) -> None:
        self._bot = bot
        self._token = token
        self._identified = False
        self._held: asyncio.Task[None] | None = None

    async def log_in(self) -> None:
        """Retry until Discord knows the bot and its commands. Raises OperatorNeeded."""
        pause = LOGIN_PAUSE[0]
        while True:
            try:
                await self._bot.login(self._token)
                await self._bot.connect_to_own_gateway()
            except discord.LoginFailure as error:
                raise OperatorNeeded("Discord does not accept DISCORD_TOKEN") from error
            except (*_PASSING, *UNREADABLE) as error:
                if _refuses(error):
                    raise OperatorNeeded(f"Discord refuses this bot: {error}") from error
                log.warning(_name(error), **_details(error), again_in=pause)
                await self._bot.http.close()
                # It was closed with its session; the next attempt makes another.
                self._bot.http.connector = discord.utils.MISSING
                await asyncio.sleep(pause)
                pause = min(pause * 2, LOGIN_PAUSE[1])
            else:
                return

    async def hold(self) -> None:
        """Run `stay` in a task of its own. If this wait is cancelled, the connection goes on until `close`."""
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
        """Stay connected until the bot is closed: resume what can be resumed, else begin a new session.

        Raises OperatorNeeded.
        """
        bot, loop = self._bot, asyncio.get_running_loop()
        session: _Session | None = None
        failed = resumes = 0
        while not bot.is_closed():
            begun = loop.time()
            try:
                await self._live(session)
            except discord.ConnectionClosed as error:
                if error.code == _INTENTS_REFUSED:
                    raise OperatorNeeded("Discord refuses this bot's intents") from error
                if error.code != _NORMAL and not bot.is_closed():
                    raise OperatorNeeded(f"Discord has closed the connection for good (code {error.code})") from error
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
        """Run one connection from its first packet to its end. Raises what ended it."""
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
        """Request the address of the main gateway. The last known address is used if Discord does not answer."""
        if not self._identified:  # the login has just requested it
            return
        try:
            await self._bot.connect_to_own_gateway()
        except (*_PASSING, *UNREADABLE) as error:
            log.warning("gateway_not_named", error=type(error).__name__)
        if self._bot.identifies_left == 0:  # one more, and Discord revokes the token
            raise _NoIdentifyLeft

    async def _drop(self) -> None:
        """Close the latest socket, even if its handshake never ended. The session stays."""
        socket = _Socket.newest
        if socket is not None and socket.open:
            with suppress(Exception):
                async with asyncio.timeout(1):
                    await socket.close(code=_RESUMABLE)


class _NoIdentifyLeft(Exception):
    """Discord allows this token no more new sessions today."""


class _Socket(DiscordWebSocket):
    """discord.py returns a socket only after its handshake; this remembers the newest one, so that any can be closed."""

    newest: ClassVar["_Socket | None"] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _Socket.newest = self


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """The data needed to resume a session."""

    gateway: yarl.URL
    id: str
    sequence: int | None

    @classmethod
    def of(cls, socket: DiscordWebSocket) -> "_Session | None":
        """Return the session of a connection; None if Discord has ended it."""
        if socket.session_id is None:
            return None
        return cls(gateway=yarl.URL(str(socket.gateway)), id=socket.session_id, sequence=socket.sequence)


def _pause(failed: int) -> float:
    """Return the seconds until the next attempt: growing, with jitter, never more than a minute after the last attempt."""
    return min(LONGEST_PAUSE, 2.0 ** min(failed - 1, 10)) * random.uniform(0.5, 1)  # noqa: S311 - for jitter


class LaterNotices:
    """Notices that wait for Discord: while it is unavailable they wait, and they are sent when it is back."""

    def __init__(self, notices: Notices, bot: SoraBot, logged_in: asyncio.Event) -> None:
        self._notices = notices
        self._bot = bot
        self._logged_in = logged_in

    async def post_log(self, channel_id: str, event: LogEvent) -> bool:
        """See `Notices.post_log`. Language and roles are the server's, which come from the gateway."""
        await self._until_known(event.guild_id)
        return await self._notices.post_log(channel_id, event)

    async def post_report(self, channel_id: str, event: LogEvent, *, nonce: str) -> PostedMessage:
        """See `Notices.post_report`."""
        await self._until_known(event.guild_id)
        return await self._notices.post_report(channel_id, event, nonce=nonce)

    async def edit_log(self, message: PostedMessage, event: LogEvent) -> None:
        """See `Notices.edit_log`."""
        await self._until_known(event.guild_id)
        await self._notices.edit_log(message, event)

    async def _until_known(self, guild_id: str) -> None:
        await self._logged_in.wait()
        if self._bot.get_guild(int(guild_id)) is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(SERVERS_WITHIN):
                    await self._bot.wait_until_ready()

    async def tell_operator(self, text: str) -> None:
        """See `Notices.tell_operator`. Its loop starts after the login."""
        await self._notices.tell_operator(text)


def _refuses(error: Exception) -> bool:
    """Return whether Discord itself, and not a proxy, says that this bot is not allowed here."""
    if not isinstance(error, discord.HTTPException):
        return False
    return error.status == 401 or (error.status == 403 and error.code not in _PROXY)


def _name(error: Exception) -> str:
    """Return the log event of a failed login."""
    if isinstance(error, discord.app_commands.CommandSyncFailure):
        return "commands_refused"
    if isinstance(error, discord.HTTPException) and error.status < 500 and error.status != 429:
        return "discord_refuses"
    return "discord_unreachable" if isinstance(error, _PASSING) else "discord_unreadable"


def _details(error: Exception) -> dict[str, object]:
    """Return the request, if known, and why it failed, on one line."""
    details: dict[str, object] = {"error": error}
    if isinstance(error, discord.HTTPException) and isinstance(error.response, aiohttp.ClientResponse):
        details["request"] = f"{error.response.method} {error.response.url.path}"
    return details
