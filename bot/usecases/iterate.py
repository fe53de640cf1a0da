"""Makes the next version from an earlier one: Again, Remix, replies and mentions.

Each calls `Requests.accept`, and the member who requests the new version pays with their quota.
"""

from dataclasses import replace
from functools import partial

from bot.catalog.offers import Choice
from bot.domain.errors import PostError
from bot.domain.generation import Generation, Image
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import DearerNow, Refusal
from bot.domain.request import Edits, RequestContext
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.usecases.form_choices import FormChoices, animate_choices, remix_choices
from bot.usecases.generate import AcceptedCard, GenerationRequest, Requests
from bot.usecases.next_choice import next_choice


class Iteration:
    """Makes the next version of the one that was found."""

    def __init__(self, context: ServiceContext, requests: Requests) -> None:
        self._context = context
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
    ) -> AcceptedCard:
        """Make the next version of a family; what `edits` leaves out is kept. Raises Refusal; then nothing was spent.

        `dearer_now`: the same model and length now cost more than the card said. `image_elsewhere`: the member can
        read the video where its author posted it again, but not the card with its picture. no_image, no_end_image: leave
        out the parent's own pictures; without a first picture, there is no last one either. new_take: leave out the
        seed, which would make the same video again. most_micros: the price that a form showed; `offer_dearer` above it.
        ask_first: nothing showed the price; `price_question` where the member is to be asked.
        """
        if parent.joined:  # it goes on from the last part, which is what its end shows
            parent = await self._context.store.generation(parent.parent_id or "") or parent
        prompt = parent.prompt if edits.prompt is None else edits.prompt
        same = None if edits.image or no_image else parent.image
        has_image = same is not None or edits.image is not None
        same_end = None if edits.end_image or no_end_image or not has_image else parent.end_image
        if (same or same_end) and not await self._pictures_readable(origin, parent):
            if same:
                raise Refusal(RefusalCode.IMAGE_ELSEWHERE)
            same_end = None
        choice = next_choice(
            self._context.catalog,
            replace(parent, seed=None) if new_take else parent,
            edits,
            image=has_image,
            end_image=same_end is not None or edits.end_image is not None,
            allowed=await self._allowed(origin.guild_id),
        )
        _check_price(parent, edits, choice)
        same_end = same_end if choice.options.end_image else None
        return await self._requests.accept(
            GenerationRequest(
                context=origin,
                prompt=prompt,
                choice=choice,
                most_micros=most_micros,
                image=partial(self.image_of, parent, same) if same else edits.image,
                spoiler=edits.spoiler,
                end_image=partial(self.image_of, parent, same_end) if same_end else edits.end_image,
                end_spoiler=edits.end_spoiler,
                parent_id=parent.id,
                same_image=same,
                same_end_image=same_end,
                continues_id=parent.continues_id if same else None,
                ask_first=ask_first,
            )
        )

    async def form_choices(
        self, guild_id: str, start: Generation | None, *, wanted: str | None = None, prompt: str | None = None
    ) -> FormChoices:
        """What a form offers in a server. start: the version that it goes on from; None for a picture of a message.

        wanted, prompt: the family and the prompt that were filled in before.
        """
        catalog, settings = self._context.catalog, await self._context.store.guild(guild_id)
        if start is None:
            return animate_choices(catalog, wanted=wanted, prompt=prompt, settings=settings)
        return remix_choices(catalog, start, wanted=wanted, prompt=prompt, settings=settings)

    async def _pictures_readable(self, origin: RequestContext, parent: Generation) -> bool:
        """Whether a member may use the parent's own pictures: they are on its card."""
        if parent.member_id == origin.member_id:
            return True
        return bool(await self._context.readers.readable(origin.reader, frozenset({parent.channel_id})))

    async def _allowed(self, guild_id: str) -> frozenset[str]:
        """The families that a server allows; empty for all."""
        return frozenset((await self._context.store.guild(guild_id)).families)


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
