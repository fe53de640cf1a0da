"""Accepting a request: everything is checked before anything is spent, then quota is reserved in one transaction.

From the accept until Discord has accepted or refused the card, the generation is in `ServiceContext.unsettled` and is
not sent; `bot.usecases.requests.card_answers` ends that. If the process dies meanwhile, the job goes on after the restart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from structlog.contextvars import bind_contextvars

from bot.catalog.catalog import ANYTHING
from bot.catalog.offers import Choice
from bot.domain.admission import AcceptResult, AdmissionPolicy, ChannelRef, check_request
from bot.domain.card import CardContext
from bot.domain.claims import Work
from bot.domain.errors import IllegalTransition, StoreUnavailable
from bot.domain.generation import Generation, Image, State
from bot.domain.model_refusals import PriceQuestion
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.origins import NOTHING_TAKEN, Origins
from bot.domain.questions import DEAR
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import AlreadyThere, QuotaExceeded, Refusal
from bot.domain.request import ReadImage, RequestContext
from bot.domain.styles import Style
from bot.domain.versions import Version
from bot.domain.video_options import VideoOptions
from bot.ports.media import CheckedImage
from bot.runtime.card_contexts import card_context_of
from bot.runtime.context import ServiceContext
from bot.system.clocks import whole_ms
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.usecases.requests.budget_notice import alert_budget
from bot.usecases.requests.checked_request import CheckedRequest, new_generation
from bot.usecases.requests.checks import (
    check_choice,
    check_price,
    check_shape,
    check_words,
    choose_any,
    resolve,
    texts_with_names,
)
from bot.usecases.requests.prompt import clean, clean_avoid, styled
from bot.usecases.requests.reference_images import Pictures, limits_of, with_pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """A member's request, made once: from an interaction, or from the version it goes on from.

    model: None where the member named none: then the first that fits makes it where `any_model` is set, else Sora 2.
    options: what they said; what follows from `image` and `end_image` is filled in. choice: the offer, where it is known
    already. most_micros: the price that a button showed; nothing is made for more. image, end_image: read the bytes of
    the first and the last picture. spoiler, end_spoiler: the picture is a spoiler. parent_id: the version it goes on
    from; without one, in a thread of a result, the newest version there. same_image, same_end_image: the picture is the
    parent version's own, already checked. continues_id: the version whose last frame is the picture. ask_first: a dear
    video, or the last of a limit, is asked about. choose: the offer for a first picture of so many pixels, where `choice`
    was made without knowing them. style, origins: as in `Generation`.
    """

    context: RequestContext
    prompt: str = field(repr=False)
    model: str | None = None
    any_model: bool = False
    options: VideoOptions = ANYTHING
    choice: Choice | None = None
    most_micros: int | None = None
    image: ReadImage | None = None
    spoiler: bool = False
    end_image: ReadImage | None = None
    end_spoiler: bool = False
    parent_id: str | None = None
    same_image: Image | None = None
    same_end_image: Image | None = None
    continues_id: str | None = None
    ask_first: bool = False
    choose: Callable[[tuple[int, int]], Choice] | None = None
    style: Style | None = None
    origins: Origins = NOTHING_TAKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCard:
    """An accepted generation with what its card shows. fresh: see `AcceptResult`.

    image, end_image: the bytes of its pictures, to attach to the card.
    """

    generation: Generation
    card_context: CardContext
    image: bytes | None = None
    end_image: bytes | None = None
    fresh: bool = True


class Requests:
    """The use cases behind `/sora` and Cancel."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._pictures = Pictures(context)
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
        checked = await self._checked(request)
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
                checked, pictures = await self._take(request, checked, request.image)
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

    async def _checked(self, request: GenerationRequest) -> CheckedRequest:
        """Everything that can be checked without the pictures. Raises Refusal."""
        context, origin = self._context, request.context
        if self._closed:
            raise Refusal(RefusalCode.RESTARTING)
        self.check_guild(origin.guild_id)
        if await context.servers.has(origin.guild_id) is False:  # a server may have the commands without the bot
            raise Refusal(RefusalCode.NOT_IN_SERVER)
        settings = await context.store.guild(origin.guild_id)
        place = ChannelRef(channel_id=origin.channel_id, parent_id=origin.parent_channel_id)
        check_request(settings, origin.member_id, place, now=context.clock.now())
        asked = request.choice.options if request.choice else request.options
        prompt, avoid = await texts_with_names(context, origin, request.prompt, asked.avoid or "")
        prompt, avoid = clean(prompt), clean_avoid(avoid)
        sent = styled(prompt, request.style)
        await check_words(context, settings, origin.member_id, sent, avoid or "")
        if request.end_image is not None and request.image is None:
            raise Refusal(RefusalCode.END_IMAGE_ALONE)
        options = replace(
            asked,
            image=request.image is not None,
            end_image=request.end_image is not None,
            avoid=avoid,
            prompt_length=len(sent),
        )
        choice = request.choice or self._choice(request, settings, options)
        if not choice.offer.fits(options):  # it was chosen before names took the place of ids
            before = choice.price_micros
            choice = resolve(context.catalog, choice.offer.model, options, allowed=settings.families)
            check_price(choice, before)
        check_choice(settings, choice, context.catalog)
        check_price(choice, request.most_micros)
        check_shape(context.catalog, settings, choice, options, options.picture)
        parent_id = request.parent_id
        if parent_id is None and origin.parent_channel_id:
            newest = await context.store.newest_in(origin.channel_id)
            parent_id = newest.id if newest else None
        if context.disk.full:
            raise Refusal(RefusalCode.DISK_FULL)
        return CheckedRequest(
            settings=settings,
            prompt=prompt,
            options=options,
            choice=choice,
            parent_id=parent_id,
            continues_id=request.continues_id,
            style=request.style,
            origins=request.origins,
        )

    async def _take(
        self, request: GenerationRequest, checked: CheckedRequest, read: ReadImage
    ) -> tuple[CheckedRequest, list[CheckedImage]]:
        """Read the pictures and make them fit the model. Raises Refusal.

        Only now is the size of the first picture certain: the shape and the model follow it where they were left open.
        """
        context, member_id, settings = self._context, request.context.member_id, checked.settings
        before, limits = checked.choice, limits_of(checked.choice, two=request.end_image is not None)
        image = await self._pictures.take(member_id, read, checked_before=request.same_image, limits=limits)
        if request.choice is None and image.size is not None:
            options = replace(checked.options, picture=image.size)
            checked = replace(checked, options=options, choice=self._choice(request, settings, options))
        elif request.choose is not None and image.size is not None:
            checked = replace(checked, choice=request.choose(image.size))
        if checked.choice is not before:
            check_choice(settings, checked.choice, context.catalog)
            check_price(checked.choice, request.most_micros)
            if (new := limits_of(checked.choice, two=request.end_image is not None)) != limits:
                image, limits = await self._pictures.fit(image, new), new
        check_shape(context.catalog, settings, checked.choice, checked.options, image.size)
        if request.end_image is None:
            return checked, [image]
        end = await self._pictures.take(
            member_id, request.end_image, checked_before=request.same_end_image, limits=limits
        )
        check_shape(context.catalog, settings, checked.choice, checked.options, end.size, end=True)
        return checked, [image, end]

    async def _drop(self, new: Generation) -> None:
        """Remove the traces of a request that was not accepted."""
        self._context.unsettled.discard(new.id)
        await self._pictures.drop(new)

    def _choice(self, request: GenerationRequest, settings: GuildSettings, options: VideoOptions) -> Choice:
        """The offer. Raises Refusal."""
        catalog = self._context.catalog
        if request.model or not request.any_model:
            return resolve(catalog, request.model, options, allowed=settings.families)
        return choose_any(catalog, settings, options)

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


def form_sent(made: Version | None) -> Refusal:
    """The refusal of a form that has already made its video."""
    link = made.link if made else None
    return Refusal(AlreadyThere(RefusalCode.FORM_SENT, link=link) if link else RefusalCode.FORM_SENT_UNSEEN)


def _nothing() -> None:
    """Nothing was counted in."""
