"""Reads the pictures that members upload: a few at once in memory, and one at a time for each member.

So a member who sends many, or one that takes its ten seconds, delays only themselves.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from bot.domain.generation import Image
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from bot.domain.request import ReadImage
from bot.ports.media import CheckedImage, MediaFolder

AT_ONCE = 6  # of 20 MB each
TURN_WITHIN = 30.0  # seconds: a member waits no longer for a response


class Pictures:
    """Reads and checks pictures. Raises Refusal `images_busy` where a member's turn does not come in time."""

    def __init__(self, media: MediaFolder) -> None:
        self._media = media
        self._room = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, member_id: str, read: ReadImage, *, checked_before: Image | None) -> CheckedImage:
        """Read a picture, and check it unless it was checked when it was uploaded: checking again would reduce its quality.

        Raises Refusal.
        """
        async with self._turn(member_id):
            data = await read()
            if checked_before is None:
                return await self._media.check_image(data)
            return CheckedImage(
                data=data, media_type=checked_before.media_type, suffix=checked_before.file.rpartition(".")[2]
            )

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
