"""The reply that shows a refusal to a single member. Its text: `cogs._ui.refusal_texts`."""

from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog
from discord import ui

from bot.domain.errors import StoreFault, StoreUnavailable
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.system.discord_answers import unreadable
from cogs._ui.refusal_texts import sentence

if TYPE_CHECKING:
    from bot.usecases import Services

log = structlog.stdlib.get_logger()


def services(interaction: discord.Interaction[Any]) -> "Services":
    """Return the use cases, which are attributes of the bot."""
    return interaction.client.services


def refusal_of(error: StoreUnavailable) -> Refusal:
    """Return the refusal to show while the database is unavailable."""
    if error.reading:
        return Refusal(RefusalCode.DATABASE_UNREAD)
    full = error.kind is StoreFault.FULL
    return Refusal(RefusalCode.DATABASE_FULL if full else RefusalCode.DATABASE_UNWRITTEN)


# Expected errors of a reply: Discord refused it, or the connection failed. They are logged in one line.
REPLY_ERRORS = (
    discord.HTTPException,
    discord.RateLimited,
    discord.InteractionResponded,
    aiohttp.ClientError,
    ConnectionError,
    TimeoutError,
)


def is_reply_error(error: BaseException) -> bool:
    """Return whether an error means that Discord did not accept a reply, or that this is unknown.

    Such an error is not a bug.
    """
    return isinstance(error, REPLY_ERRORS) or unreadable(error)


async def refuse(
    interaction: discord.Interaction[Any],
    refusal: Refusal,
    *,
    below: ui.ActionRow[Any] | None = None,
    note: str = "",
) -> None:
    """Show a refusal to the member only. After a defer, the placeholder is deleted and the refusal follows.

    An earlier reply, and a message whose button was pressed, stay as they are. below: buttons below the text.
    note: one more line.
    """
    log.info("refused", code=refusal.code, guild=interaction.guild_id, member=interaction.user.id)
    shown = f"{sentence(refusal)}\n{note}" if note else sentence(refusal)
    reply: dict[str, Any] = {"content": shown, "ephemeral": True}
    if below:
        view = ui.View(timeout=None)
        for item in below.children:
            view.add_item(item)
        reply["view"] = view
    nobody = discord.AllowedMentions.none()
    try:
        if not interaction.response.is_done():
            await interaction.response.send_message(**reply, allowed_mentions=nobody)
            return
        if interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
            try:
                await interaction.delete_original_response()
            except Exception as error:
                if not is_reply_error(error):
                    raise
                log.warning("placeholder_not_deleted", error=error)
        await interaction.followup.send(**reply, allowed_mentions=nobody)
    except Exception as error:
        if not is_reply_error(error):
            raise
        log.warning("refusal_not_shown", code=refusal.code, error=error)
