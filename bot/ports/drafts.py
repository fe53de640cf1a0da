"""Open forms."""

from datetime import datetime
from typing import Protocol

from bot.domain.drafts import Draft
from bot.domain.versions import Version


class DraftStore(Protocol):
    """What open forms are about, so that they survive a restart."""

    async def keep_draft(self, draft: Draft) -> None:
        """Keep a new draft."""
        ...

    async def fill_draft(self, draft: Draft) -> None:
        """Keep what was filled in since; nothing where the draft has been forgotten."""
        ...

    async def draft(self, draft_id: str) -> Draft | None:
        """A draft, or None once it is forgotten."""
        ...

    async def made_from(self, draft_id: str) -> Version | None:
        """The generation that a form's submission has become."""
        ...

    async def forget_drafts(self, *, made_before: datetime) -> None:
        """Forget old ones."""
        ...
