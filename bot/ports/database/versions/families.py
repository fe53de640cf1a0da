"""Versions and their families."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.generation import Generation
from bot.domain.versions.version import FamilyNode, Version


class VersionStore(Protocol):
    """Versions, found by message, thread, family and member."""

    async def at_message(self, message_id: str) -> Version | None:
        """The generation whose result or card this message is."""
        ...

    async def newest_in(self, thread_id: str) -> Generation | None:
        """The newest version in a thread of a result, the result itself included; None where it is no such thread.

        The newest that has its video or is in progress is preferred. Where all have failed, were cancelled or removed,
        it is the newest that still has a prompt.
        """
        ...

    async def newest_made_in(self, thread_id: str) -> Generation | None:
        """The newest version that was requested in this thread, whatever kind of thread it is; the same preference."""
        ...

    async def locale_of(self, member_id: str) -> str | None:
        """The locale of a member's newest generation, in any server."""
        ...

    async def version(self, generation_id: str) -> Version | None:
        """One generation with its delivery."""
        ...

    async def family(self, root_id: str) -> list[FamilyNode]:
        """The places of a whole family in the order of its version numbers."""
        ...

    async def versions(self, generation_ids: Sequence[str]) -> list[Version]:
        """Some generations with their deliveries, the newest first; those that do not exist are left out."""
        ...

    async def history(self, guild_id: str, member_id: str, *, skip: int, limit: int) -> tuple[list[Version], int]:
        """A member's own versions in one server, newest first, and how many there are."""
        ...
