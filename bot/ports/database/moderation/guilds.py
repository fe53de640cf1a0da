"""The settings of servers."""

from datetime import datetime
from typing import Protocol

from bot.domain.moderation.audit import Actor, SettingsChanged, SettingsEdit
from bot.domain.moderation.guild_settings import GuildSettings


class GuildStore(Protocol):
    """The settings of servers. A change and its entry in the audit log are one transaction."""

    async def guild(self, guild_id: str) -> GuildSettings:
        """A server's settings; the defaults for a server that never changed any."""
        ...

    async def log_channels(self) -> list[tuple[str, str]]:
        """Every server with a log channel, and that channel."""
        ...

    async def change_guild(self, actor: Actor, edit: SettingsEdit, *, now: datetime) -> SettingsChanged:
        """Read, edit and store settings in one transaction, with an entry in the audit log where anything changed."""
        ...
