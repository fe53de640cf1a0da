"""The kept files, as use cases and workers need them: in a folder, or in a bucket with a folder of copies beside it.

Wherever a method raises OSError, MediaUnavailable is one of them: the bucket does not serve for now.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from bot.domain.generation import Video
from bot.domain.processes.media_inventory import MediaInventory
from bot.domain.requests.pictures import PictureLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedImage:
    """An image that may be shown and sent. suffix: the extension of its file name, without a dot.

    size: width and height in pixels; None where they were not read.
    """

    data: bytes
    media_type: str
    suffix: str
    size: tuple[int, int] | None = None


class MediaFolder(Protocol):
    """The folder of finished videos and reference images."""

    def video_path(self, generation_id: str) -> Path:
        """Where a generation's video is or will be."""
        ...

    def path(self, name: str) -> Path:
        """The path of a stored file, or of its copy, on this machine, whether it is there or not."""
        ...

    async def keep(self, name: str) -> None:
        """Keep a whole file that lies at `path(name)`: it survives this machine, if the files are in a bucket.

        An earlier file of that name is replaced. Raises OSError; FileNotFoundError where there is no such file.
        """
        ...

    async def have(self, name: str) -> Path:
        """A kept file on this machine; it stays there for a quarter of an hour at least.

        Raises OSError; FileNotFoundError where it is not kept.
        """
        ...

    async def has(self, name: str) -> bool:
        """Whether a file is kept. Raises OSError."""
        ...

    async def check_image(self, data: bytes, limits: PictureLimits | None = None) -> CheckedImage:
        """The image, upright and of bounded size, within a model's limits where its shape can be. Raises Refusal."""
        ...

    async def limit_image(self, data: bytes, limits: PictureLimits) -> CheckedImage:
        """A checked image within a model's limits where its shape can be; unchanged where it is already. Raises Refusal."""
        ...

    async def read(self, name: str) -> bytes:
        """The content of a stored image. Raises OSError where it is gone."""
        ...

    async def keep_image(self, name: str, data: bytes) -> None:
        """Store a checked image as `name`, on the disk before this returns. Raises OSError, and then leaves nothing."""
        ...

    async def fit_image(self, name: str, size: str) -> Path:
        """A stored image as PNG of exactly `size` ("1280x720").

        Raises OSError where it is gone or no image, and with EAGAIN where this machine lacks resources.
        """
        ...

    async def still(self, name: str, *, video: bool) -> bytes | None:
        """A small JPEG of a stored video or image; None where there is none. The caller may stop waiting."""
        ...

    async def discard(self, name: str) -> None:
        """Delete a file that nothing refers to, and what was made from it. Raises OSError."""
        ...

    async def discard_all(self, names: Sequence[str]) -> list[str]:
        """Delete some hundred files that nothing refers to; returns those that are gone, and raises nothing."""
        ...

    async def shrink(self, name: str, room: int) -> Path | None:
        """A copy of a stored video of at most `room` bytes, an earlier copy if it fits; None where no such copy is possible.

        Raises OSError where the disk fails or this machine lacks resources.
        """
        ...

    async def drop_smaller(self, name: str) -> None:
        """Delete the smaller copy of a video."""
        ...

    async def inventory(self) -> MediaInventory:
        """The bot's files that are kept. Raises OSError."""
        ...

    async def remove(self, names: Sequence[str]) -> None:
        """Delete exactly these files; one that is gone, or that cannot be deleted, is skipped."""
        ...

    async def try_writing(self, size: int) -> None:
        """Check that the disk accepts `size` bytes. Raises OSError where it does not."""
        ...

    async def check_video(self, path: Path) -> float:
        """The length of a video's picture in seconds.

        Raises ProviderError RESULT_UNUSABLE where the file is no video or an incomplete one; OSError where the disk
        fails or this machine lacks resources.
        """
        ...

    async def join(self, sources: Sequence[Path], name: str) -> Video:
        """Write the videos one after the other as `name`: every frame in order, each one's sound at its place.

        Raises ProviderError RESULT_UNUSABLE where there can be no such video; OSError where the disk fails or has no room,
        or this machine lacks resources.
        """
        ...

    async def last_frame(self, path: Path) -> tuple[bytes, tuple[int, int]]:
        """The last picture of a video, as a file of its full size, and its width and height in pixels.

        Raises ProviderError RESULT_UNUSABLE where none can be decoded; OSError where the file is gone or this machine lacks
        resources.
        """
        ...

    async def keep_file(self, name: str, data: bytes) -> Path:
        """Store bytes as `name` on this machine only; returns the path. Raises OSError, and then leaves nothing."""
        ...

    async def drop_file(self, name: str) -> None:
        """Delete a file that `keep_file` stored. Raises OSError."""
        ...


@runtime_checkable
class Scratch(Protocol):
    """Kept files in a bucket, with a folder of copies on this machine."""

    def watch(self, observe: Callable[[str | None], None]) -> None:
        """Call `observe` after each call to the bucket: with None, or with the reason for which it did not serve."""
        ...

    async def sweep(self) -> bool:
        """Delete the copies that nothing has used for a while; returns whether there is room for another video.

        Raises OSError.
        """
        ...
