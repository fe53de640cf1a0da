"""Accepting, cancelling and ending generations."""

from datetime import datetime
from typing import Protocol

from bot.domain.admission import AcceptResult, AdmissionPolicy
from bot.domain.claims import Claim
from bot.domain.generation import Generation
from bot.domain.ledger import Resolution


class Generations(Protocol):
    """Generations and the quota they hold. Each write is one transaction."""

    async def accept(self, new: Generation, policy: AdmissionPolicy, *, now: datetime) -> AcceptResult:
        """Check every limit that holds and reserve, in one transaction: rules, grants and windows are read inside it.

        Raises Refusal `quota` (details: use, a `LimitUsage`; amount; grants, what is left of them in that unit) or
        what `GuildSettings.check_open` says. An interaction or a form's draft that was accepted before returns that
        generation. With a parent it becomes the next version of that family.
        """
        ...

    async def check_accept(self, new: Generation, policy: AdmissionPolicy, *, now: datetime) -> bool:
        """What `accept` would say now, without reserving: raises as it does; False where it was accepted before.

        Only `accept` itself is the truth; this is asked before what `accept` needs is made at some cost.
        """
        ...

    async def generation(self, generation_id: str) -> Generation | None:
        """One generation, or None."""
        ...

    async def cancel(self, generation_id: str, *, now: datetime) -> Generation:
        """Cancel what is still reserved and give everything back. Raises IllegalTransition once it was sent."""
        ...

    async def withdraw(self, generation_id: str, *, now: datetime) -> bool:
        """Its card was refused: reserved → cancelled, everything given back; False where it is reserved no more."""
        ...

    async def waiting_guilds(self) -> list[str]:
        """The servers that have reserved jobs."""
        ...

    async def give_back_waiting(self, guild_id: str, *, fault: str, most: int, now: datetime) -> int:
        """reserved → failed and everything given back, for the oldest of one server, in one transaction; for how many."""
        ...

    async def fail(
        self, generation_id: str, claim: Claim | None, *, fault: str, detail: str, resolution: Resolution, now: datetime
    ) -> None:
        """→ failed, reservation voided, in one transaction. With no claim: only from unknown."""
        ...
