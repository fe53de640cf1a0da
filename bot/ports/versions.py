"""Families of versions."""

from typing import Protocol

from bot.domain.generation import Generation
from bot.domain.versions import Version


class VersionStore(Protocol):
    """Versions, found by message, thread, family and member."""

    async def at_message(self, message_id: str) -> Version | None:
        """The generation whose result or card this message is."""
        ...

    async def newest_in(self, thread_id: str) -> Generation | None:
        """The newest version in a thread of a result, that result among them; None where it is no such thread.

        The newest that has its video or is under way; where all have failed, were cancelled or taken away, the newest
        that has words.
        """
        ...

    async def newest_made_in(self, thread_id: str) -> Generation | None:
        """The newest in any thread, by the same preference: of those that were asked for there."""
        ...

    async def locale_of(self, member_id: str) -> str | None:
        """The locale of a member's newest generation, in any server."""
        ...

    async def version(self, generation_id: str) -> Version | None:
        """One generation with its post."""
        ...

    async def versions(self, root_id: str) -> list[Version]:
        """A whole family in the order of its numbers."""
        ...

    async def history(self, guild_id: str, member_id: str, *, skip: int, limit: int) -> tuple[list[Version], int]:
        """A member's own in one server, newest first, and how many there are."""
        ...
