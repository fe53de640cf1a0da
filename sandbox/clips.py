"""Makes the playable copies of clips that the Discord pages show.

SimCord converts each video to WebM before a browser may play it, one after the other and again for every tab. Here
each clip is converted once, from the moment it is posted, for all pages and tabs.
"""

import asyncio
import hashlib
import os
from collections.abc import Mapping

from simcord.preview._media import MediaError, MediaInfo, MediaWorker

MOST_KEPT = 300  # clips; each takes some hundred kilobytes


class SharedMediaWorker(MediaWorker):
    """The media worker of every page of one sandbox. It belongs to the sandbox, so pages do not close it."""

    def __init__(self) -> None:
        super().__init__()
        self._idle: asyncio.LifoQueue[MediaWorker] = asyncio.LifoQueue()
        self._workers = [MediaWorker() for _ in range(min(4, os.cpu_count() or 1))]
        for worker in self._workers:
            self._idle.put_nowait(worker)
        self.conversions: dict[tuple[str, float], asyncio.Task[MediaInfo]] = {}
        self._posted: set[str] = set()

    async def validate(self, key: str, blob: bytes, *, media_time: float | None = None) -> MediaInfo:
        """Return the playable copy of a clip. key: SHA-256 of `blob`. Raises MediaError."""
        wanted = (key, media_time or 0.0)
        conversion = self.conversions.get(wanted)
        if conversion is None:
            conversion = asyncio.create_task(self._convert(wanted, blob), name="sandbox clip")
            self.conversions[wanted] = conversion
            while len(self.conversions) > MOST_KEPT:
                del self.conversions[next(iter(self.conversions))]
        return await asyncio.shield(conversion)

    def convert_new(self, files: Mapping[str, bytes]) -> None:
        """Begin to convert the videos that were posted since the last call. files: those of SimCord, by address."""
        for address in files.keys() - self._posted:
            self._posted.add(address)
            if address.endswith((".mp4", ".webm", ".mov")):
                blob = files[address]
                started = asyncio.ensure_future(self.validate(hashlib.sha256(blob).hexdigest(), blob))
                started.add_done_callback(lambda done: done.cancelled() or done.exception())

    def release(self, key: str) -> None:
        """Keep the copy: another tab may show it."""

    async def close(self) -> None:
        """Go on: the page that closes is not the last one."""

    async def end(self) -> None:
        """End every conversion and its process."""
        for conversion in self.conversions.values():
            conversion.cancel()
        await asyncio.gather(*self.conversions.values(), return_exceptions=True)
        await asyncio.gather(*(worker.close() for worker in self._workers))

    async def _convert(self, wanted: tuple[str, float], blob: bytes) -> MediaInfo:
        key, media_time = wanted
        worker = await self._idle.get()
        try:
            return await worker.validate(key, blob, media_time=media_time)
        except MediaError:
            self.conversions.pop(wanted, None)  # a process that ended too early may do better the next time
            raise
        finally:
            self._idle.put_nowait(worker)
