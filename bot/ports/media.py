"""The media folder, as use cases and workers need it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.domain.media_inventory import MediaInventory


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedImage:
    """An image that may be shown and sent. suffix: the ending its file name should have, without a dot."""

    data: bytes
    media_type: str
    suffix: str


class MediaFolder(Protocol):
    """The folder of finished videos and reference images."""

    def video_path(self, generation_id: str) -> Path:
        """Where a generation's video is or will be."""
        ...

    def path(self, name: str) -> Path:
        """A kept file by its name."""
        ...

    async def check_image(self, data: bytes) -> CheckedImage:
        """The image, upright and bounded; raises Refusal."""
        ...

    async def read(self, name: str) -> bytes:
        """All of a kept image; raises OSError where it is gone."""
        ...

    async def keep_image(self, name: str, data: bytes) -> None:
        """Keep a checked image under `name`, on the disk before this returns; raises OSError, and then keeps nothing."""
        ...

    async def fit_image(self, name: str, size: str) -> Path:
        """A kept image as PNG of exactly `size` ("1280x720"); raises OSError where it is gone or no image, EAGAIN where this
        machine is the trouble."""
        ...

    async def discard(self, name: str) -> None:
        """Forget a file that nothing refers to."""
        ...

    async def shrink(self, name: str, room: int) -> Path | None:
        """A copy of a kept video that has at most `room` bytes, an earlier one where it fits; None where there can be none.

        Raises OSError where the disk or this machine is the trouble.
        """
        ...

    async def drop_smaller(self, name: str) -> None:
        """Forget the smaller copy of a video."""
        ...

    async def stock(self) -> MediaInventory:
        """What is there; raises OSError."""
        ...

    async def remove(self, names: Sequence[str]) -> None:
        """Remove just these files; one that is gone, or that the disk does not let go, is passed over."""
        ...

    async def try_writing(self, size: int) -> None:
        """Raises OSError where the disk does not take so many bytes."""
        ...

    async def check_video(self, path: Path) -> float:
        """How many seconds of picture a video has. Raises ProviderError RESULT_UNUSABLE where the file is no video, or not all
        of one; OSError where the disk or this machine is the trouble."""
        ...
