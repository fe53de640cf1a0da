"""Makes what `/sora` and `/video` ask for. Where the model is gone, the refusal has a button that makes it with the nearest."""

from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any

import discord
import structlog
from discord import ui

from bot.catalog.offers import DEFAULT_SECONDS
from bot.domain.errors import StoreUnavailable
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import AlreadyThere, Refusal
from bot.domain.video_options import VideoOptions
from bot.usecases.alternatives import GONE, Alternative, Asked
from bot.usecases.generate import AcceptedCard, GenerationRequest
from cogs._ui import text
from cogs._ui.buttons import button, button_handler
from cogs._ui.refusals import refuse, services
from cogs._ui.wording import words
from cogs.cards.accepting import accept_and_show, image_of, picture_size, request_context

log = structlog.stdlib.get_logger()

LABEL = 80  # characters of a button's label


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The options of a command. model: None where none was named; any_model: then any may make it, not only Sora 2."""

    prompt: str = field(repr=False)
    model: str | None
    any_model: bool = False
    options: VideoOptions
    image: discord.Attachment | None = None
    end_image: discord.Attachment | None = None


async def make_video(interaction: discord.Interaction[Any], typed: Typed) -> None:
    """Accept the request and reply with its card, or refuse it."""
    picture, end = typed.image, typed.end_image
    options = replace(typed.options, picture=picture_size(picture) if picture else None)
    asked = Asked(
        prompt=typed.prompt,
        model=typed.model,
        options=options,
        picture=picture.url if picture else None,
        covered=picture is not None and picture.is_spoiler(),
        end_picture=end.url if end else None,
        end_covered=end is not None and end.is_spoiler(),
    )
    await _make_or_offer(interaction, _accept(interaction, typed, options), asked)


async def _accept(interaction: discord.Interaction[Any], typed: Typed, options: VideoOptions) -> AcceptedCard:
    image, end = typed.image, typed.end_image
    request = GenerationRequest(
        context=request_context(interaction),
        prompt=typed.prompt,
        model=typed.model,
        any_model=typed.any_model,
        options=options,
        image=image_of(image) if image else None,
        spoiler=image is not None and image.is_spoiler(),
        end_image=image_of(end) if end else None,
        end_spoiler=end is not None and end.is_spoiler(),
    )
    return await services(interaction).requests.accept(request)


@button_handler("make-with")
async def make_with(interaction: discord.Interaction[Any], draft_id: str) -> None:
    """Make what the button offers, once, for the member who asked."""
    use, guild_id = services(interaction), str(interaction.guild_id) if interaction.guild_id else None
    use.requests.check_guild(guild_id)
    try:
        member_id, ask_id = str(interaction.user.id), str(interaction.id)
        draft = await use.drafts.get(str(guild_id), member_id, draft_id, ask_id=ask_id)
        making = use.alternatives.make(request_context(interaction), draft)
        await _make_or_offer(interaction, making, Asked.by(draft))
    except Refusal as refusal:
        raise _of_button(refusal) from None


def _of_button(refusal: Refusal) -> Refusal:
    """Return the variant of a refusal of a form that tells of a button."""
    match refusal.code:
        case RefusalCode.FORM_SENT if isinstance(refusal.payload, AlreadyThere):
            return Refusal(AlreadyThere(RefusalCode.OFFER_MADE, link=refusal.payload.link))
        case RefusalCode.FORM_SENT_UNSEEN:
            return Refusal(RefusalCode.OFFER_MADE_UNSEEN)
        case RefusalCode.FORM_GONE:
            return Refusal(RefusalCode.DRAFT_GONE)
        case RefusalCode.NOT_YOUR_FORM:
            return Refusal(RefusalCode.NOT_YOUR_DATA)
        case _:
            return refusal


async def _make_or_offer(interaction: discord.Interaction[Any], making: Awaitable[AcceptedCard], asked: Asked) -> None:
    try:
        await accept_and_show(interaction, making)
    except Refusal as refusal:
        refusal = _of_button(refusal)
        found = await _alternative(interaction, asked) if refusal.code in GONE else None
        await refuse(interaction, refusal, below=_offer(found, asked) if found else None)


async def _alternative(interaction: discord.Interaction[Any], asked: Asked) -> Alternative | None:
    """Return what may be made instead; None also where it cannot be stored now."""
    use = services(interaction)
    try:
        return await use.alternatives.offer(str(interaction.guild_id), str(interaction.user.id), asked)
    except StoreUnavailable as error:
        log.warning("not_stored", what="draft", error=error)
        return None


def _offer(found: Alternative, asked: Asked) -> ui.ActionRow[Any]:
    """Return the button, which names the model and the price; and the length where it is not what was asked for."""
    say, choice = words(), found.choice
    price = text.price(say, choice.price_micros, estimate=choice.offer.estimate)
    if choice.seconds != (asked.options.seconds or DEFAULT_SECONDS):
        price = f"{say('unit-seconds', amount=choice.seconds)} · {price}"
    rest = len(say("nearest-model", family="", price=price))
    family = text.shortened(choice.offer.family, LABEL - rest)
    row: ui.ActionRow[Any] = ui.ActionRow()
    return row.add_item(button("make-with", found.draft_id, shown=say("nearest-model", family=family, price=price)))
