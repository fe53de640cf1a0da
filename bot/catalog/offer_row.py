"""One offer as the models file states it, with every rule that a row must keep.

A row has a key for each thing in which models differ (`models.toml` explains them); without a key, the row is as those
of Sora. A place, as in `seed = "extra_body.seed"`, is the path of a field in the body of the request.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any, Literal, cast

from bot.catalog.places import Places
from bot.catalog.table import Keys, Table
from bot.domain.generation import Orientation
from bot.domain.provider import Format
from bot.domain.quota.ledger import MICROS
from bot.domain.requests.pictures import PictureLimits
from bot.system.plain_values import flag, number, one_of, text, whole

LONGEST = 600  # seconds; a span is written out
_TEMPLATE = re.compile(r"\{(orientation|seconds)\}")
_PIXELS = re.compile(r"[1-9]\d{1,4}[x*][1-9]\d{1,4}", re.ASCII)
_SIZES = {
    "landscape": Orientation.LANDSCAPE,
    "portrait": Orientation.PORTRAIT,
    "square": Orientation.SQUARE,
    "4:3": Orientation.FOUR_BY_THREE,
    "3:4": Orientation.THREE_BY_FOUR,
}
_NEEDED_SIZES = ("landscape", "portrait")
_LIMITS = ("min_side", "max_side", "max_ratio", "max_mb")
_PLAIN_KEYS = (
    *("model", "format", "seconds", "usd_per_second", "estimate", "resolution", "ratios", "image", "end_image"),
    *("shape_from_image", "audio", "seed", "negative", "extra", "prompt_max", "enabled", "sunset"),
)
KEYS: Keys = {**dict.fromkeys(_PLAIN_KEYS), "sizes": dict.fromkeys(_SIZES), "image_limits": dict.fromkeys(_LIMITS)}

Image = bool | Literal["required"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """One [[family.offer]] of the file. sizes: pixels by shape, as "1280x720" or, in the media format, "1280*720"."""

    model: str
    format: Format
    seconds: tuple[int, ...]
    usd_per_second: float
    estimate: bool
    resolution: str | None
    sizes: Mapping[Orientation, str]
    ratios: tuple[Orientation, ...]
    image: Image
    end_image: bool
    shape_from_image: bool
    image_limits: PictureLimits | None
    audio: str | None
    seed: str | None
    negative: str | None
    extra: dict[str, Any]
    prompt_max: int | None
    enabled: bool
    sunset: date | None

    @property
    def template(self) -> bool:
        """Whether the ids that it stands for state the shape and the length."""
        return "{" in self.model


def read_offer(row: Table) -> OfferRow:
    """Read one row. Raises Fault for the first key of this order that breaks a rule."""
    model = row.needed("model", _model)
    form = row.needed("format", lambda value: Format(one_of(value, tuple(Format))))
    seconds = row.needed("seconds", _lengths)
    price = row.needed("usd_per_second", _price)
    estimate = row.given("estimate", flag, default=False)
    resolution = row.given("resolution", text, None)
    row.checked("resolution", lambda: _check_resolution(resolution, form))
    sizes = _sizes(row, form)
    ratios = row.given("ratios", partial(_shapes, model=model, sized=bool(sizes)), ())
    image: Image = row.given("image", _image, default=True)
    end_image = row.given("end_image", flag, default=False)
    row.checked("end_image", lambda: _check_end_image(end_image, image, form))
    follows = row.given("shape_from_image", flag, default=False)
    row.checked("shape_from_image", lambda: _check_follows(follows, image, form))
    limits = _image_limits(row, image)
    places = Places(form, sized=bool(sizes))
    audio = row.given("audio", places.of_sound, None)
    seed = row.given("seed", places.take, None)
    negative = row.given("negative", places.take, None)
    return OfferRow(
        model=model,
        format=form,
        seconds=seconds,
        usd_per_second=price,
        estimate=estimate,
        resolution=resolution,
        sizes=sizes,
        ratios=ratios,
        image=image,
        end_image=end_image,
        shape_from_image=follows,
        image_limits=limits,
        audio=audio,
        seed=seed,
        negative=negative,
        extra=row.given("extra", places.constants, dict[str, Any]()),
        prompt_max=row.given("prompt_max", partial(whole, above=0), None),
        enabled=row.given("enabled", flag, default=True),
        sunset=row.given("sunset", _day, None),
    )


def _model(value: object) -> str:
    model = text(value, least=1, most=100)
    names = _TEMPLATE.findall(model)
    if re.search(r"[\s{}]", _TEMPLATE.sub("", model)) or (names and sorted(names) != ["orientation", "seconds"]):
        raise ValueError("is an id without spaces, or a template with {orientation} and {seconds}, once each")
    return model


def _lengths(value: object) -> tuple[int, ...]:
    """Read a list, or write out a span: {from = 3, to = 15} is every whole second between the two."""
    if isinstance(value, list):
        if not value:
            raise ValueError("has at least one length")
        return tuple(whole(one, above=0) for one in cast("list[object]", value))
    span = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    first, last = span.get("from"), span.get("to")
    if set(span) != {"from", "to"} or type(first) is not int or type(last) is not int or not 0 < first <= last:
        raise ValueError("is a list, or { from = the shortest, to = the longest }, in whole seconds")
    if last > LONGEST:
        raise ValueError(f"ends at {LONGEST} at most")
    return tuple(range(first, last + 1))


def _price(value: object) -> float:
    price = number(value, least=0, most=1000)
    if price and not round(price * MICROS):
        raise ValueError("is less than a millionth of a dollar")
    return price


def _check_resolution(resolution: str | None, form: Format) -> None:
    own = Format.VIDEOS
    if (resolution is not None) != (form is own):
        raise ValueError(f"the {own} format needs it, and no other has a place for it")


def _sizes(row: Table, form: Format) -> Mapping[Orientation, str]:
    """Read the pixels of each shape that has some; empty where there are none."""
    sizes: dict[Orientation, str] = {}
    if table := row.table("sizes"):
        for key, shape in _SIZES.items():
            if size := (table.needed(key, _pixels) if key in _NEEDED_SIZES else table.given(key, _pixels, None)):
                sizes[shape] = size
    row.checked("sizes", lambda: _check_sizes(sizes, form))
    return sizes


def _pixels(value: object) -> str:
    if not _PIXELS.fullmatch(text(value)):
        raise ValueError('is a number of pixels such as "1280x720"')
    return text(value)


def _check_sizes(sizes: Mapping[Orientation, str], form: Format) -> None:
    if (form is Format.OPENAI and not sizes) or (form in (Format.TASK, Format.VIDEOS) and sizes):
        raise ValueError("the openai format needs it; besides that only the media format has a place for it")
    if form is Format.OPENAI and ("*" in "".join(sizes.values()) or len(sizes) > len(_NEEDED_SIZES)):
        raise ValueError('the openai format has landscape and portrait only, as "1280x720"')


def _shapes(value: object, *, model: str, sized: bool) -> tuple[Orientation, ...]:
    """Turn ratios into shapes: ["16:9", "1:1"]."""
    known = {shape.ratio: shape for shape in Orientation}
    if not isinstance(value, list) or not value:
        raise ValueError("is a list of ratios")
    ratios = cast("list[object]", value)
    if unknown := [ratio for ratio in ratios if not isinstance(ratio, str) or ratio not in known]:
        raise ValueError(f"{unknown[0]} is none of {', '.join(known)}")
    if sized:
        raise ValueError("`sizes` has its shapes already")
    if "{" in model:
        raise ValueError("the ids of a template are landscape and portrait")
    return tuple(dict.fromkeys(known[str(ratio)] for ratio in ratios))


def _image(value: object) -> Image:
    if isinstance(value, bool):
        return value
    if value == "required":
        return "required"
    raise ValueError('is true, false or "required"')


def _check_end_image(end_image: bool, image: Image, form: Format) -> None:
    if end_image and image is False:
        raise ValueError("needs an image")
    if end_image and form is not Format.MEDIA:
        raise ValueError("only the media format has a place for it")


def _check_follows(follows: bool, image: Image, form: Format) -> None:
    if follows and image is False:
        raise ValueError("needs an image")
    if follows and form is Format.OPENAI:
        raise ValueError("the openai format needs a size for each picture")


def _image_limits(row: Table, image: Image) -> PictureLimits | None:
    """Read the pictures that a model takes."""
    if (table := row.table("image_limits")) is None:
        return None
    shortest = table.given("min_side", partial(whole, least=1, most=2048), 1)
    longest = table.given("max_side", partial(whole, least=64, most=2048), None)
    table.checked("max_side", lambda: _check_longest(longest, shortest))
    limits = PictureLimits(
        min_side=shortest,
        max_side=longest,
        max_ratio=table.given("max_ratio", partial(number, least=1, most=100), None),
        max_mb=table.given("max_mb", partial(number, least=0.1, most=20), None),
    )
    row.checked("image_limits", lambda: _check_image(image))
    return limits


def _check_longest(longest: int | None, shortest: int) -> None:
    if longest is not None and longest < shortest:
        raise ValueError("is below min_side")


def _check_image(image: Image) -> None:
    if image is False:
        raise ValueError("needs an image")


def _day(value: object) -> date:
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("is a day such as 2027-01-31")
    return value
