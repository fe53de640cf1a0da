"""The form behind Remix, Animate image and a refused command: prompt, model, orientation, duration and image, the five
fields that Discord allows.

The form's `custom_id` names a stored draft. So a submission works after a restart, two members' forms never mix, and a
form that is submitted twice makes one video. discord.py keeps open forms in memory only, so submissions are read from
an event, `form_submitted`. A form from before the model was one of its fields says in a field of its own whether the picture is
kept, and is still understood.
"""

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.domain.errors import StoreUnavailable
from bot.domain.generation import Generation, Orientation
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import DearerNow
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.drafts import Draft
from bot.domain.requests.request import Edits, RequestContext
from bot.domain.requests.video_options import VideoOptions
from bot.usecases.requests.command_forms import PICTURE_REFUSED
from bot.usecases.requests.generation_request import AcceptedCard, GenerationRequest
from bot.usecases.versions.form_choices import FormChoices
from cogs._ui.buttons import button_handler, buttons
from cogs._ui.errors import as_refusal
from cogs._ui.refusals import refuse, services
from cogs.cards.accepting import accept_and_show, image_of, picture_size, reader, request_context
from cogs.cards.link_filter import past_filter
from cogs.iteration.form_fields import NO_PICTURE, PICTURE_SHAPE, SAME_MODEL, form, left_as_it_stood

if TYPE_CHECKING:
    from bot.usecases import Services

# After these refusals the same form would only be refused again.
USELESS = (
    RefusalCode.GONE,
    RefusalCode.ELSEWHERE,
    RefusalCode.FORGOTTEN,
    RefusalCode.PROMPT_EXPIRED,
    RefusalCode.FORM_BROKEN,
    RefusalCode.FORM_SENT,
    RefusalCode.FORM_SENT_UNSEEN,
    RefusalCode.FRAME_GONE,
    RefusalCode.FRAME_NO_MODELS,
)
# After these refusals the form asks for the version's image.
IMAGE_ASKED = (RefusalCode.IMAGE_GONE, RefusalCode.IMAGE_ELSEWHERE)
_NO_IMAGE = {"": False, "keep": False, "none": True}


async def open_form(
    interaction: discord.Interaction[Any],
    *,
    generation_id: str | None = None,
    pictures: tuple[str, ...] = (),
    covered: frozenset[str] = frozenset(),
    image_gone: bool = False,
    continues: bool = False,
    draft: Draft | None = None,
) -> None:
    """Show the form, filled from a generation or a draft, or empty. Raises Refusal.

    continues: the picture is the last frame of that generation's video.
    """
    use, reads = services(interaction), reader(interaction)
    generation_id = draft.generation_id if draft else generation_id
    start = (await use.versions.source(reads, generation_id)).generation if generation_id else None
    if draft is None:
        draft = await use.drafts.open(
            reads.guild_id,
            reads.member_id,
            generation_id=generation_id,
            pictures=pictures,
            covered=covered,
            image_gone=image_gone,
            continues=continues,
        )
    choices = await _choices(use, reads.guild_id, start, draft)
    opened = draft

    async def send() -> None:
        await interaction.response.send_modal(form(opened, start, choices))

    await past_filter(send)


async def _choices(use: "Services", guild_id: str, start: Generation | None, draft: Draft) -> FormChoices:
    """Return what the form of a draft offers. Raises Refusal."""
    if draft.continues and start:
        return await use.continuation.form_choices(guild_id, start, wanted=draft.model, prompt=draft.prompt)
    return await use.iteration.form_choices(guild_id, start, wanted=draft.model, prompt=draft.prompt, draft=draft)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The content of a submitted form.

    orientation: None for the shape of the picture. model: None for that of the version. picture: index of the chosen
    picture. no_image: drop the version's image.
    """

    prompt: str
    orientation: Orientation | None
    seconds: int | None
    model: str | None
    picture: int
    no_image: bool
    image: discord.Attachment | None


async def submitted(interaction: discord.Interaction[Any], draft_id: str) -> None:
    """Make the version that a form asks for. If it is refused, store the content for another attempt."""
    use = services(interaction)
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    use.requests.check_guild(guild_id)
    draft = await use.drafts.get(str(guild_id), str(interaction.user.id), draft_id, ask_id=str(interaction.id))
    filled, start = read(interaction), None
    try:
        who = replace(request_context(interaction), draft_id=draft.id)
        of = draft.generation_id
        start = (await use.versions.source(who.reader, of)).generation if of else None
        await accept_and_show(interaction, _accept(interaction, who, draft, start, filled))
    except (Refusal, StoreUnavailable) as error:
        refusal = as_refusal(error)
        if refusal.code in USELESS:
            raise refusal from None
        await use.drafts.keep(_kept(draft, start, filled, refusal))
        await refuse(interaction, for_form(refusal), below=reopen_button(draft.id))


def _kept(draft: Draft, start: Generation | None, filled: Filled, refusal: Refusal) -> Draft:
    """Return the draft with the submitted content. An uploaded file is lost, unless the file itself was refused."""
    lost = filled.image is not None and not refusal.code.startswith("image_")
    if draft.command and refusal.code in PICTURE_REFUSED:
        draft = replace(draft, pictures=(), end_picture=None, image_refused=True)
    elif draft.command and filled.image:
        draft = replace(draft, pictures=())
    return replace(
        draft,
        prompt=filled.prompt,
        orientation=None if left_as_it_stood(draft, start, filled.orientation) else filled.orientation,
        seconds=filled.seconds,
        model=filled.model,
        picture=filled.picture,
        no_image=filled.no_image,
        image_gone=draft.image_gone or refusal.code in IMAGE_ASKED,
        image_lost=draft.image_lost or lost,
    )


def reopen_button(draft_id: str) -> ui.ActionRow[Any]:
    """Return the button that opens the form of this draft again."""
    return buttons(draft_id, "reopen")


def for_form(refusal: Refusal) -> Refusal:
    """Return the variant of a refusal that stands above a button which opens the form."""
    if isinstance(refusal.payload, DearerNow) and refusal.code == RefusalCode.OFFER_DEARER:
        return Refusal(replace(refusal.payload, code=RefusalCode.FORM_DEARER))
    if refusal.code == RefusalCode.IMAGE_ELSEWHERE:
        return Refusal(RefusalCode.IMAGE_ELSEWHERE_FORM)
    return Refusal(RefusalCode.IMAGE_GONE_FORM) if refusal.code == RefusalCode.IMAGE_GONE else refusal


async def _accept(
    interaction: discord.Interaction[Any], who: RequestContext, draft: Draft, start: Generation | None, filled: Filled
) -> AcceptedCard:
    use = services(interaction)
    # Nothing costs more than the form showed, also where another model was chosen than the one of its prices.
    choices = await _choices(use, who.guild_id, start, draft)
    most = choices.most_micros(filled.model, filled.seconds)
    if draft.continues and start:
        return await use.continuation.make(
            who,
            start.id,
            prompt=filled.prompt,
            model=filled.model or (None if choices.own else choices.selected),
            seconds=filled.seconds,
            most_micros=most,
        )
    if start:
        edits = await _edits(interaction, draft, start, filled)
        # Where a picture could not be read, the one that is added stands for both.
        no_end = draft.image_gone and filled.image is not None
        return await use.iteration.make(
            who, start, edits, no_image=filled.no_image, no_end_image=no_end, most_micros=most
        )
    if draft.command:
        edits = await _edits(interaction, draft, None, filled)
        return await use.command_forms.make(who, draft, edits, most_micros=most)
    if not 0 <= filled.picture < len(draft.pictures):
        raise Refusal(RefusalCode.FORM_BROKEN)
    address = draft.pictures[filled.picture]
    request = GenerationRequest(
        context=who,
        prompt=filled.prompt,
        model=filled.model,
        options=VideoOptions(orientation=filled.orientation, seconds=filled.seconds),
        most_micros=most,
        image=partial(use.iteration.picture, address),
        spoiler=address in draft.covered,
    )
    return await use.requests.accept(request)


async def _edits(
    interaction: discord.Interaction[Any], draft: Draft, start: Generation | None, filled: Filled
) -> Edits:
    """Return what a form asks for, with its picture: the file that was added, else that of the command.

    A shape that was left as it stood follows a picture that is added.
    """
    carried = await services(interaction).command_forms.carried(draft) if draft.command else Edits()
    follows = filled.image is not None and left_as_it_stood(draft, start, filled.orientation)
    edits = replace(
        carried,
        prompt=filled.prompt,
        orientation=None if follows else filled.orientation,
        seconds=filled.seconds,
        model=filled.model,
    )
    if file := filled.image:
        return replace(edits, image=image_of(file), picture=picture_size(file), spoiler=file.is_spoiler())
    if not draft.command or not draft.pictures or filled.no_image:
        return replace(edits, end_image=None) if draft.command and filled.no_image else edits
    [address] = draft.pictures
    read_picture = partial(services(interaction).iteration.picture, address)
    return replace(edits, image=read_picture, spoiler=address in draft.covered)


def read(interaction: discord.Interaction[Any]) -> Filled:
    """Read the fields of a submission by their ids, ignoring unknown ones. Raises Refusal `form_broken`."""
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
    shape, model = _first(values, "orientation"), _first(values, "model")
    named = "" if shape == PICTURE_SHAPE else shape.removeprefix(NO_PICTURE)
    try:
        return Filled(
            prompt=_first(values, "prompt").strip(),
            orientation=Orientation(named) if named else None,
            seconds=_number(length) if (length := _first(values, "duration")) else None,
            model=model if model not in ("", SAME_MODEL) else None,
            picture=_number(_first(values, "picture") or "0"),
            no_image=_NO_IMAGE[_first(values, "reference")] or shape.startswith(NO_PICTURE),
            image=discord.Attachment(data=attached[0], state=interaction._state) if attached else None,
        )
    except (ValueError, KeyError) as error:
        raise Refusal(RefusalCode.FORM_BROKEN) from error


def _first(values: dict[str, list[str]], name: str) -> str:
    return next(iter(values.get(name, [])), "")


def _number(value: str) -> int:
    """Return an index or length from a menu. Raises ValueError for a value that no menu offers."""
    if not re.fullmatch(r"[0-9]{1,4}", value):
        raise ValueError(value)
    return int(value)


@button_handler("reopen")
async def reopen(interaction: discord.Interaction[Any], draft_id: str) -> None:
    """Show a refused form again, with everything the member typed."""
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    draft = await services(interaction).drafts.get(str(guild_id), str(interaction.user.id), draft_id)
    await open_form(interaction, draft=draft)
