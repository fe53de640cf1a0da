"""The bot's connection to Discord: logged in once, however long that takes, and kept from then on.

A Discord that cannot be reached, refuses for now or answers nonsense is one line in the log and another try. What the
operator must mend raises Unusable.
"""

import asyncio
from contextlib import suppress

import aiohttp
import discord
import structlog

from bot.client import SoraBot
from bot.domain.errors import Unusable
from bot.domain.messaging import Notices
from bot.domain.moderation import LogEvent

log = structlog.stdlib.get_logger()

LOGIN_PAUSE = (1.0, 60.0)
SERVERS_WITHIN = 30.0  # seconds from the login until the gateway has said which servers there are
_PASSING = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)  # what discord.py makes of an answer it cannot read


class Connection:
    """Logs a bot in, and keeps it connected."""

    def __init__(self, bot: SoraBot, token: str) -> None:
        self._bot = bot
        self._token = token

    async def log_in(self) -> None:
        """Until Discord knows the bot and its commands. Raises Unusable."""
        pause = LOGIN_PAUSE[0]
        while True:
            try:
                await self._bot.login(self._token)
                await self._bot.connect_to_own_gateway()
            except discord.LoginFailure as error:
                raise Unusable("Discord does not accept DISCORD_TOKEN") from error
            except (*_PASSING, *_UNREADABLE) as error:
                if isinstance(error, discord.HTTPException) and error.status in (401, 403):
                    raise Unusable(f"Discord refuses this bot: {error.status} {error.text}") from error
                log.warning(_name(error), **_details(error), again_in=pause)
                await self._bot.http.close()
                self._bot.http.connector = discord.utils.MISSING  # closed with its session: the next try makes another
                await asyncio.sleep(pause)
                pause = min(pause * 2, LOGIN_PAUSE[1])
            else:
                return

    async def stay(self) -> None:
        """Stay connected. discord.py reconnects by itself, but fails where the very first connection does."""
        pause = LOGIN_PAUSE[0]
        while True:
            try:
                await self._bot.connect(reconnect=True)
            except discord.PrivilegedIntentsRequired as error:
                raise Unusable("Discord refuses this bot's intents") from error
            except discord.ConnectionClosed as error:
                raise Unusable(f"Discord has closed the connection for good (code {error.code})") from error
            except Exception as error:  # noqa: BLE001 - all of it is logged
                # Its very first connection failed, or a payload it could not read: neither may end the bot.
                log.warning("discord_unreachable", error=type(error).__name__, again_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LOGIN_PAUSE[1])
            else:
                return


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


def _name(error: Exception) -> str:
    """The event of a login that failed."""
    if isinstance(error, discord.app_commands.CommandSyncFailure):
        return "commands_refused"
    if isinstance(error, discord.HTTPException) and error.status < 500 and error.status != 429:
        return "discord_refuses"
    return "discord_unreachable" if isinstance(error, _PASSING) else "discord_unreadable"


def _details(error: Exception) -> dict[str, str]:
    """What was asked, where that is known, and why it failed, on one line."""
    said = {"error": " ".join(f"{type(error).__name__}: {error}".split())}
    if isinstance(error, discord.HTTPException) and isinstance(error.response, aiohttp.ClientResponse):
        said["asked"] = f"{error.response.method} {error.response.url.path}"
    return said
