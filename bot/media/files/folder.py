"""The media folder: finished videos and reference images under generated names only, so nothing a member typed is a
path.
"""

import asyncio
import errno
import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import structlog

from bot.domain.errors import ProviderError, Unusable
from bot.domain.generation import Video
from bot.domain.processes.media_inventory import MediaInventory
from bot.domain.provider import Fault
from bot.domain.requests.pictures import PictureLimits
from bot.media.files import budget, discarding
from bot.media.files.budget import Budget
from bot.media.pictures.image_checks import ImageChecks
from bot.media.pictures.kept_stills import KeptStills
from bot.media.videos import encoding, join, shrink
from bot.media.workers.worker_limits import IMAGES, VIDEOS
from bot.media.workers.worker_pool import WorkerFailed, WorkerPool, WorkerTrouble
from bot.ports.media import CheckedImage
from bot.system.files import atomic_file, close_folder_to_others, close_to_others

log = structlog.stdlib.get_logger()


class LocalMediaFolder:
    """`bot.ports.media.MediaFolder` on a local folder. Worker processes decode the files.

    keep_workers: seconds for which an idle worker stays for the next file. Unless it is 0, call `close` at the end.
    """

    def __init__(self, root: Path, room: Budget | None = None, *, keep_workers: float = 0.0) -> None:
        self.root = root
        self._budget = room or Budget(most=2**62)
        self._images = WorkerPool(IMAGES, keep=keep_workers)
        self._videos = WorkerPool(VIDEOS, keep=keep_workers)
        self._image_checks = ImageChecks(self._images)
        self._stills = KeptStills(self._images, self._videos)
        self._joining = asyncio.Semaphore(1)  # apart, so that no result that is to be shrunk waits for it
        self._shrinking = asyncio.Semaphore(1)  # it uses all processor time that nothing else needs

    def prepare(self) -> None:
        """Create the folder. Raises Unusable if it cannot be written."""
        probe = self.root / ".probe"
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            close_to_others(self.root / file.name for file in budget.files(self.root))
            close_folder_to_others(self.root, lambda _: True)  # but not somebody's home, nor a folder like /tmp
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise Unusable(f"the media folder {self.root} cannot be written: {error.strerror}") from error

    def path(self, name: str) -> Path:
        """Return the path of a stored file."""
        return self.root / name

    def video_path(self, generation_id: str) -> Path:
        """Return the path of a generation's video, whether it exists yet or not."""
        return self.root / f"{generation_id}.mp4"

    async def open(self) -> None:
        """Do what is to be done before the first file. A folder needs nothing."""

    async def keep(self, name: str) -> None:
        """Do nothing: whoever has put a whole file into the folder has flushed it to the disk."""

    async def have(self, name: str) -> Path:
        """Return the path of a stored file. Raises FileNotFoundError."""
        if not await self.has(name):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return self.path(name)

    async def has(self, name: str) -> bool:
        """Whether the file is in the folder."""
        return await asyncio.to_thread(self.path(name).is_file)

    async def check_image(self, data: bytes, limits: PictureLimits | None = None) -> CheckedImage:
        """Return the image, upright and bounded, and within the limits if its shape can be.

        Raises Refusal (see `images.check`), `image_too_slow` or `images_busy`.
        """
        return await self._image_checks.do({"do": "check", "limits": limits and asdict(limits)}, data)

    async def limit_image(self, data: bytes, limits: PictureLimits) -> CheckedImage:
        """Return a checked image within the limits, unchanged if it is already. Raises Refusal as `check_image` does."""
        return await self._image_checks.do({"do": "limit", "limits": asdict(limits)}, data)

    def refuse_images(self) -> None:
        """Refuse all waiting image checks now, because the bot is stopping."""
        self._image_checks.stop()

    async def close(self) -> None:
        """End the idle workers. Busy ones end with the call that waits for them."""
        await self._stills.close()
        await self._images.close()
        await self._videos.close()

    async def read(self, name: str) -> bytes:
        """Return the content of a stored image. Raises OSError if it is gone."""
        return await asyncio.to_thread(self.path(name).read_bytes)

    async def keep_image(self, name: str, data: bytes) -> None:
        """Store a checked image under `name`, on the disk before this returns.

        Raises OSError, and then stores nothing.
        """
        await asyncio.to_thread(_write, self.path(name), data)

    async def fit_image(self, name: str, size: str) -> Path:
        """Return a stored image as PNG of exactly `size`.

        Raises OSError if it is gone or not an image, with EAGAIN if this machine is the cause.
        """
        target = self.root / f"{Path(name).stem}-{size}.png"
        try:
            await self._images.do({"do": "fit", "source": str(self.path(name)), "target": str(target), "size": size})
        except WorkerFailed as failed:
            log.warning("image_not_fitted", file=name, trouble=failed.trouble, why=str(failed))
            number = errno.EINVAL if failed.trouble is WorkerTrouble.CRASH else errno.EAGAIN
            raise OSError(number, f"{name} cannot be cut to size: {failed}") from failed
        return target

    async def still(self, name: str, *, video: bool) -> bytes | None:
        """Return a small JPEG of a stored video or image; None if there is none."""
        return await self._stills.of(self.path(name), video=video)

    async def discard(self, name: str) -> None:
        """Delete a file, and what was made from it."""
        await asyncio.to_thread(discarding.discard, self.root, name)

    async def discard_all(self, names: Sequence[str]) -> list[str]:
        """Delete these files and what was made from them; returns those that are gone."""
        return await asyncio.to_thread(discarding.discard_all, self.root, names)

    async def shrink(self, name: str, room: int) -> Path | None:
        """Return a copy of a stored video with at most `room` bytes, reusing an earlier one that fits; None if there
        can be none.

        Raises OSError if the disk or this machine is the cause.
        """
        target, _ = discarding.smaller(self.root, name)
        async with self._shrinking:
            if await self._whole_within(target, room):
                return target
            try:
                await shrink.shrink(self.path(name), target, room)
            except shrink.CannotShrink as error:
                log.warning("not_shrunk", file=name, room=room, why=error)
                return None
            return target

    async def drop_smaller(self, name: str) -> None:
        """Delete the smaller copy of a video."""

        def remove() -> None:
            for path in discarding.smaller(self.root, name):
                path.unlink(missing_ok=True)

        await asyncio.to_thread(remove)

    async def join(self, sources: Sequence[Path], name: str) -> Video:
        """Write the videos one after the other as `name`, and check that all of it plays.

        Raises ProviderError RESULT_UNUSABLE if there can be no such video; OSError if the disk or this machine is the
        cause.
        """
        target = self.path(name)
        async with self._joining:
            inventory = await self.inventory_here()
            most = min(inventory.free - inventory.reserve, inventory.most)
            if most < sum([(await asyncio.to_thread(source.stat)).st_size for source in sources]):
                raise OSError(errno.ENOSPC, "there is no room for a joined video")
            try:
                await join.join(sources, target, most)
            except encoding.CannotEncode as error:
                raise ProviderError(Fault.RESULT_UNUSABLE, str(error)) from error
        await self.check_video(target)
        size, digest = await asyncio.to_thread(_measured, target)
        return Video(file=name, size=size, media_type="video/mp4", sha256=digest)

    async def last_frame(self, path: Path) -> tuple[bytes, tuple[int, int]]:
        """Return the last picture of a video in a file, and its width and height.

        Raises ProviderError RESULT_UNUSABLE if none can be decoded; OSError if the file is gone, or this machine is the
        cause.
        """
        try:
            reply, picture = await self._videos.do({"do": "last frame", "path": str(path)})
        except WorkerFailed as failed:
            log.warning("frame_not_read", file=path.name, trouble=failed.trouble, why=str(failed))
            raise ProviderError(Fault.RESULT_UNUSABLE, f"it cannot be decoded ({failed.trouble})") from failed
        width, height = reply["size"]
        return picture, (int(width), int(height))

    async def keep_file(self, name: str, data: bytes) -> Path:
        """Store bytes under `name`, and return where. Raises OSError, and then stores nothing."""
        await asyncio.to_thread(_write, self.path(name), data)
        return self.path(name)

    async def drop_file(self, name: str) -> None:
        """Delete a file that `keep_file` stored. Raises OSError."""
        await asyncio.to_thread(discarding.discard, self.root, name)

    async def inventory(self) -> MediaInventory:
        """Return the inventory of the folder. Raises OSError."""
        return await self.inventory_here()

    async def inventory_here(self) -> MediaInventory:
        """Return the inventory of the folder on this machine. Raises OSError."""
        return await asyncio.to_thread(budget.read_inventory, self.root, self._budget)

    async def remove(self, names: Sequence[str]) -> None:
        """Delete these files. One that is already gone, or that the disk does not release, is skipped."""

        def unlink() -> None:
            for name in names:
                try:
                    self.path(name).unlink(missing_ok=True)
                except OSError as error:
                    log.warning("not_removed", file=name, error=error)

        await asyncio.to_thread(unlink)

    async def try_writing(self, size: int) -> None:
        """Raise OSError if the disk does not accept so many bytes."""
        await asyncio.to_thread(budget.try_writing, self.root, size)

    async def check_video(self, path: Path) -> float:
        """Return the seconds of picture in a video.

        Raises ProviderError RESULT_UNUSABLE if the file is not a complete video, and OSError if the disk or this
        machine is the cause.
        """
        try:
            reply, _ = await self._videos.do({"path": str(path)})
        except WorkerFailed as failed:
            log.warning("video_not_checked", file=path.name, trouble=failed.trouble, why=str(failed))
            raise ProviderError(Fault.RESULT_UNUSABLE, f"it cannot be decoded ({failed.trouble}): {failed}") from failed
        return float(reply["seconds"])

    async def _whole_within(self, path: Path, room: int) -> bool:
        try:
            if (await asyncio.to_thread(path.stat)).st_size > room:
                return False
            await self.check_video(path)
        except (OSError, ProviderError):
            return False
        return True


def _measured(path: Path) -> tuple[int, str]:
    """Return the size of a file and its SHA-256."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, data: bytes) -> None:
    with atomic_file(path) as part:
        part.write_bytes(data)
