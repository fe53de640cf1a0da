"""Buttons that outlive a restart: each `custom_id` carries all that its work needs, and nothing is kept in memory.

What a button does is registered under its name by the module that does it, so that a card can show a button without
knowing its work. Who may press is looked at anew at every press.
"""

import re
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Self

import discord
from discord import ui

from bot.domain import component_ids
from cogs._ui.errors import pressed
from cogs._ui.wording import words

Work = Callable[Concatenate[discord.Interaction[Any], ...], Coroutine[Any, Any, None]]
_WORK: dict[str, Work] = {}
_DANGER = ("delete-sure", "remove", "block", "privacy-delete", "quota-remove", "quota-reset")
STYLES = {"remix": discord.ButtonStyle.primary, **dict.fromkeys(_DANGER, discord.ButtonStyle.danger)}


def button_handler(name: str) -> Callable[[Work], Work]:
    """Register what the button of this name does with what its `custom_id` carries."""

    def register(work: Work) -> Work:
        if name not in component_ids.BUTTONS:
            raise KeyError(name)
        _WORK[name] = work
        return work

    return register


class Button(ui.DynamicItem[ui.Item[ui.LayoutView]], template=component_ids.BUTTON):
    """One of the buttons that `button_handler` names."""

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button of a message that this process may never have seen."""
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do it; what goes wrong is one sentence for whoever pressed."""
        name, carried = component_ids.parse(self.custom_id)
        await pressed(interaction, _WORK[name](interaction, *carried))


def button(name: str, *carried: str, label: str | None = None, disabled: bool = False) -> Button:
    """A button; `label` names its text where that is not `button-<name>`."""
    return Button(
        ui.Button(
            label=words()(label or f"button-{name}"),
            style=STYLES.get(name, discord.ButtonStyle.secondary),
            custom_id=component_ids.make(name, *carried),
            disabled=disabled,
        )
    )


def buttons(carried: str, *names: str) -> ui.ActionRow[Any]:
    """A row of buttons that carry the same id."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for name in names:
        row.add_item(button(name, carried))
    return row
