"""Keeps small stills of stored files in memory, so that a page that is turned back and forth decodes each file once."""

import asyncio
from collections import OrderedDict
from pathlib import Path

import structlog

from bot.domain.errors import ProviderError
from bot.media.workers.worker_pool import WorkerFailed, WorkerPool

log = structlog.stdlib.get_logger()

KEPT = 300  # stills of about ten kilobytes
WAIT = 5.0  # seconds for a free worker


class KeptStills:
    """Stills by file. A file that has none is remembered too; one that was deleted is not."""

    def __init__(self, images: WorkerPool, videos: WorkerPool) -> None:
        self._images = images
        self._videos = videos
        self._kept: OrderedDict[Path, bytes | None] = OrderedDict()
        self._making: dict[Path, asyncio.Task[bytes | None]] = {}

    def kept(self, path: Path) -> bytes | None:
        """Return the still of a file if it was made before, whether the file is still there or not."""
        return self._kept.get(path)

    async def of(self, path: Path, *, video: bool) -> bytes | None:
        """Return the still of a file; None where it has none. Whoever stops waiting leaves it to the next one who asks."""
        if not await asyncio.to_thread(path.is_file):
            self._kept.pop(path, None)
            return None
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        if path not in self._making:
            self._making[path] = task = asyncio.create_task(self._make(path, self._videos if video else self._images))
            task.add_done_callback(lambda _: self._making.pop(path, None))
        return await asyncio.shield(self._making[path])

    async def _make(self, path: Path, pool: WorkerPool) -> bytes | None:
        try:
            _, still = await pool.do({"do": "still", "path": str(path)}, wait=WAIT)
        except (WorkerFailed, ProviderError, OSError) as error:
            log.info("no_still", file=path.name, error=error)
            if isinstance(error, ProviderError):
                self._keep(path, None)
            return None
        self._keep(path, still)
        return still

    def _keep(self, path: Path, still: bytes | None) -> None:
        self._kept[path] = still
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    async def close(self) -> None:
        """Stop what is being made."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
