"""May this be made here and now? The checks of a request against what a server has set."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache

from bot.catalog.catalog import Choice
from bot.domain.errors import Refusal
from bot.domain.guild_settings import GuildSettings
from bot.domain.ledger import usd
from bot.domain.server_log import LogEvent, LogEventKind
from bot.domain.word_filter import Filter
from bot.runtime.context import ServiceContext
from bot.runtime.server_log import announce


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRef:
    """Where a wish was made; parent_id: the channel of a thread."""

    channel_id: str
    parent_id: str | None = None


def check_place(settings: GuildSettings, member_id: str, place: ChannelRef) -> None:
    """Raises Refusal `blocked` or `channel_not_allowed` (channels); a thread counts as its channel."""
    if member_id in settings.blocked:
        raise Refusal("blocked")
    if settings.channels and not settings.channels & {place.channel_id, place.parent_id}:
        raise Refusal("channel_not_allowed", channels=tuple(sorted(settings.channels)))


def check_choice(settings: GuildSettings, choice: Choice) -> None:
    """Raises Refusal `model_not_allowed` (names), `too_long` (most) or `too_dear` (most, price)."""
    if settings.families and choice.offer.family not in settings.families:
        names = ", ".join(sorted(settings.families))
        raise Refusal("model_not_allowed", model=choice.offer.family, names=names)
    if settings.longest is not None and choice.seconds > settings.longest:
        raise Refusal("too_long", most=settings.longest, seconds=choice.seconds)
    if settings.dearest is not None and choice.price_micros > settings.dearest:
        raise Refusal("too_dear", most=usd(settings.dearest), price=usd(choice.price_micros))


async def check_words(context: ServiceContext, settings: GuildSettings, member_id: str, prompt: str) -> None:
    """Raises Refusal `filtered`, which does not repeat the term: that is for the log channel.

    In a thread: the worst of terms and prompts, chosen for each other, take a fifth of a second.
    """
    if not settings.terms:
        return
    term = await asyncio.to_thread(lambda: _filter(settings.terms).find(prompt))
    if term is None:
        return
    event = LogEvent(kind=LogEventKind.FILTERED, guild_id=settings.guild_id, member_id=member_id, text=term)
    announce(context, event, channel_id=settings.log_channel_id)
    raise Refusal("filtered")


@lru_cache(maxsize=256)
def _filter(terms: frozenset[str]) -> Filter:
    return Filter(terms)
