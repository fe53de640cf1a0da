"""One offer as the models file states it, with every rule that a row must keep.

A row has a key for each thing in which models differ (`models.toml` explains them); without a key, the row is as those
of Sora. A place, as in `seed = "extra_body.seed"`, is the path of a field in the body of the request.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from bot.domain.generation import Orientation
from bot.domain.pictures import PictureLimits
from bot.domain.provider import OWN_FIELDS, Extra, Format
from bot.domain.quota.ledger import MICROS

_ANY_OWN = frozenset[str]().union(*OWN_FIELDS.values(), {"size"})
FIXED_SOUND = ("always", "never")
LONGEST = 600  # seconds; a span is written out
_TEMPLATE = re.compile(r"\{(orientation|seconds)\}")
_PLACE = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*){0,2}", re.ASCII)
_PIXELS = r"^[1-9]\d{1,4}[x*][1-9]\d{1,4}$"


def _lengths(value: object) -> object:
    """Write out a span: {from = 3, to = 15} is every whole second between the two."""
    if not isinstance(value, dict):
        return value
    span = cast("dict[str, object]", value)
    first, last = span.get("from"), span.get("to")
    if set(span) != {"from", "to"} or type(first) is not int or type(last) is not int or not 0 < first <= last:
        raise ValueError("is a list, or { from = the shortest, to = the longest }, in whole seconds")
    if last > LONGEST:
        raise ValueError(f"ends at {LONGEST} at most")
    return tuple(range(first, last + 1))


def _image(value: object) -> object:
    if value is True or value is False or value == "required":
        return value
    raise ValueError('is true, false or "required"')


def _shapes(value: object) -> object:
    """Turn ratios into shapes: ["16:9", "1:1"]."""
    known = {shape.ratio: shape for shape in Orientation}
    if not isinstance(value, list) or not value:
        raise ValueError("is a list of ratios")
    ratios = cast("list[object]", value)
    if unknown := [ratio for ratio in ratios if not isinstance(ratio, str) or ratio not in known]:
        raise ValueError(f"{unknown[0]} is none of {', '.join(known)}")
    return tuple(dict.fromkeys(known[str(ratio)] for ratio in ratios))


_Size = Annotated[str, StringConstraints(pattern=_PIXELS)]


class Sizes(BaseModel):
    """Pixels for each shape, as "1280x720" or, in the media format, "1280*720"."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    landscape: _Size
    portrait: _Size
    square: _Size | None = None
    four_by_three: Annotated[_Size | None, Field(alias="4:3")] = None
    three_by_four: Annotated[_Size | None, Field(alias="3:4")] = None

    def by_shape(self) -> dict[Orientation, str]:
        """The pixels of each shape that has some."""
        found = {
            Orientation.LANDSCAPE: self.landscape,
            Orientation.PORTRAIT: self.portrait,
            Orientation.SQUARE: self.square,
            Orientation.FOUR_BY_THREE: self.four_by_three,
            Orientation.THREE_BY_FOUR: self.three_by_four,
        }
        return {shape: size for shape, size in found.items() if size}


class ImageLimits(BaseModel):
    """The pictures that a model takes: see `PictureLimits`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    min_side: Annotated[int, Field(ge=1, le=2048)] = 1
    max_side: Annotated[int | None, Field(ge=64, le=2048)] = None
    max_ratio: Annotated[float | None, Field(ge=1, le=100)] = None
    max_mb: Annotated[float | None, Field(ge=0.1, le=20)] = None

    @field_validator("max_side")
    @classmethod
    def above_the_shortest(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and value < info.data.get("min_side", 1):
            raise ValueError("is below min_side")
        return value

    def limits(self) -> PictureLimits:
        """The same for those that check pictures."""
        return PictureLimits(
            min_side=self.min_side, max_side=self.max_side, max_ratio=self.max_ratio, max_mb=self.max_mb
        )


class OfferRow(BaseModel):
    """One [[family.offer]] of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
    model: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    format: Format
    seconds: Annotated[tuple[PositiveInt, ...], Field(min_length=1), BeforeValidator(_lengths)]
    usd_per_second: Annotated[float, Field(ge=0, le=1000)]
    estimate: bool = False
    resolution: str | None = None
    sizes: Sizes | None = None
    ratios: Annotated[tuple[Orientation, ...], BeforeValidator(_shapes)] | None = None
    image: Annotated[bool | Literal["required"], BeforeValidator(_image)] = True
    end_image: bool = False
    shape_from_image: bool = False
    image_limits: ImageLimits | None = None
    audio: str | None = None
    seed: str | None = None
    negative: str | None = None
    extra: dict[str, Any] = Field(default_factory=dict[str, Any])
    prompt_max: PositiveInt | None = None
    enabled: bool = True
    sunset: date | None = None

    @property
    def template(self) -> bool:
        """Whether the ids that it stands for state the shape and the length."""
        return "{" in self.model

    @field_validator("model")
    @classmethod
    def id_or_template(cls, model: str) -> str:
        names = _TEMPLATE.findall(model)
        if re.search(r"[\s{}]", _TEMPLATE.sub("", model)) or (names and sorted(names) != ["orientation", "seconds"]):
            raise ValueError("is an id without spaces, or a template with {orientation} and {seconds}, once each")
        return model

    @field_validator("usd_per_second")
    @classmethod
    def not_rounded_away(cls, price: float) -> float:
        if price and not round(price * MICROS):
            raise ValueError("is less than a millionth of a dollar")
        return price

    @field_validator("resolution")
    @classmethod
    def of_its_format(cls, value: str | None, info: ValidationInfo) -> str | None:
        own = Format.VIDEOS
        if "format" in info.data and (value is not None) != (info.data["format"] is own):
            raise ValueError(f"the {own} format needs it, and no other has a place for it")
        return value

    @field_validator("sizes")
    @classmethod
    def sizes_of_its_format(cls, sizes: Sizes | None, info: ValidationInfo) -> Sizes | None:
        match info.data.get("format"), sizes:
            case (Format.OPENAI, None) | (Format.TASK | Format.VIDEOS, Sizes()):
                raise ValueError("the openai format needs it; besides that only the media format has a place for it")
            case Format.OPENAI, Sizes() if "*" in sizes.landscape + sizes.portrait or len(sizes.by_shape()) > len(
                ("landscape", "portrait")
            ):
                raise ValueError('the openai format has landscape and portrait only, as "1280x720"')
            case _:
                return sizes

    @field_validator("ratios")
    @classmethod
    def shapes_once(cls, ratios: object, info: ValidationInfo) -> object:
        if ratios is None:
            return None
        if info.data.get("sizes") is not None:
            raise ValueError("`sizes` has its shapes already")
        if "{" in info.data.get("model", ""):
            raise ValueError("the ids of a template are landscape and portrait")
        return ratios

    @field_validator("end_image", "shape_from_image", "image_limits")
    @classmethod
    def with_an_image(cls, value: object, info: ValidationInfo) -> object:
        if value and info.data.get("image") is False:
            raise ValueError("needs an image")
        if value and info.field_name == "end_image" and info.data.get("format", Format.MEDIA) is not Format.MEDIA:
            raise ValueError("only the media format has a place for it")
        if value and info.field_name == "shape_from_image" and info.data.get("format") is Format.OPENAI:
            raise ValueError("the openai format needs a size for each picture")
        return value

    @field_validator("audio", "seed", "negative")
    @classmethod
    def a_place(cls, place: str | None, info: ValidationInfo) -> str | None:
        if place is None or (info.field_name == "audio" and place in FIXED_SOUND):
            return place
        if not _PLACE.fullmatch(place):
            raise ValueError("is the name of a field, or its path as in extra_body.seed")
        taken = [
            other for name in ("audio", "seed", "negative") if _PLACE.fullmatch(other := info.data.get(name) or "")
        ]
        cls._free(place, [other for other in taken if other not in FIXED_SOUND], info)
        return place

    @field_validator("extra")
    @classmethod
    def constants(cls, extra: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        taken = [other for name in ("audio", "seed", "negative") if (other := info.data.get(name))]
        for place, value in _leaves(extra):
            finite = not isinstance(value, float) or math.isfinite(value)
            if not _PLACE.fullmatch(place) or not isinstance(value, str | int | float | bool) or not finite:
                raise ValueError("has texts, numbers, true or false, under plain names, two levels deep at most")
            cls._free(place, [other for other in taken if other not in FIXED_SOUND], info)
        return extra

    @classmethod
    def _free(cls, place: str, taken: list[str], info: ValidationInfo) -> None:
        """Raises ValueError where a field has this place already."""
        form = info.data.get("format")
        if form is Format.OPENAI:
            raise ValueError("the openai format has no place for it")
        if info.field_name != "extra" and place in _ANY_OWN:
            raise ValueError(f"{place} is a field for something else")
        own = OWN_FIELDS.get(form, frozenset()) if form else frozenset[str]()
        if place.split(".")[0] in own or (place.split(".")[0] == "size" and info.data.get("sizes")):
            raise ValueError(f"{place} is a field of the {form} format itself")
        for other in taken:
            if f"{other}.".startswith(f"{place}.") or f"{place}.".startswith(f"{other}."):
                raise ValueError(f"{place} is used already")


def _leaves(fields: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Extra]]:
    """Yield each value with its place."""
    for name, value in fields.items():
        place = f"{above}.{name}" if above else name
        if isinstance(value, dict) and value:
            yield from _leaves(cast("dict[str, Any]", value), place)
        else:
            yield place, value
