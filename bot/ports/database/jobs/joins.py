"""Chains of versions that are joined into one video."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.generation import Generation
from bot.domain.queue.claims import Claim
from bot.domain.versions.joins import Join, JoinFault
from bot.domain.versions.version import Version


class JoinStore(Protocol):
    """Joins, from the press of the button to the video."""

    async def chain(self, generation_id: str, *, most: int) -> list[Version]:
        """A version and those that it goes on from, the first one first, at most `most` of them."""
        ...

    async def request_join(self, new: Join, *, now: datetime) -> Join:
        """Store a join; returns it, or the one that this chain has already.

        Raises Refusal `join_busy` while the server has another one in the making, or `join_part_gone`.
        """
        ...

    async def claim_join(self, claim: Claim, *, now: datetime, encode_too: bool = True) -> Join | None:
        """Claim a join that is to be encoded, told of, or removed. encode_too: whether it may be one to be encoded."""
        ...

    async def finish_join(
        self, join_id: str, claim: Claim, made: Generation, *, delivery_id: str, now: datetime
    ) -> Generation | None:
        """queued → made: the generation, which holds no quota, and its delivery, in one transaction.

        None, and nothing is stored, where a part was deleted meanwhile.
        """
        ...

    async def retry_join(self, join_id: str, claim: Claim, *, due_at: datetime, now: datetime) -> None:
        """Release a join; it is due again then."""
        ...

    async def fail_join(
        self, join_id: str, claim: Claim, fault: JoinFault, *, version: int | None = None, now: datetime
    ) -> bool:
        """queued → failed. version: the number of the part that is the reason. False where it has ended otherwise."""
        ...

    async def join_told(self, join_id: str, claim: Claim) -> None:
        """failed → told."""
        ...

    async def join_unwanted(self, join_id: str) -> bool:
        """Whether a join is not to be posted any more, because a part was deleted."""
        ...

    async def drop_join(self, join_id: str) -> Sequence[str]:
        """made or removing → removed, where its post was given up and is not wanted, or its file is lost.

        Returns the files to discard. Nothing changes while its post is on the way or can be seen.
        """
        ...
