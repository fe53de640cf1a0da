"""Checks who may use a moderator command.

Discord hides `/quota` and `/config` by default; every command and button checks again when it is used.
"""

from typing import Any

import discord

from bot.domain.moderation.audit import Actor
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from cogs._ui.refusals import services


def moderator(interaction: discord.Interaction[Any], reason: str | None = None) -> Actor:
    """Return who acts, and in which server.

    Raises Refusal `not_a_moderator`, or any refusal of `Requests.check_guild`.
    """
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    allowed = interaction.permissions
    if not (allowed.manage_guild or allowed.administrator):
        raise Refusal(RefusalCode.NOT_A_MODERATOR)
    return Actor(guild_id=str(guild_id), actor_id=str(interaction.user.id), reason=(reason or "").strip())


def role_ids(who: discord.abc.User, guild_id: str) -> frozenset[str]:
    """Return the ids of a member's roles, without @everyone. Empty for somebody who has left the server.

    The ids come from the interaction itself. discord.py's `roles` attribute holds only roles that are in its cache of
    the server, and is empty while that server is unavailable.
    """
    return frozenset(str(role_id) for role_id in getattr(who, "_roles", ())) - {guild_id}
