"""The video API, as use cases and workers need it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from bot.domain.provider import Downloaded, Format, JobStatus, ListedJob, Order, Outcome


class Provider(Protocol):
    """The video API, implemented by `bot.uniall.UniAll`."""

    async def submit(self, order: Order) -> Outcome:
        """Send one paid job, at most once."""
        ...

    async def status(self, job_id: str, *, format: Format) -> JobStatus:  # noqa: A002 - the field's word
        """The current status of a job. Raises ProviderError."""
        ...

    async def download(
        self,
        job: JobStatus,
        to: Path,
        *,
        format: Format,  # noqa: A002
        check: Callable[[Path], Awaitable[object]] | None = None,
    ) -> Downloaded:
        """Download a finished video to a file. Raises ProviderError, or OSError where this disk fails.

        check: called with the complete file, under another name. Where it raises ProviderError, the file is no video,
        and the job's next link is tried.
        """
        ...

    def names_links(self, format: Format) -> bool:  # noqa: A002
        """Whether a finished job of this format comes with a link; otherwise `download` needs none."""
        ...

    async def may_share(self, link: str) -> bool:
        """Whether anybody could open this link, for some time to come. Raises ProviderError where that is not known now."""
        ...

    async def models(self) -> frozenset[str]:
        """The model ids that this key may use. Raises ProviderError."""
        ...

    async def recent(self) -> list[ListedJob] | None:
        """The newest jobs of this key; None where this API cannot list jobs. Raises ProviderError."""
        ...
