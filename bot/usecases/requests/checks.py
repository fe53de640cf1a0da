"""The checks of a request against what a server allows: model, length, price, banned words."""

import asyncio
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.catalog.catalog import ANYTHING, Catalog
from bot.catalog.offers import Choice
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import DearerNow, NamedPrice, NoFit, PictureShape, TooDear, TooLong, UnknownModel
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.mentions import mentioned, with_names
from bot.domain.requests.pictures import ratio_of
from bot.domain.requests.request import RequestContext
from bot.domain.requests.video_options import VideoOptions
from bot.runtime.context import ServiceContext
from bot.runtime.server_log import announce

if TYPE_CHECKING:
    from bot.domain.moderation.word_filter import Filter


def resolve(
    catalog: Catalog, model: str | None, options: VideoOptions = ANYTHING, *, allowed: Collection[str] = ()
) -> Choice:
    """`Catalog.resolve`; its Refusal `no_fit` repeats what was asked."""
    try:
        return catalog.resolve(model, options, allowed=allowed)
    except Refusal as refusal:
        if isinstance(refusal.payload, NoFit):
            raise Refusal(replace(refusal.payload, asked=options)) from refusal
        raise


def check_choice(settings: GuildSettings, choice: Choice, catalog: Catalog | None = None) -> None:
    """Raises Refusal `model_not_allowed`, `too_long` or `too_dear`. catalog: for the prices of the models that are."""
    if settings.families and choice.offer.family not in settings.families:
        names = tuple(sorted(settings.families))
        prices = catalog.prices(settings.families) if catalog else ()
        family = choice.offer.family
        raise Refusal(UnknownModel(RefusalCode.MODEL_NOT_ALLOWED, model=family, names=names, prices=prices))
    if settings.longest is not None and choice.seconds > settings.longest:
        raise Refusal(TooLong(seconds=choice.seconds, most=settings.longest))
    if settings.dearest is not None and choice.price_micros > settings.dearest:
        price, estimate = choice.price_micros, choice.offer.estimate
        raise Refusal(TooDear(price=price, most=settings.dearest, estimate=estimate))


def check_price(choice: Choice, most_micros: int | None) -> None:
    """Raises Refusal `offer_dearer` where this costs more than the pressed button, or the form, said."""
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
            model=choice.offer.family,
            seconds=choice.seconds,
        )
    )


def _allowed(settings: GuildSettings, choices: Iterable[Choice]) -> Iterator[Choice]:
    """The choices that the server's rules allow."""
    for choice in choices:
        try:
            check_choice(settings, choice)
        except Refusal:
            continue
        yield choice


def choose_any(catalog: Catalog, settings: GuildSettings, options: VideoOptions) -> Choice:
    """The first model that fits, takes a picture of this shape, and is allowed; one that takes none so if none does.

    Raises Refusal `no_models` or `nothing_fits`.
    """
    families = settings.families
    able = list(_allowed(settings, catalog.choices(options, allowed=families)))
    fitting = (choice for choice in able if choice.offer.takes_shape(options.picture))
    return next(fitting, None) or next(iter(able), None) or catalog.first_fit(options, allowed=families)


def check_shape(
    catalog: Catalog,
    settings: GuildSettings,
    choice: Choice,
    options: VideoOptions,
    picture: tuple[int, int] | None,
    *,
    end: bool = False,
) -> None:
    """Raises Refusal `image_too_wide` or `image_too_high` where the model takes no picture of this shape at any size.

    options: what was asked, for the models that are named instead. picture: pixels. end: the video ends with it.
    """
    limits = choice.offer.image_limits
    if picture is None or limits is None or limits.can_fit(*picture):
        return
    width, height = picture
    others = [
        NamedPrice(
            name=one.offer.family,
            low=one.offer.micros_per_second,
            high=one.offer.micros_per_second,
            estimate=one.offer.estimate,
        )
        for one in _allowed(settings, catalog.choices(options, allowed=settings.families))
        if one.offer.takes_shape(picture)
    ]
    raise Refusal(
        PictureShape(
            RefusalCode.IMAGE_TOO_WIDE if width > height else RefusalCode.IMAGE_TOO_HIGH,
            model=choice.offer.family,
            ratio=ratio_of(width, height),
            most=limits.widest,
            end=end,
            others=tuple(others),
        )
    )


async def texts_with_names(context: ServiceContext, origin: RequestContext, *texts: str) -> list[str]:
    """The texts with names in place of ids, for the model, the word filter and every reader."""
    if not any("<" in text for text in texts):  # as in most: each of Discord's forms begins with it
        return list(texts)
    ids, names = mentioned("\n".join(texts)), origin.names
    if lacking := names.lacking(ids):
        names = names.with_more(await context.readers.names(origin.reader, lacking))
    return [with_names(text, names) for text in texts]


async def check_words(context: ServiceContext, settings: GuildSettings, member_id: str, *texts: str) -> None:
    """Raises Refusal `filtered`. It does not repeat the term, which is posted to the log channel only.

    texts: each is read by itself. The check runs in a thread of its own: the worst terms and prompts, chosen for each
    other, take a fifth of a second.
    """
    if not settings.terms:
        return
    term = await asyncio.to_thread(lambda: next(filter(None, map(_filter(settings.terms).find, texts)), None))
    if term is None:
        return
    event = LogEvent(kind=LogEventKind.FILTERED, guild_id=settings.guild_id, member_id=member_id, text=term)
    announce(context, event, channel_id=settings.log_channel_id)
    raise Refusal(RefusalCode.FILTERED)


@lru_cache(maxsize=256)
def _filter(terms: frozenset[str]) -> "Filter":
    from bot.domain.moderation.word_filter import Filter  # with its tables of letters, for those who ban words

    return Filter(terms)
