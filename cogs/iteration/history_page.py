"""One page of `/history`: the entries with small pictures and buttons, and what finds fewer of them.

The pictures are attached to the page. A message has 40 components at most; where the buttons leave fewer, the oldest
entries of the page have no picture.
"""

import io
import re
from collections.abc import Awaitable, Iterator, Sequence
from typing import Any, Self

import discord
from discord import ui

from bot.domain.messages import component_ids
from bot.domain.versions.history import EVERYTHING, HistoryQuery
from bot.domain.versions.version import Version
from bot.usecases.versions.history import HistoryPage, Still
from cogs._ui import text
from cogs._ui.buttons import button, buttons
from cogs._ui.errors import run_handler
from cogs._ui.refusals import services
from cogs._ui.replies import read_for
from cogs._ui.wording import Words, words
from cogs.cards import chains
from cogs.cards.accepting import NOBODY
from cogs.cards.link_filter import past_filter
from cogs.iteration import tree

TEXTS = 3300  # characters for prompts, of the 4,000 in a message
WHOLE = 10_000  # longer than the longest prompt with all its escapes
ENTRY = 300  # characters for the rest of one entry
COMPONENTS = 40
FIND_SHOWN = 100  # characters
LABEL = 100
FIND, FAILED, PICTURED, FAMILY = "find", "failed", "pictured", "family:"
_ALL = "all"  # in place of the id of a query


def render(page: HistoryPage) -> tuple[ui.LayoutView, list[discord.File]]:
    """Return the page and its files: small pictures, and the full text of prompts that are cut."""
    say = words()
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour.blurple())
    view.add_item(box)
    if not page.found:
        nothing = say("history-none") if page.query == EVERYTHING else say("history-not-found", what=_about(say, page))
        box.add_item(ui.TextDisplay("\n".join([nothing, *_expired(say, page)])))
        for row in _controls(page):
            view.add_item(row)
        return view, []
    box.add_item(ui.TextDisplay(_title(say, page)))
    shown, cut = _texts(say, page.found)
    controls = _controls(page)
    footer = _expired(say, page)
    footer += [f"-# {say('history-full')}"] if cut else []
    footer += [f"-# {say('history-page', page=page.page + 1, pages=page.pages)}"] if page.pages > 1 else []
    rows = [_row(one, page.postable) for one in page.found]
    spare = COMPONENTS - 2 - bool(footer) - bool(cut) - len(rows)
    spare -= sum(1 + len(row.children) for row in (*rows, *controls))
    files: list[discord.File] = []
    for one, line, row in zip(page.found, shown, rows, strict=True):
        still = page.stills.get(one.generation.id)
        if still and spare >= 2:  # a section and a picture, beside the text
            spare -= 2
            box.add_item(ui.Section(line, accessory=_thumbnail(one, still, files)))
        else:
            box.add_item(ui.TextDisplay(line))
        box.add_item(row)
    if cut:
        files.append(discord.File(io.BytesIO("\n\n———\n\n".join(cut).encode()), "prompts.txt"))
    if footer:
        box.add_item(ui.TextDisplay("\n".join(footer)))
    if cut:
        box.add_item(ui.File("attachment://prompts.txt"))
    for row in controls:
        view.add_item(row)
    return view, files


def _expired(say: Words, page: HistoryPage) -> list[str]:
    """Return the line about videos that are not listed any more, where there are some."""
    if page.expired_before is None:
        return []
    date = f"<t:{int(page.expired_before.timestamp())}:D>"
    return [f"-# {say('history-expired', date=date)}"]


def _title(say: Words, page: HistoryPage) -> str:
    title = say("history-title", count=page.count)
    return title if page.query == EVERYTHING else f"{title}\n-# {_about(say, page)}"


def _about(say: Words, page: HistoryPage) -> str:
    """Return what a page is about, on one line."""
    query = page.query
    parts = [
        say("history-words", find=text.safe(query.find, FIND_SHOWN)) if query.find else "",
        text.safe(text.either(say, sorted(query.families)), 300) if query.families else "",
        say("history-failed") if query.failed else "",
        say("history-pictured") if query.pictured else "",
    ]
    return " · ".join(part for part in parts if part)


def _texts(say: Words, found: Sequence[Version]) -> tuple[list[str], list[str]]:
    """Return the text of each entry, and the prompts that are cut in one."""
    heads = sum(ENTRY + _units(text.asked(say, one.generation)) for one in found)
    limit = _prompt_limit([_units(text.safe(one.generation.prompt, WHOLE)) for one in found], TEXTS - heads)
    shown: list[str] = []
    cut: list[str] = []
    for one in found:
        generation = one.generation
        prompt = text.safe(generation.prompt, WHOLE)
        if _units(prompt) > limit:
            prompt = text.safe(generation.prompt, limit)
            prompt = prompt if _units(prompt) <= limit else text.safe(generation.prompt, limit // 2)
            made = f"{generation.accepted_at:%Y-%m-%d %H:%M} UTC"
            cut.append(f"{generation.family}{text.later_version(say, generation)} · {made}\n\n{generation.prompt}")
        shown.append(f"{_head(say, one)}\n> {prompt}")
    return shown, cut


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


def _thumbnail(one: Version, still: Still, files: list[discord.File]) -> ui.Thumbnail[ui.LayoutView]:
    """Return a small picture, and add its file."""
    address = still.url
    if still.data:
        name = f"still-{one.generation.id}.jpg"
        files.append(discord.File(io.BytesIO(still.data), name))
        address = f"attachment://{name}"
    return ui.Thumbnail(address, description=text.alt(one.generation.prompt), spoiler=still.spoiler)


def _controls(page: HistoryPage) -> list[ui.ActionRow[Any]]:
    """Return the row that turns pages and leads back to all videos, and the menu of filters."""
    rows: list[ui.ActionRow[Any]] = []
    turns: ui.ActionRow[Any] = ui.ActionRow()
    if page.pages > 1:
        query = (page.query_id,) if page.query_id else ()
        for label, to in (("history-newer", page.page - 1), ("history-older", page.page + 1)):
            there = 0 <= to < page.pages
            turns.add_item(button("history", *query, str(to), label, label=label, disabled=not there))
    if page.query != EVERYTHING:
        turns.add_item(button("history", "0", "history-all", label="history-all"))
    if turns.children:
        rows.append(turns)
    if page.families:
        menu: ui.ActionRow[Any] = ui.ActionRow()
        rows.append(menu.add_item(HistoryFilter(page.query_id or _ALL, page)))
    return rows


class HistoryFilter(ui.DynamicItem[ui.Select[ui.LayoutView]], template=component_ids.HISTORY_MENU):
    """The menu of filters: words, models, failed, with a picture. All that are selected hold together."""

    def __init__(self, query_id: str, page: HistoryPage | None = None) -> None:
        options = list(_options(words(), page)) if page else []
        select: ui.Select[Any] = ui.Select(
            custom_id=component_ids.make("history-filter", query_id),
            placeholder=words()("history-filter"),
            options=options,
            min_values=0,
            max_values=max(1, len(options)),
        )
        super().__init__(select)
        self.query_id = query_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Rebuild the menu from a message, also one that another process has sent."""
        return cls(match["query"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show the first page of what is selected."""
        await run_handler(interaction, self._show(interaction))

    async def _show(self, interaction: discord.Interaction[Any]) -> None:
        use, guild_id = services(interaction), str(interaction.guild_id) if interaction.guild_id else None
        use.requests.check_guild(guild_id)
        data: dict[str, Any] = dict(interaction.data or {})
        values: list[Any] = data.get("values") or []
        chosen = [str(value) for value in values]
        who = str(guild_id), str(interaction.user.id)
        before = await use.history.query(*who, None if self.query_id == _ALL else self.query_id)
        query = HistoryQuery(
            find=before.find if FIND in chosen else "",
            families=frozenset(one.removeprefix(FAMILY) for one in chosen if one.startswith(FAMILY)),
            failed=FAILED in chosen,
            pictured=PICTURED in chosen,
        )
        await show_instead(interaction, use.history.start(*who, query))


def _options(say: Words, page: HistoryPage) -> Iterator[discord.SelectOption]:
    query = page.query
    if query.find:
        label = say("history-words", find=text.shortened(query.find, LABEL - 20))
        yield discord.SelectOption(label=label[:LABEL], value=FIND, default=True)
    yield discord.SelectOption(label=say("history-failed"), value=FAILED, default=query.failed)
    yield discord.SelectOption(label=say("history-pictured"), value=PICTURED, default=query.pictured)
    for family in dict.fromkeys([*page.families, *sorted(query.families)]):
        if len(FAMILY) + len(family) <= LABEL:
            yield discord.SelectOption(
                label=text.shortened(family, LABEL), value=f"{FAMILY}{family}", default=family in query.families
            )


async def show_instead(interaction: discord.Interaction[Any], reading: Awaitable[HistoryPage]) -> None:
    """Show a page in place of another."""
    page = await read_for(interaction, reading)

    async def send() -> None:
        view, files = render(page)
        if interaction.response.is_done():
            await interaction.edit_original_response(view=view, attachments=files, allowed_mentions=NOBODY)
        else:
            await interaction.response.edit_message(view=view, attachments=files, allowed_mentions=NOBODY)

    await past_filter(send)
