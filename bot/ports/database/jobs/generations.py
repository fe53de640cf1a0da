"""Accepting, cancelling and ending generations."""

from datetime import datetime
from typing import Protocol

from bot.domain.generation import Generation
from bot.domain.queue.admission import AcceptResult, AdmissionPolicy
from bot.domain.queue.claims import Claim
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import LimitUsage


class Generations(Protocol):
    """Generations and the quota they hold. Each write is one transaction."""

    async def accept(
        self,
        new: Generation,
        policy: AdmissionPolicy,
        *,
        now: datetime,
        place: int | None = None,
        accepted_by: str | None = None,
    ) -> AcceptResult:
        """Check every limit and reserve, in one transaction; rules, grants and windows are read inside it.

        place: the place in the queue that its card is about to show, reserved as `CardStore.take_places` does. accepted_by:
        the process that answers the interaction.

        Raises Refusal `quota` (payload: `QuotaExceeded`), or what `admission.check_open` raises. An interaction or
        a form's draft that was accepted before returns that generation. With a parent, it becomes the next version of
        that family.
        """
        ...

    async def check_accept(self, new: Generation, policy: AdmissionPolicy, *, now: datetime) -> bool:
        """Check what `accept` would do now, without reserving. Raises as it does; False where the request was accepted before.

        Only `accept` itself decides. This check is made before something that `accept` needs is prepared at some cost.
        """
        ...

    async def last_of(self, new: Generation, policy: AdmissionPolicy, *, now: datetime) -> LimitUsage | None:
        """The limit of which this job would take the last (`admission.takes_last`); None where there is none.

        Raises Refusal as `admission.check_open` does.
        """
        ...

    async def generation(self, generation_id: str) -> Generation | None:
        """One generation, or None."""
        ...

    async def cancel(self, generation_id: str, *, now: datetime) -> Generation:
        """Cancel a reserved job and give everything back. Raises IllegalTransition once it was sent."""
        ...

    async def withdraw(self, generation_id: str, *, now: datetime) -> bool:
        """reserved → cancelled, everything given back, because Discord refused its card.

        False where it is no longer reserved.
        """
        ...

    async def waiting_guilds(self) -> list[str]:
        """The servers that have reserved jobs."""
        ...

    async def give_back_waiting(self, guild_id: str, *, fault: str, most: int, now: datetime) -> int:
        """reserved → failed and everything given back, for the oldest `most` jobs of one server, in one transaction;
        returns how many.
        """
        ...

    async def fail(
        self, generation_id: str, claim: Claim | None, *, fault: str, detail: str, resolution: Resolution, now: datetime
    ) -> None:
        """→ failed, reservation resolved, in one transaction. Without a claim: only from unknown."""
        ...
