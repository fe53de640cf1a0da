"""What a member reads of a refusal: one sentence, filled with exactly what comes along with its code."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from bot.catalog.catalog import Catalog
from bot.catalog.offers import Offer
from bot.domain.generation import Orientation
from bot.domain.moderation.settings_edits import zone_named
from bot.domain.provider import Format
from bot.domain.quota.ledger import Amount
from bot.domain.quota.limits import Limit, Per, Unit
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import (
    DearerNow,
    Lacking,
    ModelOption,
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
    RefusalPayload,
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
from bot.domain.refusals.replies import ContradictingParameters, MissingValue, UnknownParameter, WrongValue
from bot.domain.requests.video_options import Lack, VideoOptions
from cogs._ui.refusal_texts import CHANNELS_NAMED, placeholders, sentence
from cogs._ui.wording import in_language, words
from cogs.iteration.reply_syntax import KNOWN
from tests.cogs.conftest import LOCALES, NOW, bare_codes, shipped
from tests.cogs.test_cogs_answers import use
from tests.tables import every_row

WILD = "**x** @everyone <@1> https://a.b " * 20
SHIPPED = Catalog.read()


def options(offers: Sequence[Offer]) -> tuple[ModelOption, ...]:
    return tuple(
        ModelOption(model=offer.model, orientations=offer.orientations, seconds=offer.seconds, image=offer.image)
        for offer in offers
    )


LINK = "https://discord.com/channels/300000000000000000/400000000000000000/600000000000000000"
COST = Amount(videos=1, seconds=8, micros=544_000)
CHANNEL = ("400000000000000000",)
PAYLOADS: tuple[RefusalPayload, ...] = (
    AtMost(RefusalCode.AMOUNT_TOO_LARGE, most=1_000_000),
    AtMost(RefusalCode.AVOID_TOO_LONG, most=500),
    AtMost(RefusalCode.DAYS_OUT_OF_RANGE, most=366),
    AtMost(RefusalCode.HOURS_OUT_OF_RANGE, most=8760),
    AtMost(RefusalCode.MINUTES_OUT_OF_RANGE, most=43_200),
    AtMost(RefusalCode.IMAGE_TOO_LARGE, most=20),
    AtMost(RefusalCode.IMAGE_TOO_MANY_PIXELS, most=25),
    AtMost(RefusalCode.JOIN_TOO_LONG, most=10),
    AtMost(RefusalCode.REASON_TOO_LONG, most=512),
    AtMost(RefusalCode.TERM_TOO_LONG, most=100),
    AtMost(RefusalCode.TIMEZONE_TOO_OFTEN, most=20),
    AtMost(RefusalCode.TOO_MANY_BLOCKED, most=1000),
    AtMost(RefusalCode.TOO_MANY_CHANNELS, most=100),
    AtMost(RefusalCode.TOO_MANY_TERMS, most=500),
    ChainPart(RefusalCode.JOIN_PART_GONE, version=2),
    ChainPart(RefusalCode.JOIN_PART_ELSEWHERE, version=2),
    ChainPart(RefusalCode.JOIN_PART_WAITING, version=2),
    AtMost(RefusalCode.STYLE_NAME_TOO_LONG, most=32),
    AtMost(RefusalCode.STYLE_TEXT_TOO_LONG, most=500),
    AtMost(RefusalCode.TOO_MANY_STYLES, most=100),
    StyledTooLong(length=4100, most=4000, style=WILD),
    UnknownStyle(style=WILD, names=("Noir", WILD)),
    UnknownWord(RefusalCode.STYLE_THERE, word=WILD),
    UnknownWord(RefusalCode.STYLE_NAME_RESERVED, word=WILD),
    PromptTooLong(length=5000, most=4000),
    UnknownWord(RefusalCode.ORIENTATION_UNKNOWN, word=WILD),
    UnknownWord(RefusalCode.SHAPE_UNKNOWN, word=WILD),
    UnknownWord(RefusalCode.SECONDS_UNKNOWN, word=WILD),
    UnknownWord(RefusalCode.TIMEZONE_UNKNOWN, word=WILD),
    UnknownWord(RefusalCode.WORD_UNKNOWN, word=WILD),
    UnknownWord(RefusalCode.PLAN_UNREADABLE, word=WILD),
    UnknownWord(RefusalCode.PLAN_TWICE, word=WILD),
    UnknownModel(RefusalCode.MODEL_UNKNOWN, model=WILD, names=("Sora 2",)),
    UnknownModel(RefusalCode.MODEL_NOT_ALLOWED, model=WILD, names=(WILD, WILD)),
    Unavailable(RefusalCode.MODEL_OFF, model=WILD, prices=SHIPPED.prices()),
    Unavailable(RefusalCode.DEARER_ONLY, model=WILD, prices=SHIPPED.prices()),
    NoFit(
        model="Sora 2", options=options(SHIPPED.offers[:8]), image=True, lacks=tuple(Lack), others=SHIPPED.prices()[:5]
    ),
    NothingFits(
        options=VideoOptions(seed=7, seconds=18),
        lacking=(Lacking(lack=Lack.SEED, able=("Wan", "Kling")), Lacking(lack=Lack.LENGTH, able=())),
        lengths=(16, 20),
    ),
    PictureShape(
        RefusalCode.IMAGE_TOO_WIDE, model="Happy-Horse 720p", ratio=3.2, most=2.5, others=SHIPPED.prices()[:3]
    ),
    PictureShape(RefusalCode.IMAGE_TOO_HIGH, model="Happy-Horse 720p", ratio=2.504, most=2.5, end=True),
    DearerNow(price=540_000, before=270_000),
    DearerNow(code=RefusalCode.OFFER_DEARER, price=540_000, before=270_000, estimate=True),
    DearerNow(code=RefusalCode.FORM_DEARER, price=1_340_000, before=540_000, estimate=True, model=WILD, seconds=8),
    PriceQuestion(
        price=2_450_000,
        estimate=True,
        last=Limit(amount=5, unit=Unit.VIDEOS, per=Per.DAY),
        family=WILD,
        seconds=12,
        prompt=WILD,
        avoid=None,
    ),
    TooDear(price=540_000, most=500_000),
    TooLong(seconds=12, most=8),
    QuotaExceeded(use=use(), amount=COST),
    TooManyOpen(count=25),
    TooManyRunning(running=2),
    TooManyWaiting(running=1, waiting=2),
    MissingPermissions(permissions=("view_channel", "send_messages_in_threads", "attach_files")),
    Channels(RefusalCode.CHANNEL_NOT_ALLOWED, channels=tuple(str(10**18 + number) for number in range(100))),
    Channels(RefusalCode.CHANNEL_NOT_LISTED, channels=CHANNEL),
    Channels(RefusalCode.LOG_CHANNEL_CLOSED, channels=CHANNEL),
    Channels(RefusalCode.LOG_CHANNEL_SLOW, channels=CHANNEL),
    MaybePosted(channels=(*CHANNEL, "400000000000000001"), doubt="9"),
    AlreadyThere(RefusalCode.FORM_SENT, link=LINK),
    AlreadyThere(RefusalCode.JOIN_MADE, link=LINK),
    AlreadyThere(RefusalCode.OFFER_MADE, link=LINK),
    AlreadyThere(RefusalCode.POSTED_ALREADY, link=LINK),
    Paused(until=NOW, reason=WILD),
    Blocked(until=NOW, reason=WILD),
    UnlistedModel(model=WILD),
    TermCovered(term=WILD),
    UnknownParameter(name=f"--{WILD}", known=KNOWN),
    ContradictingParameters(name=f"--model {WILD}", other=f"--model {WILD}"),
    MissingValue(name="--ar", example="--ar 9:16"),
    WrongValue(name="--ar", value=WILD, example="--ar 9:16"),
    Unexpected(reference="0a1b2c3d"),
)
WITH_PAYLOAD: dict[RefusalCode, RefusalPayload] = {payload.code: payload for payload in PAYLOADS}
REFUSALS = [Refusal(WITH_PAYLOAD.get(code, code)) for code in RefusalCode]


def codes_of(payload: type[RefusalPayload]) -> set[RefusalCode]:
    """The codes that a payload belongs to, as its type says."""
    code: Any = get_type_hints(payload)["code"]
    while get_origin(code) is not Literal:
        [code] = get_args(code)
    return set(get_args(code))


def test_every_payload_is_tried_here_with_each_of_its_codes() -> None:
    assert len(PAYLOADS) == len(WITH_PAYLOAD)
    for kind in get_args(RefusalPayload):
        assert codes_of(kind) == {payload.code for payload in PAYLOADS if isinstance(payload, kind)}, kind


def test_a_code_is_raised_with_its_payload_or_has_none() -> None:
    assert not bare_codes() & set(WITH_PAYLOAD)
    assert bare_codes() | set(WITH_PAYLOAD) == set(RefusalCode), "one that is never raised"


@pytest.mark.parametrize("locale", LOCALES, ids=lambda path: path.name)
def test_a_sentence_is_filled_with_exactly_what_its_payload_gives(locale: Path) -> None:
    texts = shipped(locale)
    for code in RefusalCode:
        payload = WITH_PAYLOAD.get(code)
        if not isinstance(payload, QuotaExceeded):
            given = placeholders(words(locale.name), payload) if payload else {}
            assert texts[f"refusal-{code}"] == set(given), code


@every_row("refusal", REFUSALS)
def test_every_refusal_is_one_clear_sentence(refusal: Refusal) -> None:
    said, payload = sentence(refusal), refusal.payload
    assert 10 < len(said) <= 2000
    assert "\n" not in said
    assert not set("{}") & set(said)
    assert said[0].isupper() or said[0] == "“"
    assert said.endswith(".")
    for live in ("**", "<@", " @everyone", "https://"):
        assert live not in said.replace(f"]({LINK})", "")
    assert (f"]({LINK})" in said) == isinstance(payload, AlreadyThere)
    if payload and not isinstance(payload, QuotaExceeded):
        for name, value in placeholders(words(), payload).items():
            if isinstance(value, int):
                assert f"{value}" in said.replace(",", ""), name


@pytest.mark.parametrize("number", [1, CHANNELS_NAMED, CHANNELS_NAMED + 1, 100])
def test_channels_are_named_as_links_but_not_a_hundred_of_them(number: int) -> None:
    channels = tuple(str(10**18 + one) for one in range(number))
    said = sentence(Refusal(Channels(RefusalCode.CHANNEL_NOT_ALLOWED, channels=channels)))
    assert said.count("<#") == min(number, CHANNELS_NAMED)
    assert f"<#{channels[0]}>" in said
    assert ("…" in said) == (number > CHANNELS_NAMED)


def test_what_the_filter_found_is_not_repeated() -> None:
    said = sentence(Refusal(RefusalCode.FILTERED))
    assert said == "The prompt contains something that this server does not allow. Try other words."


def test_a_time_zone_that_is_unknown_is_shown_as_it_was_typed_and_harmless() -> None:
    with pytest.raises(Refusal, match="timezone_unknown") as caught:
        zone_named("Mars_Base/**One**")
    assert sentence(caught.value).startswith(r"“Mars\_Base/\*\*One\*\*” is not a time zone")


def test_what_would_fit_is_named_by_shapes_and_lengths() -> None:
    def fits(model: str, image: bool = False) -> str:
        offers = [offer for offer in SHIPPED.offers if model in (offer.model, offer.family)]
        lacks, others = (Lack.LENGTH, Lack.SEED), SHIPPED.prices()[:1]
        return sentence(Refusal(NoFit(model=model, options=options(offers), image=image, lacks=lacks, others=others)))

    why, who = "cannot make that. What does not fit: that length, a seed.", "These can: Sora 2 ($0.068 a second)."
    assert fits("sora2-portrait-12s") == f"“sora2-portrait-12s” {why} It makes: Portrait of 12 s. {who}"
    assert fits("sora-2") == f"“sora-2” {why} It makes: Landscape or Portrait of 4, 8 or 12 s. {who}"
    assert fits("Sora 2") == f"“Sora 2” {why} It makes: Landscape or Portrait of 4, 8, 12, 16 or 20 s. {who}"


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en-US", "What does not fit: Square, 20 s, seed 7, an end picture."),
        ("zh-CN", "不支持的是：方形、20 秒、种子 7、结尾图片。"),
    ],
)
def test_what_does_not_fit_is_said_as_it_was_asked(language: str, shown: str) -> None:
    asked = VideoOptions(orientation=Orientation.SQUARE, seconds=20, seed=7, end_image=True)
    lacks = (Lack.SHAPE, Lack.LENGTH, Lack.SEED, Lack.END_IMAGE)
    one = options(SHIPPED.offers[:1])
    with in_language(language):
        assert shown in sentence(Refusal(NoFit(model="a", options=one, image=False, lacks=lacks, asked=asked)))


def test_of_many_models_the_first_four_are_named_with_their_prices() -> None:
    prices = [NamedPrice(name=f"M{number}", low=68_000, high=68_000) for number in range(13)]
    named = ", ".join(f"M{number} ($0.068 a second)" for number in range(4))

    def said(count: int) -> list[str]:
        others = tuple(prices[:count])
        payloads = (
            NoFit(model="a", options=options(SHIPPED.offers[:1]), image=False, others=others),
            Unavailable(RefusalCode.MODEL_OFF, model="a", prices=others),
            Unavailable(RefusalCode.DEARER_ONLY, model="a", prices=others),
            PictureShape(RefusalCode.IMAGE_TOO_WIDE, model="a", ratio=3.0, most=2.5, others=others),
        )
        return [sentence(Refusal(payload)) for payload in payloads]

    assert all(f"{named} and 9 more." in shown for shown in said(13))
    assert all(f"{named}." in shown for shown in said(4))


def test_where_nothing_makes_it_all_each_thing_is_said_with_those_that_have_it() -> None:
    lacking = (Lacking(lack=Lack.SEED, able=("Wan", "Kling")), Lacking(lack=Lack.LENGTH, able=()))
    options = VideoOptions(seed=7, seconds=18)
    said = sentence(Refusal(NothingFits(options=options, lacking=lacking, lengths=(16, 20))))
    assert said == (
        "No model can do all of that at once. Alone, each can be had so: seed 7: Wan, Kling;"
        " 18 s: none; the nearest are 16 s or 20 s."
    )
    alone = sentence(Refusal(NothingFits(options=options, lacking=lacking[1:], lengths=(16, 20))))
    assert alone == "No model here can do that. 18 s: none; the nearest are 16 s or 20 s."


def test_what_can_be_had_instead_is_named_with_its_price() -> None:
    prices = NamedPrice(name="B", low=68_000, high=68_000), NamedPrice(name="C", low=40_000, high=204_000)
    said = sentence(Refusal(Unavailable(RefusalCode.MODEL_OFF, model="A", prices=prices)))
    assert "B ($0.068 a second), C ($0.04–$0.204 a second)" in said
    said = sentence(Refusal(Unavailable(RefusalCode.DEARER_ONLY, model="Sora 2", prices=prices)))
    assert "B ($0.068 a second), C ($0.04–$0.204 a second)" in said


def test_shapes_of_different_lengths_are_told_apart_and_each_is_named_once() -> None:
    def made(shape: Orientation, *seconds: int, image: bool = True) -> Offer:
        return replace(SHIPPED.offers[0], orientations=(shape,), seconds=seconds, image=image)

    offers = (
        made(Orientation.LANDSCAPE, 4),
        made(Orientation.PORTRAIT, 8),
        made(Orientation.LANDSCAPE, 6, 4),
        made(Orientation.PORTRAIT, 12, image=False),
    )
    assert "It makes: Landscape of 4 or 6 s; Portrait of 8 or 12 s." in sentence(
        Refusal(NoFit(model="a", options=options(offers), image=False))
    )
    assert "It makes: Landscape of 4 or 6 s; Portrait of 8 s." in sentence(
        Refusal(NoFit(model="a", options=options(offers), image=True))
    )


def test_a_model_without_images_says_so() -> None:
    offer = Offer(
        family="A",
        model="a",
        format=Format.TASK,
        orientations=(Orientation.LANDSCAPE, Orientation.PORTRAIT),
        seconds=(4,),
        micros_per_second=1,
        encoded=False,
        image=False,
        resolution=None,
        sunset=None,
    )
    said = sentence(Refusal(NoFit(model="a", options=options((offer,)), image=True, lacks=(Lack.IMAGE,))))
    assert said == (
        "“a” cannot make that. What does not fit: a picture. It makes: Landscape or Portrait of 4 s; without an image."
        " No other model that is available can."
    )


def test_a_shape_that_a_model_does_not_take_is_told_with_numbers_that_differ_and_with_who_takes_it() -> None:
    wide, high = (
        PictureShape(code, model="Happy-Horse", ratio=2.504, most=2.5)
        for code in (RefusalCode.IMAGE_TOO_WIDE, RefusalCode.IMAGE_TOO_HIGH)
    )
    assert "is 6 times as wide" in sentence(Refusal(replace(wide, ratio=2048 / 341))), "400 × 2400 pixels, made smaller"
    others = (NamedPrice(name="Sora 2", low=68_000, high=68_000),)
    assert sentence(Refusal(replace(wide, ratio=3.2, others=others))) == (
        "The picture is 3.2 times as wide as high; Happy-Horse takes at most 2.5. These take it: Sora 2 ($0.068 a second)."
    )
    assert sentence(Refusal(replace(high, end=True))).startswith(
        "The end picture is 2.51 times as high as wide; Happy-Horse takes at most 2.5."
    )
