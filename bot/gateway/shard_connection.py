"""Keeps one shard connected: resumes its session, or begins a new one.

A lost connection is resumed at the address in its READY event. That address may be gone for good, so after two attempts
there the shard identifies anew at the main gateway, whose address it requests each time. discord.py's own loop would stay
with the old one.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.domain.errors import OperatorNeeded
from bot.gateway.client import SoraBot
from bot.gateway.identify import IdentifyBusy
from bot.system.discord_answers import UNREADABLE

log = structlog.stdlib.get_logger()

HANDSHAKE = 25.0  # seconds for Discord to accept an attempt; together with the pause below a minute
LONGEST_PAUSE = 30.0
STEADY = 10.0  # seconds after which a connection counts as successful
RESUMES = 2  # attempts at the session's address, before a new session at the main gateway
_INTENTS_REFUSED, _NORMAL, _RESUMABLE = 4014, 1000, 4000  # close codes
_TOO_FEW_SHARDS = (4010, 4011)
PASSING = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)

Tell = Callable[[str, str], None]


class ShardConnection:
    """One shard. reserve: the share of a day's new sessions that is left unused. tell: alerts the operator, by cause."""

    def __init__(self, bot: SoraBot, shard_id: int, *, reserve: float, tell: Tell) -> None:
        self._bot = bot
        self._shard_id = shard_id
        self._reserve = reserve
        self._tell = tell
        self._identified = False
        self.newest: _Socket | None = None

    async def stay(self) -> None:
        """Stay connected until the bot is closed: resume what can be resumed, else begin a new session.

        Raises OperatorNeeded.
        """
        _owner.set(self)
        bot, loop = self._bot, asyncio.get_running_loop()
        session: _Session | None = None
        failed = resumes = 0
        while not bot.is_closed():
            begun = loop.time()
            try:
                await self._live(session)
            except discord.ConnectionClosed as error:
                self._check(error)
                ended: Exception = error
            except Exception as error:  # noqa: BLE001 - all of it is logged; not even a payload that discord.py cannot read ends the bot
                ended = error
            bot.dispatch("disconnect")
            if bot.is_closed():
                return
            await self._drop()
            resumes = 0 if self._established else resumes + 1
            if (self._established or session) and (socket := bot.sockets.get(self._shard_id)):
                session = _Session.of(socket)
            if resumes >= RESUMES or (isinstance(ended, ReconnectWebSocket) and not ended.resume):
                session = None
            if isinstance(ended, IdentifyBusy):  # the others go on, so this is no failure
                log.info("identify_waits", shard=self._shard_id)
                continue
            failed = 0 if self._established and loop.time() - begun >= STEADY else failed + 1
            pause = 0.0 if failed == 0 or (failed == 1 and self._established) else _pause(failed)
            if pause or not isinstance(ended, ReconnectWebSocket):
                name = type(ended).__name__
                more = {"shard": self._shard_id} if bot.shards.of > 1 else {}
                log.warning("discord_unreachable", error=name, again_in=round(pause, 2), resumes=bool(session), **more)
            await asyncio.sleep(pause)

    @property
    def _established(self) -> bool:
        return self._shard_id in self._bot.established

    def _check(self, error: discord.ConnectionClosed) -> None:
        """Raise OperatorNeeded where Discord does not want this bot as it is."""
        if error.code == _INTENTS_REFUSED:
            raise OperatorNeeded("Discord refuses this bot's intents") from error
        if error.code in _TOO_FEW_SHARDS:
            raise OperatorNeeded(
                f"Discord refuses {self._bot.shards} as this bot's shards; `sora-bot check` says how many it recommends"
            ) from error
        if error.code != _NORMAL and not self._bot.is_closed():
            raise OperatorNeeded(f"Discord has closed the connection for good (code {error.code})") from error

    async def _live(self, session: "_Session | None") -> NoReturn:
        """Run one connection from its first packet to its end. Raises what ended it."""
        self._bot.established.discard(self._shard_id)
        if session:
            await self._open(session)
        else:
            async with self._bot.gate.opening(self._bot.identify_key(self._shard_id)):
                await self._open(None)
        socket = self._bot.sockets[self._shard_id]
        while True:
            await socket.poll_event()

    async def _open(self, session: "_Session | None") -> None:
        """Open a socket, and wait until Discord has accepted its session."""
        bot = self._bot
        shard_id = self._shard_id if bot.shards.of > 1 else None  # a bot with one shard need not ask for it
        async with asyncio.timeout(HANDSHAKE):
            if session:
                opening = _Socket.from_client(
                    bot,
                    gateway=session.gateway,
                    shard_id=shard_id,
                    session=session.id,
                    sequence=session.sequence,
                    resume=True,
                )
            else:
                await self._ask_for_gateway()
                opening = _Socket.from_client(bot, shard_id=shard_id, initial=not self._identified)
            socket = bot.sockets[self._shard_id] = await opening
            if self._shard_id == bot.shards.first:
                bot.ws = socket
            self._identified = True
            while not self._established:
                await socket.poll_event()

    async def _ask_for_gateway(self) -> None:
        """Request the address of the main gateway. The last known address is used if Discord does not answer."""
        if self._identified:  # else the login has just requested it
            try:
                await self._bot.connect_to_own_gateway()
            except (*PASSING, *UNREADABLE) as error:
                log.warning("gateway_not_named", error=type(error).__name__)
        if self._bot.starts.too_few(self._reserve):
            self._tell("session starts", f"{self._bot.starts}. Shard {self._shard_id} waits for that.")
            raise _NoIdentifyLeft

    async def _drop(self) -> None:
        """Close the latest socket, even if its handshake never ended. The session stays."""
        socket = self.newest
        if socket is not None and socket.open:
            with suppress(Exception):
                async with asyncio.timeout(1):
                    await socket.close(code=_RESUMABLE)


class _NoIdentifyLeft(Exception):
    """Discord allows this token no more new sessions today, or too few."""


_owner: ContextVar[ShardConnection] = ContextVar("shard connection of this task")


class _Socket(DiscordWebSocket):
    """discord.py returns a socket only after its handshake; its shard remembers it from the start, so that it can be closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _owner.get().newest = self


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
