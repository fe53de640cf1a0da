"""The media folder: finished videos and reference images, by generated names only (nothing a member typed is a path)."""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from bot.domain.errors import ProviderError, Unusable
from bot.domain.ports import CheckedImage, Stock
from bot.media import budget, images, shrink, videos
from bot.media.budget import Budget

log = structlog.stdlib.get_logger()


class MediaFolder:
    """`bot.domain.ports.MediaFolder` on a local folder."""

    def __init__(self, root: Path, room: Budget | None = None) -> None:
        self.root = root
        self._budget = room or Budget(most=2**62)
        self._decoding = asyncio.Semaphore(2)  # a decoded image may take 200 MB
        self._shrinking = asyncio.Semaphore(1)  # it takes all of the processor that nobody else wants

    def prepare(self) -> None:
        """Make the folder; raises Unusable where it cannot be written."""
        probe = self.root / ".probe"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise Unusable(f"the media folder {self.root} cannot be written: {error.strerror}") from error

    def path(self, name: str) -> Path:
        """A kept file by its name."""
        return self.root / name

    def video_path(self, generation_id: str) -> Path:
        """Where a generation's video is or will be."""
        return self.root / f"{generation_id}.mp4"

    async def check_image(self, data: bytes) -> CheckedImage:
        """The image, upright and bounded; raises Refusal (see `images.check`)."""
        async with self._decoding:
            return await asyncio.to_thread(images.check, data)

    async def read(self, name: str) -> bytes:
        """All of a kept image; raises OSError where it is gone."""
        return await asyncio.to_thread(self.path(name).read_bytes)

    async def keep_image(self, name: str, data: bytes) -> None:
        """Keep a checked image under `name`, on the disk before this returns; raises OSError, and then keeps nothing."""
        await asyncio.to_thread(_write, self.path(name), data)

    async def fit_image(self, name: str, size: str) -> Path:
        """A kept image as PNG of exactly `size`; raises OSError where it is gone."""
        target = self.root / f"{Path(name).stem}-{size}.png"
        async with self._decoding:
            await asyncio.to_thread(images.fit, self.path(name), target, size)
        return target

    async def discard(self, name: str) -> None:
        """Forget a file, and what was made from it."""

        def remove() -> None:
            for path in (self.path(name), *self.root.glob(f"{Path(name).stem}-*x*.png"), *self._smaller(name)):
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()

        await asyncio.to_thread(remove)

    async def shrink(self, name: str, room: int) -> Path | None:
        """A copy of a kept video that has at most `room` bytes, an earlier one where it fits; None where there can be none.

        Raises OSError where the disk or this machine is the trouble.
        """
        target, _ = self._smaller(name)
        async with self._shrinking:
            if await asyncio.to_thread(_whole_within, target, room):
                return target
            try:
                await shrink.shrink(self.path(name), target, room)
            except shrink.CannotShrink as error:
                log.warning("not_shrunk", file=name, room=room, why=str(error))
                return None
            return target

    async def drop_smaller(self, name: str) -> None:
        """Forget the smaller copy of a video."""

        def remove() -> None:
            for path in self._smaller(name):
                path.unlink(missing_ok=True)

        await asyncio.to_thread(remove)

    def _smaller(self, name: str) -> tuple[Path, Path]:
        """The smaller copy of a video, and what it is until it is whole."""
        target = self.root / f"{Path(name).stem}-small.mp4"
        return target, shrink.part_of(target)

    async def stock(self) -> Stock:
        """What is there; raises OSError."""
        return await asyncio.to_thread(budget.take_stock, self.root, self._budget)

    async def remove(self, names: Sequence[str]) -> None:
        """Remove just these files; one that is gone, or that the disk does not let go, is passed over."""

        def unlink() -> None:
            for name in names:
                try:
                    self.path(name).unlink(missing_ok=True)
                except OSError as error:
                    log.warning("not_removed", file=name, error=error.strerror)

        await asyncio.to_thread(unlink)

    async def try_writing(self, size: int) -> None:
        """Raises OSError where the disk does not take so many bytes."""
        await asyncio.to_thread(budget.try_writing, self.root, size)

    async def check_video(self, path: Path) -> None:
        """Raises ProviderError RESULT_UNUSABLE where the file is no video, or not all of one."""
        await asyncio.to_thread(videos.check, path)


def _whole_within(path: Path, room: int) -> bool:
    try:
        videos.check(path)
        return path.stat().st_size <= room
    except (OSError, ProviderError):
        return False


def _write(path: Path, data: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        raise
