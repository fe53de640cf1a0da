"""Defines every metric series, grouped by subject.

Labels come from closed lists only (states, faults, route templates), never from an id, a prompt or a token. Every
possible series exists from the start, because a rate misses the first count of a new series.
"""

import math
from collections.abc import Sequence
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from bot.domain.generation import ENDED, Reason, State
from bot.domain.processes.watched import Watched
from bot.domain.provider import Accepted, Fault, NeverLeft, Outcome, Refused, RetryLater, Unclear
from bot.domain.quota.ledger import MICROS
from bot.domain.quota.limits import Limit, Unit
from bot.monitoring.stalls import Stalls

LAG = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
ENTRIES = ("reserve", "post", "void", "billed")
OUTCOMES: dict[type[Outcome], str] = {
    Accepted: "accepted",
    Refused: "refused",
    RetryLater: "retry_later",
    NeverLeft: "never_left",
    Unclear: "unclear",
}
FAULTS = (*Fault, *Reason)
HOLDS = (*Fault, "disk", "unreachable")


class _Series:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"sora_bot_{name}", text, labels, registry=self._registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"sora_bot_{name}", text, labels, registry=self._registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"sora_bot_{name}", text, labels, buckets=LAG, registry=self._registry)


class JobSeries(_Series):
    """Jobs, and how late their work starts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.open = self._gauge("jobs", "Jobs that have not ended, by state", "state")
        self.overdue = self._gauge("jobs_overdue", "Jobs past their soft deadline: still polled, no longer in flight")
        self.ended = self._counter("jobs_ended", "Jobs that ended, by state and by why they failed", "state", "fault")
        self.due = self._gauge("oldest_due_seconds", "For how long the longest due piece of work has waited", "work")
        self.lag = self._histogram(
            "work_lag_seconds",
            "How late a submit, a poll or a fetch starts; a submit is due once accepted, and also waits for a free slot",
            "work",
        )
        self.delivery_lag = self._histogram(
            "delivery_lag_seconds", "From a video in the media folder to its post in the channel"
        )
        for state in ENDED:
            for fault in FAULTS if state is State.FAILED else ("",):
                self.ended.labels(state, fault)


class CallSeries(_Series):
    """Calls to UniAll and to Discord."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.submits = self._counter("submits", "Paid submits by what is known of them", "outcome")
        self.uniall = self._counter("uniall_calls", "Calls of UniAll by result: ok, or the fault", "call", "result")
        self.away = self._gauge(
            "uniall_unreachable_since_seconds",
            "Since when, as a Unix time, no call of UniAll has been answered; 0 while it answers, or nobody calls",
        )
        self.discord = self._counter(
            "discord_calls", "Calls of Discord by route and status; failed: no answer", "method", "route", "status"
        )
        for outcome in OUTCOMES.values():
            self.submits.labels(outcome)
        for call in ("submit", "status", "download", "models", "recent"):
            for result in ("ok", Fault.AUTH, Fault.INSUFFICIENT_FUNDS):
                self.uniall.labels(call, result)


class LedgerSeries(_Series):
    """Spending, and its limits."""

    def __init__(self, registry: CollectorRegistry, budget: Sequence[Limit]) -> None:
        super().__init__(registry)
        self.pending_usd = self._gauge("ledger_pending_usd", "Dollars that jobs under way hold")
        self.pending_videos = self._gauge("ledger_pending_videos", "Videos that jobs under way hold")
        billed = "billed: the member got it back, but UniAll may have billed it"
        self.usd = self._counter("ledger_usd", f"Dollars that ledger entries moved, by kind; {billed}", "kind")
        self.videos = self._counter("ledger_videos", f"Videos that ledger entries moved, by kind; {billed}", "kind")
        self.used = self._gauge(
            "operator_used", "Posted and billed in the UTC window of now, over all servers", "unit", "per"
        )
        self.budget = self._gauge("operator_budget", "OPERATOR_BUDGET, as far as it is set", "unit", "per")
        for kind in ENTRIES:
            self.usd.labels(kind)
            self.videos.labels(kind)
        for limit in budget:
            self.budget.labels(limit.unit, limit.per).set(plain(limit.unit, limit.amount))


class WatchedSeries(_Series):
    """What the watchers saw: room, backups, starts, the other sides, and what the operator was told of."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        answered = "When a call of {} was last answered, as a Unix time; 0 before the first"
        self.uniall = self._gauge("uniall_last_answer_timestamp_seconds", answered.format("UniAll"))
        self.discord = self._gauge("discord_last_answer_timestamp_seconds", answered.format("Discord"))
        self.disk_free = self._gauge("disk_free_bytes", "What is left on a disk, by what of the bot lies there", "of")
        self.disk_size = self._gauge("disk_size_bytes", "The size of that disk", "of")
        self.media = self._gauge("media_bytes", "What the files in the media folder take")
        self.media_needed = self._gauge("media_needed_bytes", "What those of them take that may not go; at most")
        self.media_budget = self._gauge("media_budget_bytes", "MEDIA_BUDGET")
        self.log = self._gauge("database_log_bytes", "What SQLite's log beside the database takes; 0 with PostgreSQL")
        self.held = self._gauge("jobs_held", "Waiting jobs that may not be sent now, by why", "hold")
        self.backup = self._gauge(
            "last_backup_timestamp_seconds",
            "When the database was last backed up, as a Unix time; 0 if never, NaN with PostgreSQL",
        )
        self.starts = self._gauge("starts_last_hour", "How often the bot has started within the last hour")
        self.trouble = self._gauge(
            "trouble", "1 from when the operator was told of a trouble until they were told of its end", "cause"
        )

    def show(self, watched: Watched, *, uniall: float, discord: float) -> None:
        """Set the gauges. uniall, discord: when they last answered."""
        self.uniall.set(uniall)
        self.discord.set(discord)
        for of, disk in watched.disks.items():
            self.disk_free.labels(of).set(disk.free)
            self.disk_size.labels(of).set(disk.total)
        if media := watched.media:
            self.media.set(media.size)
            self.media_needed.set(media.size if media.needed is None else media.needed)
            self.media_budget.set(media.most)
        self.log.set(watched.log_bytes or 0)
        never = 0.0 if watched.backs_up else math.nan  # which is older than nothing, so that no alert fires
        self.backup.set(watched.last_backup.timestamp() if watched.last_backup else never)
        self.starts.set(watched.starts or 0)
        for cause, told in watched.troubles.items():
            self.trouble.labels(cause).set(told)


class ProcessSeries(_Series):
    """The process itself."""

    def __init__(self, registry: CollectorRegistry, stalls: Stalls | None) -> None:
        super().__init__(registry)
        self.database = self._gauge("database_up", "Whether the database could be read for this scrape")
        self.loop = self._gauge(
            "loop_up", "Whether a loop steps or waits, rather than being dead or started again", "loop"
        )
        self.processes = self._gauge("processes", "Processes of this bot that are alive, by role", "role")
        self.ready = self._gauge("ready", "Whether /readyz says so")
        if stalls:
            self._gauge(
                "loop_longest_stall_seconds", "The longest that the event loop was held in the last 5 minutes"
            ).set_function(stalls.longest)
            self._gauge(
                "loop_longest_stall_cpu_seconds", "The most processor time of this process during one of those"
            ).set_function(stalls.longest_cpu)
        self._gauge("info", "Always 1", "version").labels(version("sora-bot")).set(1)
        ProcessCollector(registry=registry)


def plain(unit: Unit, amount: int) -> float:
    """Return dollars instead of micro-dollars."""
    return amount / MICROS if unit is Unit.USD else amount
