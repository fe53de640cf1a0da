"""The checks of a request, without its pictures and then with them, and the generation that it becomes."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.catalog.offers import Choice
from bot.domain.generation import Generation, State
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.queue.admission import ChannelRef, check_request
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.origins import NOTHING_TAKEN, Origins
from bot.domain.requests.request import ReadImage, RequestContext
from bot.domain.requests.styles import Style
from bot.domain.requests.video_options import VideoOptions
from bot.ports.media import CheckedImage
from bot.runtime.context import ServiceContext
from bot.usecases.requests.checks import (
    check_choice,
    check_price,
    check_shape,
    check_words,
    choose_any,
    resolve,
    texts_with_names,
)
from bot.usecases.requests.generation_request import GenerationRequest
from bot.usecases.requests.prompt import clean, clean_avoid, styled
from bot.usecases.requests.reference_images import Pictures, limits_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRequest:
    """A request that passed the checks. options: what was asked; choice: what will be made.

    continues_id: see `Generation`.
    """

    settings: GuildSettings
    prompt: str = field(repr=False)
    options: VideoOptions
    choice: Choice
    parent_id: str | None
    continues_id: str | None = None
    style: Style | None = None
    origins: Origins = NOTHING_TAKEN


class RequestChecks:
    """Everything that is checked of a request before it is accepted, in the order in which a member is told."""

    def __init__(self, context: ServiceContext, pictures: Pictures) -> None:
        self._context = context
        self._pictures = pictures

    async def check(self, request: GenerationRequest) -> CheckedRequest:
        """Everything that can be checked without the pictures. Raises Refusal."""
        context, origin = self._context, request.context
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

    async def take_pictures(
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

    def _choice(self, request: GenerationRequest, settings: GuildSettings, options: VideoOptions) -> Choice:
        """The offer. Raises Refusal."""
        catalog = self._context.catalog
        if request.model or not request.any_model:
            return resolve(catalog, request.model, options, allowed=settings.families)
        return choose_any(catalog, settings, options)


def new_generation(generation_id: str, origin: RequestContext, checked: CheckedRequest, *, now: datetime) -> Generation:
    """The generation as it would be accepted now, without its pictures."""
    choice = checked.choice
    sound = choice.options.sound
    if sound is None and choice.offer.sound is False:
        sound = False  # where nothing was said, the card says that there will be none
    return Generation(
        id=generation_id,
        interaction_id=origin.ask_id,
        guild_id=origin.guild_id,
        channel_id=origin.channel_id,
        member_id=origin.member_id,
        prompt=checked.prompt,
        family=choice.offer.family,
        model=choice.offer.model,
        format=choice.offer.format,
        orientation=choice.orientation,
        seconds=choice.seconds,
        price_micros=choice.price_micros,
        state=State.RESERVED,
        accepted_at=now,
        due_at=now,
        parent_id=checked.parent_id,
        root_id="" if checked.parent_id else generation_id,
        parent_channel_id=origin.channel_id if origin.private else origin.parent_channel_id,
        locale=origin.locale,
        draft_id=origin.draft_id,
        shape_from_image=choice.shape_from_image,
        sound=sound,
        avoid=checked.options.avoid,
        seed=choice.options.seed,
        estimate=choice.offer.estimate,
        continues_id=checked.continues_id,
        style=checked.style,
        origins=checked.origins,
    )
