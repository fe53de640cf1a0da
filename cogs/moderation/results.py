"""Delete on a posted video, and the buttons of the log channel, for moderators: Remove, Block member, Dismiss.

A press shows its outcome on the message itself, which is made anew from what is stored: pressed twice, or by two people
at once, it says the same.
"""

from typing import TYPE_CHECKING, Any

import discord
import structlog
from discord import ui
from discord.ext import commands

from bot.domain.errors import StoreUnavailable
from bot.domain.messages import component_ids
from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.audit import Actor
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from cogs._ui.access import moderator
from cogs._ui.buttons import Button, button, button_handler
from cogs._ui.refusal_texts import sentence
from cogs._ui.refusals import refuse, services
from cogs._ui.replies import card
from cogs._ui.wording import current_language, server_language, words
from cogs.cards.accepting import pressed_message
from cogs.moderation import log_channel, log_offer, report_form

if TYPE_CHECKING:
    from bot.usecases import Services

log = structlog.stdlib.get_logger()

NOBODY = discord.AllowedMentions.none()


@button_handler("delete")
async def ask_to_delete(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Ask the author or a moderator to confirm deleting a result: Discord has no undo."""
    actor, seen = member(interaction), pressed_message(interaction)
    posted = await services(interaction).results.check_delete(
        actor, generation_id, moderates=moderates(interaction), seen=seen
    )
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(button("delete-sure", generation_id, posted.channel_id, posted.message_id))
    view = card(words()("delete-sure"), row, colour=discord.Colour.red())
    await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=NOBODY)


@button_handler("delete-sure")
async def delete(
    interaction: discord.Interaction[Any], generation_id: str, channel_id: str = "", message_id: str = ""
) -> None:
    """Delete the message whose Delete button was pressed, and confirm it in the same reply."""
    actor = member(interaction)
    seen = PostedMessage(channel_id=channel_id, message_id=message_id) if message_id else None
    await interaction.response.defer()
    try:
        await services(interaction).results.delete(actor, generation_id, moderates=moderates(interaction), seen=seen)
        view = card(words()("delete-done"))
    except Refusal as refusal:
        view = card(sentence(refusal))
    await interaction.edit_original_response(view=view, allowed_mentions=NOBODY)


@button_handler("remove")
async def remove(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Remove a video, for moderators, and close its reports: delete it, cancel it, or see that it is not posted."""
    actor, use = moderator(interaction), services(interaction)
    await interaction.response.defer()
    try:
        await use.results.take_down(actor, generation_id)
    except Refusal as refusal:
        if refusal.code != RefusalCode.RESULT_GONE:
            await refuse(interaction, refusal)
            return
        await use.reports.close_gone(actor, generation_id)
    view = await line_now(interaction, actor, generation_id)
    await interaction.edit_original_response(view=view, allowed_mentions=NOBODY)
    use.reports.show(generation_id)


@button_handler("block")
async def block(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Block the author of a video, for moderators. The video stays until it is removed."""
    actor, use = moderator(interaction), services(interaction)
    author = await use.results.author_of(actor.guild_id, generation_id)
    try:
        await use.guilds.block(actor, author)
    except Refusal as refusal:
        if refusal.code != RefusalCode.BLOCKED_ALREADY:
            raise
    view = await line_now(interaction, actor, generation_id)
    await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)
    use.reports.show(generation_id)


@button_handler("dismiss")
async def dismiss(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Close the reports of a result that breaks no rule, for moderators."""
    actor, use = moderator_of_results(interaction), services(interaction)
    await use.reports.dismiss(actor, generation_id)
    view = await line_now(interaction, actor, generation_id)
    await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)
    use.reports.show(generation_id)


async def line_now(interaction: discord.Interaction[Any], actor: Actor, generation_id: str) -> ui.LayoutView:
    """Return the pressed message as it stands now: that of the reports of a video, or that of its start."""
    use, message = services(interaction), interaction.message
    alone = message is None or message.flags.ephemeral
    reports = message is not None and (
        _has(message, component_ids.make("dismiss", generation_id))
        or await use.reports.is_shown_on(generation_id, str(message.id))
    )
    if reports:
        event = await use.reports.event(actor.guild_id, generation_id)
    else:
        event = await use.results.started(actor.guild_id, generation_id)
    return log_channel.entry(event, frozenset(), current_language() if alone else server_language(interaction))


def _has(message: discord.Message, custom_id: str) -> bool:
    shown = ui.LayoutView.from_message(message, timeout=None)
    return any(isinstance(item, ui.Button) and item.custom_id == custom_id for item in shown.walk_children())


def member(interaction: discord.Interaction[Any]) -> Actor:
    """Return the member who acts, in a server that is served. Raises Refusal."""
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    return Actor(guild_id=str(guild_id), actor_id=str(interaction.user.id))


def moderates(interaction: discord.Interaction[Any]) -> bool:
    """Return whether the member may remove posts of others here."""
    allowed = interaction.permissions
    return allowed.manage_messages or allowed.manage_guild or allowed.administrator


def moderator_of_results(interaction: discord.Interaction[Any]) -> Actor:
    """Return the member who acts. Raises Refusal `not_a_moderator` if they may not remove posts of others."""
    actor = member(interaction)
    if not moderates(interaction):
        raise Refusal(RefusalCode.NOT_A_MODERATOR)
    return actor


class DeletedMessages(commands.Cog):
    """Closes the reports of videos whose message, thread or channel somebody deletes on Discord."""

    def __init__(self, bot: commands.Bot) -> None:
        self._bot: Any = bot

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Handle one deleted message."""
        await self._gone(payload.channel_id, [str(payload.message_id)])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Handle many deleted messages."""
        await self._gone(payload.channel_id, [str(one) for one in payload.message_ids])

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """Handle a deleted thread."""
        await self._gone(payload.thread_id, [])

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Handle a deleted channel."""
        await self._gone(channel.id, [])

    async def _gone(self, channel_id: int, message_ids: list[str]) -> None:
        """Close the reports. What is missed here is found by the next look of the worker."""
        use: Services = self._bot.services
        try:
            await use.reports.messages_gone(str(channel_id), message_ids)
        except StoreUnavailable as error:
            log.warning("report_not_closed", error=error)


async def setup(bot: commands.Bot) -> None:
    """Register the dynamic buttons and the listeners. Each handler is registered when its own module is imported."""
    bot.add_dynamic_items(Button)
    await bot.add_cog(DeletedMessages(bot))
    await bot.add_cog(report_form.SubmittedReports())
    await bot.add_cog(log_offer.LogOffers())
