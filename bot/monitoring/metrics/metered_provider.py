"""Counts the calls to UniAll."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from bot.domain.errors import ProviderError
from bot.domain.provider import Downloaded, Format, JobStatus, ListedJob, Order, Outcome
from bot.monitoring.metrics.counts import Counts
from bot.ports.provider import Provider

T = TypeVar("T")


class MeteredProvider:
    """A `Provider` whose calls are counted."""

    def __init__(self, provider: Provider, metrics: Counts) -> None:
        self._provider = provider
        self._metrics = metrics

    async def submit(self, order: Order) -> Outcome:
        """See `Provider.submit`. A cancelled call is as unclear as one without an answer."""
        try:
            outcome = await self._provider.submit(order)
        except OSError:  # the image file is gone: nothing was sent
            raise
        except BaseException:
            self._metrics.submitted(None)
            raise
        self._metrics.submitted(outcome)
        return outcome

    async def status(self, job_id: str, *, format: Format) -> JobStatus:  # noqa: A002 - the field's word
        """See `Provider.status`."""
        return await self._count("status", self._provider.status(job_id, format=format))

    async def download(
        self,
        job: JobStatus,
        to: Path,
        *,
        format: Format,  # noqa: A002
        check: Callable[[Path], Awaitable[object]] | None = None,
    ) -> Downloaded:
        """See `Provider.download`."""
        return await self._count("download", self._provider.download(job, to, format=format, check=check))

    def names_links(self, format: Format) -> bool:  # noqa: A002
        """See `Provider.names_links`. It is not an API call."""
        return self._provider.names_links(format)

    async def may_share(self, link: str) -> bool:
        """See `Provider.may_share`. It is not an API call."""
        return await self._provider.may_share(link)

    async def models(self) -> frozenset[str]:
        """See `Provider.models`."""
        return await self._count("models", self._provider.models())

    async def recent(self) -> list[ListedJob] | None:
        """See `Provider.recent`."""
        return await self._count("recent", self._provider.recent())

    async def _count(self, call: str, work: Awaitable[T]) -> T:
        try:
            answer = await work
        except BaseException as error:
            self._metrics.called(call, _fault(error))
            raise
        self._metrics.called(call, "ok")
        return answer


def _fault(error: BaseException) -> str:
    """Return the kind of failure. disk: this disk is full or gone; cut_off: by a deadline or a stop; broken: a bug."""
    match error:
        case ProviderError(fault=fault):
            return fault
        case asyncio.CancelledError():
            return "cut_off"
        case OSError():
            return "disk"
        case _:
            return "broken"
