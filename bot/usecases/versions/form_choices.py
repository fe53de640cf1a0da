"""What a form offers: the models of a server, and the lengths and shapes of the one that is selected.

Each length has its price, which is the most that it costs with any shape, with a picture or without. What a server's
rules refuse is not offered.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.catalog.catalog import Catalog
from bot.catalog.offers import Choice, Offer
from bot.domain.generation import Generation, Image, Orientation
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.refusals.models import NamedPrice
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.drafts import Draft
from bot.domain.requests.request import Edits
from bot.domain.requests.video_options import VideoOptions, options_of
from bot.usecases.requests.checks import check_choice
from bot.usecases.versions.next_choice import next_choice, possible

NO_RULES = GuildSettings(guild_id="")
_A_PICTURE = Image(file="", media_type="")  # stands for one that is not there yet
WHERE_ABLE = Edits(where_able=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A way to make a video, for its price. orientation: None for that of the picture."""

    orientation: Orientation | None
    image: bool
    end_image: bool = False


_Choose = Callable[[int, _Way, str | None], Choice]  # for a length, a way and a prompt


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

    def most_micros(self, model: str | None, seconds: int | None) -> int | None:
        """The most that a submitted form may cost: the price beside its length. None where the form showed no price.

        model: the family that was chosen, None for the version's own. Nothing was shown for a length of another model
        than the selected one, if that is not among these lengths: then 0.
        """
        shown = next((one.price_micros for one in self.lengths if one.seconds == seconds), None)
        other = seconds is not None and (model or self.own) != self.selected
        return 0 if shown is None and other else shown


def remix_choices(
    catalog: Catalog,
    start: Generation,
    *,
    wanted: str | None = None,
    prompt: str | None = None,
    settings: GuildSettings = NO_RULES,
    draft: Draft | None = None,
) -> FormChoices:
    """The choices for the next version of a video. wanted, prompt: the family and the prompt that were filled in before.

    Where the version's own family is not available, the nearest one is selected. settings: the rules of the server. draft: what
    goes on besides the fields, as far as the model can.
    """
    allowed = settings.families
    models = catalog.prices(allowed)
    names = [one.name for one in models]
    own = start.family if start.family in names else None
    selected = wanted if wanted in names else own or _nearest(catalog, start, allowed) or next(iter(names), None)
    model = None if selected == own else selected

    def choose(seconds: int, way: _Way, words: str | None) -> Choice:
        edits = replace(_carried(draft), model=model, seconds=seconds, orientation=way.orientation, prompt=words)
        return next_choice(catalog, start, edits, image=way.image, end_image=way.end_image, allowed=allowed)

    passing = _passing(catalog, models, settings, kept=(own, selected))
    found = FormChoices(models=passing, own=own, selected=selected)
    end_image = start.end_image is not None or (draft is not None and draft.end_picture is not None)
    return _filled(catalog, found, choose, prompt=prompt, settings=settings, end_image=end_image)


def animate_choices(
    catalog: Catalog,
    *,
    wanted: str | None = None,
    prompt: str | None = None,
    settings: GuildSettings = NO_RULES,
    draft: Draft | None = None,
) -> FormChoices:
    """The choices for a first video, Sora 2 selected where it is there: from a picture, the families that take one.

    draft: of a refused command, which needs no picture; what it carries goes on as far as the model can.
    """
    allowed, command = settings.families, draft is not None and draft.command
    able = {offer.family for offer in catalog.offers if catalog.usable(offer) and (offer.image or command)}
    models = tuple(one for one in catalog.prices(allowed) if one.name in able)
    names = [one.name for one in models]
    preferred = (name for name in (wanted, catalog.default_family(), *names) if name in names)
    selected = next(preferred, None)

    def choose(seconds: int, way: _Way, words: str | None) -> Choice:
        options = VideoOptions(
            orientation=way.orientation,
            seconds=seconds,
            image=way.image,
            end_image=way.end_image,
            sound=draft.sound if draft else None,
            avoid=draft.avoid if draft else None,
            seed=draft.seed if draft else None,
            prompt_length=len(words or ""),
        )
        return catalog.resolve(selected, possible(catalog, selected or "", WHERE_ABLE, options), allowed=allowed)

    found = FormChoices(models=_passing(catalog, models, settings, kept=(selected,)), selected=selected)
    end_image = draft is not None and draft.end_picture is not None
    return _filled(catalog, found, choose, prompt=prompt, settings=settings, end_image=end_image)


def _carried(draft: Draft | None) -> Edits:
    """What goes on with a form besides its fields."""
    if draft is None or not draft.command:
        return Edits()
    return replace(WHERE_ABLE, sound=draft.sound, avoid=draft.avoid, seed=draft.seed)


def continue_choices(
    catalog: Catalog,
    start: Generation,
    *,
    wanted: str | None = None,
    prompt: str | None = None,
    settings: GuildSettings = NO_RULES,
) -> FormChoices:
    """The choices for a video that goes on from the last frame of another one: the families that take a picture.

    The version's own is selected where it is one of them, else the nearest. The shape is that of the frame.
    """
    allowed = settings.families
    able = {offer.family for offer in catalog.offers if catalog.usable(offer) and offer.image}
    models = tuple(one for one in catalog.prices(allowed) if one.name in able)
    names = [one.name for one in models]
    own = start.family if start.family in names else None
    passing = _passing(catalog, models, settings, kept=(own,))
    others = (
        wanted,
        own,
        _nearest(catalog, replace(start, image=_A_PICTURE, end_image=None), allowed),
        *(one.name for one in passing),
    )
    selected = next((name for name in others if name in names), None)

    def choose(seconds: int, way: _Way, words: str | None) -> Choice:
        shape = None if way.orientation is None else tuple(int(part) for part in way.orientation.ratio.split(":"))
        options = VideoOptions(
            seconds=seconds, image=True, picture=(shape[0], shape[1]) if shape else None, prompt_length=len(words or "")
        )
        return catalog.resolve(selected, options, allowed=allowed)

    found = FormChoices(models=passing, own=own, selected=selected)
    return _filled(catalog, found, choose, prompt=prompt, settings=settings)


def _passing(
    catalog: Catalog, models: tuple[NamedPrice, ...], settings: GuildSettings, *, kept: Collection[str | None]
) -> tuple[NamedPrice, ...]:
    """The models of which at least the shortest video passes the server's rules, and those that are kept anyway."""
    shortest = (
        Choice.of(offer, VideoOptions(seconds=min(offer.seconds))) for offer in catalog.offers if catalog.usable(offer)
    )
    able = {choice.offer.family for choice in shortest if _passes(settings, choice)}
    return tuple(one for one in models if one.name in able or one.name in kept)


def _passes(settings: GuildSettings, choice: Choice) -> bool:
    try:
        check_choice(settings, choice)
    except Refusal:
        return False
    return True


def _filled(
    catalog: Catalog,
    found: FormChoices,
    choose: _Choose,
    *,
    prompt: str | None,
    settings: GuildSettings,
    end_image: bool = False,
) -> FormChoices:
    """The choices with the lengths and shapes of the selected model."""
    offers = [offer for offer in catalog.offers if offer.family == found.selected and catalog.usable(offer)]
    shapes = _shapes(offer for offer in offers if not offer.image_required)
    picture_shapes = _shapes(offer for offer in offers if offer.image and not offer.shape_from_image)
    follows = any(offer.shape_from_image for offer in offers)
    pictured = [*picture_shapes, *([None] if follows else [])]
    ways = [_Way(orientation=shape, image=False) for shape in shapes]
    ways += [_Way(orientation=shape, image=True, end_image=end) for shape in pictured for end in {False, end_image}]
    # A prompt that is too long, or a model that the rules forbid, is refused with the reason once it is sent in.
    attempts = ((prompt, settings), ("", settings), ("", NO_RULES))
    lengths = (_lengths(offers, ways, choose, words, rules) for words, rules in attempts)
    return replace(
        found,
        lengths=next((some for some in lengths if some), ()),
        shapes=shapes,
        picture_shapes=picture_shapes,
        follows=follows,
        needs_picture=bool(offers) and all(offer.image_required for offer in offers),
    )


def _lengths(
    offers: Sequence[Offer], ways: Sequence[_Way], choose: _Choose, prompt: str | None, settings: GuildSettings
) -> tuple[LengthOption, ...]:
    """The lengths with their prices. One that cannot be had at its usual price now is left out."""
    dearest: dict[int, LengthOption] = {}
    for seconds in sorted({seconds for offer in offers for seconds in offer.seconds}):
        for way in ways:
            try:
                found = choose(seconds, way, prompt)
                check_choice(settings, found)
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
