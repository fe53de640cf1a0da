"""Answering one person: a refusal is one clear sentence that only they see."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog
from discord import ui

from bot.domain.errors import Refusal, StoreFault, StoreUnavailable
from bot.domain.ledger import Amount
from bot.domain.quota import LimitUsage, Scope
from bot.gateway import wire
from cogs._ui import text
from cogs._ui.wording import Words, words

if TYPE_CHECKING:
    from bot.catalog.catalog import Offer
    from bot.usecases import Services

log = structlog.stdlib.get_logger()

CHANNELS_NAMED = 10


def services(interaction: discord.Interaction[Any]) -> "Services":
    """The use cases, which the bot carries."""
    return interaction.client.services


def refusal_of(error: StoreUnavailable) -> Refusal:
    """What is said where the database cannot be had for now."""
    if error.reading:
        return Refusal("database_unread")
    return Refusal("database_full" if error.kind is StoreFault.FULL else "database_unwritten")


def sentence(refusal: Refusal) -> str:
    """The sentence a member reads."""
    say = words()
    details = refusal.details
    if isinstance(use := details.get("use"), LimitUsage) and isinstance(cost := details.get("amount"), Amount):
        grants = details.get("grants")
        return _quota(say, use, cost, grants if isinstance(grants, int) else 0)
    if "channels" in details:
        channels: tuple[str, ...] = details["channels"]  # type: ignore[assignment] # set by check_place
        named = [f"<#{channel_id}>" for channel_id in channels[:CHANNELS_NAMED]]
        named += ["…"] if channels[CHANNELS_NAMED:] else []
        return say(f"refusal-{refusal.code}", channels=text.listed(say, named))
    if refusal.code == "model_off":
        prices: tuple[tuple[str, int, int], ...] = details["prices"]  # type: ignore[assignment] # set by Catalog.resolve
        return say("refusal-model_off", model=text.safe(str(details["model"]), 400), names=_priced(say, prices))
    if refusal.code == "dearer_only":
        dearer: tuple[Offer, ...] = details["offers"]  # type: ignore[assignment] # set by Catalog.resolve
        rates = {offer.model: offer.micros_per_second for offer in dearer}
        names = _priced(say, [(model, rate, rate) for model, rate in rates.items()])
        return say("refusal-dearer_only", model=text.safe(str(details["model"]), 400), names=names)
    if "offers" in details:
        offers: tuple[Offer, ...] = details["offers"]  # type: ignore[assignment] # set by Catalog.resolve
        return say(
            f"refusal-{refusal.code}", model=str(details["model"]), fits=_fits(say, offers, bool(details["image"]))
        )
    if "permissions" in details:
        names = [say(f"permission-{name}") for name in str(details["permissions"]).split(",")]
        return say(f"refusal-{refusal.code}", permissions=text.listed(say, names))
    values = {
        name: value if isinstance(value, int) else str(value) if name == "link" else text.safe(str(value), 400)
        for name, value in details.items()
    }
    return say(f"refusal-{refusal.code}", **values)


def _quota(say: Words, use: LimitUsage, cost: Amount, granted: int) -> str:
    limit = use.limit
    grants = granted if limit.scope is Scope.MEMBER else 0  # they never cover a pool or the budget
    common = {
        "scope": say(f"scope-{limit.scope}"),
        "limit": text.amount(say, limit.unit, limit.amount),
        "per": say(f"per-{limit.per}"),
    }
    if limit.amount == 0:
        return say("refusal-quota-closed", **common)
    if limit.unit.of(cost) > limit.amount + grants:
        return say("refusal-quota-never", **common, needs=text.needs(say, limit, cost))
    said = say(
        "refusal-quota",
        **common,
        used=text.amount(say, limit.unit, use.used),
        held=text.amount(say, limit.unit, use.held),
        needs=text.needs(say, limit, cost),
        opens=text.relative(use.window.end),
    )
    return f"{said} {say('refusal-quota-grants', left=text.amount(say, limit.unit, grants))}" if grants > 0 else said


def _priced(say: Words, prices: Iterable[tuple[str, int, int]]) -> str:
    """ "Sora 2 ($0.068 a second), …": names with what a second costs, from and to in micro-dollars."""
    return text.listed(say, [say("name-price", name=name, price=text.rates(low, high)) for name, low, high in prices])


def _fits(say: Words, offers: "tuple[Offer, ...]", image: bool) -> str:
    """ "Landscape or Portrait of 4, 8 or 12 s": what these offers make, with the image where any can; each shape once."""
    able = [offer for offer in offers if offer.image or not image]
    lengths: dict[str, set[int]] = {}
    for offer in able or offers:
        for shape in offer.orientations:
            lengths.setdefault(shape, set()).update(offer.seconds)
    shapes: dict[tuple[int, ...], list[str]] = {}
    for shape, seconds in lengths.items():
        shapes.setdefault(tuple(sorted(seconds)), []).append(say(shape))
    parts = [
        say("fits-offer", shapes=text.either(say, named), seconds=text.either(say, list(map(str, seconds))))
        for seconds, named in shapes.items()
    ]
    return say("list-semicolon").join(parts if able else [*parts, say("fits-no-image")])


# What Discord and the line to it can do to an answer: expected, and one line in the log.
UNANSWERABLE = (
    discord.HTTPException,
    discord.RateLimited,
    discord.InteractionResponded,
    aiohttp.ClientError,
    ConnectionError,
    TimeoutError,
)


def unanswerable(error: BaseException) -> bool:
    """Whether an error says that Discord did not take an answer, or that nobody knows: no fault of this project's."""
    return isinstance(error, UNANSWERABLE) or wire.unreadable(error)


async def refuse(interaction: discord.Interaction[Any], refusal: Refusal, *, again: str | None = None) -> None:
    """Tell them, ephemerally. After a defer the placeholder goes away and the sentence follows.

    What has been answered already, and a message whose button was pressed, stay. again: the draft of the form that was
    refused; a button below the sentence shows it again.
    """
    log.info("refused", code=refusal.code, guild=interaction.guild_id, member=interaction.user.id)
    said: dict[str, Any] = {"content": sentence(refusal), "ephemeral": True}
    if again:
        said = {"view": _with_form(sentence(refusal), again), "ephemeral": True}
    nobody = discord.AllowedMentions.none()
    try:
        if not interaction.response.is_done():
            await interaction.response.send_message(**said, allowed_mentions=nobody)
            return
        if interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
            try:
                await interaction.delete_original_response()
            except Exception as error:
                if not unanswerable(error):
                    raise
                log.warning("placeholder_not_deleted", error=error)
        await interaction.followup.send(**said, allowed_mentions=nobody)
    except Exception as error:
        if not unanswerable(error):
            raise
        log.warning("refusal_not_shown", code=refusal.code, error=error)


def _with_form(said: str, draft_id: str) -> ui.LayoutView:
    from cogs._ui.buttons import buttons

    return ui.LayoutView(timeout=None).add_item(ui.TextDisplay(said)).add_item(buttons(draft_id, "reopen"))
