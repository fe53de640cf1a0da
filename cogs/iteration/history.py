"""`/history`: a member's own videos in this server, in pages, each with Post here, Remix and Versions.

Only the member sees it. Each button's `custom_id` holds everything its handler needs, or the id of a stored query, so a
page that is left open keeps working.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.domain.messages import component_ids
from bot.domain.refusals.refusal import MaybePosted, Refusal
from bot.domain.versions.history import FIND_MOST, HistoryQuery
from bot.domain.versions.version import Version
from cogs._ui import text
from cogs._ui.buttons import button, button_handler
from cogs._ui.errors import run_handler
from cogs._ui.refusal_texts import sentence
from cogs._ui.refusals import services
from cogs._ui.replies import read_for
from cogs._ui.wording import words
from cogs.cards.accepting import NOBODY, reader, request_context
from cogs.cards.link_filter import past_filter
from cogs.iteration import tree
from cogs.iteration.forms import open_form
from cogs.iteration.history_page import HistoryFilter, render, show_instead


class History(commands.Cog):
    """The `/history` command."""

    @app_commands.command(name="history", description="Your videos here: find, post, remix and compare them")
    @app_commands.describe(find="Words of the prompt; all of them must occur")
    async def history(
        self, interaction: discord.Interaction[Any], find: app_commands.Range[str, 1, FIND_MOST] | None = None
    ) -> None:
        """Show the newest page."""
        guild_id, member_id = _who(interaction)
        query = HistoryQuery(find=" ".join((find or "").split())[:FIND_MOST])
        page = await read_for(interaction, services(interaction).history.start(guild_id, member_id, query))

        async def send() -> None:
            view, files = render(page)
            if interaction.response.is_done():
                await interaction.edit_original_response(view=view, attachments=files, allowed_mentions=NOBODY)
                return
            await interaction.response.send_message(view=view, files=files, ephemeral=True, allowed_mentions=NOBODY)

        await past_filter(send)


def _who(interaction: discord.Interaction[Any]) -> tuple[str, str]:
    """Return the server and the member. Raises Refusal."""
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    return str(guild_id), str(interaction.user.id)


@button_handler("history")
async def turn(interaction: discord.Interaction[Any], *carried: str) -> None:
    """Show another page. Without the id of a query, it is one of all videos."""
    *query_id, page, _ = carried
    history = services(interaction).history
    await show_instead(interaction, history.page(*_who(interaction), int(page), *query_id))


@button_handler("post-here")
async def post_here(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Post a video in this channel that could not be posted in the channel of its request.

    If it may already be visible in a channel that the bot cannot read, ask first, with a button to post it anyway.
    """
    await _post(interaction, generation_id, confirmed=None)


@button_handler("post-anyway")
async def post_anyway(interaction: discord.Interaction[Any], generation_id: str, doubt: str) -> None:
    """Post a video although it may already be visible; the member was told so."""
    await _post(interaction, generation_id, confirmed=doubt)


async def _post(interaction: discord.Interaction[Any], generation_id: str, *, confirmed: str | None) -> None:
    try:
        await services(interaction).reposting.post_here(
            request_context(interaction), generation_id, confirmed=confirmed
        )
    except Refusal as refusal:
        met = refusal.payload
        if not isinstance(met, MaybePosted):
            raise
        row: ui.ActionRow[Any] = ui.ActionRow()
        row.add_item(button("post-anyway", generation_id, met.doubt, label="button-post-here"))
        view = ui.LayoutView(timeout=None).add_item(ui.TextDisplay(sentence(refusal))).add_item(row)
        await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=NOBODY)
        return
    await interaction.response.send_message(words()("posting-here"), ephemeral=True, allowed_mentions=NOBODY)


@button_handler("versions")
async def versions(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Show the versions of this generation as a tree, at the page with the newest one."""
    page = await _tree_page(interaction, generation_id)

    async def send() -> None:
        view = _tree_view(page)
        await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=NOBODY)

    await past_filter(send)


@dataclass(frozen=True, slots=True, kw_only=True)
class _TreePage:
    """One page of a family. of: the version that was asked about; count: how many versions there are."""

    of: str
    page: int
    count: int
    shown: Sequence[tree.Place]
    versions: Mapping[str, Version]


async def _tree_page(interaction: discord.Interaction[Any], generation_id: str, page: int | None = None) -> _TreePage:
    """Read one page of a family: the whole of it is read as ids alone. Without a number, the page with this version."""
    history, reads = services(interaction).history, reader(interaction)
    family = await history.family(reads, generation_id)
    drawn = await asyncio.to_thread(tree.drawn, family)
    number = tree.page_of(drawn, generation_id) if page is None else tree.existing_page(drawn, page)
    shown = tree.on_page(drawn, number)
    versions = await history.versions(reads, tree.needed(shown))
    return _TreePage(of=generation_id, page=number, count=len(drawn), shown=shown, versions=versions)


def _tree_view(of: _TreePage) -> ui.LayoutView:
    say, generation_id, page = words(), of.of, of.page
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour.blurple())
    view.add_item(box)
    pages = tree.pages(of.count)
    shown = tree.lines(say, of.shown, of.versions, of=generation_id)
    box.add_item(ui.TextDisplay(say("tree-title", count=of.count)))
    box.add_item(ui.TextDisplay("\n".join(line for line, _ in shown)))
    choice: ui.ActionRow[Any] = ui.ActionRow()
    options = [one for _, one in shown if one.generation.prompt and not one.generation.joined]
    if options:
        box.add_item(choice.add_item(VersionSelect(generation_id, options)))
    if pages > 1:
        box.add_item(ui.TextDisplay(f"-# {say('history-page', page=page + 1, pages=pages)}"))
        row: ui.ActionRow[Any] = ui.ActionRow()
        for label, to in (("tree-earlier", page - 1), ("tree-later", page + 1)):
            row.add_item(button("tree", generation_id, str(to), label, label=label, disabled=not 0 <= to < pages))
        view.add_item(row)
    return view


@button_handler("tree")
async def turn_tree(interaction: discord.Interaction[Any], generation_id: str, page: str, _label: str) -> None:
    """Show another page of a tree."""
    found = await _tree_page(interaction, generation_id, int(page))

    async def send() -> None:
        view = _tree_view(found)
        await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)

    await past_filter(send)


class VersionSelect(ui.DynamicItem[ui.Select[ui.LayoutView]], template=component_ids.VERSION_MENU):
    """A menu that opens the Remix form of an earlier version."""

    def __init__(self, generation_id: str, versions: Sequence[Version]) -> None:
        say = words()
        options = [
            discord.SelectOption(
                label=say("version-name", version=one.generation.version),
                value=one.generation.id,
                description=text.alt(one.generation.prompt)[:100],
            )
            for one in versions
        ]
        select: ui.Select[Any] = ui.Select(
            custom_id=component_ids.make("tree-remix", generation_id), placeholder=say("tree-choose"), options=options
        )
        super().__init__(select)
        self.generation_id = generation_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Rebuild the menu from a message, also one that another process has sent."""
        return cls(match["id"], [])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Open the form of the chosen version."""
        data: dict[str, Any] = dict(interaction.data or {})
        chosen = next(iter(data.get("values") or []), self.generation_id)
        await run_handler(interaction, open_form(interaction, generation_id=str(chosen)))


async def setup(bot: commands.Bot) -> None:
    """Register the command and the menus."""
    bot.add_dynamic_items(VersionSelect, HistoryFilter)
    await bot.add_cog(History())
