"""The audit log of a server."""

from typing import Protocol

from bot.domain.moderation.audit import Change


class AuditLog(Protocol):
    """The audit log, newest first."""

    async def changes(self, guild_id: str, member_id: str | None, *, before_id: int | None, limit: int) -> list[Change]:
        """Entries of the audit log, newest first.

        member_id: only those of this member, as actor or subject. before_id: only older ones.
        """
        ...

    async def log_change(self, change: Change) -> None:
        """Add an entry that belongs to no other write."""
        ...
