"""The form behind Remix and Animate image: prompt, orientation, duration, image; and one field more, as Discord allows five.

That is a model, where the old one is gone, else whether to go on with the image, where there is one. The form's `custom_id`
names a stored draft, so a submission is understood after a restart, two members' forms never meet, and one that is
submitted twice makes one video. discord.py keeps open modals in memory only, so submissions are taken from the
`interaction` event as they come.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import discord
from discord import ui

from bot.catalog.catalog import DEFAULT_SECONDS
from bot.domain import links
from bot.domain.drafts import Draft
from bot.domain.errors import StoreUnavailable
from bot.domain.generation import Generation, Orientation
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from bot.domain.request import Edits, RequestContext
from bot.usecases.generate import AcceptedCard, GenerationRequest
from cogs._ui import text
from cogs._ui.buttons import button_handler
from cogs._ui.errors import as_refusal
from cogs._ui.refusals import refuse, services
from cogs._ui.wording import words
from cogs.cards.accepting import accept_and_show, asker, image_of, reader
from cogs.cards.link_filter import past_filter

CUSTOM_ID = re.compile(r"form:([0-9A-Za-z]{1,25})")
KEPT_IN_MEMORY = 900.0  # seconds; a submission after that works as after a restart
LABEL, DESCRIPTION, OPTION = 45, 100, 100
MOST_OPTIONS = 25
# Refusals after which the same form would only be refused again.
USELESS = (
    RefusalCode.GONE,
    RefusalCode.ELSEWHERE,
    RefusalCode.FORGOTTEN,
    RefusalCode.FORM_BROKEN,
    RefusalCode.FORM_SENT,
    RefusalCode.FORM_SENT_UNSEEN,
)
# Refusals after which the form asks for the version's image.
IMAGE_ASKED = (RefusalCode.IMAGE_GONE, RefusalCode.IMAGE_ELSEWHERE)
_NO_IMAGE = {"": False, "keep": False, "none": True}


class Form(ui.Modal):
    """The form as it opens. What happens to a submission is `submitted`."""

    def __init__(self, title: str, draft: Draft) -> None:
        super().__init__(title=title[:LABEL], custom_id=f"form:{draft.id}", timeout=KEPT_IN_MEMORY)


def form(draft: Draft, start: Generation | None, *, models: Sequence[str], lengths: Sequence[int]) -> Form:
    """The form of a draft. start: what it is filled from; models: to choose from, where start's is gone."""
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
    for item in _images(draft, start, room=not models):
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
    """The lengths there are, and the one that this version has."""
    seconds = draft.seconds or (start.seconds if start else min(lengths, default=DEFAULT_SECONDS))
    others = [length for length in lengths if length != seconds][: MOST_OPTIONS - 1]
    options = {str(length): words()("form-seconds", seconds=length) for length in sorted([*others, seconds])}
    return _label(words()("form-duration"), _choice("duration", options, str(seconds)))


def _images(draft: Draft, start: Generation | None, *, room: bool) -> list[ui.Label[Any]]:
    """Which of a message's pictures; else a place for a file and, with room for it, what to do with the old image."""
    say = words()
    if draft.pictures:
        names = {str(at): f"{at + 1} · {_name(url)}" for at, url in enumerate(draft.pictures)}
        choice = _choice("picture", names, str(draft.picture))
        return [_label(say("form-picture"), choice, say("form-picture-hint"))] if len(names) > 1 else []
    has = start is not None and start.image is not None
    may_go = room and has and not draft.image_lost
    # Without a file that was there, or must be there, another video would be made than was asked for.
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


def _label(said: str, item: ui.Item[Any], hint: str | None = None) -> ui.Label[Any]:
    return ui.Label(text=said[:LABEL], component=item, description=hint[:DESCRIPTION] if hint else None)


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
    return {str(shape): words()(str(shape)) for shape in Orientation}


def _name(url: str) -> str:
    """The file's name in the address of a picture."""
    return url.partition("?")[0].rpartition("/")[2] or "image"


async def open_form(
    interaction: discord.Interaction[Any],
    *,
    generation_id: str | None = None,
    pictures: tuple[str, ...] = (),
    covered: frozenset[str] = frozenset(),
    image_gone: bool = False,
    draft: Draft | None = None,
) -> None:
    """Show the form, filled from a generation, a draft or nothing. Raises Refusal."""
    use, reads = services(interaction), reader(interaction)
    generation_id = draft.generation_id if draft else generation_id
    start = (await use.versions.find(reads, generation_id)).generation if generation_id else None
    if draft is None:
        draft = await use.drafts.open(
            reads.guild_id,
            reads.member_id,
            generation_id=generation_id,
            pictures=pictures,
            covered=covered,
            image_gone=image_gone,
        )
    models = await use.iteration.other_models(start) if start else []
    lengths = await use.iteration.lengths(reads.guild_id, start)
    opened = draft

    async def send() -> None:
        await interaction.response.send_modal(form(opened, start, models=models, lengths=lengths))

    await past_filter(send)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What came back. picture: the number of the chosen one; no_image: without the image that the version has."""

    prompt: str
    orientation: Orientation | None
    seconds: int | None
    model: str | None
    picture: int
    no_image: bool
    image: discord.Attachment | None


async def submitted(interaction: discord.Interaction[Any], draft_id: str) -> None:
    """Make the version that a form asks for. Where that is refused, what was filled in is kept for another try."""
    use = services(interaction)
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    use.requests.check_guild(guild_id)
    draft = await use.drafts.get(str(guild_id), str(interaction.user.id), draft_id, ask_id=str(interaction.id))
    filled = read(interaction)
    try:
        who = replace(asker(interaction), draft_id=draft.id)
        start = (await use.versions.find(who.reader, draft.generation_id)).generation if draft.generation_id else None
        await accept_and_show(interaction, _accept(interaction, who, draft, start, filled))
    except (Refusal, StoreUnavailable) as error:
        refusal = as_refusal(error)
        if refusal.code in USELESS:
            raise refusal from None
        await use.drafts.keep(_kept(draft, filled, refusal))
        await refuse(interaction, for_form(refusal), again=draft.id)


def _kept(draft: Draft, filled: Filled, refusal: Refusal) -> Draft:
    """The draft with what was filled in, but for a file: that was lost, unless it was itself what could not be taken."""
    lost = filled.image is not None and not refusal.code.startswith("image_")
    return replace(
        draft,
        prompt=filled.prompt,
        orientation=filled.orientation,
        seconds=filled.seconds,
        model=filled.model,
        picture=filled.picture,
        no_image=filled.no_image,
        image_gone=draft.image_gone or refusal.code in IMAGE_ASKED,
        image_lost=draft.image_lost or lost,
    )


def for_form(refusal: Refusal) -> Refusal:
    """The same where a button below it opens the form."""
    if refusal.code == RefusalCode.IMAGE_ELSEWHERE:
        return Refusal(RefusalCode.IMAGE_ELSEWHERE_FORM)
    return Refusal(RefusalCode.IMAGE_GONE_FORM) if refusal.code == RefusalCode.IMAGE_GONE else refusal


async def _accept(
    interaction: discord.Interaction[Any], who: RequestContext, draft: Draft, start: Generation | None, filled: Filled
) -> AcceptedCard:
    use = services(interaction)
    file, spoiler = filled.image, filled.image is not None and filled.image.is_spoiler()
    if start:
        edits = Edits(
            prompt=filled.prompt,
            orientation=filled.orientation,
            seconds=filled.seconds,
            model=filled.model,
            image=image_of(file) if file else None,
            spoiler=spoiler,
        )
        return await use.iteration.make(who, start, edits, no_image=filled.no_image)
    if not 0 <= filled.picture < len(draft.pictures):
        raise Refusal(RefusalCode.FORM_BROKEN)
    address = draft.pictures[filled.picture]
    request = GenerationRequest(
        context=who,
        prompt=filled.prompt,
        model=filled.model,
        orientation=filled.orientation,
        seconds=filled.seconds,
        image=partial(use.iteration.picture, address),
        spoiler=address in draft.covered,
    )
    return await use.requests.accept(request)


def read(interaction: discord.Interaction[Any]) -> Filled:
    """The fields of a submission, by their ids; unknown ones are passed over. Raises Refusal `form_broken`."""
    data: Any = interaction.data
    parts: list[Any] = data.get("components") or []
    values: dict[str, list[str]] = {}
    for part in parts:
        inner: list[Any] = [part["component"]] if part.get("component") else part.get("components") or []
        for field in inner:
            given: list[Any] = field.get("values") or [field.get("value") or ""]
            values[str(field.get("custom_id"))] = [str(one) for one in given]
    resolved: Any = data.get("resolved") or {}
    files: dict[str, Any] = resolved.get("attachments") or {}
    attached: list[Any] = [files[one] for one in values.get("image", []) if one in files]
    try:
        return Filled(
            prompt=_first(values, "prompt").strip(),
            orientation=Orientation(shape) if (shape := _first(values, "orientation")) else None,
            seconds=_number(length) if (length := _first(values, "duration")) else None,
            model=_first(values, "model") or None,
            picture=_number(_first(values, "picture") or "0"),
            no_image=_NO_IMAGE[_first(values, "reference")],
            image=discord.Attachment(data=attached[0], state=interaction._state) if attached else None,
        )
    except (ValueError, KeyError) as error:
        raise Refusal(RefusalCode.FORM_BROKEN) from error


def _first(values: dict[str, list[str]], name: str) -> str:
    return next(iter(values.get(name, [])), "")


def _number(value: str) -> int:
    """Raises ValueError for what no menu of ours offers."""
    if not re.fullmatch(r"[0-9]{1,4}", value):
        raise ValueError(value)
    return int(value)


@button_handler("reopen")
async def reopen(interaction: discord.Interaction[Any], draft_id: str) -> None:
    """Show a refused form again, with all that was typed."""
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    draft = await services(interaction).drafts.get(str(guild_id), str(interaction.user.id), draft_id)
    await open_form(interaction, draft=draft)
