"""The fields of the form, filled from a draft or from a version."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.catalog.offers import DEFAULT_SECONDS
from bot.domain import component_ids, links
from bot.domain.drafts import Draft
from bot.domain.generation import Generation, Orientation
from cogs._ui import text
from cogs._ui.wording import words

KEPT_IN_MEMORY = 900.0  # seconds; a later submission is handled as after a restart
LABEL, DESCRIPTION, OPTION = 45, 100, 100
MOST_OPTIONS = 25


class Form(ui.Modal):
    """The form as it is shown. `submitted` handles what is sent in."""

    def __init__(self, title: str, draft: Draft) -> None:
        super().__init__(title=title[:LABEL], custom_id=component_ids.make("form", draft.id), timeout=KEPT_IN_MEMORY)


def form(draft: Draft, start: Generation | None, *, models: Sequence[str], lengths: Sequence[int]) -> Form:
    """Return the form of a draft. start: the version that fills it; models: the choices, if start's model is gone."""
    say = words()
    made = Form(say("form-remix", version=start.version) if start else say("form-animate"), draft)
    prompt = links.shown(draft.prompt or (start.prompt if start else ""))
    made.add_item(
        _label(
            say("form-prompt"),
            ui.TextInput(
                custom_id="prompt", style=discord.TextStyle.paragraph, default=prompt or None, max_length=4000
            ),
        )
    )
    shape = draft.orientation or (start.orientation if start else Orientation.LANDSCAPE)
    made.add_item(_label(say("form-orientation"), _choice("orientation", _shapes(), str(shape))))
    made.add_item(_lengths(draft, start, lengths))
    for item in _images(draft, start, has_field_left=not models):
        made.add_item(item)
    if models:
        made.add_item(
            _label(
                say("form-model"),
                _choice("model", {name: name for name in models}, draft.model or models[0]),
                say("form-model-gone", family=text.alt(start.family if start else "")),
            )
        )
    return made


def _lengths(draft: Draft, start: Generation | None, lengths: Sequence[int]) -> ui.Label[Any]:
    """Return the menu of lengths: those on offer, and that of this version."""
    seconds = draft.seconds or (start.seconds if start else min(lengths, default=DEFAULT_SECONDS))
    others = [length for length in lengths if length != seconds][: MOST_OPTIONS - 1]
    options = {str(length): words()("form-seconds", seconds=length) for length in sorted([*others, seconds])}
    return _label(words()("form-duration"), _choice("duration", options, str(seconds)))


def _images(draft: Draft, start: Generation | None, *, has_field_left: bool) -> list[ui.Label[Any]]:
    """Return the fields for the image.

    With pictures of a message: a menu to choose one. Else an upload and, if `has_field_left`, whether to keep the
    version's image.
    """
    say = words()
    if draft.pictures:
        names = {str(at): f"{at + 1} · {_name(url)}" for at, url in enumerate(draft.pictures)}
        choice = _choice("picture", names, str(draft.picture))
        return [_label(say("form-picture"), choice, say("form-picture-hint"))] if len(names) > 1 else []
    has = start is not None and start.image is not None
    may_go = has_field_left and has and not draft.image_lost
    # Without the file that was there, or that is needed, the result would not be what the member asked for.
    needed = draft.image_lost or (draft.image_gone and not may_go)
    upload: ui.FileUpload[Any] = ui.FileUpload(custom_id="image", required=needed)
    hint = "form-image-gone" if draft.image_gone else "form-image-keep" if has else "form-image-none"
    fields = [_label(say("form-image"), upload, say("form-image-lost" if draft.image_lost else hint))]
    if may_go:
        keep = say("form-reference-again" if draft.image_gone else "form-reference-keep")
        options = {"keep": keep, "none": say("form-reference-none")}
        chosen = "none" if draft.no_image else "keep"
        fields.append(_label(say("form-reference"), _choice("reference", options, chosen)))
    return fields


def _label(name: str, item: ui.Item[Any], hint: str | None = None) -> ui.Label[Any]:
    return ui.Label(text=name[:LABEL], component=item, description=hint[:DESCRIPTION] if hint else None)


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


def _shapes() -> dict[str, str]:
    return {str(shape): text.shape(words(), shape) for shape in Orientation}


def _name(url: str) -> str:
    """Return the file name in the address of a picture."""
    return url.partition("?")[0].rpartition("/")[2] or "image"
