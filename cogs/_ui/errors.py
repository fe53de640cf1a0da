"""Error handling of commands, buttons and forms: every error becomes one sentence for the member and one log entry."""

import secrets
from collections.abc import Coroutine
from typing import Any

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.domain.errors import StoreUnavailable
from bot.domain.refusals.refusal import Refusal, Unexpected
from cogs._ui.refusals import is_reply_error, refusal_of, refuse, services
from cogs._ui.wording import set_locale

log = structlog.stdlib.get_logger()


async def on_error(interaction: discord.Interaction[Any], error: app_commands.AppCommandError) -> None:
    """Handle any error of a command: show a Refusal to the member, and log anything else as a bug."""
    set_locale(interaction)
    await explain(interaction, error.__cause__ or getattr(error, "original", error))


async def explain(interaction: discord.Interaction[Any], cause: BaseException) -> None:
    """Reply with one sentence about an error. A bug is logged with its traceback."""
    if is_reply_error(cause) or interaction.client.is_closed():
        log.warning("not_answered", guild=interaction.guild_id, error=cause)
        return
    await refuse(interaction, as_refusal(cause))


def as_refusal(cause: BaseException) -> Refusal:
    """Return the refusal to show for an exception."""
    if isinstance(cause, StoreUnavailable):
        log.warning("database_refused", error=cause)
        return refusal_of(cause)
    return cause if isinstance(cause, Refusal) else unexpected(cause)


def must_ignore(interaction: discord.Interaction[Any]) -> bool:
    """Return whether to ignore an interaction: it is too old to be answered, or another process of this bot answers it."""
    if services(interaction).second_copy.leaving:
        return True
    if interaction.client.seen.too_old(interaction.id):
        log.warning("too_old", guild=interaction.guild_id, member=interaction.user.id, interaction=interaction.id)
        return True
    return False


def unexpected(cause: BaseException) -> Refusal:
    """Log a bug with a reference, and return the refusal that shows the same reference."""
    reference = secrets.token_hex(4)
    log.error("command_failed", reference=reference, exc_info=cause)
    return Refusal(Unexpected(reference=reference))


async def run_handler(interaction: discord.Interaction[Any], work: Coroutine[Any, Any, None]) -> None:
    """Run the handler of a button, menu or form in the member's language, and explain its errors.

    discord.py would only log them.
    """
    set_locale(interaction)
    if must_ignore(interaction):
        work.close()
        return
    try:
        await work
    except Exception as error:  # noqa: BLE001 - as for commands: one sentence for the member, the rest in the log
        await explain(interaction, error)


async def guild_check(interaction: discord.Interaction[Any]) -> bool:
    """Return whether a command or completion may run: it can still be answered, and the operator serves this server.

    In a server that is not served, the member gets one refusal. This check also sets the language of the reply.
    """
    set_locale(interaction)
    if must_ignore(interaction):
        return False
    if interaction.guild_id is None:
        return True
    try:
        services(interaction).requests.check_guild(str(interaction.guild_id))
    except Refusal as refusal:
        if interaction.type is discord.InteractionType.autocomplete:
            await interaction.response.autocomplete([])
        else:
            await refuse(interaction, refusal)
        return False
    return True


async def setup(bot: commands.Bot) -> None:
    """Install the error handler and the check for all commands."""
    bot.tree.error(on_error)
    bot.tree.interaction_check = guild_check
