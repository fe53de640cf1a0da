"""Tells the operator of jobs that should move and do not: work that is long due, and places at UniAll that nobody gives back.

A backlog is no such thing: its oldest item changes. What is watched is that the same item stays the oldest.
"""

from datetime import datetime, timedelta

from bot.domain.queue.claims import Work
from bot.runtime.context import ServiceContext
from bot.runtime.troubles import Trouble
from bot.workers.loops.periodic import Periodic

EVERY = 60.0
WORK_AFTER = timedelta(minutes=15)  # a lease of a task that hangs ends within this time, and its work goes on
PLACES_AFTER = timedelta(minutes=30)
_WORDS = {
    Work.POLL: "jobs at UniAll are not asked about",
    Work.FETCH: "finished videos are not fetched",
    Work.DELIVER: "finished videos are not posted",
    Work.JOIN: "chains are not joined",
    Work.TELL: "authors are not told of failures",
}


class Unmoved:
    """Since when something has been the same, by the steady clock."""

    def __init__(self) -> None:
        self._same: object = None
        self._since: datetime | None = None

    def of(self, thing: object, now: datetime) -> timedelta:
        """Return for how long it has been this; None is nothing."""
        if thing is None or thing != self._same or self._since is None:
            self._same, self._since = thing, now
        return now - self._since


class StuckJobs:
    """Watches whether work moves."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._unmoved = {work: Unmoved() for work in _WORDS}
        self._places_unmoved = Unmoved()
        self._stuck, self._places = Trouble(context, "stuck"), Trouble(context, "places")
        self.loop = Periodic("stuck", self.look, every=EVERY)

    async def look(self) -> None:
        """Check once."""
        await self._look_at_work()
        await self._look_at_places()

    async def _look_at_work(self) -> None:
        context, now = self._context, self._context.clock.now()
        stuck: list[str] = []
        for work, words in _WORDS.items():
            due = await context.store.next_due(work)
            late = due if due and now - due >= WORK_AFTER else None
            if self._unmoved[work].of(late, context.steady.now()) >= WORK_AFTER:
                stuck.append(words)
        if stuck:
            self._stuck.begins(
                f"Work does not move: {'; '.join(stuck)}. The oldest has been due for more than"
                f" {WORK_AFTER.seconds // 60} minutes. See the log for errors of the loops, and /healthz; a restart is safe at"
                " any time."
            )
        else:
            self._stuck.ends("Work moves again.")

    async def _look_at_places(self) -> None:
        context, most = self._context, self._context.policy.max_in_flight
        flying, last_sent = await context.store.places()
        waiting = await context.store.next_due(Work.SUBMIT)
        full = flying >= most and waiting is not None and waiting <= context.clock.now()
        if self._places_unmoved.of((flying, last_sent) if full else None, context.steady.now()) >= PLACES_AFTER:
            self._places.begins(
                f"All {most} places at UniAll (MAX_IN_FLIGHT) have been taken for {PLACES_AFTER.seconds // 60} minutes, and"
                " jobs wait. Look at the jobs in UniAll's dashboard: it may be slow. Each frees its place after 30 times its"
                " length."
            )
        else:
            self._places.ends("Places at UniAll are given back again.")
