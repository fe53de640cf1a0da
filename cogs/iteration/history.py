"""`/history`: a member's own videos in this server, in pages, each with Post here, Remix and Versions.

Only the member sees it. Each button's `custom_id` holds everything its handler needs, so a page that is left open keeps
working.
"""

import io
import re
from collections.abc import Sequence
from typing import Any, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.domain import component_ids
from bot.domain.refusals import MaybePosted, Refusal
from bot.domain.versions import Version
from cogs._ui import text
from cogs._ui.buttons import button, button_handler, buttons
from cogs._ui.errors import run_handler
from cogs._ui.refusals import sentence, services
from cogs._ui.wording import Words, words
from cogs.cards import chains
from cogs.cards.accepting import NOBODY, reader, request_context
from cogs.cards.link_filter import past_filter
from cogs.iteration import tree
from cogs.iteration.forms import open_form

TEXTS = 3400  # characters for prompts, of the 4,000 in a message
WHOLE = 10_000  # longer than the longest prompt with all its escapes
ENTRY = 300  # characters for the rest of one entry


class History(commands.Cog):
    """The `/history` command."""

    @app_commands.command(name="history", description="Your videos here: find, post, remix and compare them")
    async def history(self, interaction: discord.Interaction[Any]) -> None:
        """Show the newest page."""
        page = await _page(interaction, 0)

        async def send() -> None:
            view, files = _view(*page)
            await interaction.response.send_message(view=view, files=files, ephemeral=True, allowed_mentions=NOBODY)

        await past_filter(send)


async def _page(
    interaction: discord.Interaction[Any], number: int
) -> tuple[Sequence[Version], int, int, int, frozenset[str]]:
    """Return the versions on a page (see `VersionHistory.page`), and the ids of those that can be posted here."""
    use, guild_id = services(interaction), str(interaction.guild_id) if interaction.guild_id else None
    use.requests.check_guild(guild_id)
    found, page, pages, count = await use.history.page(str(guild_id), str(interaction.user.id), number)
    return found, page, pages, count, await use.reposting.postable(found)


def _view(
    found: Sequence[Version], page: int, pages: int, count: int, postable: frozenset[str]
) -> tuple[ui.LayoutView, list[discord.File]]:
    """Return one page, and a file with the full text of prompts that are cut."""
    say = words()
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour.blurple())
    view.add_item(box)
    if not found:
        box.add_item(ui.TextDisplay(say("history-none")))
        return view, []
    box.add_item(ui.TextDisplay(say("history-title", count=count)))
    heads = sum(ENTRY + _units(text.asked(say, one.generation)) for one in found)
    limit = _prompt_limit([_units(text.safe(one.generation.prompt, WHOLE)) for one in found], TEXTS - heads)
    cut: list[str] = []
    for one in found:
        generation = one.generation
        shown = text.safe(generation.prompt, WHOLE)
        if _units(shown) > limit:
            shown = text.safe(generation.prompt, limit)
            shown = shown if _units(shown) <= limit else text.safe(generation.prompt, limit // 2)
            made = f"{generation.accepted_at:%Y-%m-%d %H:%M} UTC"
            cut.append(f"{generation.family}{text.later_version(say, generation)} · {made}\n\n{generation.prompt}")
        box.add_item(ui.TextDisplay(f"{_head(say, one)}\n> {shown}"))
        box.add_item(_row(one, postable))
    files: list[discord.File] = []
    if cut:
        data = "\n\n———\n\n".join(cut).encode()
        files.append(discord.File(io.BytesIO(data), "prompts.txt"))
        box.add_item(ui.TextDisplay(f"-# {say('history-full')}"))
        box.add_item(ui.File("attachment://prompts.txt"))
    if pages > 1:
        box.add_item(ui.TextDisplay(f"-# {say('history-page', page=page + 1, pages=pages)}"))
        row: ui.ActionRow[Any] = ui.ActionRow()
        for label, to in (("history-newer", page - 1), ("history-older", page + 1)):
            row.add_item(button("history", str(to), label, label=label, disabled=not 0 <= to < pages))
        view.add_item(row)
    return view, files


def _units(line: str) -> int:
    """Return the length in UTF-16 units, the strictest way to count: most emoji take two."""
    return len(line.encode("utf-16-le")) // 2


def _prompt_limit(prompts: Sequence[int], total: int) -> int:
    """Return the character limit for each prompt. Short prompts leave their share to long ones."""
    left, count = total, len(prompts)
    for length in sorted(prompts):
        if length * count > left:
            return max(100, left // count)
        left -= length
        count -= 1
    return WHOLE


def _head(say: Words, one: Version) -> str:
    generation = one.generation
    if generation.joined:
        line = say(
            "history-joined",
            version=generation.version,
            versions=chains.numbers(say, generation.joined),
            seconds=generation.seconds,
            state=say(f"state-{tree.status_word(one)}"),
            when=text.relative(generation.accepted_at),
        )
        return " · ".join([line, *([say("history-link", link=one.link)] if one.link else [])])
    line = say(
        "history-entry",
        version=_version(say, one),
        family=generation.family[:40],
        orientation=text.shape_of(say, generation),
        seconds=generation.seconds,
        price=text.price(say, generation.price_micros, estimate=generation.estimate),
        state=say(f"state-{tree.status_word(one)}"),
        when=text.relative(generation.accepted_at),
    )
    parts = [line, text.asked(say, generation), say("history-link", link=one.link) if one.link else ""]
    return " · ".join(part for part in parts if part)


def _version(say: Words, one: Version) -> str:
    """Return "**v2** · "; "" for the first version."""
    number = one.generation.version
    return f"**{say('version-name', version=number)}** · " if number > 1 else ""


def _row(one: Version, postable: frozenset[str]) -> ui.ActionRow[Any]:
    """Return the buttons of an entry: Post here, if it would do something; Remix, unless it was joined; Versions."""
    post_here = ("post-here",) if one.generation.id in postable else ()
    remix = () if one.generation.joined else ("remix",)
    return buttons(one.generation.id, *post_here, *remix, "versions")


@button_handler("history")
async def turn(interaction: discord.Interaction[Any], page: str, _label: str) -> None:
    """Show another page."""
    shown = await _page(interaction, int(page))

    async def send() -> None:
        view, files = _view(*shown)
        await interaction.response.edit_message(view=view, attachments=files, allowed_mentions=NOBODY)

    await past_filter(send)


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
    family = await services(interaction).history.family(reader(interaction), generation_id)
    page = tree.page_of(family, generation_id)

    async def send() -> None:
        view = _tree_view(family, generation_id, page)
        await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=NOBODY)

    await past_filter(send)


def _tree_view(family: Sequence[Version], generation_id: str, page: int) -> ui.LayoutView:
    say = words()
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour.blurple())
    view.add_item(box)
    pages = tree.pages(family)
    page = min(max(0, page), pages - 1)
    shown = tree.lines(say, family, page, of=generation_id)
    box.add_item(ui.TextDisplay(say("tree-title", count=len(family))))
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
    family = await services(interaction).history.family(reader(interaction), generation_id)

    async def send() -> None:
        view = _tree_view(family, generation_id, int(page))
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
    """Register the command and the menu."""
    bot.add_dynamic_items(VersionSelect)
    await bot.add_cog(History())
