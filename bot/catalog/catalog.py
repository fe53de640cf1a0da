"""The catalogue: models as data, and which of them fits a request.

`Catalog.read` turns a models file (`bot.catalog.models_file`) into families and offers. `resolve` has no I/O: a
request has one offer that fits, or a Refusal that lists what would fit. Which of them may be ordered now is known to
`bot.catalog.availability`.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Self

from bot.catalog import models_file
from bot.catalog.availability import Availability
from bot.catalog.lacking import no_fit, nothing_fits
from bot.catalog.names import full_name
from bot.catalog.offers import DEFAULT_SECONDS, Choice, Offer, offers_of
from bot.domain.generation import Generation, Orientation
from bot.domain.provider import Order
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import NamedPrice, Unavailable, UnknownModel
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.video_options import VideoOptions, nearest_shape, options_of

SORA = "Sora 2"  # the family of `/sora`
ANYTHING = VideoOptions()


class Catalog(Availability):
    """The families in the order of the file.

    declared: the names of all families, those without an offer in use included.
    """

    def __init__(
        self, offers: Sequence[Offer], *, declared: Sequence[str] = (), today: Callable[[], date] = date.today
    ) -> None:
        super().__init__(offers, today)
        self._declared = tuple(dict.fromkeys([*declared, *(offer.family for offer in offers)]))
        self._by_name: dict[str, list[Offer]] = {}
        for offer in self.offers:
            for name in {offer.family.casefold(), offer.model.casefold()}:
                self._by_name.setdefault(name, []).append(offer)
        self._had: tuple[frozenset[str], tuple[NamedPrice, ...]] | None = None  # prices of what is usable

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """The catalogue in `path`, or the shipped one. Raises Unusable with the file, the line and the fault."""
        families = models_file.read(path)
        offers = [offer for family in families for row in family.offer for offer in offers_of(family.name, row)]
        return cls(offers, declared=[family.name for family in families])

    def families(self) -> list[str]:
        """The families with an offer that may be used now."""
        return list(dict.fromkeys(offer.family for offer in self.offers if self.usable(offer)))

    def names(self) -> list[str]:
        """Everything a member may type as `model` now: families, then raw ids."""
        return self.families() + list(dict.fromkeys(offer.model for offer in self.offers if self.usable(offer)))

    def encoded(self, name: str) -> bool:
        """Whether this is the name of a model whose id states its orientation and length."""
        return any(offer.encoded and offer.model.casefold() == name.strip().casefold() for offer in self.offers)

    def named(self, words: str, *, allowed: Collection[str] = ()) -> str:
        """The full name for a short one: see `names.full_name`, also for its Refusal `model_unknown`.

        A complete name is itself: "sora-2" is that model, although it resembles the family "Sora 2". allowed: the
        families that may be meant, empty for all.
        """
        if self._known(words.strip()):
            return words
        families = dict.fromkeys(offer.family for offer in self.offers if not allowed or offer.family in allowed)
        ids = [offer.model for offer in self.offers if offer.family in families]
        try:
            return full_name(words, families=list(families), usable=self.families(), ids=ids)
        except Refusal as refusal:
            if isinstance(refusal.payload, UnknownModel):
                raise Refusal(replace(refusal.payload, prices=self.prices(allowed))) from refusal
            raise

    def default_family(self) -> str:
        """The family of `/sora`, where none is named: Sora 2, as the file writes it.

        It is returned even where it is not available, or not in the file: a member is never moved to another family
        unasked.
        """
        return next((name for name in self._declared if name.casefold() == SORA.casefold()), SORA)

    def resolve(
        self, model: str | None = None, options: VideoOptions = ANYTHING, *, allowed: Collection[str] = ()
    ) -> Choice:
        """The first usable offer that fits and costs no more than the first offer in the file. None means: Sora 2.

        An offer that is not available is replaced only by one that makes the same for no more, so that a name never
        becomes more expensive or longer by itself. allowed: the families that a refusal may name, empty for all. Raises
        Refusal: `no_models`, `model_unknown`, `model_off`, `dearer_only` or `no_fit`.
        """
        if not any(self.usable(offer) for offer in self.offers):
            raise Refusal(RefusalCode.NO_MODELS)
        wanted = (model or "").strip() or self.default_family()
        known = self._known(wanted)
        if not known and (model or "").strip() and wanted not in self._declared:
            names = tuple(name for name in self.families() if not allowed or name in allowed)
            prices = self.prices(allowed)
            raise Refusal(UnknownModel(RefusalCode.MODEL_UNKNOWN, model=wanted, names=names, prices=prices))
        usable = [offer for offer in known if self.usable(offer)]
        if not usable:
            raise Refusal(Unavailable(RefusalCode.MODEL_OFF, model=wanted, prices=self.prices(allowed)))
        if found := self._find(known, options):
            return found
        named = _named(known, options)
        fitting = [offer for offer in usable if named and offer.fits(named.options)]
        if fitting:
            raise Refusal(Unavailable(RefusalCode.DEARER_ONLY, model=wanted, prices=_prices(fitting)))
        asked = named.options if named else options
        raise no_fit(wanted, usable, asked, self.able(asked, allowed))

    def _find(self, known: Sequence[Offer], options: VideoOptions) -> Choice | None:
        """The first of these offers that may be used, makes what their name stands for, and costs no more; if any."""
        named = _named(known, options)
        if named is None:
            return None
        rate = named.offer.micros_per_second
        able = (offer for offer in known if offer.fits(named.options) and offer.micros_per_second <= rate)
        return next((Choice.of(offer, named.options) for offer in able if self.usable(offer)), None)

    def choices(self, options: VideoOptions, *, allowed: Collection[str] = ()) -> Iterator[Choice]:
        """What each family that fits would make, in the order of the file. allowed: these families only; empty for all."""
        for family in self.families():
            if (not allowed or family in allowed) and (
                found := self._find([offer for offer in self.offers if offer.family == family], options)
            ):
                yield found

    def able(self, options: VideoOptions, allowed: Collection[str] = ()) -> tuple[NamedPrice, ...]:
        """The families that make exactly this, with the price of a second of it. allowed: empty for all."""
        return tuple(_price(one.offer.family, [one.offer]) for one in self.choices(options, allowed=allowed))

    def first_fit(self, options: VideoOptions, *, allowed: Collection[str] = ()) -> Choice:
        """What the first family that fits would make. Raises Refusal `no_models` or `nothing_fits`."""
        found = next(self.choices(options, allowed=allowed), None)
        if found is None:
            raise self.nothing_fits(options, allowed)
        return found

    def nearest(self, options: VideoOptions, *, to: str | None = None, allowed: Collection[str] = ()) -> Choice | None:
        """What a member may want instead of a model that is gone: the nearest price, no dearer if possible.

        to: that model. Where no other has the length, the nearest length. None where nothing comes near.
        """
        known = self._known(to or self.default_family())
        gone = {offer.family for offer in known if self._known(offer.family) and not self._any_usable(offer.family)}
        before = _named(known, options)
        target = before.price_micros if before else 0
        found = [choice for choice in self.choices(options, allowed=allowed) if choice.offer.family not in gone]
        if not found and options.seconds is not None:
            near = [self._at_length(offer, options) for offer in self.offers if self.usable(offer)]
            found = [one for one in near if one and (not allowed or one.offer.family in allowed)]
            off = min((abs(one.seconds - options.seconds) for one in found), default=0)
            found = [one for one in found if abs(one.seconds - options.seconds) == off]
        return min(
            found,
            key=lambda one: (one.price_micros > target, abs(one.price_micros - target)),
            default=None,
        )

    def prices(self, allowed: Collection[str] = ()) -> tuple[NamedPrice, ...]:
        """The families that can be had now, each with its lowest and highest price. allowed: empty for all.

        An offer that is only there in place of a cheaper one that is gone has no price here: it is refused.
        """
        usable = self.usable_models()
        if self._had is None or self._had[0] != usable:
            self._had = usable, self._prices()
        return tuple(one for one in self._had[1] if not allowed or one.name in allowed)

    def _prices(self) -> tuple[NamedPrice, ...]:
        found: dict[str, list[Offer]] = {}
        for family in self.families():
            of_family = [offer for offer in self.offers if offer.family == family]
            had = [offer for offer in of_family if self.usable(offer) and self._can_be_had(offer, of_family)]
            if had:
                found[family] = had
        return tuple(_price(family, offers) for family, offers in found.items())

    def _can_be_had(self, offer: Offer, of_family: Sequence[Offer]) -> bool:
        """Whether something that this offer makes is made under the name of its family, at this price."""
        ways = product(offer.orientations, offer.seconds, (False, True), (None, True, False))
        for shape, seconds, image, sound in ways:
            options = VideoOptions(orientation=shape, seconds=seconds, image=image, sound=sound)
            found = self._find(of_family, options) if offer.fits(options) else None
            if found and found.offer.micros_per_second == offer.micros_per_second:
                return True
        return False

    def order(
        self,
        generation: Generation,
        *,
        image_url: str | None,
        image_file: Path | None,
        end_image_url: str | None = None,
    ) -> Order | None:
        """The order for an accepted generation; None where its model has been withdrawn since."""
        offer = self.offer_of(generation)
        if offer is None or not self.offers_still(generation):
            return None
        choice = Choice.of(offer, options_of(generation))
        return choice.order(
            generation.sent_prompt, image_url=image_url, image_file=image_file, end_image_url=end_image_url
        )

    def offer_of(self, generation: Generation) -> Offer | None:
        """The offer that a generation was accepted with, usable or not; None where the file has it no more."""
        own = (generation.family, generation.model, generation.format)
        same = [offer for offer in self.offers if (offer.family, offer.model, offer.format) == own]
        options = options_of(generation)
        return next((offer for offer in same if offer.fits(options)), next(iter(same), None))

    def offers_still(self, generation: Generation) -> bool:
        """Whether an accepted generation can be ordered as it is, and costs no more than when it was accepted."""
        offer = self.offer_of(generation)
        return (
            offer is not None
            and self.usable(offer)
            and offer.fits(options_of(generation))
            and generation.seconds * offer.micros_per_second <= generation.price_micros
        )

    def replacement(self, generation: Generation) -> Offer | None:
        """The offer of the same family that makes the same for the same price or less; None where there is none."""
        options, before = options_of(generation), self.offer_of(generation)
        if options.sound is None and before is not None and before.sound is not None:
            options = replace(options, sound=before.sound)  # nothing was said, but this is what the card stood for
        for offer in self.offers:
            if (
                offer.family == generation.family
                and self.usable(offer)
                and offer.fits(options)
                and generation.seconds * offer.micros_per_second <= generation.price_micros
                and (offer.shape_from_image and options.image) == generation.shape_from_image
                and (before is None or offer.image_limits == before.image_limits)
            ):
                return offer
        return None

    def _known(self, name: str) -> list[Offer]:
        """The offers of a family or of a raw id, available or not."""
        return self._by_name.get(name.casefold(), [])

    def _any_usable(self, family: str) -> bool:
        return any(offer.family == family and self.usable(offer) for offer in self.offers)

    def _at_length(self, offer: Offer, options: VideoOptions) -> Choice | None:
        """What an offer would make with its length that is nearest to the one asked; None where more is missing."""
        near = min(offer.seconds, key=lambda length: (abs(length - (options.seconds or DEFAULT_SECONDS)), length))
        changed = replace(options, seconds=near)
        return Choice.of(offer, changed) if offer.fits(changed) else None

    def nothing_fits(self, options: VideoOptions, allowed: Collection[str] = ()) -> Refusal:
        """The refusal where no model makes all of it: for each thing that some model lacks, the models that have it."""
        here = [offer for offer in self.offers if self.usable(offer) and (not allowed or offer.family in allowed)]
        return nothing_fits(here, options, self.prices(allowed))


def _named(known: Sequence[Offer], options: VideoOptions) -> Choice | None:
    """The choice that a name stands for, whether or not it is available now: the first of its offers that fits.

    Without values, four seconds and the shape of the picture are assumed, without a picture landscape; a raw id, or a
    family without those, brings its own.
    """
    shape = options.orientation or Orientation.LANDSCAPE
    if options.orientation is None and options.picture:
        shapes = list(dict.fromkeys(shape for offer in known for shape in offer.orientations))
        shape = nearest_shape(shapes, *options.picture) if shapes else shape
    usual = replace(options, orientation=shape, seconds=DEFAULT_SECONDS if options.seconds is None else options.seconds)
    for tried in (usual, options):
        for offer in known:
            if offer.fits(tried):
                follows = offer.shape_from_image and options.image
                return Choice.of(offer, replace(tried, orientation=options.orientation) if follows else tried)
    return None


def _prices(offers: Sequence[Offer]) -> tuple[NamedPrice, ...]:
    """The price of a second of each model, each model once."""
    return tuple(_price(model, [offer]) for model, offer in {offer.model: offer for offer in offers}.items())


def _price(name: str, offers: Sequence[Offer]) -> NamedPrice:
    rates = [offer.micros_per_second for offer in offers]
    return NamedPrice(name=name, low=min(rates), high=max(rates), estimate=any(offer.estimate for offer in offers))
