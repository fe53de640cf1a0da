"""The catalogue: models as data, and which of them answers a wish.

`Catalog.read` turns a models file into families and offers, or says in one line what is wrong and in which line of the file.
`resolve` is pure: a wish either has one offer that fits or a Refusal that says what would. What the key may use, and what
the API has refused since, is kept in `Catalog.usable`; a model can vanish at any time and the rest stays useful.
Source of the rows: `seeds/`, `facts/video-api.md` sections 2 and 9.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from bot.domain.errors import Refusal, Unusable
from bot.domain.generation import Generation, Orientation
from bot.domain.jobs import Format, Order
from bot.domain.ledger import MICROS

DEFAULT_SECONDS = 4
_TEMPLATE = re.compile(r"\{(orientation|seconds)\}")
_SAID = {"missing": "must be given", "extra_forbidden": "there is no such key"}
_Size = Annotated[str, StringConstraints(pattern=r"^[1-9]\d{1,4}x[1-9]\d{1,4}$")]


class _Sizes(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    landscape: _Size
    portrait: _Size


class _OfferRow(BaseModel):
    """One [[family.offer]] of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
    model: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    format: Format
    seconds: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    usd_per_second: Annotated[float, Field(ge=0, le=1000)]
    resolution: str | None = None
    sizes: _Sizes | None = None
    image: bool = True
    enabled: bool = True
    sunset: date | None = None

    @field_validator("model")
    @classmethod
    def id_or_template(cls, model: str) -> str:
        names = _TEMPLATE.findall(model)
        if re.search(r"[\s{}]", _TEMPLATE.sub("", model)) or (names and sorted(names) != ["orientation", "seconds"]):
            raise ValueError("is an id without spaces, or a template with {orientation} and {seconds}, once each")
        return model

    @field_validator("resolution", "sizes")
    @classmethod
    def of_its_format(cls, value: object, info: ValidationInfo) -> object:
        own = Format.VIDEOS if info.field_name == "resolution" else Format.OPENAI
        if "format" in info.data and (value is not None) != (info.data["format"] is own):
            raise ValueError(f"the {own} format needs it, and no other has a place for it")
        return value


class _FamilyRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
    offer: Annotated[tuple[_OfferRow, ...], Field(min_length=1)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    family: Annotated[tuple[_FamilyRow, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One model id as it can be ordered. encoded: the id says shape and length itself, so neither is sent."""

    family: str
    model: str
    format: Format
    orientations: tuple[Orientation, ...]
    seconds: tuple[int, ...]
    micros_per_second: int
    encoded: bool
    image: bool
    resolution: str | None
    sizes: _Sizes | None
    sunset: date | None

    def fits(self, orientation: Orientation | None, seconds: int | None, *, image: bool) -> bool:
        """Whether it can make this; None is anything."""
        return (
            (orientation is None or orientation in self.orientations)
            and (seconds is None or seconds in self.seconds)
            and (self.image or not image)
        )

    def size(self, orientation: Orientation) -> str | None:
        """Pixels as "1280x720" where the format names them."""
        if self.sizes is None:
            return None
        return self.sizes.landscape if orientation is Orientation.LANDSCAPE else self.sizes.portrait


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A wish that can be ordered. price_micros: micro-dollars for the whole clip."""

    offer: Offer
    orientation: Orientation
    seconds: int
    price_micros: int

    def order(self, prompt: str, *, image_url: str | None = None, image_file: Path | None = None) -> Order:
        """What to send: the fields of the offer's own format, none that the model id says already.

        image_file: a PNG of exactly the offer's size.
        """
        offer = self.offer
        openai = offer.format is Format.OPENAI
        return Order(
            format=offer.format,
            model=offer.model,
            prompt=prompt,
            seconds=None if offer.encoded else self.seconds,
            ratio=None if offer.encoded or openai else self.orientation.ratio,
            resolution=offer.resolution,
            size=offer.size(self.orientation),
            image_url=None if openai else image_url,
            image_file=image_file if openai else None,
            image_type="image/png" if openai and image_file else None,
        )


class Catalog:
    """The families in the order of the file; the first is what a member gets who names none."""

    def __init__(self, offers: Sequence[Offer], *, today: Callable[[], date] = date.today) -> None:
        self.offers = tuple(offers)
        self._today = today
        self._listed: frozenset[str] | None = None
        self._refused: set[str] = set()

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """The catalogue in `path`, or the shipped one. Raises Unusable: file, line, what is wrong."""
        name = str(path) if path else "models.toml"
        try:
            text = (path or resources.files("bot") / "models.toml").read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise Unusable(
                f"{name} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}"
            ) from error
        try:
            file = _File.model_validate(tomllib.loads(text))
        except ValidationError as error:
            fault = min(
                error.errors(), key=lambda one: one["type"] != "extra_forbidden"
            )  # a misspelt key is missing too
            what = _SAID.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, ")
            key = next((str(part) for part in reversed(fault["loc"]) if isinstance(part, str)), "")
            raise Unusable(f"{name}, line {_line(text, fault['loc'])}: {key}: {what}") from error
        except ValueError as error:  # a number of 5,000 digits is no TOMLDecodeError
            line = re.search(r"at line (\d+)", str(error))
            number = line.group(1) if line else len(text.splitlines()) or 1
            raise Unusable(f"{name}, line {number}: {re.sub(r' [(]at .*[)]', '', str(error))}") from error
        names = [family.name.casefold() for family in file.family]
        for index, family in enumerate(names):
            if family in names[:index]:
                raise Unusable(f"{name}, line {_line(text, ('family', index, 'name'))}: this family exists already")
        return cls([offer for family in file.family for row in family.offer for offer in _expand(family.name, row)])

    # What may be used now

    def listed(self, models: Iterable[str]) -> frozenset[str]:
        """Take over the key's own list of models; answers the ids of the catalogue that it lacks.

        A list that names no id of the catalogue changes nothing: it is the list of some other API.
        """
        ours = {offer.model for offer in self.offers}
        named = ours & set(models)
        if not named:
            return frozenset()
        self._listed = frozenset(named)
        self._refused -= named  # listed again: tried again
        return frozenset(ours - named)

    def refuse(self, model: str) -> None:
        """The API itself has said that it does not have this model."""
        self._refused.add(model)

    def usable(self, offer: Offer) -> bool:
        """Whether it may be ordered now."""
        return (
            offer.model not in self._refused
            and (self._listed is None or offer.model in self._listed)
            and (offer.sunset is None or self._today() < offer.sunset)
        )

    # What a member may choose

    def families(self) -> list[str]:
        """The families with an offer that may be used now."""
        return list(dict.fromkeys(offer.family for offer in self.offers if self.usable(offer)))

    def names(self) -> list[str]:
        """Everything a member may type as `model` now: families, then raw ids."""
        return self.families() + list(dict.fromkeys(offer.model for offer in self.offers if self.usable(offer)))

    def resolve(
        self,
        model: str | None = None,
        *,
        orientation: Orientation | None = None,
        seconds: int | None = None,
        image: bool = False,
    ) -> Choice:
        """The first usable offer that fits. None means: not said by the member.

        Raises Refusal: `no_models`, `model_unknown` (names), `model_off` (model, names) or `no_fit` (model, fits).
        """
        if not self.families():
            raise Refusal("no_models")
        wanted = (model or "").strip() or self.families()[0]
        known = [
            offer for offer in self.offers if wanted.casefold() in (offer.family.casefold(), offer.model.casefold())
        ]
        if not known:
            raise Refusal("model_unknown", model=wanted, names=", ".join(self.families()))
        usable = [offer for offer in known if self.usable(offer)]
        if not usable:
            raise Refusal("model_off", model=wanted, names=", ".join(self.families()))
        for offer in usable:  # what a member expects who says nothing: landscape, four seconds
            if offer.fits(orientation or Orientation.LANDSCAPE, seconds or DEFAULT_SECONDS, image=image):
                return _choice(offer, orientation or Orientation.LANDSCAPE, seconds or DEFAULT_SECONDS)
        for offer in usable:  # a raw id, or a family without those, brings its own
            if offer.fits(orientation, seconds, image=image):
                return _choice(offer, orientation or offer.orientations[0], seconds or offer.seconds[0])
        raise Refusal("no_fit", model=wanted, offers=tuple(usable), image=image)

    def order(self, generation: Generation, *, image_url: str | None, image_file: Path | None) -> Order | None:
        """What to send for an accepted generation; None where its model has been withdrawn since."""
        for offer in self.offers:
            if (
                (offer.family, offer.model, offer.format) == (generation.family, generation.model, generation.format)
                and self.usable(offer)
                and offer.fits(generation.orientation, generation.seconds, image=generation.image is not None)
            ):
                choice = _choice(offer, generation.orientation, generation.seconds)
                return choice.order(generation.prompt, image_url=image_url, image_file=image_file)
        return None


def _choice(offer: Offer, orientation: Orientation, seconds: int) -> Choice:
    return Choice(offer=offer, orientation=orientation, seconds=seconds, price_micros=seconds * offer.micros_per_second)


def _expand(family: str, row: _OfferRow) -> list[Offer]:
    """A row of the file as offers: a template becomes one for each id it stands for."""
    if not row.enabled:
        return []
    shapes: list[tuple[str, tuple[Orientation, ...], tuple[int, ...]]] = [(row.model, tuple(Orientation), row.seconds)]
    encoded = "{" in row.model
    if encoded:
        shapes = [
            (row.model.format(orientation=orientation, seconds=seconds), (orientation,), (seconds,))
            for orientation in Orientation
            for seconds in row.seconds
        ]
    return [
        Offer(
            family=family,
            model=model,
            format=row.format,
            orientations=orientations,
            seconds=seconds,
            micros_per_second=round(row.usd_per_second * MICROS),
            encoded=encoded,
            image=row.image,
            resolution=row.resolution,
            sizes=row.sizes,
            sunset=row.sunset,
        )
        for model, orientations, seconds in shapes
    ]


def _line(text: str, path: Sequence[Any]) -> int:
    """The line a fault lies in: the innermost key of its path that starts a line of its table, else the table's heading."""
    own = tuple(part for part in path if isinstance(part, int))[:2]  # the family's number, the offer's
    keys = [part for part in path if isinstance(part, str)]
    at: tuple[int, ...] = ()
    family = offer = -1
    found, rank = 1, (0, 0)
    for number, line in enumerate(text.split("\n"), start=1):
        bare = re.sub(r"[\s\"']", "", line.split("#")[0])
        names = re.sub(r"^\[*([\w.-]*).*", r"\1", bare).split(".")
        depth = max((keys.index(name) + 1 for name in names if name in keys), default=-1)
        if bare == "[[family]]":
            family, offer, depth = family + 1, -1, 0
            at = (family,)
        elif bare == "[[family.offer]]":
            offer, depth = offer + 1, 0
            at = (family, offer)
        elif re.match(r"\[+(?!family\.)[a-z]", bare):
            at = ()
        if depth >= 0 and own[: len(at)] == at and (len(at), depth) > rank:
            found, rank = number, (len(at), depth)
    return found
