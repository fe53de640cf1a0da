"""The paid call. The intent is stored before it; whatever happens after, a job is sent at most once by this code.

What each outcome does, and why it is safe: `design` section 4. A crash anywhere in `_one` leaves `submitting`, which the
next start turns into unknown. An answer that the database does not take is kept here and stored as soon as it does, whatever
became of the lease meanwhile: only a crash loses it.
"""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

from bot.domain.claims import Claim, Work
from bot.domain.errors import LostLease, PostError, ProviderError, StoreUnavailable
from bot.domain.generation import TRIED_FOR, Generation, Reason
from bot.domain.jobs import (
    Accepted,
    Fault,
    JobState,
    JobStatus,
    NeverLeft,
    Order,
    Outcome,
    Refused,
    RetryLater,
    Unclear,
)
from bot.runtime.context import ServiceContext
from bot.runtime.disk_pressure import HOLD, NO_PROCESS, NO_ROOM, PICTURES
from bot.runtime.failpoints import Failpoint, reach
from bot.runtime.log import log
from bot.runtime.persist import persist
from bot.runtime.server_log import announce_started
from bot.workers.claim_loop import ClaimLoop
from bot.workers.earlier_submit import look_for_started
from bot.workers.failing import Failure, fail_job

LEASE = 600.0
PAUSE = 60.0  # seconds between two tries while UniAll refuses the key or has no funds
TRIES_OF_MODEL = 3  # answers "no channel for this model", or members met by a 403, before the model is taken out of use
TRIES_OF_LIST = 3
CONTESTED_GAP = timedelta(seconds=5)  # a doubt is settled within half a minute
ADDRESS_MARGIN = timedelta(minutes=10)
UNKNOWN_SERVER = timedelta(seconds=1)  # until Discord has named all servers
JUST_NOW = timedelta(seconds=5)  # an image address of so long ago is as Discord has just given it

_ALERTS = {
    Fault.AUTH: "UniAll does not accept UNIALL_API_KEY (or it has run out of quota). Jobs wait; nothing is lost.",
    Fault.INSUFFICIENT_FUNDS: "The UniAll account has no funds left. Jobs wait; nothing is lost.",
}


class SubmitWorker:
    """Sends reserved jobs while fewer than `max_in_flight` are at UniAll."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._unlisted: Counter[str] = Counter()  # by generation: looks for an earlier start that failed
        self._unavailable: Counter[str] = Counter()  # by model: answers "no channel" in a row
        self._forbidden: dict[str, set[str]] = {}  # by model: the members whose jobs met a 403 since it last took one
        self.loop = ClaimLoop(
            context, Work.SUBMIT, self._claim, self._one, width=context.policy.max_in_flight, lease=LEASE, finishes=True
        )

    async def _claim(self, claim: Claim) -> Generation | None:
        context = self._context
        if context.disk.full or context.backoff.holds(context.steady.now()) or not context.servers.named:
            return None
        return await context.store.claim_submit(
            claim,
            most=context.policy.max_in_flight,
            now=context.clock.now(),
            there=context.uniall.now(),
            unsettled=frozenset(context.unsettled),
        )

    async def _one(self, generation: Generation, claim: Claim) -> None:
        self._context.sending.add(generation.id)
        try:
            await self._send(generation, claim)
        finally:
            self._context.sending.discard(generation.id)

    async def _send(self, generation: Generation, claim: Claim) -> None:
        context = self._context
        # Asked after the claim: a server may have gone since its waiting jobs were given back.
        serves = context.serves(generation.guild_id)
        if serves is False:
            return await self._fail(generation, claim, Reason.SERVER_LEFT)
        if serves is None:
            return await self._release(generation, claim, hold=None, gap=UNKNOWN_SERVER)
        try:
            order = await self._order(generation)
        except asyncio.CancelledError:
            await self._release_unsent(generation, claim)
            raise
        except Exception as error:  # noqa: BLE001 - nothing left either; a fault of ours must not hold a member's quota and a place in flight
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                return await self._no_room(generation, claim, error)
            log.exception("no_order", generation=generation.id)
            order = Reason.IMAGE_GONE if generation.image else Reason.MODEL_WITHDRAWN
        if isinstance(order, Reason):
            return await self._fail(generation, claim, order)
        if order is None:
            return await self._release(
                generation, claim, hold="image", gap=context.retry_gap(generation.attempts, first=2, most=60)
            )
        reach(Failpoint.SUBMIT_CLAIMED)
        if generation.attempts > 1 and await self._was_started(generation, claim):
            return None
        try:
            outcome = await context.provider.submit(order)
        except OSError:  # the image file is gone; it is read before anything is sent
            return await self._fail(generation, claim, Reason.IMAGE_GONE)
        except BaseException:
            # Cut off by a stop, or a fault of our own, somewhere in the call: nobody knows whether it was read.
            try:
                await context.store.record_unclear(generation.id, claim, now=context.clock.now())
            except StoreUnavailable as error:  # the next start doubts it too, and before that, the end of its lease
                log.warning("not_stored", error=error)
            raise
        reach(Failpoint.SUBMIT_ANSWERED)
        log.info("submit_outcome", generation=generation.id, outcome=type(outcome).__name__.lower())
        return await self._record(generation, claim, outcome)

    async def _release_unsent(self, generation: Generation, claim: Claim) -> None:
        """Stopped before the call: provably nothing left."""
        now = self._context.clock.now()
        try:
            await self._context.store.release_submit(generation.id, claim, hold=None, due_at=now, now=now)
        except StoreUnavailable as error:  # the next start doubts it
            log.warning("not_stored", error=error)

    async def _was_started(self, generation: Generation, claim: Claim) -> bool:
        """Whether nothing is to be sent now: an earlier try began the job, or it cannot be known yet whether one did.

        A list that cannot be had for three times in a row keeps nobody waiting any longer.
        """
        context = self._context
        try:
            started = await look_for_started(context, generation)
        except ProviderError as error:
            self._unlisted[generation.id] += 1
            if self._unlisted[generation.id] > TRIES_OF_LIST:
                return False
            log.info("list_failed", generation=generation.id, fault=error.fault)
            hold = error.fault if error.fault in (*_ALERTS, Fault.RATE_LIMITED) else "unreachable"
            bounds = context.policy
            gap = context.retry_gap(self._unlisted[generation.id], first=bounds.poll_min, most=bounds.poll_max)
            await self._release(generation, claim, hold=hold, gap=gap)
            return True
        except StoreUnavailable as error:
            log.warning("not_looked_up", generation=generation.id, error=error)
            await self._release(generation, claim, hold="unreachable", gap=CONTESTED_GAP)
            return True
        except asyncio.CancelledError:
            await self._release_unsent(generation, claim)
            raise
        self._unlisted.pop(generation.id, None)
        if started.contested:
            await self._release(generation, claim, hold="unreachable", gap=CONTESTED_GAP)
            return True
        if not started.jobs:
            return False
        first, *more = started.jobs
        log.warning("started_before", generation=generation.id, job=first.job_id)
        await self._submitted(generation, claim, JobStatus(job_id=first.job_id, state=JobState.QUEUED))
        if more:
            context.alerts.tell(
                f"started twice {generation.id}",
                f"UniAll lists {len(started.jobs)} jobs for {generation.id}, although it refused each try; one is followed,"
                " the others may have been billed.",
            )
        return True

    async def _record(self, generation: Generation, claim: Claim, outcome: Outcome) -> None:
        context = self._context
        match outcome:
            case Accepted(status=status):
                await self._submitted(generation, claim, status)
            case Refused(fault=fault, detail=detail):
                await self._fail(generation, claim, fault, detail)
                self._disable_model(generation, outcome)
            case RetryLater():
                await self._wait(generation, claim, outcome)
            case NeverLeft():
                log.warning("uniall_unreachable", generation=generation.id)
                gap = context.retry_gap(generation.attempts, first=1, most=60)
                await self._release(generation, claim, hold="unreachable", gap=gap)
            case Unclear():
                log.warning("submit_unclear", generation=generation.id)
                now = context.clock.now()
                await persist(lambda: context.store.record_unclear(generation.id, claim, now=now))
                reach(Failpoint.SUBMIT_UNCLEAR)
                context.wake_signals.send(Work.CARD)

    async def _submitted(self, generation: Generation, claim: Claim, status: JobStatus) -> None:
        context = self._context
        now = context.clock.now()
        gap = min(context.policy.poll_max, max(context.policy.poll_min, status.poll_after or 0))
        due = now + timedelta(seconds=gap)
        try:
            fresh = await persist(
                lambda: context.store.record_submitted(generation.id, claim, status, due_at=due, now=now)
            )
        except LostLease:
            fresh = await self._submitted_late(generation, status, due, now)
            if fresh is None:
                return
        reach(Failpoint.SUBMIT_RECORDED)
        announce_started(context, generation)
        self._unavailable.pop(generation.model, None)
        self._forbidden.pop(generation.model, None)
        for fault in _ALERTS:
            context.alerts.over(fault)
        context.wake_signals.send(Work.POLL, Work.CARD)
        if not fresh:
            context.alerts.tell(
                f"id {status.job_id}",
                f"UniAll answered the submit of {generation.id} with {status.job_id}, which is another job's id.",
            )

    async def _submitted_late(
        self, generation: Generation, status: JobStatus, due: datetime, now: datetime
    ) -> bool | None:
        """The lease is over: this machine slept, or the database was away for as long. UniAll's id is kept all the same.

        As `Store.record_submitted`; None where the job has been given up meanwhile.
        """
        context, store = self._context, self._context.store
        log.warning("submitted_late", generation=generation.id, job=status.job_id)
        try:
            return await persist(lambda: store.record_submitted(generation.id, None, status, due_at=due, now=now))
        except LostLease:
            kept = await persist(lambda: store.keep_job_id(generation.id, status.job_id))
            log.warning("submitted_too_late", generation=generation.id, job=status.job_id, kept=kept)
            context.alerts.tell(
                f"late {generation.id}",
                f"UniAll answered the submit of {generation.id} with {status.job_id} after it had been given up. The member"
                " got their quota back; UniAll bills that job.",
            )
            return None

    async def _wait(self, generation: Generation, claim: Claim, outcome: RetryLater) -> None:
        """Refused for now: nothing was started, the job keeps its place and its quota."""
        context = self._context
        fault = outcome.fault
        if fault is Fault.MODEL_UNAVAILABLE and self._has_no_channel(generation.model):
            await self._fail(generation, claim, fault, outcome.detail)
            return context.alerts.tell(
                f"model {generation.model}",
                f"UniAll has no channel for {generation.model}: it is switched off for now.",
            )
        gap = max(context.retry_gap(generation.attempts, first=2, most=60), timedelta(seconds=outcome.after or 0))
        of_key = outcome.coded and fault in _ALERTS
        if of_key:
            gap = max(gap, timedelta(seconds=min(PAUSE, context.policy.poll_max)))
        of_all = of_key or fault is Fault.RATE_LIMITED
        begins = of_all and not context.backoff.holds(context.steady.now())
        if of_all:
            # It is the key's, not this job's.
            context.backoff.until, context.backoff.fault = context.steady.now() + gap, str(fault)
        log.info("submit_waits", generation=generation.id, fault=fault, seconds=gap.total_seconds())
        hold = "unreachable" if fault in _ALERTS and not of_key else fault
        await self._release(generation, claim, hold=hold, gap=gap, stops_all=begins)
        if of_key:
            context.alerts.tell(fault, _ALERTS[fault])
        return None

    def _disable_model(self, generation: Generation, refused: Refused) -> None:
        """What a refusal says of the model and not of the job. A page of a proxy says nothing, and neither do many refusals
        of one member's jobs: they may be for what stands in the prompts."""
        tell, model = self._context.alerts.tell, generation.model
        if refused.fault not in (Fault.MODEL_UNAVAILABLE, Fault.FORBIDDEN):
            return None
        if not refused.coded:
            return tell(
                f"page {refused.fault}",
                f"A job for {model} was refused by a page that is not UniAll's own answer; the member got everything back."
                " Something between the bot and UniAll may be filtering prompts.",
            )
        if refused.fault is Fault.MODEL_UNAVAILABLE:
            self._context.catalog.refuse(model)
            return tell(f"no {model}", f"UniAll does not have {model}: it is switched off for now.")
        members = self._forbidden.setdefault(model, set())
        members.add(generation.member_id)
        if len(members) < TRIES_OF_MODEL:
            return tell(
                f"forbidden {model}", f"UniAll has refused a job for {model} with 403; the member got everything back."
            )
        del self._forbidden[model]
        self._context.catalog.refuse(model)
        return tell(f"off {model}", f"UniAll does not allow {model} to UNIALL_API_KEY: it is switched off for now.")

    def _has_no_channel(self, model: str) -> bool:
        """Whether UniAll has now said so often enough; then the model is switched off until the key's list has it again."""
        self._unavailable[model] += 1
        if self._unavailable[model] < TRIES_OF_MODEL:
            return False
        del self._unavailable[model]
        self._context.catalog.refuse(model)
        return True

    async def _release(
        self, generation: Generation, claim: Claim, *, hold: str | None, gap: timedelta, stops_all: bool = False
    ) -> None:
        """Back into the queue, until it was tried for long enough; that nobody could be asked is no try. stops_all: what
        was said of this one holds for all that wait."""
        context = self._context
        asked = context.discord if hold == "image" else context.uniall
        tried = timedelta(0) if hold in (None, "unreachable") else context.tries(asked, gap)
        if generation.tried >= TRIED_FOR and tried:
            return await self._fail(generation, claim, Reason.WAITED_TOO_LONG, hold or "")
        now = context.clock.now()
        await persist(
            lambda: context.store.release_submit(
                generation.id, claim, hold=hold, due_at=now + gap, now=now, tried=tried, stops_all=stops_all
            )
        )
        reach(Failpoint.SUBMIT_RELEASED)
        return context.wake_signals.send(Work.CARD)

    async def _no_room(self, generation: Generation, claim: Claim, error: OSError) -> None:
        """The picture cannot be cut to size on a full disk: nothing left, and the job waits as long as it takes."""
        context = self._context
        log.error("disk", generation=generation.id, error=error)
        context.disk.refused(PICTURES)
        now = context.clock.now()
        due = now + context.retry_gap(generation.attempts, first=2, most=60)
        await persist(lambda: context.store.release_submit(generation.id, claim, hold=HOLD, due_at=due, now=now))
        context.wake_signals.send(Work.CARD)

    async def _fail(self, generation: Generation, claim: Claim, fault: str, detail: str = "") -> None:
        failure = Failure(fault=fault, detail=detail)
        await fail_job(self._context, generation, claim, failure, failpoint=Failpoint.SUBMIT_FAILED, until_stored=True)

    async def _order(self, generation: Generation) -> Order | Reason | None:
        """The order; a Reason why there can be none; None where the image cannot be had just now."""
        context = self._context
        url = file = None
        if image := generation.image:
            order = context.catalog.order(generation, image_url=None, image_file=None)
            if order and order.size:
                try:
                    file = await context.media.fit_image(image.file, order.size)
                except OSError as error:
                    if error.errno in NO_ROOM:
                        raise
                    if error.errno in NO_PROCESS:
                        return None
                    return Reason.IMAGE_GONE
            elif order:
                try:
                    url = await self._address(generation)
                except PostError:
                    return None
                if url is None:
                    return Reason.IMAGE_GONE
        order = context.catalog.order(generation, image_url=url, image_file=file)
        return order or Reason.MODEL_WITHDRAWN

    async def _address(self, generation: Generation) -> str | None:
        """Where UniAll can fetch the image now: the card's attachment. A job that has waited asks Discord for it again:
        the address may have expired, and the card may have been deleted."""
        image, now = generation.image, self._context.clock.now()
        expires = image.url_until if image else None
        lasts = timedelta(0) <= now - generation.accepted_at < JUST_NOW and (
            expires is None or now + ADDRESS_MARGIN < expires
        )
        if image and image.url and lasts:
            return image.url
        return await self._context.messenger.image_url(generation)
