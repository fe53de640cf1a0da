"""Makes the watchers that need more than the context: what the settings name, and the connection to Discord."""

from contextlib import suppress
from pathlib import Path

import aiohttp
import discord
from discord.http import Route

from bot.monitoring.health import Condition
from bot.runtime.context import ServiceContext
from bot.settings import Settings
from bot.storage.opening import sqlite_path
from bot.workers.watchers.disk_space import SpaceWatch
from bot.workers.watchers.reachability import Reachability

BACKUPS = "backups"  # a folder beside the database in which backups may lie


def discord_watch(context: ServiceContext, condition: Condition) -> Reachability:
    """Watch Discord; the bot of the condition need not be logged in."""

    async def call() -> None:
        if isinstance(bot := condition.bot, discord.Client) and bot.is_ready():  # before, the login calls it
            with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
                await bot.http.request(Route("GET", "/gateway"))

    return Reachability.discord(context, call, lambda: "discord" not in condition.missing())


def space_watch(context: ServiceContext, settings: Settings) -> SpaceWatch:
    """Watch the disks of this process."""
    database = sqlite_path(settings.database_url)
    return SpaceWatch(context, {"media": settings.media_dir, **({"database": database.parent} if database else {})})


def backups_of(settings: Settings) -> Path | None:
    """Return where backups of the database may lie; None for PostgreSQL, whose operator saves it in another way."""
    database = sqlite_path(settings.database_url)
    return database.parent / BACKUPS if database else None
