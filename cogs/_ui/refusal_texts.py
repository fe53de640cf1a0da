"""Text of refusals in the current language: a code has one text, and its payload fills the placeholders."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import assert_never

from bot.domain.generation import Orientation
from bot.domain.quota.ledger import usd
from bot.domain.quota.limits import Scope
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import (
    DearerNow,
    Lacking,
    ModelPayload,
    NamedPrice,
    NoFit,
    NothingFits,
    PictureShape,
    PriceQuestion,
    TooDear,
    TooLong,
    Unavailable,
    UnknownModel,
)
from bot.domain.refusals.refusal import (
    AlreadyThere,
    AtMost,
    Blocked,
    ChainPart,
    Channels,
    MaybePosted,
    MissingPermissions,
    Paused,
    PromptTooLong,
    QuotaExceeded,
    Refusal,
    SimplePayload,
    StyledTooLong,
    TermCovered,
    TooManyOpen,
    TooManyRunning,
    TooManyWaiting,
    Unexpected,
    UnknownStyle,
    UnknownWord,
    UnlistedModel,
)
from bot.domain.refusals.replies import (
    ContradictingParameters,
    MissingValue,
    ParameterPayload,
    UnknownParameter,
    WrongValue,
)
from bot.domain.requests.video_options import Lack, VideoOptions
from cogs._ui import phrases, text
from cogs._ui.wording import Words, words

CHANNELS_NAMED = 10
NAMES_SHOWN = 1000  # characters, of the 2,000 of a message
MODELS_PRICED = 4


def sentence(refusal: Refusal) -> str:
    """Return the text of a refusal in the current language."""
    say, payload = words(), refusal.payload
    if payload is None:
        return say(f"refusal-{refusal.code}")
    if isinstance(payload, QuotaExceeded):
        return _quota(say, payload)
    return say(f"refusal-{refusal.code}", **placeholders(say, payload))


def placeholders(say: Words, payload: SimplePayload) -> dict[str, str | int]:
    """Return the values for a refusal's text, by placeholder name."""
    match payload:
        case AtMost():
            return {"most": payload.most}
        case ChainPart():
            return {"version": payload.version}
        case PromptTooLong():
            return {"length": payload.length, "most": payload.most}
        case UnknownWord():
            return {"word": _escaped(payload.word)}
        case StyledTooLong():
            return {"length": payload.length, "most": payload.most, "style": _escaped(payload.style)}
        case UnknownStyle():
            named = phrases.named(say, [_escaped(name) for name in payload.names], NAMES_SHOWN) if payload.names else ""
            known = say("styles-known", names=named) if named else say("styles-none")
            return {"style": _escaped(payload.style), "known": known}
        case (
            UnknownModel()
            | Unavailable()
            | NoFit()
            | NothingFits()
            | PictureShape()
            | DearerNow()
            | PriceQuestion()
            | TooDear()
            | TooLong()
        ):
            return _of_models(say, payload)
        case TooManyOpen():
            return {"count": payload.count}
        case TooManyRunning():
            return {"running": payload.running}
        case TooManyWaiting():
            return {"running": payload.running, "waiting": payload.waiting}
        case MissingPermissions():
            return {"permissions": text.listed(say, [say(f"permission-{name}") for name in payload.permissions])}
        case Channels() | MaybePosted():
            return {"channels": _channels(say, payload.channels)}
        case AlreadyThere():
            return {"link": payload.link}
        case Paused() | Blocked():
            why = say("refused-why", reason=text.safe(payload.reason, 300)) if payload.reason else ""
            return {"until": _until(say, payload.until), "why": why}
        case UnlistedModel():
            return {"model": _escaped(payload.model)}
        case TermCovered():
            return {"term": _escaped(payload.term)}
        case UnknownParameter() | ContradictingParameters() | MissingValue() | WrongValue():
            return _of_parameters(say, payload)
        case Unexpected():
            return {"reference": payload.reference}
        case _:
            assert_never(payload)


def _of_models(say: Words, payload: ModelPayload) -> dict[str, str | int]:
    """Return the values for a refusal that is about models, what they lack, or prices."""
    match payload:
        case UnknownModel():
            priced = {one.name: one for one in payload.prices}
            names = [_priced_name(say, priced[name]) if name in priced else _escaped(name) for name in payload.names]
            return {"model": _escaped(payload.model), "names": phrases.named(say, names, NAMES_SHOWN) if names else "–"}
        case Unavailable():
            return {"model": _escaped(payload.model), "names": _priced(say, payload.prices)}
        case NoFit():
            lacks = text.listed(say, [_wish(say, lack, payload.asked) for lack in payload.lacks])
            others = say("fits-others", names=_priced(say, payload.others)) if payload.others else say("fits-nobody")
            return {"model": payload.model, "lacks": lacks, "fits": _fits(say, payload), "others": others}
        case NothingFits():
            most = NAMES_SHOWN // max(1, len(payload.lacking))
            able = say("list-semicolon").join(_able(say, one, payload, most) for one in payload.lacking)
            return {"able": able, "count": len(payload.lacking)}
        case PictureShape():
            return _picture_shape(say, payload)
        case DearerNow():
            price = text.price(say, payload.price, estimate=payload.estimate)
            if payload.code is RefusalCode.FORM_DEARER:
                return {"price": price, "model": _escaped(payload.model), "seconds": payload.seconds}
            before = text.price(say, payload.before, estimate=payload.before_estimate)
            return {"price": price, "before": before}
        case PriceQuestion():
            price = text.price(say, payload.price, estimate=payload.estimate)
            if payload.last is None:
                return {"why": say("question-price", price=price)}
            return {"why": say("question-price-last", price=price, limit=phrases.limit_text(say, payload.last))}
        case TooDear():
            price = text.price(say, payload.price, estimate=payload.estimate)
            return {"price": price, "most": usd(payload.most)}
        case TooLong():
            return {"seconds": payload.seconds, "most": payload.most}
        case _:
            assert_never(payload)


def _of_parameters(say: Words, payload: ParameterPayload) -> dict[str, str | int]:
    """Return the values for a refusal that is about a parameter of a reply."""
    match payload:
        case UnknownParameter():
            named = text.either(say, payload.nearest) if payload.nearest else ""
            meant = say("did-you-mean", names=_escaped(named)) if named else ""
            return {"name": _escaped(payload.name), "known": _escaped(payload.known), "meant": meant}
        case ContradictingParameters():
            return {"name": _escaped(payload.name), "other": _escaped(payload.other)}
        case MissingValue():
            return {"name": _escaped(payload.name), "example": _escaped(payload.example)}
        case WrongValue():
            names = {"name": payload.name, "value": payload.value, "example": payload.example}
            return {name: _escaped(value) for name, value in names.items()}
        case _:
            assert_never(payload)


def _until(say: Words, until: datetime | None) -> str:
    """Return "until <time> (in 5 minutes)", as Discord shows both in each reader's own time zone and language."""
    return say("until-time", when=text.moment(until)) if until else say("until-open")


def _escaped(value: str) -> str:
    """Escape text that somebody may have typed."""
    return text.safe(value, 400)


def _channels(say: Words, channels: Sequence[str]) -> str:
    named = [f"<#{channel_id}>" for channel_id in channels[:CHANNELS_NAMED]]
    return text.listed(say, [*named, "…"] if channels[CHANNELS_NAMED:] else named)


def _quota(say: Words, met: QuotaExceeded) -> str:
    use, cost, limit = met.use, met.amount, met.use.limit
    grants = met.grants if limit.scope is Scope.MEMBER else 0  # grants never cover a pool or the budget
    common = {
        "scope": say(f"scope-{limit.scope}"),
        "limit": text.amount(say, limit.unit, limit.amount),
        "per": say(f"per-{limit.per}"),
    }
    if limit.amount == 0:
        return say("refusal-quota-closed", **common)
    needs = text.needs(say, limit, cost, estimate=met.estimate)
    if limit.unit.of(cost) > limit.amount + grants:
        return say("refusal-quota-never", **common, needs=needs)
    exceeded = say(
        "refusal-quota",
        **common,
        used=text.use(say, use, use.used),
        held=text.use(say, use, use.held),
        needs=needs,
        opens=text.relative(use.window.end),
    )
    if grants <= 0:
        return exceeded
    return f"{exceeded} {say('refusal-quota-grants', left=text.amount(say, limit.unit, grants))}"


def _picture_shape(say: Words, payload: PictureShape) -> dict[str, str | int]:
    """Return the ratios, rounded to one decimal unless they then look like one that fits: 2.504 beside 2.5 is 2.51."""
    most = math.floor(payload.most * 100) / 100
    ratio = round(payload.ratio, 1)
    return {
        "picture": say("picture-end" if payload.end else "picture-first"),
        "ratio": f"{ratio if ratio > most else math.ceil(payload.ratio * 100) / 100:g}",
        "model": payload.model,
        "most": f"{most:g}",
        "others": say("fits-take", names=_priced(say, payload.others)) if payload.others else say("fits-nobody"),
    }


def _able(say: Words, one: Lacking, payload: NothingFits, most: int) -> str:
    """Return who can do one of the things that were asked for: "seed 7: Wan 2.6 720p, Happy-Horse 720p"."""
    priced = {price.name: price for price in payload.prices}
    able = [_priced_name(say, priced[name]) if name in priced else _escaped(name) for name in one.able]
    names = phrases.named(say, able, most, count=MODELS_PRICED) if able else say("fits-none")
    if one.lack is Lack.LENGTH and payload.lengths:
        nearest = text.either(say, [say("unit-seconds", amount=length) for length in payload.lengths])
        names = say("fits-nearest", lengths=nearest)
    return say("fits-able", asked=_wish(say, one.lack, payload.options), names=names)


def _priced(say: Words, prices: Iterable[NamedPrice]) -> str:
    """Return the first models with their prices: "Sora 2 ($0.068 a second), … and 9 more"."""
    return phrases.named(say, [_priced_name(say, one) for one in prices], NAMES_SHOWN, count=MODELS_PRICED)


def _priced_name(say: Words, one: NamedPrice) -> str:
    """Return a model with the price of a second: "Sora 2 ($0.068 a second)"."""
    name = "name-price-about" if one.estimate else "name-price"
    return say(name, name=_escaped(one.name), price=text.rates(one.low, one.high))


def _wish(say: Words, lack: Lack, asked: VideoOptions | None) -> str:
    """Return what a model lacks in the member's own values where there are any: "Square", "20 s", "seed 7"."""
    if lack is Lack.SHAPE and asked and asked.orientation:
        return text.shape(say, asked.orientation)
    if lack is Lack.LENGTH and asked and asked.seconds is not None:
        return say("unit-seconds", amount=asked.seconds)
    if lack is Lack.SEED and asked and asked.seed is not None:
        return say("card-seed", seed=str(asked.seed))
    return say(f"asked-{lack}")


def _fits(say: Words, payload: NoFit) -> str:
    """Return what a model offers: "Landscape or Portrait of 4, 8 or 12 s". Each shape is named once.

    If the request has an image, only options that take one are listed, unless there are none.
    """
    able = [option for option in payload.options if option.image or not payload.image]
    lengths: dict[Orientation, set[int]] = {}
    for option in able or payload.options:
        for shape in option.orientations:
            lengths.setdefault(shape, set()).update(option.seconds)
    shapes: dict[tuple[int, ...], list[str]] = {}
    for shape, seconds in lengths.items():
        shapes.setdefault(tuple(sorted(seconds)), []).append(text.shape(say, shape))
    parts = [
        say("fits-offer", shapes=text.either(say, named), seconds=text.either(say, text.spans(seconds)))
        for seconds, named in shapes.items()
    ]
    return say("list-semicolon").join(parts if able else [*parts, say("fits-no-image")])
