"""The files in the media folder, and what each is still needed for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.generation import State
from bot.domain.messages.delivery import DeliveryState


class FileRole(StrEnum):
    """The role of a file in the media folder for its generation. MADE: derived from the others, or not finished yet."""

    VIDEO = "video"
    IMAGE = "image"
    MADE = "made"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file in the media folder, as read from the disk. size: bytes."""

    name: str
    generation_id: str
    part: FileRole
    size: int
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInventory:
    """All of the bot's files in the media folder.

    In bytes: most, what they may use; free, what the disk has left; reserve, what must stay free.
    """

    files: tuple[KeptFile, ...]
    most: int
    free: int
    reserve: int

    @property
    def size(self) -> int:
        """The bytes that the files use."""
        return sum(file.size for file in self.files)

    @property
    def lacking(self) -> int:
        """How many bytes must be freed; 0 where there is enough space."""
        return max(0, self.size - self.most, self.reserve - self.free)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionState:
    """The state of a generation whose files are stored. at: when it was posted, else ended, else accepted."""

    state: State
    delivery: DeliveryState | None
    at: datetime
