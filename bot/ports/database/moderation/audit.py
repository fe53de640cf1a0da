"""The audit log of a server."""

from datetime import datetime
from typing import Protocol

from bot.domain.moderation.audit import Actor, Change, Undone


class AuditLog(Protocol):
    """The audit log, newest first."""

    async def changes(self, guild_id: str, member_id: str | None, *, before_id: int | None, limit: int) -> list[Change]:
        """Entries of the audit log, newest first.

        member_id: only those of this member, as actor or subject. before_id: only older ones.
        """
        ...

    async def undo(self, actor: Actor, change_id: int, *, now: datetime) -> Undone:
        """Undo a change of the actor's server, once, with an entry of its own.

        Raises Refusal `undo_none`, `undo_late`, `undo_done`, `undo_changed` where somebody has changed the same since, or
        `undo_spent` where nothing is left of a grant.
        """
        ...

    async def log_change(self, change: Change) -> None:
        """Add an entry that belongs to no other write."""
        ...
