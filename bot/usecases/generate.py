"""Accepting a request: everything is checked before anything is spent, then quota is reserved in one transaction.

From the accept until Discord has accepted or refused the card, the generation is in `ServiceContext.unsettled` and is
not sent; `bot.usecases.card_answers` ends that. If the process dies meanwhile, the job goes on after the restart.
"""

from dataclasses import dataclass, field, replace

from structlog.contextvars import bind_contextvars

from bot.catalog.catalog import ANYTHING
from bot.catalog.offers import Choice
from bot.domain.admission import AcceptResult, AdmissionPolicy, ChannelRef, check_channel
from bot.domain.card import CardContext
from bot.domain.claims import Work
from bot.domain.errors import IllegalTransition, StoreUnavailable
from bot.domain.generation import Generation, Image, State
from bot.domain.mentions import mentioned, with_names
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import AlreadyThere, QuotaExceeded, Refusal
from bot.domain.request import ReadImage, RequestContext
from bot.domain.versions import Version
from bot.domain.video_options import VideoOptions
from bot.runtime.context import ServiceContext
from bot.runtime.disk_pressure import PICTURES
from bot.runtime.failpoints import Failpoint, reach
from bot.runtime.log import log
from bot.usecases.budget_notice import alert_budget
from bot.usecases.prompt import clean
from bot.usecases.reference_images import Pictures
from bot.usecases.request_checks import check_choice, check_price, check_words, first_allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """A member's request, made once: from an interaction, or from the version it goes on from.

    model: None where the member named none: then the first that fits makes it where `any_model` is set, else Sora 2.
    options: what they said; what follows from `image` and `end_image` is filled in. choice: the offer, where it is known
    already. most_micros: the price that a button showed; nothing is made for more. image, end_image: read the bytes of
    the first and the last picture. spoiler, end_spoiler: the picture is a spoiler. parent_id: the version it goes on
    from; without one, in a thread of a result, the newest version there. same_image, same_end_image: the picture is the
    parent version's own, already checked.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCard:
    """An accepted generation with what its card shows. image: the bytes to attach to the card. fresh: see `AcceptResult`."""

    generation: Generation
    card_context: CardContext
    image: bytes | None = None
    fresh: bool = True


class Requests:
    """The use cases behind `/sora` and Cancel."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._pictures = Pictures(context.media)
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
        new = await self._checked(request)
        policy = AdmissionPolicy(
            role_ids=request.context.role_ids,
            default=context.policy.default_quota,
            budget=context.policy.operator_budget,
            most_open=context.policy.most_open,
        )
        image = data = None
        try:
            # Everything that can be refused without the picture is refused before a byte of it is read.
            if request.image is not None and await context.store.check_accept(new, policy, now=new.accepted_at):
                image, data = await self._keep_image(new.id, request, request.image)
            now = context.clock.now()
            context.unsettled.add(new.id)
            accepted = replace(new, image=image, accepted_at=now, due_at=now)
            result = await context.store.accept(accepted, policy, now=now)
        except (Refusal, StoreUnavailable) as error:
            await self._drop(new.id, image)
            if isinstance(error, Refusal) and isinstance(error.payload, QuotaExceeded):
                alert_budget(context, error.payload)
                raise Refusal(replace(error.payload, estimate=new.estimate)) from error
            raise
        if not result.fresh:
            await self._drop(new.id, image)
        if result.generation.interaction_id != request.context.ask_id:
            raise form_sent(await context.store.version(result.generation.id))
        return await self._accepted(result, data)

    async def _checked(self, request: GenerationRequest) -> Generation:
        """The generation as it would be accepted, without its image. Raises Refusal."""
        context, origin = self._context, request.context
        if self._closed:
            raise Refusal(RefusalCode.RESTARTING)
        self.check_guild(origin.guild_id)
        if context.servers.has(origin.guild_id) is False:  # a server may have the commands without the bot
            raise Refusal(RefusalCode.NOT_IN_SERVER)
        settings = await context.store.guild(origin.guild_id)
        place = ChannelRef(channel_id=origin.channel_id, parent_id=origin.parent_channel_id)
        check_channel(settings, origin.member_id, place)
        prompt = clean(await self._with_names(request))
        await check_words(context, settings, origin.member_id, prompt)
        if request.end_image is not None and request.image is None:
            raise Refusal(RefusalCode.END_IMAGE_ALONE)
        choice = request.choice or self._choice(request, settings, prompt)
        check_choice(settings, choice)
        check_price(choice, request.most_micros)
        parent_id = request.parent_id
        if parent_id is None and origin.parent_channel_id:
            newest = await context.store.newest_in(origin.channel_id)
            parent_id = newest.id if newest else None
        if context.disk.full:
            raise Refusal(RefusalCode.DISK_FULL)
        now = context.clock.now()
        return Generation(
            id=context.ids.new(),
            interaction_id=origin.ask_id,
            guild_id=origin.guild_id,
            channel_id=origin.channel_id,
            member_id=origin.member_id,
            prompt=prompt,
            family=choice.offer.family,
            model=choice.offer.model,
            format=choice.offer.format,
            orientation=choice.orientation,
            seconds=choice.seconds,
            price_micros=choice.price_micros,
            state=State.RESERVED,
            accepted_at=now,
            due_at=now,
            parent_id=parent_id,
            parent_channel_id=origin.channel_id if origin.private else origin.parent_channel_id,
            locale=origin.locale,
            draft_id=origin.draft_id,
            shape_from_image=choice.shape_from_image,
            sound=choice.options.sound,
            avoid=choice.options.avoid,
            seed=choice.options.seed,
            estimate=choice.offer.estimate,
        )

    async def _with_names(self, request: GenerationRequest) -> str:
        """The prompt with names in place of ids, for the model, the word filter and every reader."""
        ids, names = mentioned(request.prompt), request.context.names
        if lacking := names.lacking(ids):
            names = names.with_more(await self._context.readers.names(request.context.reader, lacking))
        return with_names(request.prompt, names)

    async def _keep_image(self, generation_id: str, request: GenerationRequest, read: ReadImage) -> tuple[Image, bytes]:
        """Read, check and store the reference image. Raises Refusal."""
        same = request.same_image
        checked = await self._pictures.take(request.context.member_id, read, checked_before=same)
        image = Image(
            file=f"{generation_id}-reference.{checked.suffix}",
            media_type=checked.media_type,
            kept=same is not None,
            spoiler=same.spoiler if same else request.spoiler,
        )
        await self._keep(image.file, checked.data)
        reach(Failpoint.ACCEPT_IMAGE_KEPT)
        return image, checked.data

    async def _drop(self, generation_id: str, image: Image | None) -> None:
        """Remove the traces of a request that was not accepted."""
        self._context.unsettled.discard(generation_id)
        if image:
            await self._context.media.discard(image.file)

    async def _keep(self, file: str, data: bytes) -> None:
        try:
            await self._context.media.keep_image(file, data)
        except OSError as error:
            log.error("disk", file=file, error=error)
            self._context.disk.write_refused(PICTURES)
            await self._context.media.discard(file)
            raise Refusal(RefusalCode.DISK_FULL) from error

    def _choice(self, request: GenerationRequest, settings: GuildSettings, prompt: str) -> Choice:
        """The offer. Raises Refusal."""
        catalog, allowed = self._context.catalog, settings.families
        options = replace(
            request.options,
            image=request.image is not None,
            end_image=request.end_image is not None,
            prompt_length=len(prompt),
        )
        if request.model or not request.any_model:
            return catalog.resolve(request.model, options, allowed=allowed)
        return first_allowed(settings, catalog.choices(options, allowed=allowed)) or catalog.first_fit(
            options, allowed=allowed
        )

    async def _accepted(self, result: AcceptResult, data: bytes | None) -> AcceptedCard:
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
        try:
            card_context = await context.store.card_context(generation)
        except StoreUnavailable as error:  # the job is accepted: the card gets its context at its first edit
            log.warning("card_context_not_read", error=error)
            card_context = CardContext()
        return AcceptedCard(
            generation=context.with_hold_reason(generation), card_context=card_context, image=data, fresh=result.fresh
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
