"""What Prometheus is told: every number the operator may watch, and the thin observers that count.

Counters count since this process started; gauges are read from the database at each scrape, at a cost that history does not
change. Labels come from closed lists only (states, faults, route templates): no id, no prompt, no token is ever one.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

from bot.domain.card import CardContext
from bot.domain.claims import Work
from bot.domain.contact import Contact
from bot.domain.delivery import Delivery
from bot.domain.errors import ProviderError
from bot.domain.generation import ENDED, OPEN, Generation, Reason, State
from bot.domain.jobs import (
    Accepted,
    Downloaded,
    Fault,
    Format,
    JobStatus,
    ListedJob,
    NeverLeft,
    Order,
    Outcome,
    Refused,
    RetryLater,
    Unclear,
)
from bot.domain.ledger import MICROS
from bot.domain.posts import PostedMessage
from bot.domain.quota import Limit, Unit
from bot.messenger import DiscordMessenger, Look
from bot.monitoring.stalls import Stalls
from bot.ports.provider import Provider
from bot.ports.system import Clock
from bot.storage.metrics import Figures
from bot.storage.store import SqliteStore

log = structlog.stdlib.get_logger()
T = TypeVar("T")

READ_SECONDS = 5.0  # Prometheus itself waits for ten
LAG = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
ENTRIES = ("reserve", "post", "void", "billed")
_OUTCOMES = {
    Accepted: "accepted",
    Refused: "refused",
    RetryLater: "retry_later",
    NeverLeft: "never_left",
    Unclear: "unclear",
}
_FAULTS = (*Fault, *Reason)


class Metrics:
    """One app's numbers, in a registry of its own."""

    def __init__(
        self, budget: Sequence[Limit] = (), uniall: Contact | None = None, *, stalls: Stalls | None = None
    ) -> None:
        self._contact = uniall
        registry = self.registry = CollectorRegistry()
        self._turn = asyncio.Lock()
        self._counted: int | None = None  # the last entry of the ledger that is in the counters, once that is known

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"sora_bot_{name}", text, labels, registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"sora_bot_{name}", text, labels, registry=registry)

        self._jobs = gauge("jobs", "Jobs that have not ended, by state", "state")
        self._overdue = gauge("jobs_overdue", "Jobs past their soft deadline: still polled, no longer in flight")
        self._ended = counter("jobs_ended", "Jobs that ended, by state and by why they failed", "state", "fault")
        self._due = gauge("oldest_due_seconds", "For how long the longest due piece of work has waited", "work")
        self._lag = Histogram(
            "sora_bot_work_lag_seconds",
            "How late a submit, a poll or a fetch starts; a submit is due once accepted, and also waits for a free slot",
            ("work",),
            buckets=LAG,
            registry=registry,
        )
        self._delivery_lag = Histogram(
            "sora_bot_delivery_lag_seconds",
            "From a video in the media folder to its post in the channel",
            buckets=LAG,
            registry=registry,
        )
        self._submits = counter("submits", "Paid submits by what is known of them", "outcome")
        self._uniall = counter("uniall_calls", "Calls of UniAll by result: ok, or the fault", "call", "result")
        self._away = gauge(
            "uniall_unreachable_since_seconds",
            "Since when, as a Unix time, no call of UniAll has been answered; 0 while it answers, or nobody calls",
        )
        self._discord = counter(
            "discord_calls", "Calls of Discord by route and status; failed: no answer", "method", "route", "status"
        )
        self._pending_usd = gauge("ledger_pending_usd", "Dollars that jobs under way hold")
        self._pending_videos = gauge("ledger_pending_videos", "Videos that jobs under way hold")
        billed = "billed: the member got it back, but UniAll may have billed it"
        self._ledger_usd = counter("ledger_usd", f"Dollars that ledger entries moved, by kind; {billed}", "kind")
        self._ledger_videos = counter("ledger_videos", f"Videos that ledger entries moved, by kind; {billed}", "kind")
        self._used = gauge(
            "operator_used", "Posted and billed in the UTC window of now, over all servers", "unit", "per"
        )
        self._budget = gauge("operator_budget", "OPERATOR_BUDGET, as far as it is set", "unit", "per")
        self._database = gauge("database_up", "Whether the database could be read for this scrape")
        self._loop = gauge("loop_up", "Whether a loop steps or waits, rather than being dead or started again", "loop")
        self._ready = gauge("ready", "Whether /readyz says so")
        if stalls:
            stall = gauge(
                "loop_longest_stall_seconds", "The longest that the event loop was held in the last 5 minutes"
            )
            stall.set_function(stalls.longest)
            used = gauge(
                "loop_longest_stall_cpu_seconds", "The most processor time of this process during one of those"
            )
            used.set_function(stalls.longest_cpu)
        gauge("info", "Always 1", "version").labels(version("sora-bot")).set(1)
        ProcessCollector(registry=registry)
        # What may come is there from the start: a rate misses a first count that makes its series.
        for outcome in _OUTCOMES.values():
            self._submits.labels(outcome)
        for call in ("submit", "status", "download", "models", "recent"):
            for result in ("ok", Fault.AUTH, Fault.INSUFFICIENT_FUNDS):
                self._uniall.labels(call, result)
        for state in ENDED:
            for fault in _FAULTS if state is State.FAILED else ("",):
                self._ended.labels(state, fault)
        for kind in ENTRIES:
            self._ledger_usd.labels(kind)
            self._ledger_videos.labels(kind)
        for limit in budget:
            self._budget.labels(limit.unit, limit.per).set(_plain(limit.unit, limit.amount))

    # What the observers say

    def claimed(self, work: Work, late: float) -> None:
        """A piece of work starts so many seconds after it was due."""
        self._lag.labels(work).observe(max(0.0, late))

    def sent(self, generation: Generation, now: datetime) -> None:
        """A video is in its channel."""
        if generation.finished_at:
            self._delivery_lag.observe(max(0.0, (now - generation.finished_at).total_seconds()))

    def submitted(self, outcome: Outcome | None) -> None:
        """What became of a submit; None where it was cut off, so that nobody knows."""
        word = _OUTCOMES[type(outcome)] if outcome else "unclear"
        self._submits.labels(word).inc()
        match outcome:
            case Accepted():
                self.called("submit", "ok")
            case Refused(fault=fault) | RetryLater(fault=fault):
                self.called("submit", fault)
            case _:
                self.called("submit", word)

    def called(self, call: str, result: str) -> None:
        """UniAll was called."""
        self._uniall.labels(call, result).inc()

    def discord_called(self, method: str, route: str, status: str) -> None:
        """Discord was called; route: a template."""
        self._discord.labels(method, route, status).inc()

    # Scraping

    async def follow(self, store: SqliteStore) -> None:
        """Count what the ledger gains from now on."""
        self._counted = await store.last_entry()

    async def page(
        self, accept: str, *, store: SqliteStore | None, now: datetime, alive: dict[str, bool], ready: bool
    ) -> tuple[bytes, str]:
        """The whole page and its media type. A database that cannot be read for now costs its own gauges only."""
        async with self._turn:  # or two scrapes would count the same entries
            since = self._counted
            self._show(await self._read(store, since, now) if store and since is not None else None, now)
            for loop, up in alive.items():
                self._loop.labels(loop).set(up)
            self._ready.set(ready)
            away = self._contact.away if self._contact else None
            self._away.set(0 if away is None else now.timestamp() - away)
            encode, media_type = choose_encoder(accept)
            return encode(self.registry), media_type

    async def _read(
        self, store: SqliteStore, since: int, now: datetime
    ) -> tuple[Figures, dict[Work, datetime | None]] | None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                due = {work: await store.next_due(work) for work in Work}
                return await store.figures(since=since, now=now), due
        except Exception as error:  # noqa: BLE001 - being closed, busy, damaged: the page says that it is not up
            log.warning("metrics_not_read", error=error)
            return None

    def _show(self, read: tuple[Figures, dict[Work, datetime | None]] | None, now: datetime) -> None:
        self._database.set(read is not None)
        for gauge in (self._jobs, self._due, self._used):
            gauge.clear()
        if read is None:
            for figure in (self._pending_usd, self._pending_videos, self._overdue):
                figure.set(math.nan)
            return
        figures, due = read
        self._counted = figures.last_entry
        for state in OPEN:
            self._jobs.labels(state).set(figures.jobs.get(state, 0))
        self._overdue.set(figures.overdue)
        for work, at in due.items():
            self._due.labels(work).set(max(0.0, (now - at).total_seconds()) if at else 0)
        self._pending_usd.set(figures.pending.micros / MICROS)
        self._pending_videos.set(figures.pending.videos)
        for per, amount in figures.used.items():
            for unit in Unit:
                self._used.labels(unit, per).set(_plain(unit, unit.of(amount)))
        for kind, amount in figures.entered.items():
            self._ledger_usd.labels(kind).inc(amount.micros / MICROS)
            self._ledger_videos.labels(kind).inc(amount.videos)
        for (state, fault), jobs in figures.ended.items():
            self._ended.labels(state, fault if not fault or fault in _FAULTS else "other").inc(jobs)


def _plain(unit: Unit, amount: int) -> float:
    """Dollars rather than micro-dollars."""
    return amount / MICROS if unit is Unit.USD else amount


class Metered:
    """A `Provider` whose calls are counted."""

    def __init__(self, provider: Provider, metrics: Metrics) -> None:
        self._provider = provider
        self._metrics = metrics

    async def submit(self, order: Order) -> Outcome:
        """See `Provider.submit`. One that is cut off anywhere is as unclear as one without an answer."""
        try:
            outcome = await self._provider.submit(order)
        except OSError:  # its image file is gone: nothing was called
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
        """See `Provider.names_links`. It is no call of the API."""
        return self._provider.names_links(format)

    async def may_share(self, link: str) -> bool:
        """See `Provider.may_share`. It is no call of the API."""
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
    """disk: this disk is full or gone; cut_off: by a deadline or a stop; broken: a fault of ours."""
    match error:
        case ProviderError(fault=fault):
            return fault
        case asyncio.CancelledError():
            return "cut_off"
        case OSError():
            return "disk"
        case _:
            return "broken"


class MeteredMessenger(DiscordMessenger):
    """A messenger that says when a video is in its channel, and whose log lines name what they are about."""

    def __init__(self, *args: Any, metrics: Metrics, clock: Clock, **more: Any) -> None:
        super().__init__(*args, **more)
        self._metrics = metrics
        self._clock = clock

    async def _post(
        self, generation: Generation, delivery: Delivery, look: Look, file: tuple[Path, str] | None
    ) -> PostedMessage:
        posted = await super()._post(generation, delivery, look, file)
        self._metrics.sent(generation, self._clock.now())
        return posted

    async def edit_card(self, generation: Generation, card_context: CardContext, shown: str) -> str:
        """See `Messenger.edit_card`."""
        with structlog.contextvars.bound_contextvars(generation=generation.id):
            return await super().edit_card(generation, card_context, shown)
