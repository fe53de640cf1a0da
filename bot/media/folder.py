"""The media folder: finished videos and reference images, by generated names only (nothing a member typed is a path)."""

import asyncio
import contextlib
import os
from pathlib import Path

from bot.domain.errors import Unusable
from bot.domain.ports import CheckedImage
from bot.media import images, videos


class MediaFolder:
    """`bot.domain.ports.MediaFolder` on a local folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._decoding = asyncio.Semaphore(2)  # a decoded image may take 200 MB

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
        """Keep a checked image under `name`, on the disk before this returns."""
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
            for path in (self.path(name), *self.root.glob(f"{Path(name).stem}-*x*.png")):
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()

        await asyncio.to_thread(remove)

    async def check_video(self, path: Path) -> None:
        """Raises ProviderError RESULT_UNUSABLE where the file is no video, or not all of one."""
        await asyncio.to_thread(videos.check, path)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
