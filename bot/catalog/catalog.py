"""The catalogue: models as data, and which of them fits a request.

`Catalog.read` turns a models file (`bot.catalog.models_file`) into families and offers. `resolve` has no I/O: a
request has one offer that fits, or a Refusal that lists what would fit. `Catalog.usable` tells which models the key
may use and the API has not refused since. A model can disappear at any time; the others stay usable.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from bot.catalog import models_file
from bot.domain.generation import Generation, Orientation
from bot.domain.jobs import Format, Order
from bot.domain.quota.ledger import MICROS
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import ModelOption, NamedPrice, NoFit, Refusal, Unavailable, UnknownModel

DEFAULT_SECONDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One model id as it can be ordered.

    encoded: the id itself states orientation and length, so neither is sent. image: whether it accepts a reference
    image.
    """

    family: str
    model: str
    format: Format
    orientations: tuple[Orientation, ...]
    seconds: tuple[int, ...]
    micros_per_second: int
    encoded: bool
    image: bool
    resolution: str | None
    sizes: models_file.Sizes | None
    sunset: date | None

    def fits(self, orientation: Orientation | None, seconds: int | None, *, image: bool) -> bool:
        """Whether it can make this combination; None means any."""
        return (
            (orientation is None or orientation in self.orientations)
            and (seconds is None or seconds in self.seconds)
            and (self.image or not image)
        )

    def size(self, orientation: Orientation) -> str | None:
        """Pixels as "1280x720", where the format has such a field."""
        if self.sizes is None:
            return None
        return self.sizes.landscape if orientation is Orientation.LANDSCAPE else self.sizes.portrait


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A request with the offer that makes it. price_micros: micro-dollars for the whole clip."""

    offer: Offer
    orientation: Orientation
    seconds: int
    price_micros: int

    def order(self, prompt: str, *, image_url: str | None = None, image_file: Path | None = None) -> Order:
        """The order to send: the fields of the offer's own format, without those that the model id states already.

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
    """The families in the order of the file; the first one is used where a member names none."""

    def __init__(self, offers: Sequence[Offer], *, today: Callable[[], date] = date.today) -> None:
        self.offers = tuple(offers)
        self._today = today
        self._listed: frozenset[str] | None = None
        self._refused: set[str] = set()

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """The catalogue in `path`, or the shipped one. Raises Unusable with the file, the line and the fault."""
        families = models_file.read(path)
        return cls([offer for family in families for row in family.offer for offer in _expand(family.name, row)])

    # Availability

    def listed(self, models: Iterable[str]) -> frozenset[str]:
        """Store the key's own list of models; returns the ids of the catalogue that it lacks.

        A list that contains no id of the catalogue changes nothing: it is the list of some other API.
        """
        ours = {offer.model for offer in self.offers}
        named = ours & set(models)
        if not named:
            return frozenset()
        self._listed = frozenset(named)
        self._refused -= named  # a model that is listed again may be tried again
        return frozenset(ours - named)

    @property
    def missing(self) -> frozenset[str]:
        """The ids of the catalogue that the key's own list lacks."""
        return frozenset() if self._listed is None else frozenset({offer.model for offer in self.offers} - self._listed)

    def refuse(self, model: str) -> None:
        """The API itself has reported that it does not have this model."""
        self._refused.add(model)

    def usable(self, offer: Offer) -> bool:
        """Whether it may be ordered now."""
        return (
            offer.model not in self._refused
            and (self._listed is None or offer.model in self._listed)
            and (offer.sunset is None or self._today() < offer.sunset)
        )

    # Choosing

    def families(self) -> list[str]:
        """The families with an offer that may be used now."""
        return list(dict.fromkeys(offer.family for offer in self.offers if self.usable(offer)))

    def names(self) -> list[str]:
        """Everything a member may type as `model` now: families, then raw ids."""
        return self.families() + list(dict.fromkeys(offer.model for offer in self.offers if self.usable(offer)))

    def encoded(self, name: str) -> bool:
        """Whether this is the name of a model whose id states its orientation and length."""
        return any(offer.encoded and offer.model.casefold() == name.strip().casefold() for offer in self.offers)

    def named(self, words: str) -> str:
        """The full name for a short one: "pro-1080p" is "Sora 2 Pro 1080p". Returned as typed where none or several match.

        A complete name is itself: "sora-2" is that model, although it resembles the family "Sora 2".
        """
        whole, typed = words.strip().casefold(), _plain(words)
        if any(whole in (offer.family.casefold(), offer.model.casefold()) for offer in self.offers):
            return words
        for names in (self.families(), [offer.model for offer in self.offers]):
            for fits in (str.__eq__, str.endswith):
                found = [name for name in names if fits(_plain(name), typed)]
                if len(set(found)) == 1 and typed:
                    return found[0]
        return words

    def default_family(self, allowed: Collection[str] = ()) -> str | None:
        """The family that is used where none is named: the first of the file, or the first of those in `allowed`, if
        there are any.

        It is returned even while it is not available: a member is never moved to another family, which may cost more,
        unasked.
        """
        known = dict.fromkeys(offer.family for offer in self.offers)
        return next((name for name in known if not allowed or name in allowed), None)

    def resolve(
        self,
        model: str | None = None,
        *,
        orientation: Orientation | None = None,
        seconds: int | None = None,
        image: bool = False,
    ) -> Choice:
        """The first usable offer that fits and costs no more than the first offer in the file. None means: not given.

        An offer that is not available is replaced only by one that makes the same for no more, so that a name never
        becomes more expensive or longer by itself. Raises Refusal: `no_models`, `model_unknown`, `model_off`,
        `dearer_only` or `no_fit`.
        """
        if not self.families():
            raise Refusal(RefusalCode.NO_MODELS)
        wanted = (model or "").strip() or self.default_family() or ""
        known = [
            offer for offer in self.offers if wanted.casefold() in (offer.family.casefold(), offer.model.casefold())
        ]
        if not known:
            raise Refusal(UnknownModel(RefusalCode.MODEL_UNKNOWN, model=wanted, names=tuple(self.families())))
        usable = [offer for offer in known if self.usable(offer)]
        if not usable:
            raise Refusal(Unavailable(RefusalCode.MODEL_OFF, model=wanted, prices=self.prices()))
        named = _named(known, orientation, seconds, image=image)
        if named is None:
            raise _no_fit(wanted, usable, image=image)
        fitting = [offer for offer in usable if offer.fits(named.orientation, named.seconds, image=image)]
        for offer in fitting:
            if offer.micros_per_second <= named.offer.micros_per_second:
                return _choice(offer, named.orientation, named.seconds)
        if fitting:
            raise Refusal(Unavailable(RefusalCode.DEARER_ONLY, model=wanted, prices=_prices(fitting)))
        raise _no_fit(wanted, usable, image=image)

    def prices(self) -> tuple[NamedPrice, ...]:
        """The families that are available now, each with its lowest and highest price."""
        found: dict[str, list[int]] = {}
        for offer in self.offers:
            if self.usable(offer):
                found.setdefault(offer.family, []).append(offer.micros_per_second)
        return tuple(NamedPrice(name=family, low=min(prices), high=max(prices)) for family, prices in found.items())

    def order(self, generation: Generation, *, image_url: str | None, image_file: Path | None) -> Order | None:
        """The order for an accepted generation; None where its model has been withdrawn since."""
        for offer in self.offers:
            if (
                (offer.family, offer.model, offer.format) == (generation.family, generation.model, generation.format)
                and self.usable(offer)
                and offer.fits(generation.orientation, generation.seconds, image=generation.image is not None)
            ):
                choice = _choice(offer, generation.orientation, generation.seconds)
                return choice.order(generation.prompt, image_url=image_url, image_file=image_file)
        return None


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _named(
    known: Sequence[Offer], orientation: Orientation | None, seconds: int | None, *, image: bool
) -> Choice | None:
    """The choice that a name stands for, whether or not it is available now: the first of its offers that fits.

    Without values, landscape and four seconds are assumed; a raw id, or a family without those, brings its own.
    """
    shape, length = orientation or Orientation.LANDSCAPE, seconds or DEFAULT_SECONDS
    for offer in known:
        if offer.fits(shape, length, image=image):
            return _choice(offer, shape, length)
    for offer in known:
        if offer.fits(orientation, seconds, image=image):
            return _choice(offer, orientation or offer.orientations[0], seconds or offer.seconds[0])
    return None


def _no_fit(model: str, offers: Sequence[Offer], *, image: bool) -> Refusal:
    options = tuple(
        ModelOption(model=offer.model, orientations=offer.orientations, seconds=offer.seconds, image=offer.image)
        for offer in offers
    )
    return Refusal(NoFit(model=model, options=options, image=image))


def _prices(offers: Sequence[Offer]) -> tuple[NamedPrice, ...]:
    """The price of a second of each model, each model once."""
    rates = {offer.model: offer.micros_per_second for offer in offers}
    return tuple(NamedPrice(name=model, low=rate, high=rate) for model, rate in rates.items())


def _choice(offer: Offer, orientation: Orientation, seconds: int) -> Choice:
    return Choice(offer=offer, orientation=orientation, seconds=seconds, price_micros=seconds * offer.micros_per_second)


def _expand(family: str, row: models_file.OfferRow) -> list[Offer]:
    """The offers of a row of the file: a template becomes one offer for each id it stands for."""
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
