"""Settings of servers."""

from datetime import datetime
from typing import Protocol

from bot.domain.audit import Actor, SettingsChanged, SettingsEdit
from bot.domain.guild_settings import GuildSettings


class GuildStore(Protocol):
    """Settings of servers. A change and its line in the audit log are one transaction."""

    async def guild(self, guild_id: str) -> GuildSettings:
        """A server's settings; the defaults for one that never changed any."""
        ...

    async def change_guild(self, actor: Actor, edit: SettingsEdit, *, now: datetime) -> SettingsChanged:
        """Read, edit and keep settings in one transaction, with the line in the log where anything has changed."""
        ...
