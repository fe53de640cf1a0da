"""Makes what `/sora` and `/video` ask for. A refusal offers the form with everything that was typed, where that may help;
where the model is gone, also a button that makes it with the nearest.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any

import discord
import structlog
from discord import ui

from bot.catalog.offers import DEFAULT_SECONDS
from bot.domain.errors import StoreUnavailable
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AlreadyThere, Refusal
from bot.domain.requests.origins import Part
from bot.domain.requests.video_options import VideoOptions
from bot.usecases.requests.alternatives import GONE, Alternative, Asked
from bot.usecases.requests.command_forms import MENDABLE
from bot.usecases.requests.commands import CommandPictures, Plan, TypedCommand
from bot.usecases.requests.generation_request import AcceptedCard
from cogs._ui import text
from cogs._ui.buttons import Button, button, button_handler
from cogs._ui.refusals import refuse, services
from cogs._ui.wording import Words, words
from cogs.cards.accepting import accept_and_show, image_of, picture_size, request_context

log = structlog.stdlib.get_logger()

# The same command is accepted later; nothing that was taken over is at fault.
ONLY_LATER = (RefusalCode.PAUSED, RefusalCode.RESTARTING, RefusalCode.DISK_FULL)
LABEL = 80  # characters of a button's label
NAME_SHOWN = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The options of a command. model: None where none was named; any_model: then any may make it, not only Sora 2.

    wrong: the refusal of an option that is none of its choices.
    """

    prompt: str = field(repr=False)
    model: str | None
    any_model: bool = False
    options: VideoOptions
    image: discord.Attachment | None = None
    end_image: discord.Attachment | None = None
    style: str | None = None
    wrong: Refusal | None = None

    @property
    def command(self) -> TypedCommand:
        """The same without the files."""
        return TypedCommand(
            prompt=self.prompt,
            model=self.model,
            any_model=self.any_model,
            options=replace(
                self.options,
                image=self.image is not None,
                end_image=self.end_image is not None,
                picture=picture_size(self.image) if self.image else None,
            ),
            style=self.style,
        )


async def make_video(interaction: discord.Interaction[Any], typed: Typed) -> None:
    """Accept the request and reply with its card, or refuse it."""
    plans = [Plan(typed=typed.command)]
    try:
        await accept_and_show(interaction, _accept(interaction, typed, plans))
    except Refusal as refusal:
        plan = plans[-1]
        asked = _asked(typed, plan)
        gone = refusal.code in GONE and plan.parent is None
        found = await _alternative(interaction, asked) if gone else None
        offers = [_offer(found, asked)] if found else []
        note = ""
        if refusal.code in MENDABLE:
            offers += await _form(interaction, plan, asked, refusal)
            note = "" if refusal.code in ONLY_LATER else _not_typed(words(), plan)
        await refuse(interaction, _above_form(refusal) if offers else refusal, below=_row(offers), note=note)


async def _accept(interaction: discord.Interaction[Any], typed: Typed, plans: list[Plan]) -> AcceptedCard:
    """Accept the request. plans: what it stands for is added to it."""
    use, who = services(interaction), request_context(interaction)
    plan = await use.commands.plan(
        who.reader, typed.command, channel_id=who.channel_id, parent_channel_id=who.parent_channel_id
    )
    plans.append(plan)
    if typed.wrong:
        raise typed.wrong
    image, end = typed.image, typed.end_image
    pictures = CommandPictures(
        image=image_of(image) if image else None,
        spoiler=image is not None and image.is_spoiler(),
        end_image=image_of(end) if end else None,
        end_spoiler=end is not None and end.is_spoiler(),
    )
    return await use.commands.make(who, plan, pictures)


def _asked(typed: Typed, plan: Plan) -> Asked:
    """Return what a command asked for, with the addresses of its pictures."""
    picture, end = typed.image, typed.end_image
    return Asked(
        prompt=typed.prompt,
        model=plan.typed.model,
        options=plan.typed.options,
        picture=picture.url if picture else None,
        covered=picture is not None and picture.is_spoiler(),
        end_picture=end.url if end else None,
        end_covered=end is not None and end.is_spoiler(),
        style=plan.typed.style,
    )


async def _form(interaction: discord.Interaction[Any], plan: Plan, asked: Asked, refusal: Refusal) -> list[Button]:
    """Return the button that opens a form with what was typed; none where it cannot be stored now."""
    use = services(interaction)
    try:
        draft = await use.command_forms.keep(str(interaction.guild_id), str(interaction.user.id), plan, asked, refusal)
    except StoreUnavailable as error:
        log.warning("not_stored", what="draft", error=error)
        return []
    return [button("reopen", draft.id)]


def _above_form(refusal: Refusal) -> Refusal:
    """Return the variant of a refusal that stands above a button which opens the form."""
    if refusal.code == RefusalCode.IMAGE_ELSEWHERE:
        return Refusal(RefusalCode.IMAGE_ELSEWHERE_FORM)
    return Refusal(RefusalCode.IMAGE_GONE_FORM) if refusal.code == RefusalCode.IMAGE_GONE else refusal


def _not_typed(say: Words, plan: Plan) -> str:
    """Return a line about what a refused command took over, so that its member knows what to change; "" for nothing."""
    typed, options, parent = plan.typed, plan.typed.options, plan.parent
    if parent:
        taken = [
            "" if typed.model else text.safe(parent.family, NAME_SHOWN),
            "" if options.orientation or options.image else text.shape_of(say, parent),
            "" if options.seconds else say("unit-seconds", amount=parent.seconds),
        ]
        shown = " · ".join(part for part in taken if part)
        return f"-# {say('taken-thread', what=shown)}" if shown else ""
    values = {
        Part.MODEL: text.safe(typed.model or "", NAME_SHOWN),
        Part.SHAPE: text.shape(say, options.orientation) if options.orientation else "",
        Part.LENGTH: say("unit-seconds", amount=options.seconds or 0),
        Part.STYLE: say("card-style", style=text.safe(typed.style or "", NAME_SHOWN)),
    }
    shown = " · ".join(values[part] for part in plan.used)
    return f"-# {say('taken-defaults-refused', what=shown)}" if shown else ""


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
        await refuse(interaction, refusal, below=_row([_offer(found, asked)] if found else []))


async def _alternative(interaction: discord.Interaction[Any], asked: Asked) -> Alternative | None:
    """Return what may be made instead; None also where it cannot be stored now."""
    use = services(interaction)
    try:
        return await use.alternatives.offer(str(interaction.guild_id), str(interaction.user.id), asked)
    except StoreUnavailable as error:
        log.warning("not_stored", what="draft", error=error)
        return None


def _offer(found: Alternative, asked: Asked) -> Button:
    """Return the button, which names the model and the price; and the length where it is not what was asked for."""
    say, choice = words(), found.choice
    price = text.price(say, choice.price_micros, estimate=choice.offer.estimate)
    if choice.seconds != (asked.options.seconds or DEFAULT_SECONDS):
        price = f"{say('unit-seconds', amount=choice.seconds)} · {price}"
    rest = len(say("nearest-model", family="", price=price))
    family = text.shortened(choice.offer.family, LABEL - rest)
    return button("make-with", found.draft_id, shown=say("nearest-model", family=family, price=price))


def _row(offers: list[Button]) -> ui.ActionRow[Any] | None:
    """Return a row of these buttons; None for none."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for offer in offers:
        row.add_item(offer)
    return row if offers else None
