"""Checks of pictures for which a member waits: bounded in time, and given up when the bot stops."""

import asyncio
from typing import Any

import structlog

from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.media.pictures import image_size
from bot.media.workers.worker_pool import WorkerFailed, WorkerPool, WorkerTrouble
from bot.ports.media import CheckedImage

log = structlog.stdlib.get_logger()

PLACE_WITHIN = 20.0  # seconds; the member who added a picture is waiting


class ImageChecks:
    """Asks the workers of a pool."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._stopping = asyncio.Event()

    async def do(self, what: dict[str, Any], data: bytes) -> CheckedImage:
        """Have a picture checked, or made to fit. Raises Refusal, also `image_too_slow`, `images_busy` and `restarting`."""
        image_size.check_size(len(data))
        work = asyncio.ensure_future(self._pool.do(what, data, wait=PLACE_WITHIN))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise Refusal(RefusalCode.RESTARTING)
            reply, checked = work.result()
        except WorkerFailed as failed:
            log.warning("image_not_checked", trouble=failed.trouble, why=str(failed))
            raise _not_checked(failed.trouble) from failed
        except OSError as error:
            log.error("no_worker", error=error)
            raise Refusal(RefusalCode.IMAGES_BUSY) from error
        finally:
            await _cancelled(work, stopping)
        width, height = reply["size"]
        return CheckedImage(
            data=checked, media_type=reply["media_type"], suffix=reply["suffix"], size=(int(width), int(height))
        )

    def stop(self) -> None:
        """Refuse all that wait."""
        self._stopping.set()


def _not_checked(trouble: WorkerTrouble) -> Refusal:
    """Return the refusal of a picture whose worker failed."""
    match trouble:
        case WorkerTrouble.TIME:
            return Refusal(RefusalCode.IMAGE_TOO_SLOW)
        case WorkerTrouble.MEMORY:
            return Refusal(RefusalCode.IMAGE_TOO_HEAVY)
        case WorkerTrouble.BUSY:
            return Refusal(RefusalCode.IMAGES_BUSY)
        case _:
            return Refusal(RefusalCode.IMAGE_NOT_AN_IMAGE)


async def _cancelled(*tasks: "asyncio.Future[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
