"""What a card says of that part of a request which nobody typed: what came from where, and what was left out."""

from collections.abc import Iterable
from typing import Final

from bot.domain.generation import Generation, Orientation
from bot.domain.requests.origins import NOTHING_TAKEN, LeftOut, Origins, Part, StyleSince
from cogs._ui import text
from cogs._ui.wording import Words

NAME_SHOWN = 64  # characters of a name
AVOID_SHOWN = 40
SINCE: Final = {StyleSince.CHANGED: "taken-style-changed", StyleSince.REMOVED: "taken-style-removed"}


def lines(say: Words, generation: Generation) -> str:
    """Return the lines of a card, or "" where everything was typed or is the bot's own default."""
    origins = generation.origins
    if origins == NOTHING_TAKEN:
        return ""
    style = text.safe(generation.style.name, NAME_SHOWN) if generation.style else ""
    lost = " · ".join(_wanted(say, one) for one in origins.left_out if one.part is not Part.STYLE)
    found = [
        say("taken-thread", what=_values(say, generation, origins.thread)) if origins.thread else "",
        say("taken-defaults", what=_values(say, generation, origins.defaults)) if origins.defaults else "",
        say("taken-left-out", what=lost, family=text.safe(generation.family, NAME_SHOWN)) if lost else "",
        *(say("taken-no-style", style=text.safe(name, NAME_SHOWN)) for name in _styles_gone(origins)),
        say(SINCE[origins.style_since], style=style) if origins.style_since and style else "",
    ]
    return "\n".join(f"-# {line}" for line in found if line)


def _styles_gone(origins: Origins) -> list[str]:
    return [one.value for one in origins.left_out if one.part is Part.STYLE]


def _values(say: Words, generation: Generation, parts: Iterable[Part]) -> str:
    """Return parts of a video: "Kling 3 Std · Portrait · 8 s"."""
    return " · ".join(filter(None, (_value(say, generation, part) for part in parts)))


def _value(say: Words, generation: Generation, part: Part) -> str:
    match part:
        case Part.MODEL:
            return text.safe(generation.family, NAME_SHOWN)
        case Part.SHAPE:
            return text.shape_of(say, generation)
        case Part.LENGTH:
            return say("unit-seconds", amount=generation.seconds)
        case Part.SOUND:
            return say("card-sound-on" if generation.sound else "card-sound-off")
        case Part.SEED:
            return say("card-seed", seed=str(generation.seed))
        case Part.AVOID:
            return say("card-avoid", avoid=text.safe(generation.avoid, AVOID_SHOWN)) if generation.avoid else ""
        case Part.IMAGE:
            return say("taken-picture")
        case Part.END_IMAGE:
            return say("taken-end-picture")
        case Part.STYLE:
            return say("card-style", style=text.safe(generation.style.name, NAME_SHOWN)) if generation.style else ""


def _wanted(say: Words, one: LeftOut) -> str:
    match one.part:
        case Part.SHAPE if one.value in list(Orientation):
            return text.shape(say, Orientation(one.value))
        case Part.LENGTH:
            return say("unit-seconds", amount=int(one.value))
        case Part.SOUND:
            return say("card-sound-on" if one.value == "on" else "card-sound-off")
        case Part.SEED:
            return say("card-seed", seed=one.value)
        case Part.AVOID:
            return say("asked-avoid")
        case Part.END_IMAGE:
            return say("asked-end_image")
        case _:
            return text.safe(one.value, NAME_SHOWN)
