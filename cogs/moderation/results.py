"""The buttons of a posted video, Delete and Report, and those of a report, for moderators: Remove, Block member,
Dismiss.
"""

from contextlib import AbstractContextManager
from typing import Any

import discord
from discord import ui
from discord.ext import commands

from bot.domain import component_ids
from bot.domain.moderation.audit import Actor
from bot.domain.posts import PostedMessage
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from cogs._ui.access import moderator
from cogs._ui.buttons import Button, button, button_handler, buttons
from cogs._ui.refusals import refuse, sentence, services
from cogs._ui.replies import card
from cogs._ui.wording import current_language, in_language, server_language, words
from cogs.cards.accepting import pressed_message

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


@button_handler("report")
async def report(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Store a report, post it to the log channel, and tell the reporter what happens next. Any member may report."""
    actor = member(interaction)
    seen = pressed_message(interaction)
    logged = await services(interaction).results.report(actor.guild_id, generation_id, actor.actor_id, seen)
    reply = words()("report-told") if logged else words()("report-kept")
    await interaction.response.send_message(view=card(reply), ephemeral=True, allowed_mentions=NOBODY)


@button_handler("remove")
async def remove(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Delete a reported result and close its reports, for moderators. If it is already gone, only close them."""
    actor, results = moderator_of_results(interaction), services(interaction).results
    await interaction.response.defer()
    try:
        await results.delete(actor, generation_id, moderates=True)
        gone_before = False
    except Refusal as refusal:
        if refusal.code != RefusalCode.RESULT_GONE:
            await refuse(interaction, refusal)
            return
        await results.dismiss(actor, generation_id)
        gone_before = True
    with as_shown(interaction):
        outcome = words()("report-gone" if gone_before else "report-removed", who=f"<@{actor.actor_id}>")
        view = settled(interaction, outcome, generation_id, "block")
    await interaction.edit_original_response(view=view, allowed_mentions=NOBODY)


@button_handler("block")
async def block(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Block the author of a reported result, for moderators. The video stays until it is removed."""
    actor = moderator(interaction)
    author = await services(interaction).results.author_of(actor.guild_id, generation_id)
    await services(interaction).guilds.block(actor, author)
    with as_shown(interaction):
        outcome = words()("report-blocked", who=f"<@{actor.actor_id}>", member=f"<@{author}>")
        view = settled(interaction, outcome, generation_id, "remove", "dismiss")
    await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)


@button_handler("dismiss")
async def dismiss(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Close the reports of a result that breaks no rule, for moderators."""
    actor = moderator_of_results(interaction)
    await services(interaction).results.dismiss(actor, generation_id)
    with as_shown(interaction):
        view = settled(interaction, words()("report-dismissed", who=f"<@{actor.actor_id}>"), generation_id)
    await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)


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


def as_shown(interaction: discord.Interaction[Any]) -> AbstractContextManager[None]:
    """Use the language of the pressed message: the server's, or the member's if only they see it."""
    alone = interaction.message is None or interaction.message.flags.ephemeral
    return in_language(current_language() if alone else server_language(interaction))


def settled(interaction: discord.Interaction[Any], outcome: str, generation_id: str, *left: str) -> ui.LayoutView:
    """Return the message of a report with its outcome added. Of `left`, it keeps the buttons that it still had."""
    shown_texts: list[str] = []
    had: set[str] = set()
    if interaction.message:
        shown = ui.LayoutView.from_message(interaction.message, timeout=None)
        for item in shown.walk_children():
            if isinstance(item, ui.TextDisplay):
                shown_texts.append(item.content)
            elif isinstance(item, ui.Button) and item.custom_id:
                had.add(item.custom_id)
    names = [name for name in left if component_ids.make(name, generation_id) in had]
    return card("\n".join([*shown_texts, outcome])[:4000], *([buttons(generation_id, *names)] if names else []))


async def setup(bot: commands.Bot) -> None:
    """Register the dynamic buttons. Each handler is registered when its own module is imported."""
    bot.add_dynamic_items(Button)
