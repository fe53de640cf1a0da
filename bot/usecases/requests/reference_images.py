"""Reads the pictures that members upload: a few at once in memory, and one at a time for each member.

So a member who sends many, or one that takes its ten seconds, delays only themselves.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from weakref import WeakValueDictionary

from bot.catalog.offers import Choice
from bot.domain.errors import MediaUnavailable
from bot.domain.generation import Generation, Image
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.pictures import PictureLimits, beside_another
from bot.domain.requests.request import ReadImage
from bot.ports.media import CheckedImage
from bot.runtime.context import ServiceContext
from bot.runtime.discarding import discard_or_list
from bot.runtime.disk_pressure import PICTURES
from bot.system.log import log

AT_ONCE = 6  # of 20 MB each
TURN_WITHIN = 30.0  # seconds: a member waits no longer for a response


class Pictures:
    """Reads and checks pictures. Raises Refusal `images_busy` where a member's turn does not come in time."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._media = context.media
        self._disk = context.disk
        self._room = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(
        self, member_id: str, read: ReadImage, *, checked_before: Image | None, limits: PictureLimits | None
    ) -> CheckedImage:
        """Read a picture, and check it unless it was checked when it was uploaded: checking again would reduce its quality.

        limits: those of the model, which its shape may be unable to fit all the same. Raises Refusal.
        """
        async with self._turn(member_id):
            data = await read()
            if checked_before is None:
                return await self._media.check_image(data, limits)
            if limits is not None:
                return await self._media.limit_image(data, limits)
            return CheckedImage(
                data=data, media_type=checked_before.media_type, suffix=checked_before.file.rpartition(".")[2]
            )

    async def fit(self, picture: CheckedImage, limits: PictureLimits | None) -> CheckedImage:
        """A picture within the limits of another model, as far as its shape can be. Raises Refusal."""
        return picture if limits is None else await self._media.limit_image(picture.data, limits)

    async def keep(self, new: Generation, pictures: Sequence[CheckedImage]) -> None:
        """Store the pictures of a generation, all or none. Raises Refusal `disk_full` or `media_unavailable`."""
        for image, picture in zip(_images(new), pictures, strict=True):
            try:
                await self._media.keep_image(image.file, picture.data)
            except MediaUnavailable as error:
                log.warning("not_kept", file=image.file, error=error)
                await self.drop(new)
                raise Refusal(RefusalCode.MEDIA_UNAVAILABLE) from error
            except OSError as error:
                log.error("disk", file=image.file, error=error)
                self._disk.write_refused(PICTURES)
                await self.drop(new)
                raise Refusal(RefusalCode.DISK_FULL) from error

    async def drop(self, new: Generation) -> None:
        """Delete the pictures of a generation that was not accepted."""
        await discard_or_list(self._context, [image.file for image in _images(new)])

    @asynccontextmanager
    async def _turn(self, member_id: str) -> AsyncGenerator[None]:
        own = self._turns.setdefault(member_id, asyncio.Lock())
        try:
            async with asyncio.timeout(TURN_WITHIN):
                await own.acquire()
                try:
                    await self._room.acquire()
                except BaseException:
                    own.release()
                    raise
        except TimeoutError as error:
            raise Refusal(RefusalCode.IMAGES_BUSY) from error
        try:
            yield
        finally:
            self._room.release()
            own.release()


def limits_of(choice: Choice, *, two: bool) -> PictureLimits | None:
    """The limits of each picture. two: the request has a first and a last one, which share a card."""
    limits = choice.offer.image_limits
    return beside_another(limits) if two else limits


def with_pictures(
    new: Generation,
    pictures: Sequence[CheckedImage],
    *,
    kept: tuple[Image | None, Image | None],
    spoilers: tuple[bool, bool],
) -> Generation:
    """The generation with its first picture and, where there is one, its last.

    kept: the parent version's, where one is taken over, whose cover stays. spoilers: of new ones.
    """
    stems = (f"{new.id}-reference", f"{new.id}-end")
    images = [
        Image(
            file=f"{stem}.{picture.suffix}",
            media_type=picture.media_type,
            kept=same is not None,
            spoiler=same.spoiler if same else spoiler,
        )
        for stem, picture, same, spoiler in zip(stems, pictures, kept, spoilers, strict=False)
    ]
    return replace(new, image=images[0], end_image=images[1] if images[1:] else None)


def _images(generation: Generation) -> list[Image]:
    """The pictures of a generation, the first one first."""
    return [image for image in (generation.image, generation.end_image) if image]
