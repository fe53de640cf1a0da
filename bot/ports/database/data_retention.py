"""What keeps a database of years small."""

from datetime import datetime
from typing import Protocol


class DataRetentionStore(Protocol):
    """Folds what nothing reads any more, and blanks what is no longer kept. Each call works in slices."""

    async def fold_windows(self, *, before: datetime) -> int:
        """Fold the quota windows that began before this time and hold nothing; returns how many.

        All of them must have ended: a month has 31 days, and a change of time zone makes one longer by a day at most.
        """
        ...

    async def blank_prompts(self, *, until: datetime) -> bool:
        """Blank words and pictures of ended jobs that were accepted before this time; returns whether there were any.

        Amounts, members and states stay. A video that can still be posted from `/history` keeps its words. It is recorded
        for `list_forgotten`, so that a restored backup loses them again; the files are on the list of `to_discard`.
        """
        ...

    async def prompts_blanked_until(self) -> datetime | None:
        """Up to when jobs have lost their prompts; None where all are kept."""
        ...

    async def first_accepted(self, member_id: str) -> datetime | None:
        """When a member's first job was accepted, over all servers; None before it."""
        ...
