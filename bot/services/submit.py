"""The paid call. The intent is stored before it; whatever happens after, a job is sent at most once by this code.

What each outcome does, and why it is safe: `design` section 4. A crash anywhere in `_one` leaves `submitting`, which the
next start turns into unknown.
"""

import asyncio
from collections import Counter
from datetime import timedelta

from bot.domain.errors import PostError
from bot.domain.generation import Generation, Reason
from bot.domain.jobs import Accepted, Fault, JobStatus, NeverLeft, Order, Outcome, Refused, RetryLater, Unclear
from bot.domain.ledger import Resolution
from bot.domain.ports import Claim, Work
from bot.failpoints import Failpoint, reach
from bot.services.guilds import announce_failed, announce_started
from bot.services.loop import Loop
from bot.services.room import HOLD, NO_ROOM, PICTURES
from bot.services.world import World, log

LEASE = 600.0
LONGEST_WAIT = timedelta(hours=24)
PAUSE = 60.0  # seconds between two tries while UniAll refuses the key or has no funds
TRIES_OF_MODEL = 3  # answers "no channel for this model", or 403, before the model is taken out of use
ADDRESS_MARGIN = timedelta(minutes=10)
JUST_NOW = timedelta(seconds=5)  # an image address of so long ago is as Discord has just given it

_ALERTS = {
    Fault.AUTH: "UniAll does not accept UNIALL_API_KEY (or it has run out of quota). Jobs wait; nothing is lost.",
    Fault.INSUFFICIENT_FUNDS: "The UniAll account has no funds left. Jobs wait; nothing is lost.",
}


class Submits:
    """Sends reserved jobs while fewer than `max_in_flight` are at UniAll."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._refusals: Counter[tuple[str, Fault]] = Counter()
        self.loop = Loop(
            world, Work.SUBMIT, self._claim, self._one, width=world.policy.max_in_flight, lease=LEASE, finishes=True
        )

    async def _claim(self, claim: Claim) -> Generation | None:
        now = self._world.clock.now()
        if self._world.room.full or self._world.pause.holds(now):
            return None
        return await self._world.store.claim_submit(claim, most=self._world.policy.max_in_flight, now=now)

    async def _one(self, generation: Generation, claim: Claim) -> None:
        world = self._world
        try:
            order = await self._order(generation)
        except asyncio.CancelledError:  # stopped before the call: provably nothing left
            now = world.clock.now()
            await world.store.release_submit(generation.id, claim, hold=None, due_at=now, now=now)
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
        try:
            outcome = await world.provider.submit(order)
        except OSError:  # the image file is gone; it is read before anything is sent
            return await self._fail(generation, claim, Reason.IMAGE_GONE, "")
        except BaseException:
            # Cut off by a stop, or a fault of our own, somewhere in the call: nobody knows whether it was read.
            await world.store.record_unclear(generation.id, claim, now=world.clock.now())
            raise
        reach(Failpoint.SUBMIT_ANSWERED)
        log.info("submit_outcome", generation=generation.id, outcome=type(outcome).__name__.lower())
        return await self._record(generation, claim, outcome)

    async def _record(self, generation: Generation, claim: Claim, outcome: Outcome) -> None:
        world = self._world
        match outcome:
            case Accepted(status=status):
                await self._submitted(generation, claim, status)
            case Refused(fault=fault, detail=detail):
                await self._fail(generation, claim, fault, detail)
                self._heed(generation.model, fault)
            case RetryLater():
                await self._wait(generation, claim, outcome)
            case NeverLeft(detail=detail):
                log.warning("uniall_unreachable", generation=generation.id, detail=detail)
                gap = world.backoff(generation.attempts, first=1, most=60)
                await self._release(generation, claim, hold="unreachable", gap=gap)
            case Unclear(detail=detail):
                log.warning("submit_unclear", generation=generation.id, detail=detail)
                await world.store.record_unclear(generation.id, claim, now=world.clock.now())
                reach(Failpoint.SUBMIT_UNCLEAR)
                world.bells.ring(Work.CARD)

    async def _submitted(self, generation: Generation, claim: Claim, status: JobStatus) -> None:
        world = self._world
        now = world.clock.now()
        gap = min(world.policy.poll_max, max(world.policy.poll_min, status.poll_after or 0))
        due = now + timedelta(seconds=gap)
        fresh = await world.store.record_submitted(generation.id, claim, status, due_at=due, now=now)
        reach(Failpoint.SUBMIT_RECORDED)
        announce_started(world, generation)
        for fault in (Fault.MODEL_UNAVAILABLE, Fault.FORBIDDEN):
            self._refusals.pop((generation.model, fault), None)
        for fault in _ALERTS:
            world.alerts.over(fault)
        world.bells.ring(Work.POLL, Work.CARD)
        if not fresh:
            world.alerts.tell(
                f"id {status.job_id}",
                f"UniAll answered the submit of {generation.id} with {status.job_id}, which is another job's id.",
            )

    async def _wait(self, generation: Generation, claim: Claim, outcome: RetryLater) -> None:
        """Refused for now: nothing was started, the job keeps its place and its quota."""
        world = self._world
        fault = outcome.fault
        if fault is Fault.MODEL_UNAVAILABLE and self._is_out_of_use(generation.model, fault):
            await self._fail(generation, claim, fault, outcome.detail)
            return world.alerts.tell(
                f"model {generation.model}",
                f"UniAll has no channel for {generation.model}: it is switched off for now.",
            )
        gap = max(world.backoff(generation.attempts, first=2, most=60), timedelta(seconds=outcome.after or 0))
        if fault in _ALERTS:
            gap = max(gap, timedelta(seconds=min(PAUSE, world.policy.poll_max)))
        if fault in _ALERTS or fault is Fault.RATE_LIMITED:
            world.pause.until, world.pause.fault = (
                world.clock.now() + gap,
                str(fault),
            )  # it is the key's, not this job's
        log.info("submit_waits", generation=generation.id, fault=fault, seconds=gap.total_seconds())
        await self._release(generation, claim, hold=fault, gap=gap)
        if fault in _ALERTS:
            world.alerts.tell(fault, _ALERTS[fault])
        return None

    def _heed(self, model: str, fault: Fault) -> None:
        """What a refusal says of the model and not of the job. One 403 may be for what stood in a prompt."""
        tell = self._world.alerts.tell
        if fault is Fault.MODEL_UNAVAILABLE:
            self._world.catalog.refuse(model)
            tell(f"no {model}", f"UniAll does not have {model}: it is switched off for now.")
        elif fault is Fault.FORBIDDEN and self._is_out_of_use(model, fault):
            tell(f"off {model}", f"UniAll does not allow {model} to UNIALL_API_KEY: it is switched off for now.")
        elif fault is Fault.FORBIDDEN:
            tell(
                f"forbidden {model}", f"UniAll has refused a job for {model} with 403; the member got everything back."
            )

    def _is_out_of_use(self, model: str, fault: Fault) -> bool:
        """Whether UniAll has now said so often enough; then the model is switched off until the key's list has it again."""
        self._refusals[model, fault] += 1
        if self._refusals[model, fault] < TRIES_OF_MODEL:
            return False
        del self._refusals[model, fault]
        self._world.catalog.refuse(model)
        return True

    async def _release(self, generation: Generation, claim: Claim, *, hold: str, gap: timedelta) -> None:
        """Back into the queue, for a day at most."""
        world = self._world
        now = world.clock.now()
        if now - generation.accepted_at > LONGEST_WAIT:
            return await self._fail(generation, claim, Reason.WAITED_TOO_LONG, hold)
        await world.store.release_submit(generation.id, claim, hold=hold, due_at=now + gap, now=now)
        reach(Failpoint.SUBMIT_RELEASED)
        return world.bells.ring(Work.CARD)

    async def _no_room(self, generation: Generation, claim: Claim, error: OSError) -> None:
        """The picture cannot be cut to size on a full disk: nothing left, and the job waits as long as it takes."""
        world = self._world
        log.error("disk", generation=generation.id, error=error.strerror or type(error).__name__)
        world.room.refused(PICTURES)
        now = world.clock.now()
        due = now + world.backoff(generation.attempts, first=2, most=60)
        await world.store.release_submit(generation.id, claim, hold=HOLD, due_at=due, now=now)
        world.bells.ring(Work.CARD)

    async def _fail(self, generation: Generation, claim: Claim, fault: str, detail: str) -> None:
        world = self._world
        log.info("failed", generation=generation.id, fault=str(fault), detail=detail)
        await world.store.fail(
            generation.id, claim, fault=str(fault), detail=detail, resolution=Resolution.VOID, now=world.clock.now()
        )
        reach(Failpoint.SUBMIT_FAILED)
        announce_failed(world, generation, fault)
        world.bells.ring(Work.SUBMIT, Work.CARD)

    async def _order(self, generation: Generation) -> Order | Reason | None:
        """The order; a Reason why there can be none; None where Discord cannot be asked for the image just now."""
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
        lasts = now - generation.accepted_at < JUST_NOW and (expires is None or now + ADDRESS_MARGIN < expires)
        if image and image.url and lasts:
            return image.url
        return await self._world.messenger.image_url(generation)
