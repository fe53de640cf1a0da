"""Whether a request may be made here and now: its checks against the server's settings."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache

from bot.catalog.catalog import Choice
from bot.domain.guild_settings import GuildSettings
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Channels, Refusal, TooDear, TooLong, UnknownModel
from bot.domain.server_log import LogEvent, LogEventKind
from bot.domain.word_filter import Filter
from bot.runtime.context import ServiceContext
from bot.runtime.server_log import announce


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRef:
    """The channel in which a request was made. parent_id: the channel of a thread."""

    channel_id: str
    parent_id: str | None = None


def check_channel(settings: GuildSettings, member_id: str, place: ChannelRef) -> None:
    """Raises Refusal `blocked` or `channel_not_allowed`. A thread counts as its channel."""
    if member_id in settings.blocked:
        raise Refusal(RefusalCode.BLOCKED)
    if settings.channels and not settings.channels & {place.channel_id, place.parent_id}:
        raise Refusal(Channels(RefusalCode.CHANNEL_NOT_ALLOWED, channels=tuple(sorted(settings.channels))))


def check_choice(settings: GuildSettings, choice: Choice) -> None:
    """Raises Refusal `model_not_allowed`, `too_long` or `too_dear`."""
    if settings.families and choice.offer.family not in settings.families:
        names = tuple(sorted(settings.families))
        raise Refusal(UnknownModel(RefusalCode.MODEL_NOT_ALLOWED, model=choice.offer.family, names=names))
    if settings.longest is not None and choice.seconds > settings.longest:
        raise Refusal(TooLong(seconds=choice.seconds, most=settings.longest))
    if settings.dearest is not None and choice.price_micros > settings.dearest:
        raise Refusal(TooDear(price=choice.price_micros, most=settings.dearest))


async def check_words(context: ServiceContext, settings: GuildSettings, member_id: str, prompt: str) -> None:
    """Raises Refusal `filtered`. It does not repeat the term, which is posted to the log channel only.

    The check runs in a thread of its own: the worst terms and prompts, chosen for each other, take a fifth of a second.
    """
    if not settings.terms:
        return
    term = await asyncio.to_thread(lambda: _filter(settings.terms).find(prompt))
    if term is None:
        return
    event = LogEvent(kind=LogEventKind.FILTERED, guild_id=settings.guild_id, member_id=member_id, text=term)
    announce(context, event, channel_id=settings.log_channel_id)
    raise Refusal(RefusalCode.FILTERED)


@lru_cache(maxsize=256)
def _filter(terms: frozenset[str]) -> Filter:
    return Filter(terms)
