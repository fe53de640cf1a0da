"""`/style`: the styles of a server. Its moderators add and remove them; everyone may list and use them."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.domain.requests.styles import LONGEST_NAME, LONGEST_TEXT, Style
from cogs._ui import suggestions, text
from cogs._ui.access import moderator
from cogs._ui.buttons import button, button_handler
from cogs._ui.names import names_with
from cogs._ui.refusals import services
from cogs._ui.replies import answer, card, replace
from cogs._ui.suggestions import Names
from cogs._ui.wording import Words, words

ON_A_PAGE = 8
NAME_SHOWN = 64
TEXT_SHOWN = 380  # of each of those on a page


@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
class Styles(commands.GroupCog, group_name="style", group_description="Styles of this server: texts added to a prompt"):
    """The `/style` commands."""

    @app_commands.command(name="add", description="Add a style for everyone here (needs Manage Server)")
    @app_commands.describe(name="What members choose it by", text="What is added to their prompt")
    async def add(
        self,
        interaction: discord.Interaction[Any],
        name: app_commands.Range[str, 1, LONGEST_NAME],
        text: app_commands.Range[str, 1, LONGEST_TEXT],
    ) -> None:
        """Add a style, if the member may manage the server."""
        actor = moderator(interaction)
        style = await services(interaction).styles.add(actor, name, text, names_with(interaction))
        await answer(interaction, card(_added(words(), style)))

    @app_commands.command(name="remove", description="Remove a style (needs Manage Server); videos made with it stay")
    @app_commands.describe(name="Which one")
    async def remove(self, interaction: discord.Interaction[Any], name: str) -> None:
        """Remove a style, if the member may manage the server."""
        actor = moderator(interaction)
        await services(interaction).styles.remove(actor, name)
        await answer(interaction, card(words()("style-removed", style=text.safe(name, NAME_SHOWN))))

    @remove.autocomplete("name")
    async def known(self, interaction: discord.Interaction[Any], current: str) -> Names:
        """Suggest the styles of the server."""
        return await suggestions.styles(interaction, current)

    @app_commands.command(name="list", description="The styles of this server")
    async def listed(self, interaction: discord.Interaction[Any]) -> None:
        """Show the styles, a page at a time."""
        await answer(interaction, _page(words(), await _styles(interaction), 0))


@button_handler("style-list")
async def turn(interaction: discord.Interaction[Any], page: str) -> None:
    """Show another page of the list."""
    await replace(interaction, _page(words(), await _styles(interaction), int(page)))


async def _styles(interaction: discord.Interaction[Any]) -> list[Style]:
    """Return the styles of the server. Raises Refusal `guild_only` or `guild_not_allowed`."""
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    return await services(interaction).styles.all(str(guild_id))


def _added(say: Words, style: Style) -> str:
    shown = say("style-line", style=text.safe(style.name, NAME_SHOWN), text=text.safe(style.text, 2 * LONGEST_TEXT))
    return f"{say('style-added')}\n{shown}"


def _page(say: Words, styles: Sequence[Style], page: int) -> ui.LayoutView:
    """Return one page of the list, with buttons to turn it where there are several."""
    if not styles:
        return card(f"{say('style-title', count=0)}\n{say('styles-empty')}")
    last = (len(styles) - 1) // ON_A_PAGE
    page = min(page, last)
    shown = styles[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    lines = [say("style-title", count=len(styles))]
    lines += [
        say("style-line", style=text.safe(one.name, NAME_SHOWN), text=text.safe(one.text, TEXT_SHOWN)) for one in shown
    ]
    lines.append(say("style-how"))
    if not last:
        return card("\n".join(lines))
    lines.append(say("page-number", page=page + 1, pages=last + 1))
    row: ui.ActionRow[Any] = ui.ActionRow()
    if page:
        row.add_item(button("style-list", str(page - 1), label="button-earlier"))
    if page < last:
        row.add_item(button("style-list", str(page + 1), label="button-later"))
    return card("\n".join(lines), row)


async def setup(bot: commands.Bot) -> None:
    """Register the commands."""
    await bot.add_cog(Styles())
