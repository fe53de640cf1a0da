"""The files in the media folder, and what each is still needed for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.delivery import DeliveryState
from bot.domain.generation import State


class FileRole(StrEnum):
    """What a file in the media folder is to its generation; made: from the others, or on its way to becoming one."""

    VIDEO = "video"
    IMAGE = "image"
    MADE = "made"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file in the media folder, as the disk says."""

    name: str
    generation_id: str
    part: FileRole
    size: int
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInventory:
    """All of our files in the media folder. In bytes: the most they may take, what its disk has left, and must have."""

    files: tuple[KeptFile, ...]
    most: int
    free: int
    reserve: int

    @property
    def size(self) -> int:
        """What they take."""
        return sum(file.size for file in self.files)

    @property
    def lacking(self) -> int:
        """How many bytes must go; none where there is room."""
        return max(0, self.size - self.most, self.reserve - self.free)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionState:
    """What became of a generation whose files are kept. at: when it was posted, else ended, else accepted."""

    state: State
    delivery: DeliveryState | None
    at: datetime
