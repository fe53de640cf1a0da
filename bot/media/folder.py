"""The media folder: finished videos and reference images, by generated names only (nothing a member typed is a path)."""

import asyncio
import contextlib
import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from bot.domain.errors import ProviderError, Unusable
from bot.domain.jobs import Fault
from bot.domain.media_inventory import MediaInventory
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from bot.media import budget, images, shrink
from bot.media.budget import Budget
from bot.media.worker import IMAGES, VIDEOS, WorkerFailed, WorkerPool, WorkerTrouble
from bot.ports.media import CheckedImage
from bot.runtime.files import atomic_file, close_to_others, part_of

log = structlog.stdlib.get_logger()

PLACE_WITHIN = 20.0  # seconds: whoever added a picture waits for an answer


class LocalMediaFolder:
    """`bot.ports.media.MediaFolder` on a local folder. Files are decoded in worker processes.

    keep_workers: seconds for which one that has nothing to do stays for the next file; where it is not 0, `close` is due.
    """

    def __init__(self, root: Path, room: Budget | None = None, *, keep_workers: float = 0.0) -> None:
        self.root = root
        self._budget = room or Budget(most=2**62)
        self._images = WorkerPool(IMAGES, keep=keep_workers)
        self._videos = WorkerPool(VIDEOS, keep=keep_workers)
        self._stopping = asyncio.Event()
        self._shrinking = asyncio.Semaphore(1)  # it takes all of the processor that nobody else wants

    def prepare(self) -> None:
        """Make the folder; raises Unusable where it cannot be written."""
        probe = self.root / ".probe"
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            close_to_others([self.root, *(self.root / file.name for file in budget.files(self.root))])
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
        """The image, upright and bounded; raises Refusal (see `images.check`), `image_too_slow` or `images_busy`."""
        images.check_size(len(data))
        work = asyncio.ensure_future(self._images.do({"do": "check"}, data, wait=PLACE_WITHIN))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise Refusal(RefusalCode.RESTARTING)
            said, checked = work.result()
        except WorkerFailed as failed:
            log.warning("image_not_checked", trouble=failed.trouble, why=str(failed))
            raise _not_checked(failed.trouble) from failed
        except OSError as error:
            log.error("no_worker", error=error)
            raise Refusal(RefusalCode.IMAGES_BUSY) from error
        finally:
            await _cancelled(work, stopping)
        return CheckedImage(data=checked, media_type=said["media_type"], suffix=said["suffix"])

    def refuse_images(self) -> None:
        """The bot is stopping: whoever waits for a picture to be checked is told so, now."""
        self._stopping.set()

    async def close(self) -> None:
        """End the workers that have nothing to do; those that work end with whoever waits for them."""
        await self._images.close()
        await self._videos.close()

    async def read(self, name: str) -> bytes:
        """All of a kept image; raises OSError where it is gone."""
        return await asyncio.to_thread(self.path(name).read_bytes)

    async def keep_image(self, name: str, data: bytes) -> None:
        """Keep a checked image under `name`, on the disk before this returns; raises OSError, and then keeps nothing."""
        await asyncio.to_thread(_write, self.path(name), data)

    async def fit_image(self, name: str, size: str) -> Path:
        """A kept image as PNG of exactly `size`; raises OSError where it is gone or no image, EAGAIN where this machine is
        the trouble."""
        target = self.root / f"{Path(name).stem}-{size}.png"
        try:
            await self._images.do({"do": "fit", "source": str(self.path(name)), "target": str(target), "size": size})
        except WorkerFailed as failed:
            log.warning("image_not_fitted", file=name, trouble=failed.trouble, why=str(failed))
            number = errno.EINVAL if failed.trouble is WorkerTrouble.CRASH else errno.EAGAIN
            raise OSError(number, f"{name} cannot be cut to size: {failed}") from failed
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
            if await self._whole_within(target, room):
                return target
            try:
                await shrink.shrink(self.path(name), target, room)
            except shrink.CannotShrink as error:
                log.warning("not_shrunk", file=name, room=room, why=error)
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
        return target, part_of(target)

    async def inventory(self) -> MediaInventory:
        """What is there; raises OSError."""
        return await asyncio.to_thread(budget.take_stock, self.root, self._budget)

    async def remove(self, names: Sequence[str]) -> None:
        """Remove just these files; one that is gone, or that the disk does not let go, is passed over."""

        def unlink() -> None:
            for name in names:
                try:
                    self.path(name).unlink(missing_ok=True)
                except OSError as error:
                    log.warning("not_removed", file=name, error=error)

        await asyncio.to_thread(unlink)

    async def try_writing(self, size: int) -> None:
        """Raises OSError where the disk does not take so many bytes."""
        await asyncio.to_thread(budget.try_writing, self.root, size)

    async def check_video(self, path: Path) -> float:
        """How many seconds of picture a video has. Raises ProviderError RESULT_UNUSABLE where the file is no video, or not all
        of one; OSError where the disk or this machine is the trouble."""
        try:
            said, _ = await self._videos.do({"path": str(path)})
        except WorkerFailed as failed:
            log.warning("video_not_checked", file=path.name, trouble=failed.trouble, why=str(failed))
            raise ProviderError(Fault.RESULT_UNUSABLE, f"it cannot be decoded ({failed.trouble}): {failed}") from failed
        return float(said["seconds"])

    async def _whole_within(self, path: Path, room: int) -> bool:
        try:
            if (await asyncio.to_thread(path.stat)).st_size > room:
                return False
            await self.check_video(path)
        except (OSError, ProviderError):
            return False
        return True


def _not_checked(trouble: WorkerTrouble) -> Refusal:
    """Why a picture that cost its worker is not taken."""
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


def _write(path: Path, data: bytes) -> None:
    with atomic_file(path) as part:
        part.write_bytes(data)
