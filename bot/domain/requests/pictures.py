"""Which pictures a model takes, and the pixels that make another one fit: it is scaled as a whole, never cropped."""

import math
from dataclasses import dataclass, replace

LONGEST_SIDE = 2048  # pixels; larger than any video on offer
MEGABYTE = 1_000_000  # as vendors count, where they do not say
HALF_A_CARD = 12.0  # megabytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimits:
    """The pictures that a model takes.

    min_side: pixels of the shorter side. max_side: pixels of the longer one. max_ratio: of the longer side to the shorter
    one. max_mb: megabytes.
    """

    min_side: int = 1
    max_side: int | None = None
    max_ratio: float | None = None
    max_mb: float | None = None

    @property
    def longest(self) -> int:
        """The pixels of the longer side, at most."""
        return min(self.max_side or LONGEST_SIDE, LONGEST_SIDE)

    @property
    def max_bytes(self) -> int | None:
        """The size of the file, at most; None where there is no limit."""
        return None if self.max_mb is None else int(self.max_mb * MEGABYTE)

    @property
    def widest(self) -> float:
        """The ratio of the longer side to the shorter one, at most: beyond it, no size keeps both sides within bounds."""
        possible = self.longest / self.min_side
        return possible if self.max_ratio is None else min(possible, self.max_ratio)

    def can_fit(self, width: int, height: int) -> bool:
        """Whether a picture of so many pixels fits, at this size or at another one."""
        return max(width, height) <= self.widest * min(width, height) + 1e-6

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """The pixels at which such a picture fits, in its own shape to within a pixel. Only for one that `can_fit`."""
        short, long = sorted((width, height))
        scale = min(1.0, self.longest / long)
        scale = max(scale, self.min_side / short)
        # Rounded towards the square, so that no rounding makes a picture wider than it may be.
        short = max(self.min_side, math.ceil(short * scale - 1e-6))
        long = min(self.longest, math.floor(long * scale + 1e-6), math.floor(short * self.widest + 1e-6))
        long = max(short, long)
        return (long, short) if width > height else (short, long)

    def takes(self, width: int, height: int, size: int) -> bool:
        """Whether the picture fits as it is. size: bytes."""
        return (
            self.can_fit(width, height)
            and min(width, height) >= self.min_side
            and max(width, height) <= self.longest
            and (self.max_bytes is None or size <= self.max_bytes)
        )


def beside_another(limits: PictureLimits | None) -> PictureLimits:
    """The limits of a picture that shares its card with another one: Discord takes 25 MiB in one request."""
    limits = limits or PictureLimits()
    return replace(limits, max_mb=min(limits.max_mb or HALF_A_CARD, HALF_A_CARD))


def ratio_of(width: int, height: int) -> float:
    """The ratio of the longer side to the shorter one."""
    short, long = sorted((max(width, 1), max(height, 1)))
    return long / short
