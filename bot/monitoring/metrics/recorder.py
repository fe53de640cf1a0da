"""Records the metrics of Prometheus.

Counters count from the start of this process. Gauges are read from the database at each scrape; the cost does not grow
with history. The series are defined in `bot.monitoring.metrics.series`.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from bot.domain.generation import OPEN, Generation
from bot.domain.processes.contact import Contact
from bot.domain.processes.process import Role
from bot.domain.processes.watched import Watched
from bot.domain.provider import Accepted, Outcome, Refused, RetryLater
from bot.domain.queue.claims import Work
from bot.domain.quota.ledger import MICROS
from bot.domain.quota.limits import Limit, Unit
from bot.monitoring.metrics.counts import Counts
from bot.monitoring.metrics.series import (
    FAULTS,
    HOLDS,
    OUTCOMES,
    CallSeries,
    JobSeries,
    LedgerSeries,
    ProcessSeries,
    WatchedSeries,
    plain,
)
from bot.monitoring.stalls import Stalls
from bot.ports.database.processes.measured import Figures, MeasuredStore
from bot.runtime.own_process import OwnProcess

log = structlog.stdlib.get_logger()

READ_SECONDS = 5.0  # Prometheus itself waits for ten


@dataclass(frozen=True, slots=True)
class _Read:
    """What one scrape has read."""

    figures: Figures
    due: dict[Work, datetime | None]
    roles: Counter[Role]


class Metrics(Counts):
    """The metrics of one app, in a registry of its own."""

    def __init__(
        self,
        budget: Sequence[Limit] = (),
        uniall: Contact | None = None,
        *,
        stalls: Stalls | None = None,
        discord: Contact | None = None,
        watched: Watched | None = None,
    ) -> None:
        self._contact, self._discord = uniall, discord
        self._seen = watched or Watched()
        registry = self.registry = CollectorRegistry()
        self._turn = asyncio.Lock()
        self._counted: int | None = None  # the last ledger entry in the counters, once known
        self._jobs = JobSeries(registry)
        self._calls = CallSeries(registry)
        self._ledger = LedgerSeries(registry, budget)
        self._process = ProcessSeries(registry, stalls)
        self._watched = WatchedSeries(registry)

    # Calls of the observers

    def claimed(self, work: Work, late: float) -> None:
        """Count a work item that starts `late` seconds after it was due."""
        self._jobs.lag.labels(work).observe(max(0.0, late))

    def sent(self, generation: Generation, now: datetime) -> None:
        """Count a video that is in its channel."""
        if generation.finished_at:
            self._jobs.delivery_lag.observe(max(0.0, (now - generation.finished_at).total_seconds()))

    def submitted(self, outcome: Outcome | None) -> None:
        """Count the outcome of a submit; None if it was cancelled, so that nobody knows."""
        word = OUTCOMES[type(outcome)] if outcome else "unclear"
        self._calls.submits.labels(word).inc()
        match outcome:
            case Accepted():
                self.called("submit", "ok")
            case Refused(fault=fault) | RetryLater(fault=fault):
                self.called("submit", fault)
            case _:
                self.called("submit", word)

    def called(self, call: str, result: str) -> None:
        """Count a call to UniAll."""
        self._calls.uniall.labels(call, result).inc()

    def discord_called(self, method: str, route: str, status: str) -> None:
        """Count a request to Discord; route: a template."""
        self._calls.discord.labels(method, route, status).inc()

    # Scraping

    async def follow(self, store: MeasuredStore) -> None:
        """Count the ledger entries from now on."""
        self._counted = await store.last_entry()

    async def page(
        self,
        accept: str,
        *,
        store: MeasuredStore | None,
        now: datetime,
        alive: dict[str, bool],
        ready: bool,
        process: OwnProcess | None = None,
    ) -> tuple[bytes, str]:
        """Return the page and its media type. If the database cannot be read now, only its own gauges are missing.

        process: of several that share the database, the leader alone shows what is true of all of it, or it would be
        counted once for each.
        """
        async with self._turn:  # two scrapes at once would count the same entries
            if process is None or process.leads:
                read = await self._read(store, now) if store else None
                self._show(read, now)
                self._process.database.set(read is not None)
            else:
                self._counted = None
                self._show(None, now)
                self._process.database.set(process.may_act())
            for loop, up in alive.items():
                self._process.loop.labels(loop).set(up)
            self._process.ready.set(ready)
            away = self._contact.away if self._contact else None
            self._calls.away.set(0 if away is None else now.timestamp() - away)
            answered = {
                "uniall": _answered_at(self._contact, now),
                "discord": _answered_at(self._discord, now),
            }
            self._watched.show(self._seen, **answered)
            encode, media_type = choose_encoder(accept)
            return encode(self.registry), media_type

    async def _read(self, store: MeasuredStore, now: datetime) -> _Read | None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                if self._counted is None:  # this process leads from now on
                    await self.follow(store)
                due = {work: await store.next_due(work) for work in Work}
                roles = Counter(one.role for one in await store.processes())
                return _Read(await store.figures(since=self._counted or 0, now=now), due, roles)
        except Exception as error:  # noqa: BLE001 - being closed, busy, damaged: the page says that it is not up
            log.warning("metrics_not_read", error=error)
            return None

    def _show(self, read: _Read | None, now: datetime) -> None:
        for gauge in (self._jobs.open, self._jobs.due, self._ledger.used, self._process.processes, self._watched.held):
            gauge.clear()
        if read is None:
            for figure in (self._ledger.pending_usd, self._ledger.pending_videos, self._jobs.overdue):
                figure.set(math.nan)
            return
        figures, due = read.figures, read.due
        for role in Role:
            self._process.processes.labels(role).set(read.roles[role])
        self._counted = figures.last_entry
        for state in OPEN:
            self._jobs.open.labels(state).set(figures.jobs.get(state, 0))
        self._jobs.overdue.set(figures.overdue)
        for hold in (*HOLDS, "other"):
            known = {name: jobs for name, jobs in figures.held.items() if (name if name in HOLDS else "other") == hold}
            self._watched.held.labels(hold).set(sum(known.values()))
        for work, at in due.items():
            self._jobs.due.labels(work).set(max(0.0, (now - at).total_seconds()) if at else 0)
        self._ledger.pending_usd.set(figures.pending.micros / MICROS)
        self._ledger.pending_videos.set(figures.pending.videos)
        for per, amount in figures.used.items():
            for unit in Unit:
                self._ledger.used.labels(unit, per).set(plain(unit, unit.of(amount)))
        for kind, amount in figures.entered.items():
            self._ledger.usd.labels(kind).inc(amount.micros / MICROS)
            self._ledger.videos.labels(kind).inc(amount.videos)
        for (state, fault), jobs in figures.ended.items():
            self._jobs.ended.labels(state, fault if not fault or fault in FAULTS else "other").inc(jobs)


def _answered_at(contact: Contact | None, now: datetime) -> float:
    """Return when the other side last answered, as a Unix time; 0 if never."""
    silent = contact.silent if contact else None
    return 0 if silent is None else now.timestamp() - silent
