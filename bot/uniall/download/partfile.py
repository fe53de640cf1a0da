"""A file that is whole or absent.

Promised: bytes go to `<name>.part` beside the target. The target appears by one rename after everything is on the disk.
A crash leaves only the `.part` file behind, and the next try overwrites it. No write blocks the event loop.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from bot.system.files import part_of, put_in_place

_T = TypeVar("_T")


async def in_thread(work: Callable[[], _T]) -> _T:
    """Run blocking work in a thread. When cancelled, wait for it first, so that a file in use is not closed."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise


class PartFile:
    """The file being written. An async context manager: without `finish` it is removed."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.size = 0
        self.path = self._part = part_of(target)
        self._digest = hashlib.sha256()
        self._descriptor: int | None = None

    async def __aenter__(self) -> Self:
        try:
            await in_thread(self._begin)
        except BaseException:
            self._drop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._drop()

    def _begin(self) -> None:
        self._descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)

    def _drop(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self._part.unlink(missing_ok=True)

    async def write(self, chunk: bytes) -> None:
        """Append a chunk. Raises OSError."""
        await in_thread(lambda: self._write(chunk))

    async def restart(self) -> None:
        """Discard what was written."""
        await in_thread(lambda: os.ftruncate(self._open, 0))
        await in_thread(lambda: os.lseek(self._open, 0, os.SEEK_SET))
        self.size = 0
        self._digest = hashlib.sha256()

    async def finish(self) -> str:
        """Move the file to its target and return its sha256. Raises OSError."""
        await in_thread(self._finish)
        return self._digest.hexdigest()

    @property
    def _open(self) -> int:
        if self._descriptor is None:
            raise RuntimeError("the file is used outside its context")
        return self._descriptor

    def _write(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            view = view[os.write(self._open, view) :]
        self._digest.update(chunk)
        self.size += len(chunk)

    def _finish(self) -> None:
        put_in_place(self._part, self.target)
        os.close(self._open)
        self._descriptor = None
