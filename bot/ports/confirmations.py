"""What waits until a moderator confirms it."""

from datetime import datetime
from typing import Protocol

from bot.domain.confirmation import Confirmation


class ConfirmationStore(Protocol):
    """Confirmations; each is taken once."""

    async def keep_confirmation(self, confirmation: Confirmation) -> None:
        """Keep what a moderator is asked to confirm."""
        ...

    async def take_confirmation(
        self, guild_id: str, confirmation_id: str, *, made_after: datetime
    ) -> Confirmation | None:
        """Take it away, in one statement: of two who ask for it, one gets it. None where it is gone, or older."""
        ...

    async def forget_confirmations(self, *, made_before: datetime) -> None:
        """Forget those that nobody has taken."""
        ...
