"""What a member may ask of a video, and what a model may lack for it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.generation import Generation, Orientation

MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoOptions:
    """What is asked of one video. None: nothing was said, and the model decides.

    image, end_image: whether it starts from a picture, and ends with one. picture: width and height of the first picture
    in pixels, where they are known; without an orientation, the video takes its shape. sound: True for with sound, False
    for without. avoid: what the video must not show. seed: 0 to 2147483647. prompt_length: characters.
    """

    orientation: Orientation | None = None
    seconds: int | None = None
    image: bool = False
    end_image: bool = False
    picture: tuple[int, int] | None = None
    sound: bool | None = None
    avoid: str | None = field(default=None, repr=False)
    seed: int | None = None
    prompt_length: int = 0


class Lack(StrEnum):
    """Something that was asked for and that a model cannot do."""

    SHAPE = "shape"
    LENGTH = "length"
    IMAGE = "image"
    NO_IMAGE = "no_image"  # it only works from a picture
    END_IMAGE = "end_image"
    SOUND_ON = "sound_on"
    SOUND_OFF = "sound_off"
    AVOID = "avoid"
    SEED = "seed"
    PROMPT_LENGTH = "prompt_length"


def options_of(generation: Generation) -> VideoOptions:
    """Return what a generation was accepted with."""
    return VideoOptions(
        orientation=generation.orientation,
        seconds=generation.seconds,
        image=generation.image is not None,
        end_image=generation.end_image is not None,
        sound=generation.sound,
        avoid=generation.avoid,
        seed=generation.seed,
        prompt_length=len(generation.sent_prompt),
    )


def nearest_shape(shapes: Collection[Orientation], width: int, height: int) -> Orientation:
    """Return the one of these shapes that is nearest to a picture of so many pixels."""
    return min(shapes, key=lambda shape: _distance(shape, width, height))


def by_nearness(shapes: Collection[Orientation], to: Orientation) -> list[Orientation]:
    """Return these shapes, the nearest to another one first."""
    wide, high = (int(part) for part in to.ratio.split(":"))
    return sorted(shapes, key=lambda shape: (_distance(shape, wide, high), shape.ratio))


def _distance(shape: Orientation, width: int, height: int) -> float:
    """Return by which factor the picture is too wide or too high for a shape; 1.0 where it has that shape."""
    wide, high = (int(part) for part in shape.ratio.split(":"))
    factor = (max(width, 1) * high) / (max(height, 1) * wide)
    return max(factor, 1 / factor)
