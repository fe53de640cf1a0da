"""Names of members for places that cannot show mentions: a menu, a picture, a table.

The bot has no list of members. It keeps the latest names from interactions in memory, and asks Discord for a few that
it does not know.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
import discord

from cogs._ui.wording import words

REMEMBERED = 20_000
ASKED = 10


class MemberNames:
    """Display names by server and member."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    def see(self, interaction: discord.Interaction[Any]) -> None:
        """Remember the member who acts, and the members that an option names."""
        if interaction.guild_id is None:
            return
        guild_id = str(interaction.guild_id)
        self._remember(guild_id, str(interaction.user.id), interaction.user.display_name)
        data: Mapping[str, Any] = interaction.data or {}
        resolved: Mapping[str, Any] = data.get("resolved") or {}
        members: Mapping[str, Any] = resolved.get("members") or {}
        users: Mapping[str, Any] = resolved.get("users") or {}
        for member_id, user in users.items():
            member: Mapping[str, Any] = members.get(member_id) or {}
            name = member.get("nick") or user.get("global_name") or user.get("username")
            if name:
                self._remember(guild_id, str(member_id), str(name))

    def _remember(self, guild_id: str, member_id: str, name: str) -> None:
        self._known[guild_id, member_id] = name
        self._known.move_to_end((guild_id, member_id))
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def unknown(self, guild_id: str, member_ids: Iterable[str]) -> list[str]:
        """Return the members whose names are not known yet."""
        return [one for one in dict.fromkeys(member_ids) if (guild_id, one) not in self._known]

    async def of(
        self,
        guild: discord.Guild | None,
        guild_id: str,
        member_ids: Iterable[str],
        seconds: float,
        *,
        most: int = ASKED,
    ) -> dict[str, str]:
        """Return the names of these members, known or fetched within `seconds`. Members without a name are left out.

        most: the maximum number of names to fetch.
        """
        wanted = list(dict.fromkeys(member_ids))
        missing = self.unknown(guild_id, wanted)[:most]
        if guild and missing:
            asking = [asyncio.create_task(self._ask(guild, member_id)) for member_id in missing]
            _, late = await asyncio.wait(asking, timeout=seconds)
            for task in late:
                task.cancel()
        return {one: self._known[guild_id, one] for one in wanted if (guild_id, one) in self._known}

    async def _ask(self, guild: discord.Guild, member_id: str) -> None:
        try:
            member = await guild.fetch_member(int(member_id))
        except (discord.HTTPException, aiohttp.ClientError, OSError, ValueError):
            return
        self._remember(str(guild.id), member_id, member.display_name)


def nameless(member_id: str) -> str:
    """Return a placeholder for a member whose name is unknown."""
    return words()("picture-member", digits=member_id[-4:])
