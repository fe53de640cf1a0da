"""What other parts report for the metrics, whether or not they are served."""

from datetime import datetime
from typing import Protocol

from bot.domain.generation import Generation
from bot.domain.provider import Outcome
from bot.domain.queue.claims import Work
from bot.ports.database.processes.measured import MeasuredStore


class Counts(Protocol):
    """Takes what happens, one call each."""

    def claimed(self, work: Work, late: float) -> None:
        """Count a work item that starts `late` seconds after it was due."""

    def sent(self, generation: Generation, now: datetime) -> None:
        """Count a video that is in its channel."""

    def submitted(self, outcome: Outcome | None) -> None:
        """Count the outcome of a submit; None if it was cancelled, so that nobody knows."""

    def called(self, call: str, result: str) -> None:
        """Count a call to UniAll."""

    def discord_called(self, method: str, route: str, status: str) -> None:
        """Count a request to Discord; route: a template."""

    async def follow(self, store: MeasuredStore) -> None:
        """Count the ledger entries from now on."""


class NothingCounted(Counts):
    """For a bot whose metrics nobody reads: Prometheus's client, with all its series, takes two megabytes."""
