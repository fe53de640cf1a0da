"""Where that part of a request came from which its member did not type; the card says so."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """A part of a request."""

    MODEL = "model"
    SHAPE = "shape"
    LENGTH = "length"
    SOUND = "sound"
    SEED = "seed"
    AVOID = "avoid"
    IMAGE = "image"
    END_IMAGE = "end_image"
    STYLE = "style"


class StyleSince(StrEnum):
    """What became of a style in its server since an earlier version was made with it."""

    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A part that was not used. value: as it was wanted: a shape, seconds, a seed, "on" or "off", the name of a style."""

    part: Part
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """What a request took over from its member's defaults, and from the video of its thread.

    left_out: parts of the defaults, or of a form, that the model cannot do or that do not exist any more. style_since:
    the style is that of the version before, whose text the server has changed or removed since.
    """

    defaults: tuple[Part, ...] = ()
    thread: tuple[Part, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    style_since: StyleSince | None = None


NOTHING_TAKEN = Origins()
