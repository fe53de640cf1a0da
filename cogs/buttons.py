"""Buttons about one generation that outlive a restart: each `custom_id` carries its id, and nothing is kept in memory.

What a button does is registered under its name by the module that does it, so that a card can show a button without
knowing its work.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Self

import discord
from discord import ui

from cogs.errors import pressed
from cogs.wording import words

Work = Callable[[discord.Interaction[Any], str], Awaitable[None]]
_WORK: dict[str, Work] = {}
STYLES = {"remix": discord.ButtonStyle.primary}


def does(name: str) -> Callable[[Work], Work]:
    """Register what the button of this name does with the generation's id."""

    def register(work: Work) -> Work:
        _WORK[name] = work
        return work

    return register


class JobButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"(?P<name>cancel|again|remix|reopen|thread|post-here|versions):(?P<id>[0-9A-Za-z]{1,25})",
):
    """One of the buttons that `does` names; its label is the text `button-<name>`."""

    def __init__(self, name: str, generation_id: str) -> None:
        style = STYLES.get(name, discord.ButtonStyle.secondary)
        super().__init__(ui.Button(label=words()(f"button-{name}"), style=style, custom_id=f"{name}:{generation_id}"))
        self.name = name
        self.generation_id = generation_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button of a message that this process may never have seen."""
        return cls(match["name"], match["id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do it; what goes wrong is one sentence for whoever pressed."""
        await pressed(interaction, _WORK[self.name](interaction, self.generation_id))


def buttons(generation_id: str, *names: str) -> ui.ActionRow[Any]:
    """A row of these buttons."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for name in names:
        row.add_item(JobButton(name, generation_id))
    return row


DYNAMIC_ITEMS = (JobButton,)
