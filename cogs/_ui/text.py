"""Formatting of amounts, times and prompts. Prompts are escaped so that they cannot format, link or ping."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.domain.generation import Generation, Orientation
from bot.domain.messages import links
from bot.domain.queue.expected_time import rough
from bot.domain.quota.ledger import Amount, usd
from bot.domain.quota.limits import Limit, LimitUsage, Unit
from bot.domain.refusals.models import NamedPrice
from bot.domain.versions.version import Version
from cogs._ui.wording import Words

_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # would change the direction of the card's own text
_SIGNS = re.compile(r"[\\*_~|`<\[\]@]|:(?=//)")  # characters that begin Markdown, a mention or a link
_FIRST = re.compile(r"^(\d*)([#>+.-])")  # begins a heading, a quote or a list
_BAR = 10
_AVOID_SHOWN = 100  # characters
_STYLE_SHOWN = 64  # of a name of 32, each of which may need an escape


def without_direction_marks(prompt: str) -> str:
    """Remove the characters that change the direction of the text that follows."""
    return _DIRECTION.sub("", prompt)


def safe(prompt: str, most: int) -> str:
    """Return a prompt for use in a card: on one line, without Markdown, links or pings, at most `most` characters."""
    line = " ".join(without_direction_marks(links.shown(prompt)).split())
    shown = _FIRST.sub(r"\1\\\2", _SIGNS.sub(r"\\\g<0>", line))
    if len(shown) <= most:
        return shown
    return f"{shown[: most - 1].rstrip(chr(92))}…"


def inline(part: str) -> str:
    """Escape a part of a prompt as `safe` does, but keep its spaces."""
    return _SIGNS.sub(r"\\\g<0>", without_direction_marks(part))


def alt(prompt: str) -> str:
    """Return a prompt as the description of a picture or video: plain text, at most 1,024 characters."""
    line = " ".join(links.shown(prompt).split())
    return line if len(line) <= 1024 else f"{line[:1023]}…"


def title(words: Words, generation: Generation, name: str = "card-title", **more: str) -> str:
    """Return model, shape, length and price on one line, and from the second version on its number."""
    return words(
        name,
        family=generation.family,
        orientation=shape_of(words, generation),
        seconds=generation.seconds,
        price=price(words, generation.price_micros, estimate=generation.estimate),
        version=later_version(words, generation),
        **more,
    )


def later_version(words: Words, generation: Generation) -> str:
    """Return " · v2"; "" for the first version, which most videos remain."""
    return f" · {words('version-name', version=generation.version)}" if generation.version > 1 else ""


SHAPES: Mapping[Orientation, str] = MappingProxyType(
    {shape: str(shape) if ":" in shape else shape.capitalize() for shape in Orientation}
)  # as the choices of a command are written in the source


def shape(words: Words, orientation: Orientation) -> str:
    """Return the name of a shape: "Landscape", "Square", "4:3"."""
    return str(orientation) if ":" in orientation else words(orientation)


def shape_of(words: Words, generation: Generation) -> str:
    """Return the shape of a video, or that it follows the picture, whatever shape was asked for."""
    return words("shape-from-image") if generation.shape_from_image else shape(words, generation.orientation)


def asked(words: Words, generation: Generation) -> str:
    """Return on one line what was asked besides prompt, shape and length; "" where nothing was."""
    return asked_of(
        words,
        sound=generation.sound,
        seed=generation.seed,
        end_image=generation.end_image is not None,
        avoid=generation.avoid,
        style=generation.style.name if generation.style else None,
    )


def asked_of(
    words: Words, *, sound: bool | None, seed: int | None, end_image: bool, avoid: str | None, style: str | None
) -> str:
    """Return the same for what is not a video yet. style: its name."""
    parts = [
        words("card-style", style=safe(style, _STYLE_SHOWN)) if style else "",
        words("card-sound-on" if sound else "card-sound-off") if sound is not None else "",
        words("card-seed", seed=str(seed)) if seed is not None else "",
        words("card-end-image") if end_image else "",
        words("card-avoid", avoid=safe(avoid, _AVOID_SHOWN)) if avoid else "",
    ]
    return " · ".join(part for part in parts if part)


def origin(words: Words, version: Version) -> str:
    """Return the name of a version, with a link to it where there is one."""
    name = words("version-name", version=version.generation.version)
    return f"[{name}]({version.link})" if version.link else name


def of_another(words: Words, source: Version, generation: Generation) -> str:
    """Return the name of the version that this one was made from, and its author; "" where that is the same member.

    A version that not all can read is not named, nor is an author who had everything deleted.
    """
    old = source.generation
    if source.elsewhere or not old.prompt or old.member_id == generation.member_id:
        return ""
    return words("version-of", version=origin(words, source), author=f"<@{old.member_id}>")


def price(words: Words, micros: int, *, estimate: bool) -> str:
    """Return the price of a video, from micro-dollars: "$0.544", or "about $1.00" for an estimate."""
    return words("price-about", price=usd(micros)) if estimate else usd(micros)


def total(words: Words, micros: int, *, estimates: int) -> str:
    """Return a sum of prices, from micro-dollars. estimates: how many of them are estimates."""
    return price(words, micros, estimate=estimates > 0 and micros > 0)


def use(words: Words, usage: LimitUsage, number: int) -> str:
    """Return an amount of what is used or held of a limit: "24 s", "about $1.20" where estimates may be in it."""
    if usage.limit.unit is Unit.USD:
        return total(words, number, estimates=int(usage.estimate))
    return amount(words, usage.limit.unit, number)


def a_second(words: Words, price: NamedPrice) -> str:
    """Return the price of a second of a model: "$0.068 a second", "about $0.084–$0.126 a second"."""
    return words("rate-about" if price.estimate else "rate", price=rates(price.low, price.high))


def shortened(name: str, most: int) -> str:
    """Return a name of at most `most` characters; the end of a longer one is "…"."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def spans(seconds: Iterable[int]) -> list[str]:
    """Return lengths: "3–15" where none between is missing, else each of them."""
    lengths = sorted(set(seconds))
    if len(lengths) > 2 and lengths[-1] - lengths[0] == len(lengths) - 1:
        return [f"{lengths[0]}–{lengths[-1]}"]
    return [str(length) for length in lengths]


def rates(low: int, high: int) -> str:
    """Return a price per second, from micro-dollars: "$0.068", or "$0.068–$0.204" if it depends on the options."""
    return usd(low) if low == high else f"{usd(low)}–{usd(high)}"


def amount(words: Words, unit: Unit, number: int) -> str:
    """Return an amount: "3 videos", "24 s", "$1.20"."""
    return usd(number) if unit is Unit.USD else words(f"unit-{unit}", amount=number)


def needs(words: Words, limit: Limit, cost: Amount, *, estimate: bool) -> str:
    """Return what a job costs, in the unit of a limit. estimate: its price is an estimate."""
    if limit.unit is Unit.USD:
        return price(words, cost.micros, estimate=estimate)
    return amount(words, limit.unit, limit.unit.of(cost))


def bar(part: int, whole: int, *, held: int = 0, length: int = _BAR) -> str:
    """Return a bar of so many characters: "▰▰▰▱▱▱▱▱▱▱". held: a second part, marked apart: "▰▰▰▨▱▱▱▱▱▱".

    It is empty only if both parts are 0 and full only if they are the whole. A part that is not 0 has at least one
    character, if there is room for it beside the others.
    """
    filled = _share(part + held, whole, length)
    if part > 0 and held > 0 and filled == 1:  # two tiny parts
        filled = min(2, length)
    first = min(filled, _share(part, whole, length))
    if held > 0 and first == filled and filled > 1:
        first -= 1
    return "▰" * first + "▨" * (filled - first) + "▱" * (length - filled)


def _share(part: int, whole: int, length: int) -> int:
    if part >= whole:
        return length
    if part <= 0:
        return 0
    return min(length - 1, max(1, (2 * part * length + whole) // (2 * whole)))


def relative(at: datetime) -> str:
    """Return a time that Discord shows relative to now, in each reader's language: "in 2 minutes"."""
    return f"<t:{int(at.timestamp())}:R>"


def moment(at: datetime) -> str:
    """Return a time with its date, and how far from now it is; Discord shows both in each reader's language."""
    return f"{date_and_time(at)} ({relative(at)})"


def date_and_time(at: datetime) -> str:
    """Return a time that Discord shows as date and time, in each reader's language and time zone."""
    return f"<t:{int(at.timestamp())}:f>"


def listed(words: Words, parts: Iterable[str]) -> str:
    """Return "a, b, c"."""
    return words("list-comma").join(parts)


def either(words: Words, parts: Sequence[str]) -> str:
    """Return "a, b or c"."""
    *before, last = parts
    return words("list-or", before=listed(words, before), last=last) if before else last


def length(words: Words, seconds: float) -> str:
    """Return a duration: "45 s", "1 min 32 s", "2 h 5 min"."""
    whole = max(1, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours and minutes:
        return words("length-hours-minutes", hours=hours, minutes=minutes)
    if hours:
        return words("length-hours", hours=hours)
    if minutes and rest:
        return words("length-minutes-seconds", minutes=minutes, seconds=rest)
    if minutes:
        return words("length-minutes", minutes=minutes)
    return words("length-seconds", seconds=rest)


def rough_length(words: Words, seconds: float) -> str:
    """Return a duration, rounded up so that it changes seldom."""
    return length(words, rough(seconds))
