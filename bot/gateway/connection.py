"""Logs the bot in to Discord, however long that takes, and keeps its shards connected.

If Discord cannot be reached, refuses for now, or sends an invalid answer, that is one log line and another attempt.
What the operator must fix raises Unusable. How a shard stays connected: `bot.gateway.shard_connection`.
"""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import discord
import structlog

from bot.domain.errors import OperatorNeeded, Unusable
from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.server_log import LogEvent
from bot.gateway.client import SoraBot
from bot.gateway.shard_connection import PASSING, ShardConnection, Tell
from bot.ports.notices import Notices
from bot.system.discord_answers import UNREADABLE

log = structlog.stdlib.get_logger()

LOGIN_PAUSE = (1.0, 60.0)
CLOSE_SECONDS = 2.0
_PROXY = (0, 40333)  # codes of a 403 that is not from Discord itself, or from its outer network


class Connection:
    """Logs a bot in and keeps it connected.

    gateway: whether it has any shard; a worker logs in by REST alone. reserve: the share of a day's new gateway sessions
    that is left unused. tell: alerts the operator, by cause.
    """

    def __init__(self, bot: SoraBot, token: str, *, gateway: bool = True, reserve: float = 0.0) -> None:
        self._bot = bot
        self._token = token
        self._gateway = gateway
        self.reserve = reserve
        self.tell: Tell = lambda cause, text: log.warning(cause, text=text)
        self._held: asyncio.Task[None] | None = None

    async def log_in(self) -> None:
        """Retry until Discord knows the bot and, if they are synced at the login, its commands. Raises Unusable."""

        async def log_in() -> None:
            await self._bot.login(self._token)
            if self._gateway:
                await self._bot.connect_to_own_gateway()

        async def again() -> None:
            await self._bot.http.close()
            # It was closed with its session; the next attempt makes another.
            self._bot.http.connector = discord.utils.MISSING

        await _until_done(log_in, again)
        if self._gateway and self.reserve and self._bot.starts.too_few(self.reserve):
            raise Unusable(f"{self._bot.starts}; nothing is started below a tenth of them")

    async def learn_commands(self) -> None:
        """Retry until the commands are synced, by whoever has shard 0, or else their ids are known. Raises Unusable.

        A standby may have waited for days: what Discord says of new sessions is asked for once more.
        """

        async def learn() -> None:
            await (bot.sync_commands() if 0 in bot.shards.ids else bot.learn_commands())
            await bot.connect_to_own_gateway()

        bot = self._bot
        await _until_done(learn)

    async def hold(self) -> None:
        """Run `stay` in a task of its own. If this wait is cancelled, the connection goes on until `close`."""
        if not self._gateway:
            await asyncio.Event().wait()
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
        """Keep every shard connected until the bot is closed. Raises OperatorNeeded."""
        bot = self._bot
        shards = [ShardConnection(bot, one, reserve=self.reserve, tell=self.tell) for one in bot.shards.ids]
        tasks = [asyncio.create_task(shard.stay(), name="discord shard") for shard in shards]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class LaterNotices:
    """Notices that wait for Discord: while it is unavailable they wait, and they are sent when it is back."""

    def __init__(self, notices: Notices, logged_in: asyncio.Event) -> None:
        self._notices = notices
        self._logged_in = logged_in

    async def post_log(self, channel_id: str, event: LogEvent) -> bool:
        """See `Notices.post_log`."""
        await self._logged_in.wait()
        return await self._notices.post_log(channel_id, event)

    async def post_report(self, channel_id: str, event: LogEvent, *, nonce: str) -> PostedMessage:
        """See `Notices.post_report`."""
        await self._logged_in.wait()
        return await self._notices.post_report(channel_id, event, nonce=nonce)

    async def edit_log(self, message: PostedMessage, event: LogEvent) -> None:
        """See `Notices.edit_log`."""
        await self._logged_in.wait()
        await self._notices.edit_log(message, event)

    async def tell_operator(self, text: str) -> None:
        """See `Notices.tell_operator`. Its loop starts after the login."""
        await self._notices.tell_operator(text)


async def _until_done(step: Callable[[], Awaitable[None]], again: Callable[[], Awaitable[None]] | None = None) -> None:
    """Retry a step until it works. again: called before the next attempt. Raises OperatorNeeded."""
    pause = LOGIN_PAUSE[0]
    while True:
        try:
            return await step()
        except discord.LoginFailure as error:
            raise OperatorNeeded("Discord does not accept DISCORD_TOKEN") from error
        except (*PASSING, *UNREADABLE) as error:
            if _refuses(error):
                raise OperatorNeeded(f"Discord refuses this bot: {error}") from error
            log.warning(_name(error), **_details(error), again_in=pause)
            if again:
                await again()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LOGIN_PAUSE[1])


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
    return "discord_unreachable" if isinstance(error, PASSING) else "discord_unreadable"


def _details(error: Exception) -> dict[str, object]:
    """Return the request, if known, and why it failed, on one line."""
    details: dict[str, object] = {"error": error}
    if isinstance(error, discord.HTTPException) and isinstance(error.response, aiohttp.ClientResponse):
        details["request"] = f"{error.response.method} {error.response.url.path}"
    return details
