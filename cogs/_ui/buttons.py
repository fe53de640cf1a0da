"""Buttons that work after a restart: each `custom_id` carries everything its handler needs, and nothing is kept in
memory.

The module that implements a button registers its handler under the button's name. A card can therefore show a button
without importing its handler. Permissions are checked again at every press.
"""

import re
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Self

import discord
from discord import ui

from bot.domain.messages import component_ids
from cogs._ui.errors import run_handler
from cogs._ui.wording import words

Handler = Callable[Concatenate[discord.Interaction[Any], ...], Coroutine[Any, Any, None]]
_HANDLERS: dict[str, Handler] = {}
_DANGER = ("delete-sure", "remove", "block", "privacy-delete", "quota-remove", "quota-reset")
_MAIN = ("remix", "question-make")
STYLES: dict[str, discord.ButtonStyle] = {
    **dict.fromkeys(_MAIN, discord.ButtonStyle.primary),
    **dict.fromkeys(_DANGER, discord.ButtonStyle.danger),
}


def button_handler(name: str) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of the button `name`.

    It receives the values in the `custom_id`. Raises KeyError for an unknown name.
    """

    def register(handler: Handler) -> Handler:
        if name not in component_ids.BUTTONS:
            raise KeyError(name)
        _HANDLERS[name] = handler
        return handler

    return register


class Button(ui.DynamicItem[ui.Item[ui.LayoutView]], template=component_ids.BUTTON):
    """A button whose handler is registered with `button_handler`."""

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Rebuild the button from a message, also one that another process has sent."""
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Run the handler. An error becomes one sentence for the member who pressed the button."""
        name, carried = component_ids.parse(self.custom_id)
        await run_handler(interaction, _HANDLERS[name](interaction, *carried))


def button(
    name: str, *carried: str, label: str | None = None, shown: str | None = None, disabled: bool = False
) -> Button:
    """Return a button whose `custom_id` holds `carried`.

    label: the id of its text; by default `button-<name>`. shown: its text itself, where that has values.
    """
    return Button(
        ui.Button(
            label=shown or words()(label or f"button-{name}"),
            style=STYLES.get(name, discord.ButtonStyle.secondary),
            custom_id=component_ids.make(name, *carried),
            disabled=disabled,
        )
    )


def buttons(carried: str, *names: str) -> ui.ActionRow[Any]:
    """Return a row of buttons that all carry the same id."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for name in names:
        row.add_item(button(name, carried))
    return row
