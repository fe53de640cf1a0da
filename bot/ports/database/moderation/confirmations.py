"""Actions that wait until a moderator confirms them."""

from datetime import datetime
from typing import Protocol

from bot.domain.moderation.confirmation import Confirmation


class ConfirmationStore(Protocol):
    """Confirmations; each can be taken once."""

    async def keep_confirmation(self, confirmation: Confirmation) -> None:
        """Store an action that a moderator is asked to confirm."""
        ...

    async def take_confirmation(
        self, guild_id: str, confirmation_id: str, *, made_after: datetime
    ) -> Confirmation | None:
        """Return and delete it in one statement, so that of two callers one gets it. None where it is gone, or older."""
        ...

    async def forget_confirmations(self, *, made_before: datetime) -> None:
        """Delete those that nobody has taken."""
        ...
