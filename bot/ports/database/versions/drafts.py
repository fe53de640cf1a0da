"""Drafts of open forms, so that forms survive a restart."""

from datetime import datetime
from typing import Protocol

from bot.domain.requests.drafts import Draft
from bot.domain.versions.version import Version


class DraftStore(Protocol):
    """The stored content of open forms."""

    async def keep_draft(self, draft: Draft) -> None:
        """Store a new draft."""
        ...

    async def fill_draft(self, draft: Draft) -> None:
        """Store what was filled in since; does nothing where the draft has been forgotten."""
        ...

    async def draft(self, draft_id: str) -> Draft | None:
        """A draft, or None once it is forgotten."""
        ...

    async def made_from(self, draft_id: str) -> Version | None:
        """The generation that was made from this form; None while there is none."""
        ...

    async def forget_drafts(self, *, made_before: datetime) -> None:
        """Delete the drafts made before this time."""
        ...
