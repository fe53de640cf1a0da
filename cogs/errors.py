"""Whatever a command raises becomes one sentence for the member and one line, or a traceback, for the log."""

import secrets
from typing import Any

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.domain.errors import Refusal
from cogs.answers import UNANSWERABLE, refuse

log = structlog.stdlib.get_logger()


async def on_error(interaction: discord.Interaction[Any], error: app_commands.AppCommandError) -> None:
    """A Refusal is said; a command that Discord knows and this version does not is said; the rest is a fault of ours."""
    cause = error.__cause__ or getattr(error, "original", error)
    if isinstance(cause, Refusal):
        await refuse(interaction, cause)
        return
    if isinstance(cause, UNANSWERABLE):
        log.warning("not_answered", guild=interaction.guild_id, error=str(cause) or type(cause).__name__)
        return
    reference = secrets.token_hex(4)
    log.error("command_failed", reference=reference, exc_info=cause)
    await refuse(interaction, Refusal("unexpected", reference=reference))


async def setup(bot: commands.Bot) -> None:
    """Catch for the whole tree."""
    bot.tree.error(on_error)
