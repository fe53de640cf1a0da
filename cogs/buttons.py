"""Buttons that outlive a restart: each `custom_id` carries the generation's id, and nothing is kept in memory."""

import re
from typing import Any, Self

import discord
import structlog
from discord import ui

from bot.domain.errors import Refusal
from cogs.answers import UNANSWERABLE, refuse, services

log = structlog.stdlib.get_logger()


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
        from cogs.cards import card

        try:
            cancelled = await services(interaction).requests.cancel(self.generation_id, str(interaction.user.id))
        except Refusal as refusal:
            await refuse(interaction, refusal)
            return
        try:
            await interaction.response.edit_message(
                view=card(cancelled.generation, cancelled.standing), allowed_mentions=discord.AllowedMentions.none()
            )
        except UNANSWERABLE as error:  # the card is brought up to date all the same
            log.warning("not_answered", guild=interaction.guild_id, error=str(error))


DYNAMIC_ITEMS = (CancelButton,)
