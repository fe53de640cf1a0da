"""The audit log."""

from typing import Protocol

from bot.domain.audit import Change


class AuditLog(Protocol):
    """The audit log, newest first."""

    async def changes(self, guild_id: str, member_id: str | None, *, before_id: int | None, limit: int) -> list[Change]:
        """The audit log, newest first; of one member (as actor or subject) where named."""
        ...

    async def log_change(self, change: Change) -> None:
        """One more line that goes with no other write."""
        ...
