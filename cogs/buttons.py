"""Buttons that outlive a restart: each `custom_id` carries the generation's id, and nothing is kept in memory."""

import re
from typing import Any, Self

import discord
from discord import ui

from cogs.answers import services
from cogs.errors import pressed


class CancelButton(ui.DynamicItem[ui.Button[ui.LayoutView]], template=r"cancel:(?P<id>[0-9A-Za-z]{1,25})"):
    """Cancels a job that has not been sent; only its author may."""

    def __init__(self, generation_id: str, label: str = "Cancel") -> None:
        super().__init__(
            ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=f"cancel:{generation_id}")
        )
        self.generation_id = generation_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button of a message that this process may never have seen."""
        return cls(match["id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Cancel, and show it on the card in the same answer."""
        await pressed(interaction, self._cancel(interaction))

    async def _cancel(self, interaction: discord.Interaction[Any]) -> None:
        from cogs.cards import card

        requests = services(interaction).requests
        requests.check_guild(str(interaction.guild_id) if interaction.guild_id else None)
        cancelled = await requests.cancel(self.generation_id, str(interaction.user.id))
        await interaction.response.edit_message(
            view=card(cancelled.generation, cancelled.standing), allowed_mentions=discord.AllowedMentions.none()
        )


DYNAMIC_ITEMS = (CancelButton,)
