"""The checks of a request against what a server allows: model, length, price, banned words."""

import asyncio
from collections.abc import Iterable
from functools import lru_cache

from bot.catalog.offers import Choice
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.domain.moderation.word_filter import Filter
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import DearerNow, Refusal, TooDear, TooLong, UnknownModel
from bot.runtime.context import ServiceContext
from bot.runtime.server_log import announce


def check_choice(settings: GuildSettings, choice: Choice) -> None:
    """Raises Refusal `model_not_allowed`, `too_long` or `too_dear`."""
    if settings.families and choice.offer.family not in settings.families:
        names = tuple(sorted(settings.families))
        raise Refusal(UnknownModel(RefusalCode.MODEL_NOT_ALLOWED, model=choice.offer.family, names=names))
    if settings.longest is not None and choice.seconds > settings.longest:
        raise Refusal(TooLong(seconds=choice.seconds, most=settings.longest))
    if settings.dearest is not None and choice.price_micros > settings.dearest:
        price, estimate = choice.price_micros, choice.offer.estimate
        raise Refusal(TooDear(price=price, most=settings.dearest, estimate=estimate))


def check_price(choice: Choice, most_micros: int | None) -> None:
    """Raises Refusal `offer_dearer` where this costs more than the pressed button said."""
    if most_micros is None or choice.price_micros <= most_micros:
        return
    estimate = choice.offer.estimate
    raise Refusal(
        DearerNow(
            code=RefusalCode.OFFER_DEARER,
            price=choice.price_micros,
            before=most_micros,
            estimate=estimate,
            before_estimate=estimate,
        )
    )


def first_allowed(settings: GuildSettings, choices: Iterable[Choice]) -> Choice | None:
    """The first choice that the server's rules allow; None where there is none."""
    for choice in choices:
        try:
            check_choice(settings, choice)
        except Refusal:
            continue
        return choice
    return None


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
