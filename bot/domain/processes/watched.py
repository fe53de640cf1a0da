"""What the watchers saw last, for the metrics: room, the newest backup, the newest starts, and what the operator was told of."""

from dataclasses import dataclass, field
from datetime import datetime

TROUBLES = ("uniall", "discord", "media", "disk", "backup", "stuck", "places", "restarts")


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaUse:
    """Bytes of the media folder. size: of all files; most: MEDIA_BUDGET. needed: of those that may not go; None if not known."""

    size: int
    most: int
    needed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskUse:
    """Bytes of a disk, as far as this process may use it."""

    free: int
    total: int

    @property
    def used(self) -> float:
        """The used share, from 0 to 1."""
        return 1 - self.free / self.total if self.total else 0.0


@dataclass(slots=True, kw_only=True)
class Watched:
    """The latest values; None where one is not known. disks: by what lies there. starts: in the last hour.

    backs_up: whether the bot would know of a backup; it does not with PostgreSQL, which is saved by its own tools.

    troubles: whether the operator has been told of each, and not yet of its end.
    """

    media: MediaUse | None = None
    disks: dict[str, DiskUse] = field(default_factory=dict[str, DiskUse])
    log_bytes: int | None = None
    backs_up: bool = True
    last_backup: datetime | None = None
    starts: int | None = None
    troubles: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(TROUBLES, False))
