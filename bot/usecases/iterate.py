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
from bot.domain.video_options import VideoOptions, options_of
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.usecases.generate import AcceptedCard, GenerationRequest, Requests


class Iteration:
    """Makes the next version of the one that was found."""

    def __init__(self, context: ServiceContext, requests: Requests) -> None:
        self._context = context
        self._requests = requests

    async def image_of(self, generation: Generation, image: Image) -> bytes:
        """The reference image of a version, from the media folder or from its card.

        Raises Refusal `image_gone` or `image_unreadable`.
        """
        try:
            return await self._context.media.read(image.file)
        except OSError:
            log.info("image_not_in_folder", generation=generation.id)
        try:
            data = await self._context.messenger.image_data(generation)
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
        self, origin: RequestContext, parent: Generation, edits: Edits, *, no_image: bool = False
    ) -> AcceptedCard:
        """Make the next version of a family; what `edits` leaves out is kept. Raises Refusal; then nothing was spent.

        `dearer_now`: the same model and length now cost more than the card said. `image_elsewhere`: the member can
        read the video where its author posted it again, but not the card with its picture. no_image: leave out the
        parent's own picture.
        """
        prompt = parent.prompt if edits.prompt is None else edits.prompt
        same = None if edits.image or no_image else parent.image
        if same and parent.member_id != origin.member_id:
            made_in = frozenset({parent.channel_id})
            if not await self._context.readers.readable(origin.reader, made_in):
                raise Refusal(RefusalCode.IMAGE_ELSEWHERE)
        image = partial(self.image_of, parent, same) if same else edits.image
        choice = self._choice(parent, edits, image=image is not None, prompt=prompt)
        if edits.model is None and choice.seconds == parent.seconds and choice.price_micros > parent.price_micros:
            raise Refusal(
                DearerNow(
                    price=choice.price_micros,
                    before=parent.price_micros,
                    estimate=choice.offer.estimate,
                    before_estimate=parent.estimate,
                )
            )
        return await self._requests.accept(
            GenerationRequest(
                context=origin,
                prompt=prompt,
                choice=choice,
                image=image,
                spoiler=edits.spoiler,
                parent_id=parent.id,
                same_image=same,
            )
        )

    def _choice(self, parent: Generation, edits: Edits, *, image: bool, prompt: str) -> Choice:
        """The offer: the same model while it fits and is available, else the first offer of its family that fits.

        Where the id of a requested model encodes orientation and length, and the old ones do not fit it, its own are
        used.
        """
        catalog = self._context.catalog
        options = replace(
            options_of(parent),
            orientation=edits.orientation or parent.orientation,
            seconds=edits.seconds or parent.seconds,
            image=image,
            end_image=False,
            prompt_length=len(prompt),
        )
        tries: list[tuple[str, VideoOptions]]
        if edits.model is None:
            tries = [(name, options) for name in (parent.model, parent.family)]
        else:
            name = catalog.named(edits.model)
            tries = [(name, options)]
            if catalog.encoded(name):
                tries.append((name, replace(options, orientation=edits.orientation, seconds=edits.seconds)))
        last: Refusal | None = None
        for model, asked in tries:
            try:
                found = catalog.resolve(model, asked)
            except Refusal as refusal:
                # The family's refusal is the clearer one; for a requested raw id, the first refusal is.
                last = refusal if edits.model is None or last is None else last
            else:
                if edits.model is None and found.offer.family != parent.family:
                    continue  # an id that several families share resolves to the first of them
                return found
        raise last or Refusal(RefusalCode.NO_MODELS)

    async def other_models(self, generation: Generation) -> list[str]:
        """The families to choose from where this version's own is no longer available in this server; empty where it is."""
        here = await self._families(generation.guild_id)
        return [] if generation.family in here else here

    async def lengths(self, guild_id: str, start: Generation | None) -> list[int]:
        """The lengths to choose from in a form, in seconds, of any orientation: those of the version's family or of
        its replacements.
        """
        catalog = self._context.catalog
        families = [catalog.default_family() or ""]
        if start:
            families = await self.other_models(start) or [start.family]
        offers = [offer for offer in catalog.offers if offer.family in families and catalog.usable(offer)]
        return sorted({seconds for offer in offers for seconds in offer.seconds})

    async def _families(self, guild_id: str) -> list[str]:
        """The families that are available in this server now."""
        allowed = (await self._context.store.guild(guild_id)).families
        return [name for name in self._context.catalog.families() if not allowed or name in allowed]
