"""What the next version of a video is made with: all that its parent was made with, but for what is changed.

A model that is kept is never left for another family. Another model that is named may lack what the parent had beside
its shape and length (sound, seed, what to avoid, the last picture); that is left out, and the card says so. Everything
else that it lacks is refused, unless the edits say that the nearest will do.

A picture that is added decides the shape where none is named.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import combinations, product
from typing import Any

from bot.catalog.catalog import Catalog
from bot.catalog.offers import TEMPLATE_SHAPES, Choice, Offer
from bot.domain.generation import Generation, Orientation
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import NoFit
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.origins import LeftOut, Part
from bot.domain.requests.request import Edits
from bot.domain.requests.styles import Style, with_style
from bot.domain.requests.video_options import VideoOptions, by_nearness, nearest_shape
from bot.usecases.requests.checks import resolve

# What a model that was named instead may leave out, and how it is left out.
_LEFT_OUT: dict[str, Any] = {"seed": None, "sound": None, "avoid": None, "end_image": False}


def next_choice(
    catalog: Catalog,
    parent: Generation,
    edits: Edits,
    *,
    image: bool,
    end_image: bool = False,
    style: Style | None = None,
    allowed: Collection[str] = (),
) -> Choice:
    """The offer and its options. Raises the Refusal of `Catalog.resolve` or `Catalog.named`.

    image, end_image: whether there is a first and a last picture; `options.end_image` of what is returned tells whether
    the last one goes on, `options.image` the same of the first. style: that of the new version. allowed: the families of
    the server, empty for all.
    """
    options = _wanted(parent, edits, image=image, end_image=end_image, style=style)
    pixels = edits.picture if image else None
    if edits.model is None:
        if edits.where_able:
            options = possible(catalog, parent.family, edits, options)
        found = _same_model(catalog, parent, options, allowed)
    else:
        found = _named_model(catalog, parent, edits, options, allowed)
    pixels = pixels if found.options.image else None
    if found.shape_from_image and edits.orientation is None and pixels:
        found = Choice.of(found.offer, replace(found.options, orientation=None, picture=pixels))
    return replace(found, options=replace(found.options, picture=pixels))


def _wanted(parent: Generation, edits: Edits, *, image: bool, end_image: bool, style: Style | None) -> VideoOptions:
    """What is asked for, before it is known whether the model can do it."""
    options = VideoOptions(
        orientation=edits.orientation or parent.orientation,
        seconds=edits.seconds or parent.seconds,
        image=image,
        end_image=image and end_image,
        sound=parent.sound if edits.sound is None else edits.sound,
        avoid=parent.avoid if edits.avoid is None else edits.avoid,
        seed=parent.seed if edits.seed is None else edits.seed,
        prompt_length=len(with_style(parent.prompt if edits.prompt is None else edits.prompt, style)),
    )
    if image and edits.picture and edits.orientation is None:
        return replace(options, orientation=None, picture=edits.picture)
    if image and parent.shape_from_image and edits.orientation is None:
        # Nobody chose this shape: it is that of the picture, and a model with other shapes takes its nearest.
        wide, high = (int(part) for part in parent.orientation.ratio.split(":"))
        return replace(options, orientation=None, picture=(wide, high))
    return options


def left_out(wanted: VideoOptions, made: VideoOptions) -> tuple[LeftOut, ...]:
    """The options among sound, seed, avoid and the last picture that were wanted and that the choice leaves out."""
    lost: list[LeftOut] = []
    if wanted.sound is not None and made.sound is None:
        lost.append(LeftOut(part=Part.SOUND, value="on" if wanted.sound else "off"))
    if wanted.seed is not None and made.seed is None:
        lost.append(LeftOut(part=Part.SEED, value=str(wanted.seed)))
    if wanted.avoid and not made.avoid:
        lost.append(LeftOut(part=Part.AVOID))
    if wanted.end_image and not made.end_image:
        lost.append(LeftOut(part=Part.END_IMAGE))
    return tuple(lost)


def _same_model(catalog: Catalog, parent: Generation, options: VideoOptions, allowed: Collection[str]) -> Choice:
    """The same model while it fits and is available, else the first offer of its family that fits.

    Where nothing was said about sound, the family still makes what the model of the parent made.
    """
    before, of_family = catalog.offer_of(parent), options
    if options.sound is None and before is not None and before.sound is not None:
        of_family = replace(options, sound=before.sound)
    own = options
    if options.orientation is None and options.picture and catalog.encoded(parent.model):
        # The id states a shape; the picture has another, which only another id of the family may make.
        made = {shape for offer in _usable(catalog, parent.family) for shape in offer.orientations}
        shapes = [shape for shape in Orientation if shape in made] or TEMPLATE_SHAPES
        own = replace(options, orientation=nearest_shape(shapes, *options.picture))
    last: Refusal | None = None
    for model, asked in ((parent.model, own), (parent.family, of_family)):
        try:
            found = resolve(catalog, model, asked, allowed=allowed)
        except Refusal as refusal:
            last = refusal  # that of the family is the clearer one
        else:
            if found.offer.family == parent.family:  # an id that several families share resolves to the first of them
                return replace(found, options=replace(found.options, sound=options.sound))
    raise last or Refusal(RefusalCode.NO_MODELS)


def _named_model(
    catalog: Catalog, parent: Generation, edits: Edits, options: VideoOptions, allowed: Collection[str]
) -> Choice:
    """The model that was named.

    Where its id encodes orientation and length, and the old ones do not fit it, its own are used.
    """
    name = catalog.named(edits.model or "", allowed=allowed)
    attempts = [options]
    if catalog.encoded(name):
        attempts.append(replace(options, orientation=edits.orientation, seconds=edits.seconds))
    first: Refusal | None = None
    for asked in attempts:
        try:
            return resolve(catalog, name, _of_other(catalog, name, parent, edits, asked), allowed=allowed)
        except Refusal as refusal:
            first = first or refusal
    if edits.nearest and first and isinstance(first.payload, NoFit):
        for asked in _near(catalog, name, edits, options):
            try:
                return resolve(catalog, name, possible(catalog, name, edits, asked), allowed=allowed)
            except Refusal:
                continue
    if first and isinstance(first.payload, NoFit):  # the others are those that need to leave nothing out
        raise Refusal(replace(first.payload, others=catalog.able(options, allowed))) from first
    raise first or Refusal(RefusalCode.NO_MODELS)


def _of_other(catalog: Catalog, name: str, parent: Generation, edits: Edits, options: VideoOptions) -> VideoOptions:
    """The options as far as another model has them; all of them where it is the parent's own."""
    own = name.strip().casefold() in (parent.family.casefold(), parent.model.casefold())
    return options if own and not edits.where_able else possible(catalog, name, edits, options)


def _near(catalog: Catalog, name: str, edits: Edits, options: VideoOptions) -> Iterator[VideoOptions]:
    """Yield what comes near to the options where they were not typed: the fewest and smallest changes first."""
    offers = _usable(catalog, name)
    made = {shape for offer in offers for shape in offer.orientations}
    lengths = {seconds for offer in offers for seconds in offer.seconds}
    wanted, seconds = options.orientation, options.seconds or 0
    shapes = [wanted, *by_nearness(made - {wanted}, wanted)] if wanted and edits.orientation is None else [wanted]
    near = sorted(lengths, key=lambda length: (abs(length - seconds), length)) if edits.seconds is None else [seconds]
    images = [True, False] if options.image and edits.image is None else [options.image]
    for image, shape, length in product(images, shapes, near):
        yield replace(options, orientation=shape, seconds=length, image=image, end_image=image and options.end_image)


def _usable(catalog: Catalog, name: str) -> list[Offer]:
    """The offers of a family or a model id that may be used now."""
    wanted = name.strip().casefold()
    named = [offer for offer in catalog.offers if wanted in (offer.family.casefold(), offer.model.casefold())]
    return [offer for offer in named if catalog.usable(offer)]


def possible(catalog: Catalog, name: str, edits: Edits, options: VideoOptions) -> VideoOptions:
    """The options without as little as possible of what this model, a family or an id, lacks and may be left out."""
    usable = _usable(catalog, name)
    fewer = options
    for fewer in _fewer(edits, options):
        if any(offer.fits(fewer) for offer in usable):
            return fewer
    return fewer


def _fewer(edits: Edits, options: VideoOptions) -> Iterator[VideoOptions]:
    """Yield the options without more and more of what may be left out; all of them first."""
    spare = [
        name
        for name, nothing in _LEFT_OUT.items()
        if getattr(options, name) != nothing and (edits.where_able or getattr(edits, name) is None)
    ]
    for count in range(len(spare) + 1):
        for names in combinations(spare, count):
            yield replace(options, **{name: _LEFT_OUT[name] for name in names})
