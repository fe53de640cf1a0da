"""What a form offers: the models of a server, and the lengths and shapes of the one that is selected.

Each length has its price, which is the most that it costs with any shape, with a picture or without.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.catalog.catalog import Catalog
from bot.catalog.offers import Choice, Offer
from bot.domain.generation import Generation, Orientation
from bot.domain.refusals import NamedPrice, Refusal
from bot.domain.request import Edits
from bot.domain.video_options import VideoOptions, options_of
from bot.usecases.next_choice import next_choice


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthOption:
    """A length in seconds, and what a video of it costs in micro-dollars. estimate: the price is an estimate."""

    seconds: int
    price_micros: int
    estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormChoices:
    """What a form offers.

    models: the families to choose from, with the price of a second. own: the family of the version, if it is one of them.
    selected: the family whose lengths and shapes are offered; None where there is none. shapes: without a picture;
    picture_shapes: with one. follows: with a picture, the video has the picture's shape. needs_picture: it is made from a
    picture only.
    """

    models: tuple[NamedPrice, ...] = ()
    own: str | None = None
    selected: str | None = None
    lengths: tuple[LengthOption, ...] = ()
    shapes: tuple[Orientation, ...] = ()
    picture_shapes: tuple[Orientation, ...] = ()
    follows: bool = False
    needs_picture: bool = False


def remix_choices(
    catalog: Catalog, start: Generation, *, wanted: str | None = None, allowed: Collection[str] = ()
) -> FormChoices:
    """The choices for the next version of a video. wanted: a family that was chosen before.

    Where the version's own family is not available, the nearest one is selected. allowed: the families of the server,
    empty for all.
    """
    models = catalog.prices(allowed)
    names = [one.name for one in models]
    own = start.family if start.family in names else None
    selected = wanted if wanted in names else own or _nearest(catalog, start, allowed) or next(iter(names), None)

    model = None if selected == own else selected
    end_image = start.end_image is not None

    def choose(seconds: int, shape: Orientation | None, image: bool) -> Choice:
        edits = Edits(model=model, seconds=seconds, orientation=shape)
        return next_choice(catalog, start, edits, image=image, end_image=end_image, allowed=allowed)

    return _choices(catalog, models, own, selected, choose)


def animate_choices(catalog: Catalog, *, wanted: str | None = None, allowed: Collection[str] = ()) -> FormChoices:
    """The choices for a video from a picture: the families that take one, Sora 2 selected where it is there."""
    able = {offer.family for offer in catalog.offers if catalog.usable(offer) and offer.image}
    models = tuple(one for one in catalog.prices(allowed) if one.name in able)
    names = [one.name for one in models]
    preferred = (name for name in (wanted, catalog.default_family(), *names) if name in names)
    selected = next(preferred, None)

    def choose(seconds: int, shape: Orientation | None, image: bool) -> Choice:
        options = VideoOptions(orientation=shape, seconds=seconds, image=image)
        return catalog.resolve(selected, options, allowed=allowed)

    return _choices(catalog, models, None, selected, choose)


def _choices(
    catalog: Catalog,
    models: tuple[NamedPrice, ...],
    own: str | None,
    selected: str | None,
    choose: Callable[[int, Orientation | None, bool], Choice],
) -> FormChoices:
    offers = [offer for offer in catalog.offers if offer.family == selected and catalog.usable(offer)]
    shapes = _shapes(offer for offer in offers if not offer.image_required)
    picture_shapes = _shapes(offer for offer in offers if offer.image and not offer.shape_from_image)
    follows = any(offer.shape_from_image for offer in offers)
    ways: list[tuple[Orientation | None, bool]] = [(shape, False) for shape in shapes]
    ways += [(shape, True) for shape in picture_shapes]
    ways += [(None, True)] if follows else []
    return FormChoices(
        models=models,
        own=own,
        selected=selected,
        lengths=_lengths(offers, ways, choose),
        shapes=shapes,
        picture_shapes=picture_shapes,
        follows=follows,
        needs_picture=bool(offers) and all(offer.image_required for offer in offers),
    )


def _lengths(
    offers: Sequence[Offer],
    ways: Sequence[tuple[Orientation | None, bool]],
    choose: Callable[[int, Orientation | None, bool], Choice],
) -> tuple[LengthOption, ...]:
    """The lengths with their prices. One that cannot be had at its usual price now is left out."""
    dearest: dict[int, LengthOption] = {}
    for seconds in sorted({seconds for offer in offers for seconds in offer.seconds}):
        for shape, image in ways:
            try:
                found = choose(seconds, shape, image)
            except Refusal:
                continue
            if seconds not in dearest or found.price_micros > dearest[seconds].price_micros:
                dearest[seconds] = LengthOption(
                    seconds=seconds, price_micros=found.price_micros, estimate=found.offer.estimate
                )
    return tuple(dearest.values())


def _shapes(offers: Iterable[Offer]) -> tuple[Orientation, ...]:
    """The shapes of offers, in the usual order."""
    made = {shape for offer in offers for shape in offer.orientations}
    return tuple(shape for shape in Orientation if shape in made)


def _nearest(catalog: Catalog, start: Generation, allowed: Collection[str]) -> str | None:
    """The family that comes nearest to what a version was made with; what models may lack counts only at first."""
    options = options_of(start)
    bare = VideoOptions(orientation=options.orientation, seconds=options.seconds, image=options.image)
    found = (catalog.nearest(asked, to=start.family, allowed=allowed) for asked in (options, bare))
    return next((choice.offer.family for choice in found if choice), None)
