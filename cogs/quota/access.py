"""Who may: `/quota` defaults to Manage Server, and every command and button looks again when it is used."""

from typing import Any

import discord

from bot.domain.errors import Refusal
from bot.services.quotas import By
from cogs.answers import services


def moderator(interaction: discord.Interaction[Any], reason: str | None = None) -> By:
    """Who acts where. Raises Refusal `not_a_moderator`, or as `Requests.check_guild` does."""
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    allowed = interaction.permissions
    if not (allowed.manage_guild or allowed.administrator):
        raise Refusal("not_a_moderator")
    return By(guild_id=str(guild_id), actor_id=str(interaction.user.id), reason=(reason or "").strip())


def role_ids(who: discord.abc.User, guild_id: str) -> frozenset[str]:
    """The roles of a member, without @everyone; none of somebody who has left."""
    roles: list[discord.Role] = getattr(who, "roles", [])
    return frozenset(str(role.id) for role in roles) - {guild_id}
