"""The fields of the form, filled from a draft or from a version: what can be made with the model that is selected.

Discord allows five fields and no text beside them, so what has no field is listed above the prompt. The orientation tells
also whether the picture is kept: "portrait" keeps it, "none:portrait" does not, and "picture" keeps its shape as well.
"""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.catalog.offers import DEFAULT_SECONDS
from bot.domain.generation import Generation, Orientation
from bot.domain.messages import component_ids, links
from bot.domain.refusals.models import NamedPrice
from bot.domain.requests.drafts import Draft
from bot.domain.requests.video_options import nearest_shape
from bot.usecases.versions.form_choices import FormChoices, LengthOption
from cogs._ui import text
from cogs._ui.wording import Words, words

KEPT_IN_MEMORY = 900.0  # seconds; a later submission is handled as after a restart
LABEL, DESCRIPTION, OPTION = 45, 100, 100
MOST_OPTIONS = 25
FAMILY_SHOWN = 40
SAME_MODEL = "=same"  # the model of the version; no family has such a name
PICTURE_SHAPE = "picture"
NO_PICTURE = "none:"  # before a shape


class Form(ui.Modal):
    """The form as it is shown. `submitted` handles what is sent in."""

    def __init__(self, title: str, draft: Draft) -> None:
        super().__init__(title=title[:LABEL], custom_id=component_ids.make("form", draft.id), timeout=KEPT_IN_MEMORY)


def form(draft: Draft, start: Generation | None, choices: FormChoices) -> Form:
    """Return the form of a draft. start: the version that fills it."""
    say = words()
    name = "form-continue" if draft.continues else "form-remix"
    title = say("form-command") if draft.command else say("form-animate")
    made = Form(say(name, version=start.version) if start else title, draft)
    made.add_item(_prompt(say, draft, start))
    if choices.models:
        made.add_item(_model(say, draft, start, choices))
    if not draft.continues:  # then both are those of the frame
        made.add_item(_shape(say, draft, start, choices))
    made.add_item(_length(say, draft, start, choices))
    for item in () if draft.continues else _images(say, draft, start, choices):
        made.add_item(item)
    return made


def _prompt(say: Words, draft: Draft, start: Generation | None) -> ui.Label[Any]:
    prompt = links.shown(draft.prompt or (start.prompt if start else ""))
    carried = _carried(say, draft, start)
    return _label(
        say("form-prompt"),
        ui.TextInput(custom_id="prompt", style=discord.TextStyle.paragraph, default=prompt or None, max_length=4000),
        _prompt_hint(say, draft, carried),
    )


def _prompt_hint(say: Words, draft: Draft, carried: str) -> str | None:
    if draft.continues:
        return say("form-continue-carried", carried=carried) if carried else say("form-continue-prompt")
    return say("form-carried", carried=carried) if carried else None


def _carried(say: Words, draft: Draft, start: Generation | None) -> str:
    """Return what goes on without a field: of the version, else of the command; what was typed comes first.

    Continue takes neither seed nor end picture.
    """
    style = start.style.name if start and start.style else None
    return text.asked_of(
        say,
        sound=start.sound if start and draft.sound is None else draft.sound,
        seed=start.seed if start and draft.seed is None and not draft.continues else draft.seed,
        end_image=bool(draft.end_picture or (start and start.end_image and not draft.continues)),
        avoid=draft.avoid or (start.avoid if start else None),
        style=draft.style or style,
    )


def _model(say: Words, draft: Draft, start: Generation | None, choices: FormChoices) -> ui.Label[Any]:
    """Return the menu of models. That of the version has a value of its own, which keeps a raw id and its price."""
    needed = [one for one in choices.models if one.name in (choices.own, choices.selected)]
    others = [one for one in choices.models if one not in needed][: MOST_OPTIONS - len(needed)]
    shown = [one for one in choices.models if one in needed or one in others]
    options = {SAME_MODEL if one.name == choices.own else one.name: _priced(say, one) for one in shown}
    selected = SAME_MODEL if choices.selected == choices.own else str(choices.selected)
    hint = None
    if start and choices.own is None:
        gone = "form-model-gone" if choices.selected == draft.model else "form-model-nearest"
        gone = "form-continue-model" if draft.continues else gone
        hint = say(gone, family=start.family[:FAMILY_SHOWN])
    return _label(say("form-model"), _choice("model", options, selected), hint)


def _priced(say: Words, one: NamedPrice) -> str:
    """Return a family with the price of a second."""
    name = "name-price-about" if one.estimate else "name-price"
    return say(name, name=one.name, price=text.rates(one.low, one.high))


def _length(say: Words, draft: Draft, start: Generation | None, choices: FormChoices) -> ui.Label[Any]:
    """Return the menu of lengths, each with its price. Where the version's own is not among them, the nearest is selected."""
    wanted = draft.seconds or (start.seconds if start else None)
    lengths = choices.lengths
    if not lengths:  # no model is available: the form is refused in any case
        only = wanted or DEFAULT_SECONDS
        return _label(
            say("form-duration"), _choice("duration", {str(only): say("unit-seconds", amount=only)}, str(only))
        )
    made = [one.seconds for one in lengths]
    if wanted:
        near = min(made, key=lambda seconds: (abs(seconds - wanted), seconds))
    else:
        near = min((seconds for seconds in made if seconds >= DEFAULT_SECONDS), default=max(made))
    hint = say("form-duration-changed", seconds=wanted) if wanted and near != wanted else None
    others = [seconds for seconds in made if seconds != near][: MOST_OPTIONS - 1]
    options = {str(one.seconds): _priced_length(say, one) for one in lengths if one.seconds in (near, *others)}
    return _label(say("form-duration"), _choice("duration", options, str(near)), hint)


def _priced_length(say: Words, one: LengthOption) -> str:
    """Return a length with its price: "8 s · $0.54"."""
    return say("form-length", seconds=one.seconds, price=text.price(say, one.price_micros, estimate=one.estimate))


def _shape(say: Words, draft: Draft, start: Generation | None, choices: FormChoices) -> ui.Label[Any]:
    """Return the menu of shapes. Where the version has a picture, it also tells whether that is kept."""
    wanted = draft.orientation or (start.orientation if start else Orientation.LANDSCAPE)
    if draft.command and draft.pictures:
        options, preferred = _with_picture(say, draft, choices), _of_command(draft, choices, wanted)
    elif start and start.image and not draft.image_lost:
        options, preferred = _with_picture(say, draft, choices), _preferred(draft, start, choices, wanted)
    else:
        options = _plain(say, draft, choices)
        preferred = [_near(wanted, [shape for shape in Orientation if str(shape) in options]), PICTURE_SHAPE]
        if start is None and draft.orientation is None:
            preferred.reverse()
    options = options or {str(wanted): text.shape(say, wanted)}  # no model is available
    selected = next((value for value in preferred if value in options), next(iter(options)))
    same = selected.removeprefix(NO_PICTURE) in (PICTURE_SHAPE, str(wanted))
    hint = None if same else say("form-orientation-changed", shape=text.shape(say, wanted))
    if same and left_as_it_stood(draft, start, wanted):
        hint = say("form-orientation-follows")
    return _label(say("form-orientation"), _choice("orientation", options, selected), hint)


def left_as_it_stood(draft: Draft, start: Generation | None, shape: Orientation | None) -> bool:
    """Return whether nobody chose this shape: the menu stands at it, and it gives way to a picture that is added."""
    first = draft.command and not draft.pictures
    stood = start.orientation if start else Orientation.LANDSCAPE if first else None
    return draft.orientation is None and stood is not None and shape is stood


def _of_command(draft: Draft, choices: FormChoices, wanted: Orientation) -> list[str]:
    """Return what the menu may stand at, where a command had a picture; the best first."""
    kept = [_near(wanted, choices.picture_shapes)] if draft.orientation else []
    without = f"{NO_PICTURE}{_near(wanted, choices.shapes)}"
    return [without, *kept, PICTURE_SHAPE] if draft.no_image else [*kept, PICTURE_SHAPE, without]


def _preferred(draft: Draft, start: Generation, choices: FormChoices, wanted: Orientation) -> list[str]:
    """Return what the menu may stand at, where the version has a picture; the best first."""
    kept = [_near(wanted, choices.picture_shapes), PICTURE_SHAPE]
    if start.shape_from_image and draft.orientation is None:
        kept.reverse()
    without = f"{NO_PICTURE}{_near(wanted, choices.shapes)}"
    return [without, *kept] if draft.no_image else [*kept, without]


def _near(wanted: Orientation, shapes: Sequence[Orientation]) -> str:
    """Return the shape itself if it is among these, else the nearest; empty where there are none."""
    if wanted in shapes or not shapes:
        return str(wanted) if shapes else ""
    wide, high = (int(part) for part in wanted.ratio.split(":"))
    return str(nearest_shape(shapes, wide, high))


def _with_picture(say: Words, draft: Draft, choices: FormChoices) -> dict[str, str]:
    """Return the shapes with the picture of the version, and without it."""
    gone = draft.image_gone
    follows = choices.follows or (draft.command and bool(choices.picture_shapes))
    own = {PICTURE_SHAPE: say("form-shape-added-own" if gone else "form-shape-keep-own")} if follows else {}
    shapes = {shape: text.shape(say, shape) for shape in Orientation}
    kept = {
        str(shape): say("form-shape-added" if gone else "form-shape-keep", shape=shapes[shape])
        for shape in choices.picture_shapes
    }
    without = {f"{NO_PICTURE}{shape}": say("form-shape-none", shape=shapes[shape]) for shape in choices.shapes}
    return own | kept | without


def _plain(say: Words, draft: Draft, choices: FormChoices) -> dict[str, str]:
    """Return the shapes alone: with a picture that is needed anyway, or without one that could be kept."""
    with_picture = bool(draft.pictures) or draft.image_lost or choices.needs_picture
    shapes = choices.picture_shapes if with_picture else choices.shapes
    first = draft.generation_id is None  # without a word, its shape is that of its picture
    follows = choices.follows or (first and bool(choices.picture_shapes))
    own = {PICTURE_SHAPE: say("form-shape-picture")} if follows and with_picture else {}
    return own | {str(shape): text.shape(say, shape) for shape in shapes}


def _images(say: Words, draft: Draft, start: Generation | None, choices: FormChoices) -> list[ui.Label[Any]]:
    """Return the field for the image: an upload or, for a message with several pictures, a menu to choose one."""
    if draft.pictures and not draft.command:
        names = {str(at): f"{at + 1} · {_name(url)}" for at, url in enumerate(draft.pictures)}
        choice = _choice("picture", names, str(draft.picture))
        return [_label(say("form-picture"), choice, say("form-picture-hint"))] if len(names) > 1 else []
    has = (start is not None and start.image is not None) or bool(draft.command and draft.pictures)
    # Without the file that was there, or that is needed, the result would not be what the member asked for.
    needed = draft.image_lost or (choices.needs_picture and (not has or draft.image_gone))
    upload: ui.FileUpload[Any] = ui.FileUpload(custom_id="image", required=needed)
    if draft.image_lost:
        hint = "form-image-lost"
    elif draft.image_gone:
        hint = "form-image-gone"
    elif draft.image_refused:
        hint = "form-image-refused"
    elif not (choices.follows or choices.picture_shapes) and choices.selected:
        hint = "form-image-never"
    elif has:
        hint = "form-image-keep"
    elif needed:
        hint = "form-image-needed"
    else:
        hint = "form-image-follows" if choices.follows else "form-image-none"
    return [_label(say("form-image"), upload, say(hint))]


def _label(name: str, item: ui.Item[Any], hint: str | None = None) -> ui.Label[Any]:
    if hint and len(hint) > DESCRIPTION:
        hint = f"{hint[: DESCRIPTION - 1]}…"
    return ui.Label(text=name[:LABEL], component=item, description=hint)


def _choice(custom_id: str, options: dict[str, str], chosen: str) -> ui.Select[Any]:
    offered = list(options.items())[:MOST_OPTIONS]
    chosen = chosen if chosen in dict(offered) else offered[0][0]
    return ui.Select(
        custom_id=custom_id,
        required=True,
        options=[
            discord.SelectOption(label=label[:OPTION], value=value, default=value == chosen) for value, label in offered
        ],
    )


def _name(url: str) -> str:
    """Return the file name in the address of a picture."""
    return url.partition("?")[0].rpartition("/")[2] or "image"
