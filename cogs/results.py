"""The buttons of a posted video, Delete and Report, and what moderators can do about a report: Remove, Block member, Dismiss.

They outlive a restart: each `custom_id` carries the generation's id. Who may press is looked at anew at every press.
"""

import re
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Self

import discord
from discord import ui
from discord.ext import commands

from bot.domain.errors import Refusal
from bot.services.quotas import By
from cogs.answers import refuse, sentence, services
from cogs.errors import pressed
from cogs.quota.access import moderator
from cogs.quota.cards import card
from cogs.wording import server_language, speaking, spoken, words

_ID = r"[0-9A-Za-z]{1,25}"
NOBODY = discord.AllowedMentions.none()


class _OfResult(ui.DynamicItem[ui.Button[ui.LayoutView]], template=rf"of-result:(?P<id>{_ID})"):
    """A button about one generation. `prefix` and `label` name it; `work` is what it does."""

    prefix: ClassVar[str] = "of-result"
    label: ClassVar[str] = ""
    style: ClassVar[discord.ButtonStyle] = discord.ButtonStyle.secondary

    def __init__(self, generation_id: str) -> None:
        custom_id = f"{self.prefix}:{generation_id}"
        super().__init__(ui.Button(label=words()(self.label), style=self.style, custom_id=custom_id))
        self.generation_id = generation_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button of a message that this process may never have seen."""
        return cls(match["id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do it; what goes wrong is one sentence for whoever pressed."""
        await pressed(interaction, self.work(interaction))

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """What it does."""
        raise NotImplementedError


class DeleteButton(_OfResult, template=rf"delete:(?P<id>{_ID})"):
    """Asks whether to delete a result, for its author and for moderators."""

    prefix, label = "delete", "button-delete"

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Ask: Discord has no undo."""
        by = member(interaction)
        results = services(interaction).results
        await results.check_delete(by, self.generation_id, moderates=moderates(interaction))
        row: ui.ActionRow[Any] = ui.ActionRow()
        row.add_item(DeleteForGoodButton(self.generation_id))
        view = card(words()("delete-sure"), row, colour=discord.Colour.red())
        await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=NOBODY)


class DeleteForGoodButton(_OfResult, template=rf"delete-sure:(?P<id>{_ID})"):
    """Deletes a result."""

    prefix, label, style = "delete-sure", "button-delete-sure", discord.ButtonStyle.danger

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Delete, and say so where it was asked."""
        by = member(interaction)
        await interaction.response.defer()
        try:
            await services(interaction).results.delete(by, self.generation_id, moderates=moderates(interaction))
            view = card(words()("delete-done"))
        except Refusal as refusal:
            view = card(sentence(refusal))
        await interaction.edit_original_response(view=view, allowed_mentions=NOBODY)


class ReportButton(_OfResult, template=rf"report:(?P<id>{_ID})"):
    """Reports a result to the moderators, at once; anybody may."""

    prefix, label = "report", "button-report"

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Keep it, tell the log channel, and tell the reporter what becomes of it."""
        by = member(interaction)
        told = await services(interaction).results.report(by.guild_id, self.generation_id, by.actor_id)
        said = words()("report-told") if told else words()("report-kept")
        await interaction.response.send_message(view=card(said), ephemeral=True, allowed_mentions=NOBODY)


class RemoveButton(_OfResult, template=rf"remove:(?P<id>{_ID})"):
    """Removes a reported result, for moderators."""

    prefix, label, style = "remove", "button-remove-result", discord.ButtonStyle.danger

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Delete the message and settle the reports. One that is gone already only settles them."""
        by, results = moderator_of_results(interaction), services(interaction).results
        await interaction.response.defer()
        try:
            await results.delete(by, self.generation_id, moderates=True)
            gone_before = False
        except Refusal as refusal:
            if refusal.code != "result_gone":
                await refuse(interaction, refusal)
                return
            await results.dismiss(by, self.generation_id)
            gone_before = True
        with as_shown(interaction):
            outcome = words()("report-gone" if gone_before else "report-removed", who=f"<@{by.actor_id}>")
            view = settled(interaction, outcome, [BlockButton(self.generation_id)])
        await interaction.edit_original_response(view=view, allowed_mentions=NOBODY)


class BlockButton(_OfResult, template=rf"block:(?P<id>{_ID})"):
    """Blocks the author of a reported result, for moderators."""

    prefix, label, style = "block", "button-block", discord.ButtonStyle.danger

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Block. The video stays until it is removed."""
        by = moderator(interaction)
        author = await services(interaction).results.author_of(by.guild_id, self.generation_id)
        await services(interaction).guilds.block(by, author)
        with as_shown(interaction):
            outcome = words()("report-blocked", who=f"<@{by.actor_id}>", member=f"<@{author}>")
            view = settled(interaction, outcome, [RemoveButton(self.generation_id), DismissButton(self.generation_id)])
        await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)


class DismissButton(_OfResult, template=rf"dismiss:(?P<id>{_ID})"):
    """Settles the reports of a result that is as it should be, for moderators."""

    prefix, label = "dismiss", "button-dismiss"

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Settle."""
        by = moderator_of_results(interaction)
        await services(interaction).results.dismiss(by, self.generation_id)
        with as_shown(interaction):
            view = settled(interaction, words()("report-dismissed", who=f"<@{by.actor_id}>"), [])
        await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)


def member(interaction: discord.Interaction[Any]) -> By:
    """Whoever acts, in a server that is served. Raises Refusal."""
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    return By(guild_id=str(guild_id), actor_id=str(interaction.user.id))


def moderates(interaction: discord.Interaction[Any]) -> bool:
    """Whether they may remove what others have posted here."""
    allowed = interaction.permissions
    return allowed.manage_messages or allowed.manage_guild or allowed.administrator


def moderator_of_results(interaction: discord.Interaction[Any]) -> By:
    """Who acts. Raises Refusal `not_a_moderator` unless they may remove what others have posted."""
    by = member(interaction)
    if not moderates(interaction):
        raise Refusal("not_a_moderator")
    return by


def report_buttons(generation_id: str) -> ui.ActionRow[Any]:
    """What moderators can do about a report."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for button in (RemoveButton(generation_id), BlockButton(generation_id), DismissButton(generation_id)):
        row.add_item(button)
    return row


def as_shown(interaction: discord.Interaction[Any]) -> AbstractContextManager[None]:
    """The language of the message that was pressed: the server's in its log channel, else that of whoever sees it alone."""
    alone = interaction.message is None or interaction.message.flags.ephemeral
    return speaking(spoken() if alone else server_language(interaction))


def settled(interaction: discord.Interaction[Any], outcome: str, left: list[_OfResult]) -> ui.LayoutView:
    """The message of the report, with what became of it below; of the buttons left, those that it still had."""
    said: list[str] = []
    had: set[str] = set()
    if interaction.message:
        shown = ui.LayoutView.from_message(interaction.message, timeout=None)
        for item in shown.walk_children():
            if isinstance(item, ui.TextDisplay):
                said.append(item.content)
            elif isinstance(item, ui.Button) and item.custom_id:
                had.add(item.custom_id)
    row: ui.ActionRow[Any] = ui.ActionRow()
    for button in left:
        if button.custom_id in had:
            row.add_item(button)
    return card("\n".join([*said, outcome])[:4000], *([row] if row.children else []))


DYNAMIC_ITEMS = (DeleteButton, DeleteForGoodButton, ReportButton, RemoveButton, BlockButton, DismissButton)


async def setup(bot: commands.Bot) -> None:
    """Register the buttons."""
    bot.add_dynamic_items(*DYNAMIC_ITEMS)
