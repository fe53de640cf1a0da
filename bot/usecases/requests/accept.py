"""Accepting a request: everything is checked before anything is spent, then quota is reserved in one transaction.

From the accept until Discord has accepted or refused the card, the generation is in `ServiceContext.unsettled` and is
not sent; `bot.usecases.requests.card_answers` ends that. If the process dies meanwhile, the job goes on after the restart.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from structlog.contextvars import bind_contextvars

from bot.domain.errors import IllegalTransition, StoreUnavailable
from bot.domain.generation import Generation, State
from bot.domain.messages.card import CardContext
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.queue.admission import AcceptResult, AdmissionPolicy
from bot.domain.queue.claims import Work
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import PriceQuestion
from bot.domain.refusals.refusal import QuotaExceeded, Refusal
from bot.domain.requests.questions import DEAR
from bot.ports.media import CheckedImage
from bot.runtime.card_contexts import card_context_of
from bot.runtime.context import ServiceContext
from bot.runtime.persist import persist
from bot.system.background import spawn_background
from bot.system.clocks import whole_ms
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.usecases.requests.budget_notice import alert_budget
from bot.usecases.requests.checked_request import CheckedRequest, RequestChecks, new_generation
from bot.usecases.requests.generation_request import AcceptedCard, GenerationRequest, form_sent
from bot.usecases.requests.reference_images import Pictures, with_pictures


class Requests:
    """The use cases behind `/sora` and Cancel."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._pictures = Pictures(context)
        self._checks = RequestChecks(context, self._pictures)
        self._closed = False

    def close(self) -> None:
        """Refuse every request from now on, because the bot is stopping."""
        self._closed = True

    def check_guild(self, guild_id: str | None) -> None:
        """Raises Refusal `guild_only`, or `guild_not_allowed` where the operator allows other servers only."""
        if guild_id is None:
            raise Refusal(RefusalCode.GUILD_ONLY)
        allowed = self._context.policy.allowed_guilds
        if allowed and guild_id not in allowed:
            raise Refusal(RefusalCode.GUILD_NOT_ALLOWED)

    async def accept(self, request: GenerationRequest) -> AcceptedCard:
        """Check the request, reserve quota, and leave the job to the submit loop. Raises Refusal; then nothing was spent."""
        context = self._context
        if self._closed:
            raise Refusal(RefusalCode.RESTARTING)
        self.check_guild(request.context.guild_id)
        checked = await self._checks.check(request)
        new = new_generation(context.ids.new(), request.context, checked, now=whole_ms(context.clock.now()))
        policy = AdmissionPolicy(
            role_ids=request.context.role_ids,
            default=context.policy.default_quota,
            budget=context.policy.operator_budget,
            most_open=context.policy.most_open,
        )
        if request.ask_first:
            await self._ask_first(new, policy, checked)
        pictures, leave = list[CheckedImage](), _nothing
        try:
            # Everything that can be refused without a picture is refused before a byte of it is read.
            if request.image is not None and await context.store.check_accept(new, policy, now=new.accepted_at):
                checked, pictures = await self._checks.take_pictures(request, checked, request.image)
                new = with_pictures(
                    new_generation(new.id, request.context, checked, now=context.clock.now()),
                    pictures,
                    kept=(request.same_image, request.same_end_image),
                    spoilers=(request.spoiler, request.end_spoiler),
                )
                await self._pictures.keep(new, pictures)
                reach(Failpoint.ACCEPT_IMAGE_KEPT)
                now = whole_ms(context.clock.now())  # as it is stored; pictures take their time
                new = replace(new, accepted_at=now, due_at=now)
            shown, leave = await self._shown(new, checked.settings)
            context.unsettled.add(new.id)
            result = await context.store.accept(
                new,
                policy,
                now=new.accepted_at,
                place=shown.queue_position,
                accepted_by=context.process.id,
            )
        except (Refusal, StoreUnavailable) as error:
            leave()
            if isinstance(error, StoreUnavailable) and error.unclear:
                spawn_background(persist(partial(self._take_back, new)), "unclear-accept")
            else:
                await self._drop(new)
            if isinstance(error, Refusal) and isinstance(error.payload, QuotaExceeded):
                exceeded = replace(error.payload, estimate=new.estimate)
                alert_budget(context, exceeded)
                raise Refusal(exceeded) from error
            raise
        if not result.fresh:
            leave()
            await self._drop(new)
        if result.generation.interaction_id != request.context.ask_id:
            raise form_sent(await context.store.version(result.generation.id))
        return self._accepted(result, shown, pictures)

    async def _ask_first(self, new: Generation, policy: AdmissionPolicy, checked: CheckedRequest) -> None:
        """Raises Refusal `price_question` where the member is to be asked before anything is held."""
        store, now = self._context.store, new.accepted_at
        try:
            if not await store.check_accept(new, policy, now=now):
                return  # it was accepted before
        except Refusal:
            return  # `accept` refuses it in its own way
        last = await store.last_of(new, policy, now=now)
        if last is None and new.price_micros <= DEAR:
            return
        raise Refusal(
            PriceQuestion(
                price=new.price_micros,
                estimate=new.estimate,
                last=last.limit if last else None,
                family=new.family,
                seconds=new.seconds,
                prompt=checked.prompt,
                avoid=checked.options.avoid,
            )
        )

    async def _drop(self, new: Generation) -> None:
        """Remove the traces of a request that was not accepted."""
        self._context.unsettled.discard(new.id)
        await self._pictures.drop(new)

    async def _take_back(self, new: Generation) -> None:
        """Give back what may have been accepted, because the member is told that it was not. Until then it is not sent.

        After a crash before this, the job goes on.
        """
        store = self._context.store
        withdrawn = await store.withdraw(new.id, now=self._context.clock.now())
        if withdrawn or await store.generation(new.id) is None:
            await self._pictures.drop(new)
        self._context.unsettled.discard(new.id)
        log.info("withdrawn", generation=new.id, why="commit unclear", before=not withdrawn)

    async def _shown(self, new: Generation, settings: GuildSettings) -> tuple[CardContext, Callable[[], None]]:
        """What the card is going to show besides the job, and what to call if the job is not accepted."""
        try:
            return await card_context_of(self._context, new, most_running=settings.most_running)
        except StoreUnavailable as error:  # the card gets its context at its first edit
            log.warning("card_context_not_read", error=error)
            return CardContext(), _nothing

    def _accepted(self, result: AcceptResult, shown: CardContext, pictures: Sequence[CheckedImage]) -> AcceptedCard:
        context, generation = self._context, result.generation
        bind_contextvars(generation=generation.id)
        reach(Failpoint.ACCEPT_COMMITTED)
        log.info(
            "accepted" if result.fresh else "accepted_before",
            generation=generation.id,
            model=generation.model,
            seconds=generation.seconds,
            micros=generation.price_micros,
        )
        image, end_image = [*(picture.data for picture in pictures), None, None][:2]
        # A place of nothing before it is shown by any number of cards, and not reserved.
        own = result.place_taken or shown.queue_position == 0
        return AcceptedCard(
            generation=context.with_hold_reason(generation),
            card_context=shown if own else replace(shown, queue_position=None),
            image=image,
            end_image=end_image,
            fresh=result.fresh,
        )

    async def cancel(self, generation_id: str, member_id: str) -> AcceptedCard:
        """Cancel one's own job before it is sent. Raises Refusal `gone`, `not_yours`, `already_cancelled` or `too_late`."""
        bind_contextvars(generation=generation_id)
        generation = await self._context.store.generation(generation_id)
        if generation is None:
            raise Refusal(RefusalCode.GONE)
        if generation.member_id != member_id:
            raise Refusal(RefusalCode.NOT_YOURS)
        try:
            generation = await self._context.store.cancel(generation_id, now=self._context.clock.now())
        except IllegalTransition as error:
            # An earlier button press may have cancelled it.
            stands = await self._context.store.generation(generation_id)
            cancelled = stands is not None and stands.state is State.CANCELLED
            raise Refusal(RefusalCode.ALREADY_CANCELLED if cancelled else RefusalCode.TOO_LATE) from error
        reach(Failpoint.CANCEL_COMMITTED)
        log.info("cancelled", generation=generation_id)
        self._context.wake_signals.send(Work.CARD)
        return AcceptedCard(generation=generation, card_context=CardContext())


def _nothing() -> None:
    """Nothing was counted in."""
