"""Who may: `/quota` defaults to Manage Server, and every command and button looks again when it is used."""

from typing import Any

import discord

from bot.domain.audit import Actor
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from cogs._ui.refusals import services


def moderator(interaction: discord.Interaction[Any], reason: str | None = None) -> Actor:
    """Who acts where. Raises Refusal `not_a_moderator`, or as `Requests.check_guild` does."""
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    allowed = interaction.permissions
    if not (allowed.manage_guild or allowed.administrator):
        raise Refusal(RefusalCode.NOT_A_MODERATOR)
    return Actor(guild_id=str(guild_id), actor_id=str(interaction.user.id), reason=(reason or "").strip())


def role_ids(who: discord.abc.User, guild_id: str) -> frozenset[str]:
    """The roles of a member as Discord brought them with the interaction, without @everyone; none of somebody who has left.

    discord.py's `roles` are only those that its cache of the server has: none while that server is away.
    """
    return frozenset(str(role_id) for role_id in getattr(who, "_roles", ())) - {guild_id}
