"""Makes the loops that tell the operator in time. Those of Discord are of this process, the others of the whole bot."""

from contextlib import suppress

import aiohttp
import discord
from discord.http import Route

from bot.monitoring.health import Condition
from bot.runtime.context import ServiceContext
from bot.settings import Settings
from bot.workers.backup_age import BackupAge
from bot.workers.reachability import Reachability
from bot.workers.space import SpaceWatch
from bot.workers.starts import Starts
from bot.workers.stuck_jobs import StuckJobs
from bot.workers.supervisor import Running

BACKUPS = "backups"  # a folder beside the database in which backups may lie


def watchers(context: ServiceContext, condition: Condition, settings: Settings) -> list[Running]:
    """Return the loops; the bot of the condition need not be logged in."""
    data = settings.database_path.parent

    async def call_discord() -> None:
        if (bot := condition.bot) is not None and bot.is_ready():  # before, the login calls it
            with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
                await bot.http.request(Route("GET", "/gateway"))

    return [
        Reachability.discord(context, call_discord, lambda: "discord" not in condition.missing()).loop,
        SpaceWatch(context, {"media": settings.media_dir, "database": data}).loop,
        BackupAge(context, data / BACKUPS).loop,
        StuckJobs(context).loop,
        Starts(context).loop,
    ]
