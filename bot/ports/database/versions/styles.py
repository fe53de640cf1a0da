"""The styles of servers, and the defaults of members."""

from datetime import datetime
from typing import Protocol

from bot.domain.generation import Orientation
from bot.domain.moderation.audit import Actor, Change
from bot.domain.requests.member_defaults import MemberDefaults
from bot.domain.requests.styles import Style


class StyleStore(Protocol):
    """The styles of servers. A change and its entry in the audit log are one transaction."""

    async def styles(self, guild_id: str) -> list[Style]:
        """A server's styles by name."""
        ...

    async def style(self, guild_id: str, name: str) -> Style | None:
        """A server's style with this name, whatever its case; None where there is none."""
        ...

    async def add_style(self, actor: Actor, style: Style, *, now: datetime) -> Change:
        """Add a style. Raises Refusal `style_there` or `too_many_styles`."""
        ...

    async def remove_style(self, actor: Actor, name: str, *, now: datetime) -> Change | None:
        """Remove a style; None where there is none with this name."""
        ...


class DefaultsStore(Protocol):
    """What members' commands take where they say nothing."""

    async def defaults(self, guild_id: str, member_id: str) -> MemberDefaults:
        """A member's defaults in a server."""
        ...

    async def set_defaults(
        self,
        guild_id: str,
        member_id: str,
        *,
        model: str | None = None,
        shape: Orientation | None = None,
        seconds: int | None = None,
        style: str | None = None,
    ) -> MemberDefaults:
        """Set what is given, and keep the rest; returns all of them."""
        ...

    async def clear_defaults(self, guild_id: str, member_id: str) -> None:
        """Forget a member's defaults in a server."""
        ...
