"""Builds the order of one job just before it is sent: its model as offered now, and its image where UniAll can fetch
it.
"""

from datetime import datetime, timedelta

from bot.domain.errors import PostError
from bot.domain.generation import Generation, Image, Reason
from bot.domain.jobs import Order
from bot.runtime.context import ServiceContext
from bot.runtime.disk_pressure import NO_PROCESS, NO_ROOM

ADDRESS_MARGIN = timedelta(minutes=10)
JUST_NOW = timedelta(seconds=5)  # an image address of this age is as Discord has just returned it


async def prepare_order(context: ServiceContext, generation: Generation) -> Order | Reason | None:
    """Return the order; a Reason why there can be none; None if the image is unavailable now.

    Raises OSError only if the disk has no space for the resized image.
    """
    url = file = None
    if image := generation.image:
        order = context.catalog.order(generation, image_url=None, image_file=None)
        if order and order.size:
            try:
                file = await context.media.fit_image(image.file, order.size)
            except OSError as error:
                if error.errno in NO_ROOM:
                    raise
                return None if error.errno in NO_PROCESS else Reason.IMAGE_GONE
        elif order:
            try:
                url = await _address(context, generation, image)
            except PostError:
                return None
            if url is None:
                return Reason.IMAGE_GONE
    return context.catalog.order(generation, image_url=url, image_file=file) or Reason.MODEL_WITHDRAWN


async def _address(context: ServiceContext, generation: Generation, image: Image) -> str | None:
    """Return where UniAll can fetch the image now: the card's attachment; None if the card is gone. Raises PostError.

    A job that has waited requests it from Discord again: the address may have expired, and the card may have been
    deleted.
    """
    if image.url and _lasts(generation, image, context.clock.now()):
        return image.url
    return await context.messenger.image_url(generation)


def _lasts(generation: Generation, image: Image, now: datetime) -> bool:
    """Return whether the address that came with the card is unchanged, and works for a while."""
    fresh = timedelta(0) <= now - generation.accepted_at < JUST_NOW
    return fresh and (image.url_until is None or now + ADDRESS_MARGIN < image.url_until)
