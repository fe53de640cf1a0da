"""The video API, as use cases and workers need it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from bot.domain.jobs import Downloaded, Format, JobStatus, ListedJob, Order, Outcome


class Provider(Protocol):
    """The video API: `bot.uniall.UniAll`."""

    async def submit(self, order: Order) -> Outcome:
        """Send one paid job, at most once."""
        ...

    async def status(self, job_id: str, *, format: Format) -> JobStatus:  # noqa: A002 - the field's word
        """A job as it stands; raises ProviderError."""
        ...

    async def download(
        self,
        job: JobStatus,
        to: Path,
        *,
        format: Format,  # noqa: A002
        check: Callable[[Path], Awaitable[object]] | None = None,
    ) -> Downloaded:
        """A finished video into a file; raises ProviderError, or OSError where this disk is the trouble.

        `check` looks at a whole file, under another name, and raises ProviderError where it is no video: then the job's
        next link is tried.
        """
        ...

    def names_links(self, format: Format) -> bool:  # noqa: A002
        """Whether a finished job of this format comes with a link; else `download` needs none."""
        ...

    async def may_share(self, link: str) -> bool:
        """Whether whoever reads this link could open it, for a while yet; raises ProviderError where that is not known now."""
        ...

    async def models(self) -> frozenset[str]:
        """The model ids this key may use; raises ProviderError."""
        ...

    async def recent(self) -> list[ListedJob] | None:
        """The newest jobs of this key; None where this API cannot list them; raises ProviderError."""
        ...
