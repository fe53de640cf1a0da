"""Makes the next version from an earlier one: Again, Remix, replies and mentions.

Each calls `Requests.accept`, and the member who requests the new version pays with their quota.
"""

from dataclasses import replace
from functools import partial

from bot.catalog.offers import Choice
from bot.domain.errors import PostError
from bot.domain.generation import Generation, Image
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import DearerNow
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.drafts import Draft
from bot.domain.requests.origins import LeftOut, Origins, Part
from bot.domain.requests.request import Edits, RequestContext
from bot.domain.requests.styles import NO_STYLE, Style, key_of
from bot.domain.requests.video_options import VideoOptions
from bot.runtime.context import ServiceContext
from bot.system.log import log
from bot.usecases.moderation.styles import Styles
from bot.usecases.requests.accept import Requests
from bot.usecases.requests.generation_request import AcceptedCard, GenerationRequest
from bot.usecases.versions.form_choices import FormChoices, animate_choices, remix_choices
from bot.usecases.versions.next_choice import left_out, next_choice


class Iteration:
    """Makes the next version of the one that was found."""

    def __init__(self, context: ServiceContext, requests: Requests, styles: Styles) -> None:
        self._context = context
        self._styles = styles
        self._requests = requests

    async def image_of(self, generation: Generation, image: Image) -> bytes:
        """One of the two pictures of a version, from the media folder or from its card.

        Raises Refusal `image_gone` or `image_unreadable`.
        """
        try:
            return await self._context.media.read(image.file)
        except OSError:
            log.info("image_not_in_folder", generation=generation.id)
        try:
            end = generation.end_image is not None and image.file == generation.end_image.file
            data = await self._context.messenger.image_data(generation, end=end)
        except PostError as error:
            raise Refusal(RefusalCode.IMAGE_UNREADABLE) from error
        if data is None:
            raise Refusal(RefusalCode.IMAGE_GONE)
        return data

    async def picture(self, address: str) -> bytes:
        """A picture on Discord, by its address in a message. Raises Refusal `picture_gone` or `image_unreadable`."""
        try:
            data = await self._context.messenger.picture(address)
        except PostError as error:
            raise Refusal(RefusalCode.IMAGE_UNREADABLE) from error
        if data is None:
            raise Refusal(RefusalCode.PICTURE_GONE)
        return data

    async def make(
        self,
        origin: RequestContext,
        parent: Generation,
        edits: Edits,
        *,
        no_image: bool = False,
        no_end_image: bool = False,
        new_take: bool = False,
        most_micros: int | None = None,
        ask_first: bool = False,
        in_thread: bool = False,
    ) -> AcceptedCard:
        """Make the next version of a family; what `edits` leaves out is kept. Raises Refusal; then nothing was spent.

        `dearer_now`: the same model and length now cost more than the card said. `image_elsewhere`: the member can
        read the video where its author posted it again, but not the card with its picture. no_image, no_end_image: leave
        out the parent's own pictures; without a first picture, there is no last one either. new_take: leave out the
        seed, which would make the same video again. most_micros: the price that a form showed; `offer_dearer` above it.
        ask_first: nothing showed the price; `price_question` where the member is to be asked.
        in_thread: a command in the thread of the parent asked for it, and the card says what was taken over.
        """
        if parent.joined:  # it goes on from the last part, which is what its end shows
            parent = await self._context.store.generation(parent.parent_id or "") or parent
        prompt = parent.prompt if edits.prompt is None else edits.prompt
        same, same_end = await self._kept_pictures(origin, parent, edits, no_image=no_image, no_end_image=no_end_image)
        style = await self._style(origin.guild_id, parent, edits)
        choose = partial(
            next_choice,
            self._context.catalog,
            replace(parent, seed=None) if new_take else parent,
            image=same is not None or edits.image is not None,
            end_image=same_end is not None or edits.end_image is not None,
            style=style,
            allowed=await self._allowed(origin.guild_id),
        )
        choice = choose(edits)
        if most_micros is None:
            _check_price(parent, edits, choice)
        same = same if choice.options.image else None
        end_image, same_end = (edits.end_image, same_end) if choice.options.end_image else (None, None)
        since = await self._styles.since(origin.guild_id, style) if style and style == parent.style else None
        taken = _taken(parent, edits, choice, pictures=(same, same_end)) if in_thread else ()
        origins = Origins(thread=taken, left_out=_left_out(edits, choice), style_since=since)
        return await self._requests.accept(
            GenerationRequest(
                context=origin,
                prompt=prompt,
                choice=choice,
                most_micros=most_micros,
                image=partial(self.image_of, parent, same) if same else edits.image,
                spoiler=edits.spoiler,
                end_image=partial(self.image_of, parent, same_end) if same_end else end_image,
                end_spoiler=edits.end_spoiler,
                parent_id=parent.id,
                same_image=same,
                same_end_image=same_end,
                continues_id=parent.continues_id if same else None,
                ask_first=ask_first,
                choose=(lambda pixels: choose(replace(edits, picture=pixels))) if edits.image else None,
                style=style,
                origins=origins,
            )
        )

    async def _kept_pictures(
        self, origin: RequestContext, parent: Generation, edits: Edits, *, no_image: bool, no_end_image: bool
    ) -> tuple[Image | None, Image | None]:
        """The parent's own pictures that go on, the first and the last. Raises Refusal `image_elsewhere`."""
        same = None if edits.image or no_image else parent.image
        has_image = same is not None or edits.image is not None
        same_end = None if edits.end_image or no_end_image or not has_image else parent.end_image
        if (same or same_end) and not await self._pictures_readable(origin, parent):
            if same:
                raise Refusal(RefusalCode.IMAGE_ELSEWHERE)
            same_end = None
        return same, same_end

    async def _style(self, guild_id: str, parent: Generation, edits: Edits) -> Style | None:
        """The style that is named, else that of the parent as it was. Raises Refusal `style_unknown`."""
        if edits.style is None:
            return parent.style
        return None if key_of(edits.style) in NO_STYLE else await self._styles.named(guild_id, edits.style)

    async def form_choices(
        self,
        guild_id: str,
        start: Generation | None,
        *,
        wanted: str | None = None,
        prompt: str | None = None,
        draft: Draft | None = None,
    ) -> FormChoices:
        """What a form offers in a server. start: the version that it goes on from; None for a picture of a message.

        wanted, prompt: the family and the prompt that were filled in before. draft: what goes on besides the fields.
        """
        catalog, settings = self._context.catalog, await self._context.store.guild(guild_id)
        if start is None:
            return animate_choices(catalog, wanted=wanted, prompt=prompt, settings=settings, draft=draft)
        return remix_choices(catalog, start, wanted=wanted, prompt=prompt, settings=settings, draft=draft)

    async def _pictures_readable(self, origin: RequestContext, parent: Generation) -> bool:
        """Whether a member may use the parent's own pictures: they are on its card."""
        if parent.member_id == origin.member_id:
            return True
        return bool(await self._context.readers.readable(origin.reader, frozenset({parent.channel_id})))

    async def _allowed(self, guild_id: str) -> frozenset[str]:
        """The families that a server allows; empty for all."""
        return frozenset((await self._context.store.guild(guild_id)).families)


def _taken(
    parent: Generation, edits: Edits, choice: Choice, *, pictures: tuple[Image | None, Image | None]
) -> tuple[Part, ...]:
    """The parts of the parent that go on because nothing was said about them."""
    options, image = choice.options, edits.image is not None
    kept = {
        Part.MODEL: edits.model is None,
        Part.SHAPE: edits.orientation is None and not image and choice.orientation is parent.orientation,
        Part.LENGTH: edits.seconds is None and choice.seconds == parent.seconds,
        Part.SOUND: edits.sound is None and parent.sound is not None and parent.sound == options.sound,
        Part.SEED: edits.seed is None and parent.seed is not None and parent.seed == options.seed,
        Part.AVOID: edits.avoid is None and parent.avoid is not None and parent.avoid == options.avoid,
        Part.IMAGE: pictures[0] is not None,
        Part.END_IMAGE: pictures[1] is not None,
        Part.STYLE: edits.style is None and parent.style is not None,
    }
    return tuple(part for part, taken in kept.items() if taken)


def _left_out(edits: Edits, choice: Choice) -> tuple[LeftOut, ...]:
    """What was asked for, and is left out because the model cannot do it."""
    return left_out(
        VideoOptions(sound=edits.sound, seed=edits.seed, avoid=edits.avoid, end_image=edits.end_image is not None),
        choice.options,
    )


def _check_price(parent: Generation, edits: Edits, choice: Choice) -> None:
    """Raises Refusal `dearer_now` where the same once more costs more than the card said."""
    other_sound = edits.sound is not None and edits.sound != parent.sound
    same = edits.model is None and choice.seconds == parent.seconds and not other_sound
    if same and choice.price_micros > parent.price_micros:
        raise Refusal(
            DearerNow(
                price=choice.price_micros,
                before=parent.price_micros,
                estimate=choice.offer.estimate,
                before_estimate=parent.estimate,
            )
        )
