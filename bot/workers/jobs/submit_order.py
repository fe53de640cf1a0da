"""Builds the order of one job just before it is sent: its model as offered now, and its pictures where UniAll can
fetch them.
"""

from datetime import datetime, timedelta

from bot.domain.errors import PostError
from bot.domain.generation import Generation, Image, Reason
from bot.domain.messages.posts import CardPictures
from bot.domain.provider import Format, Order
from bot.runtime.context import ServiceContext
from bot.runtime.disk_pressure import NO_PROCESS, NO_ROOM

ADDRESS_MARGIN = timedelta(minutes=10)
JUST_NOW = timedelta(seconds=5)  # an image address of this age is as Discord has just returned it


async def prepare_order(context: ServiceContext, generation: Generation) -> Order | Reason | None:
    """Return the order; a Reason why there can be none; None if a picture is unavailable now.

    Raises OSError only if the disk has no space for the resized image.
    """
    order = context.catalog.order(generation, image_url=None, image_file=None)
    image, end_image = generation.image, generation.end_image
    if order is None or image is None:
        return order or Reason.MODEL_WITHDRAWN
    urls, file = CardPictures(), None
    if order.format is Format.OPENAI:  # it takes a file of exactly these pixels, and no address
        if order.size is None:
            return Reason.MODEL_WITHDRAWN
        try:
            file = await context.media.fit_image(image.file, order.size)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise
            return None if error.errno in NO_PROCESS else Reason.IMAGE_GONE
    else:
        try:
            urls = await _addresses(context, generation)
        except PostError:
            return None
        if urls.image is None or (end_image is not None and urls.end_image is None):
            return Reason.IMAGE_GONE
    order = context.catalog.order(
        generation,
        image_url=urls.image,
        image_file=file,
        end_image_url=urls.end_image if end_image else None,
    )
    return order or Reason.MODEL_WITHDRAWN


async def _addresses(context: ServiceContext, generation: Generation) -> CardPictures:
    """Return where UniAll can fetch the pictures now: the card's attachments; none if the card is gone. Raises PostError.

    A job that has waited requests them from Discord again: the addresses may have expired, and the card may have been
    deleted.
    """
    now = context.clock.now()
    pictures = [picture for picture in (generation.image, generation.end_image) if picture]
    if all(picture.url and _lasts(generation, picture, now) for picture in pictures):
        end_image = generation.end_image
        return CardPictures(image=pictures[0].url, end_image=end_image.url if end_image else None)
    return await context.messenger.image_urls(generation)


def _lasts(generation: Generation, image: Image, now: datetime) -> bool:
    """Return whether the address that came with the card is unchanged, and works for a while."""
    fresh = timedelta(0) <= now - generation.accepted_at < JUST_NOW
    return fresh and (image.url_until is None or now + ADDRESS_MARGIN < image.url_until)
