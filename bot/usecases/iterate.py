"""From one version to the next: Again, Remix, replies and mentions. Each ends in `Requests.accept`, against the quota of
whoever asks.
"""

from functools import partial

from bot.catalog.catalog import Choice
from bot.domain.errors import PostError
from bot.domain.generation import Generation, Image, Orientation
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import DearerNow, Refusal
from bot.domain.request import Edits, RequestContext
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.usecases.generate import AcceptedCard, GenerationRequest, Requests


class Iteration:
    """Makes the next version of what was found."""

    def __init__(self, context: ServiceContext, requests: Requests) -> None:
        self._context = context
        self._requests = requests

    async def image_of(self, generation: Generation, image: Image) -> bytes:
        """The reference image of a version, from the folder or from its card. Raises Refusal `image_gone`."""
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
        """A picture in Discord, by the address that a message gave for it. Raises Refusal `picture_gone`."""
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
        """The next version of a family: what edits leave out stays. Raises Refusal, `dearer_now` where the
        same model and length cost more than the card said; then nothing was spent.

        no_image: without the parent's own. Whoever sees a video where its author has posted it again does not see the picture
        on its card: then `image_elsewhere`.
        """
        prompt = parent.prompt if edits.prompt is None else edits.prompt
        same = None if edits.image or no_image else parent.image
        if same and parent.member_id != origin.member_id:
            made_in = frozenset({parent.channel_id})
            if not await self._context.readers.readable(origin.reader, made_in):
                raise Refusal(RefusalCode.IMAGE_ELSEWHERE)
        image = partial(self.image_of, parent, same) if same else edits.image
        choice = self._choice(parent, edits, image=image is not None)
        if edits.model is None and choice.seconds == parent.seconds and choice.price_micros > parent.price_micros:
            raise Refusal(DearerNow(price=choice.price_micros, before=parent.price_micros))
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

    def _choice(self, parent: Generation, edits: Edits, *, image: bool) -> Choice:
        """The offer: the very model while it fits and is there, else its family's first that fits.

        A raw id that says its shape and length itself brings them along where the old ones do not fit it.
        """
        catalog = self._context.catalog
        orientation, seconds = edits.orientation or parent.orientation, edits.seconds or parent.seconds
        tries: list[tuple[str, Orientation | None, int | None]]
        if edits.model is None:
            tries = [(name, orientation, seconds) for name in (parent.model, parent.family)]
        else:
            name = catalog.named(edits.model)
            tries = [(name, orientation, seconds)]
            if catalog.encoded(name):
                tries.append((name, edits.orientation, edits.seconds))
        last: Refusal | None = None
        for model, shape, length in tries:
            try:
                found = catalog.resolve(model, orientation=shape, seconds=length, image=image)
            except Refusal as refusal:
                # The family's own answer is the clearer one; of a raw id that was asked for, the first.
                last = refusal if edits.model is None or last is None else last
            else:
                if edits.model is None and found.offer.family != parent.family:
                    continue  # an id that several families have stands for the first of them
                return found
        raise last or Refusal(RefusalCode.NO_MODELS)

    async def other_models(self, generation: Generation) -> list[str]:
        """The families to choose from where this version's own cannot be had here any more; none where it can."""
        here = await self._families(generation.guild_id)
        return [] if generation.family in here else here

    async def lengths(self, guild_id: str, start: Generation | None) -> list[int]:
        """The lengths to choose from in a form, of any shape: its version's family's, or those of what may replace it."""
        catalog = self._context.catalog
        if start:
            families = await self.other_models(start) or [start.family]
        else:
            allowed = (await self._context.store.guild(guild_id)).families
            families = [catalog.default_family(allowed) or ""]
        offers = [offer for offer in catalog.offers if offer.family in families and catalog.usable(offer)]
        return sorted({seconds for offer in offers for seconds in offer.seconds})

    async def _families(self, guild_id: str) -> list[str]:
        """Those that can be had in this server now."""
        allowed = (await self._context.store.guild(guild_id)).families
        return [name for name in self._context.catalog.families() if not allowed or name in allowed]
