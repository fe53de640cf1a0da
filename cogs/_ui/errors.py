"""Whatever a command raises becomes one sentence for the member and one line, or a traceback, for the log."""

import secrets
from collections.abc import Coroutine
from typing import Any

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.domain.errors import StoreUnavailable
from bot.domain.refusals import Refusal, Unexpected
from cogs._ui.refusals import refusal_of, refuse, services, unanswerable
from cogs._ui.wording import set_locale

log = structlog.stdlib.get_logger()


async def on_error(interaction: discord.Interaction[Any], error: app_commands.AppCommandError) -> None:
    """A Refusal is said; a command that Discord knows and this version does not is said; the rest is a fault of ours."""
    set_locale(interaction)
    await explain(interaction, error.__cause__ or getattr(error, "original", error))


async def explain(interaction: discord.Interaction[Any], cause: BaseException) -> None:
    """One sentence for the member, whatever went wrong; what is a fault of ours has its traceback in the log."""
    if unanswerable(cause) or interaction.client.is_closed():
        log.warning("not_answered", guild=interaction.guild_id, error=cause)
        return
    await refuse(interaction, as_refusal(cause))


def as_refusal(cause: BaseException) -> Refusal:
    """What is said of anything that was raised."""
    if isinstance(cause, StoreUnavailable):
        log.warning("database_refused", error=cause)
        return refusal_of(cause)
    return cause if isinstance(cause, Refusal) else unexpected(cause)


def passed_over(interaction: discord.Interaction[Any]) -> bool:
    """Whether nobody can be answered any more: Discord has told them that the bot did not respond, or another copy does."""
    if services(interaction).second_copy.leaving:
        return True
    if interaction.client.seen.too_old(interaction.id):
        log.warning("too_old", guild=interaction.guild_id, member=interaction.user.id, interaction=interaction.id)
        return True
    return False


def unexpected(cause: BaseException) -> Refusal:
    """What is said of a fault of ours; the log has it under the same reference."""
    reference = secrets.token_hex(4)
    log.error("command_failed", reference=reference, exc_info=cause)
    return Refusal(Unexpected(reference=reference))


async def pressed(interaction: discord.Interaction[Any], work: Coroutine[Any, Any, None]) -> None:
    """What a button, a menu or a modal does, in its member's language. discord.py only logs what they raise; here it is said."""
    set_locale(interaction)
    if passed_over(interaction):
        work.close()
        return
    try:
        await work
    except Exception as error:  # noqa: BLE001 - as for commands: one sentence for the member, the rest in the log
        await explain(interaction, error)


async def guild_check(interaction: discord.Interaction[Any]) -> bool:
    """Before every command and completion: whether it can be answered, and the operator serves this server. One that is not
    served gets one clear answer.

    Here too it is heard which language to answer in.
    """
    set_locale(interaction)
    if passed_over(interaction):
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
    """Catch for the whole tree, and look before every command."""
    bot.tree.error(on_error)
    bot.tree.interaction_check = guild_check
