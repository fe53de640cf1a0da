"""A message's components as the JSON that Discord takes (Components V2).

What is drawn for every command is drawn so: discord.py's own objects take several times as long, and do nothing for a
message whose buttons carry all that their handlers need. The field names are Discord's.
"""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.domain.messages import component_ids
from cogs._ui.buttons import STYLES
from cogs._ui.wording import words

Part = dict[str, Any]  # one component


class Layout(ui.LayoutView):
    """A finished message for every method of discord.py that takes a view. discord.py keeps nothing of it."""

    def __init__(self, *parts: Part) -> None:
        super().__init__(timeout=None)
        self._parts = list(parts)
        self.stop()

    def has_components_v2(self) -> bool:
        """Return whether it is made of Components V2, as it always is."""
        return True

    def to_components(self) -> list[Part]:
        """Return the components. The list is not to be changed."""
        return self._parts


def text(content: str) -> Part:
    """Return text in Discord's Markdown."""
    return {"type": discord.ComponentType.text_display.value, "content": content}


def thumbnail(url: str, *, description: str, spoiler: bool) -> Part:
    """Return a small picture, which stands beside texts in a `section`. description: its alt text."""
    kind = discord.ComponentType.thumbnail.value
    return {"type": kind, "media": {"url": url}, "description": description, "spoiler": spoiler}


def section(texts: Sequence[Part], beside: Part) -> Part:
    """Return one to three texts with a thumbnail beside them."""
    return {"type": discord.ComponentType.section.value, "components": list(texts), "accessory": beside}


def buttons(carried: str, *names: str) -> Part:
    """Return a row of buttons that all carry the same id, as `cogs._ui.buttons.buttons` does."""
    say = words()
    return {
        "type": discord.ComponentType.action_row.value,
        "components": [
            {
                "type": discord.ComponentType.button.value,
                "style": STYLES.get(name, discord.ButtonStyle.secondary).value,
                "disabled": False,
                "label": say(f"button-{name}"),
                "custom_id": component_ids.make(name, carried),
            }
            for name in names
        ],
    }


def box(parts: Sequence[Part], colour: discord.Colour) -> Part:
    """Return parts in a frame with a coloured edge."""
    kind = discord.ComponentType.container.value
    return {"type": kind, "accent_color": colour.value, "spoiler": False, "components": list(parts)}
