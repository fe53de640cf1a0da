"""The paid call. The intent is stored before it; whatever happens after, a job is sent at most once by this code.

What each outcome does, and why it is safe: `design` section 4. A crash anywhere in `_one` leaves `submitting`, which the
next start turns into unknown. An answer that the database does not take is kept here and stored as soon as it does, whatever
became of the lease meanwhile: only a crash loses it.
"""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

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
from bot.domain.ledger import Resolution
from bot.domain.ports import Claim, Work
from bot.failpoints import Failpoint, reach
from bot.services.guilds import announce_failed, announce_started
from bot.services.loop import Loop
from bot.services.room import HOLD, NO_PROCESS, NO_ROOM, PICTURES
from bot.services.started import look_for_started
from bot.services.storing import persist
from bot.services.world import World, log

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


class Submits:
    """Sends reserved jobs while fewer than `max_in_flight` are at UniAll."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._unlisted: Counter[str] = Counter()  # by generation: looks for an earlier start that failed
        self._unavailable: Counter[str] = Counter()  # by model: answers "no channel" in a row
        self._forbidden: dict[str, set[str]] = {}  # by model: the members whose jobs met a 403 since it last took one
        self.loop = Loop(
            world, Work.SUBMIT, self._claim, self._one, width=world.policy.max_in_flight, lease=LEASE, finishes=True
        )

    async def _claim(self, claim: Claim) -> Generation | None:
        world = self._world
        if world.room.full or world.pause.holds(world.steady.now()) or not world.servers.named:
            return None
        return await world.store.claim_submit(
            claim,
            most=world.policy.max_in_flight,
            now=world.clock.now(),
            there=world.uniall.now(),
            unsettled=frozenset(world.unsettled),
        )

    async def _one(self, generation: Generation, claim: Claim) -> None:
        self._world.sending.add(generation.id)
        try:
            await self._send(generation, claim)
        finally:
            self._world.sending.discard(generation.id)

    async def _send(self, generation: Generation, claim: Claim) -> None:
        world = self._world
        # Asked after the claim: a server may have gone since its waiting jobs were given back.
        serves = world.serves(generation.guild_id)
        if serves is False:
            return await self._fail(generation, claim, Reason.SERVER_LEFT, "")
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
            return await self._fail(generation, claim, order, "")
        if order is None:
            return await self._release(
                generation, claim, hold="image", gap=world.backoff(generation.attempts, first=2, most=60)
            )
        reach(Failpoint.SUBMIT_CLAIMED)
        if generation.attempts > 1 and await self._was_started(generation, claim):
            return None
        try:
            outcome = await world.provider.submit(order)
        except OSError:  # the image file is gone; it is read before anything is sent
            return await self._fail(generation, claim, Reason.IMAGE_GONE, "")
        except BaseException:
            # Cut off by a stop, or a fault of our own, somewhere in the call: nobody knows whether it was read.
            try:
                await world.store.record_unclear(generation.id, claim, now=world.clock.now())
            except StoreUnavailable as error:  # the next start doubts it too, and before that, the end of its lease
                log.warning("not_stored", error=error)
            raise
        reach(Failpoint.SUBMIT_ANSWERED)
        log.info("submit_outcome", generation=generation.id, outcome=type(outcome).__name__.lower())
        return await self._record(generation, claim, outcome)

    async def _release_unsent(self, generation: Generation, claim: Claim) -> None:
        """Stopped before the call: provably nothing left."""
        now = self._world.clock.now()
        try:
            await self._world.store.release_submit(generation.id, claim, hold=None, due_at=now, now=now)
        except StoreUnavailable as error:  # the next start doubts it
            log.warning("not_stored", error=error)

    async def _was_started(self, generation: Generation, claim: Claim) -> bool:
        """Whether nothing is to be sent now: an earlier try began the job, or it cannot be known yet whether one did.

        A list that cannot be had for three times in a row keeps nobody waiting any longer.
        """
        world = self._world
        try:
            started = await look_for_started(world, generation)
        except ProviderError as error:
            self._unlisted[generation.id] += 1
            if self._unlisted[generation.id] > TRIES_OF_LIST:
                return False
            log.info("list_failed", generation=generation.id, fault=error.fault)
            hold = error.fault if error.fault in (*_ALERTS, Fault.RATE_LIMITED) else "unreachable"
            bounds = world.policy
            gap = world.backoff(self._unlisted[generation.id], first=bounds.poll_min, most=bounds.poll_max)
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
            world.alerts.tell(
                f"started twice {generation.id}",
                f"UniAll lists {len(started.jobs)} jobs for {generation.id}, although it refused each try; one is followed,"
                " the others may have been billed.",
            )
        return True

    async def _record(self, generation: Generation, claim: Claim, outcome: Outcome) -> None:
        world = self._world
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
                gap = world.backoff(generation.attempts, first=1, most=60)
                await self._release(generation, claim, hold="unreachable", gap=gap)
            case Unclear():
                log.warning("submit_unclear", generation=generation.id)
                now = world.clock.now()
                await persist(lambda: world.store.record_unclear(generation.id, claim, now=now))
                reach(Failpoint.SUBMIT_UNCLEAR)
                world.bells.ring(Work.CARD)

    async def _submitted(self, generation: Generation, claim: Claim, status: JobStatus) -> None:
        world = self._world
        now = world.clock.now()
        gap = min(world.policy.poll_max, max(world.policy.poll_min, status.poll_after or 0))
        due = now + timedelta(seconds=gap)
        try:
            fresh = await persist(
                lambda: world.store.record_submitted(generation.id, claim, status, due_at=due, now=now)
            )
        except LostLease:
            fresh = await self._submitted_late(generation, status, due, now)
            if fresh is None:
                return
        reach(Failpoint.SUBMIT_RECORDED)
        announce_started(world, generation)
        self._unavailable.pop(generation.model, None)
        self._forbidden.pop(generation.model, None)
        for fault in _ALERTS:
            world.alerts.over(fault)
        world.bells.ring(Work.POLL, Work.CARD)
        if not fresh:
            world.alerts.tell(
                f"id {status.job_id}",
                f"UniAll answered the submit of {generation.id} with {status.job_id}, which is another job's id.",
            )

    async def _submitted_late(
        self, generation: Generation, status: JobStatus, due: datetime, now: datetime
    ) -> bool | None:
        """The lease is over: this machine slept, or the database was away for as long. UniAll's id is kept all the same.

        As `Store.record_submitted`; None where the job has been given up meanwhile.
        """
        world, store = self._world, self._world.store
        log.warning("submitted_late", generation=generation.id, job=status.job_id)
        try:
            return await persist(lambda: store.record_submitted(generation.id, None, status, due_at=due, now=now))
        except LostLease:
            kept = await persist(lambda: store.keep_job_id(generation.id, status.job_id))
            log.warning("submitted_too_late", generation=generation.id, job=status.job_id, kept=kept)
            world.alerts.tell(
                f"late {generation.id}",
                f"UniAll answered the submit of {generation.id} with {status.job_id} after it had been given up. The member"
                " got their quota back; UniAll bills that job.",
            )
            return None

    async def _wait(self, generation: Generation, claim: Claim, outcome: RetryLater) -> None:
        """Refused for now: nothing was started, the job keeps its place and its quota."""
        world = self._world
        fault = outcome.fault
        if fault is Fault.MODEL_UNAVAILABLE and self._has_no_channel(generation.model):
            await self._fail(generation, claim, fault, outcome.detail)
            return world.alerts.tell(
                f"model {generation.model}",
                f"UniAll has no channel for {generation.model}: it is switched off for now.",
            )
        gap = max(world.backoff(generation.attempts, first=2, most=60), timedelta(seconds=outcome.after or 0))
        of_key = outcome.coded and fault in _ALERTS
        if of_key:
            gap = max(gap, timedelta(seconds=min(PAUSE, world.policy.poll_max)))
        of_all = of_key or fault is Fault.RATE_LIMITED
        begins = of_all and not world.pause.holds(world.steady.now())
        if of_all:
            # It is the key's, not this job's.
            world.pause.until, world.pause.fault = world.steady.now() + gap, str(fault)
        log.info("submit_waits", generation=generation.id, fault=fault, seconds=gap.total_seconds())
        hold = "unreachable" if fault in _ALERTS and not of_key else fault
        await self._release(generation, claim, hold=hold, gap=gap, stops_all=begins)
        if of_key:
            world.alerts.tell(fault, _ALERTS[fault])
        return None

    def _disable_model(self, generation: Generation, refused: Refused) -> None:
        """What a refusal says of the model and not of the job. A page of a proxy says nothing, and neither do many refusals
        of one member's jobs: they may be for what stands in the prompts."""
        tell, model = self._world.alerts.tell, generation.model
        if refused.fault not in (Fault.MODEL_UNAVAILABLE, Fault.FORBIDDEN):
            return None
        if not refused.coded:
            return tell(
                f"page {refused.fault}",
                f"A job for {model} was refused by a page that is not UniAll's own answer; the member got everything back."
                " Something between the bot and UniAll may be filtering prompts.",
            )
        if refused.fault is Fault.MODEL_UNAVAILABLE:
            self._world.catalog.refuse(model)
            return tell(f"no {model}", f"UniAll does not have {model}: it is switched off for now.")
        members = self._forbidden.setdefault(model, set())
        members.add(generation.member_id)
        if len(members) < TRIES_OF_MODEL:
            return tell(
                f"forbidden {model}", f"UniAll has refused a job for {model} with 403; the member got everything back."
            )
        del self._forbidden[model]
        self._world.catalog.refuse(model)
        return tell(f"off {model}", f"UniAll does not allow {model} to UNIALL_API_KEY: it is switched off for now.")

    def _has_no_channel(self, model: str) -> bool:
        """Whether UniAll has now said so often enough; then the model is switched off until the key's list has it again."""
        self._unavailable[model] += 1
        if self._unavailable[model] < TRIES_OF_MODEL:
            return False
        del self._unavailable[model]
        self._world.catalog.refuse(model)
        return True

    async def _release(
        self, generation: Generation, claim: Claim, *, hold: str | None, gap: timedelta, stops_all: bool = False
    ) -> None:
        """Back into the queue, until it was tried for long enough; that nobody could be asked is no try. stops_all: what
        was said of this one holds for all that wait."""
        world = self._world
        asked = world.discord if hold == "image" else world.uniall
        tried = timedelta(0) if hold in (None, "unreachable") else world.tries(asked, gap)
        if generation.tried >= TRIED_FOR and tried:
            return await self._fail(generation, claim, Reason.WAITED_TOO_LONG, hold or "")
        now = world.clock.now()
        await persist(
            lambda: world.store.release_submit(
                generation.id, claim, hold=hold, due_at=now + gap, now=now, tried=tried, stops_all=stops_all
            )
        )
        reach(Failpoint.SUBMIT_RELEASED)
        return world.bells.ring(Work.CARD)

    async def _no_room(self, generation: Generation, claim: Claim, error: OSError) -> None:
        """The picture cannot be cut to size on a full disk: nothing left, and the job waits as long as it takes."""
        world = self._world
        log.error("disk", generation=generation.id, error=error)
        world.room.refused(PICTURES)
        now = world.clock.now()
        due = now + world.backoff(generation.attempts, first=2, most=60)
        await persist(lambda: world.store.release_submit(generation.id, claim, hold=HOLD, due_at=due, now=now))
        world.bells.ring(Work.CARD)

    async def _fail(self, generation: Generation, claim: Claim, fault: str, detail: str) -> None:
        world = self._world
        log.info("failed", generation=generation.id, fault=str(fault))
        now = world.clock.now()
        await persist(
            lambda: world.store.fail(
                generation.id, claim, fault=str(fault), detail=detail, resolution=Resolution.VOID, now=now
            )
        )
        reach(Failpoint.SUBMIT_FAILED)
        announce_failed(world, generation, fault)
        world.bells.ring(Work.SUBMIT, Work.CARD)

    async def _order(self, generation: Generation) -> Order | Reason | None:
        """The order; a Reason why there can be none; None where the image cannot be had just now."""
        world = self._world
        url = file = None
        if image := generation.image:
            order = world.catalog.order(generation, image_url=None, image_file=None)
            if order and order.size:
                try:
                    file = await world.media.fit_image(image.file, order.size)
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
        order = world.catalog.order(generation, image_url=url, image_file=file)
        return order or Reason.MODEL_WITHDRAWN

    async def _address(self, generation: Generation) -> str | None:
        """Where UniAll can fetch the image now: the card's attachment. A job that has waited asks Discord for it again:
        the address may have expired, and the card may have been deleted."""
        image, now = generation.image, self._world.clock.now()
        expires = image.url_until if image else None
        lasts = timedelta(0) <= now - generation.accepted_at < JUST_NOW and (
            expires is None or now + ADDRESS_MARGIN < expires
        )
        if image and image.url and lasts:
            return image.url
        return await self._world.messenger.image_url(generation)
