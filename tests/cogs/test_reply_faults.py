"""What is wrong with trailing parameters: each fault is named, with what may have been meant."""

import pytest

from bot.domain.refusals.refusal import Refusal
from bot.domain.refusals.replies import ContradictingParameters, MissingValue, UnknownParameter, WrongValue
from cogs.iteration.reply_dashes import nearest
from cogs.iteration.reply_syntax import KNOWN, parse, revise
from tests.tables import every_row


def refused(text: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a cat --portrat", ("--portrait",)),
        ("a cat -- portrat", ("--portrait",)),
        ("a cat —portrat", ("--portrait",)),
        ("一只猫 ——potrait", ("--portrait",)),
        ("a cat -- duraton 8", ("--duration",)),
        ("a cat ——sqare --duration 8", ("--square",)),
        ("a cat --land", ("--landscape",)),
        ("a cat --stylize 200", ()),
    ],
)
def test_a_slip_at_the_end_is_asked_about_with_what_may_have_been_meant(text: str, meant: tuple[str, ...]) -> None:
    payload = refused(text).payload
    assert isinstance(payload, UnknownParameter)
    assert payload.nearest[: len(meant)] == meant
    assert meant or len(payload.nearest) <= 2


@every_row("name", ["foo", "quality", "v", "mood", "ars", "portraits", "none", "durationn", "é", "猫"])
def test_an_unknown_parameter_is_named_with_those_that_are_known(name: str) -> None:
    for text in (f"a cat --{name}", f"--{name} 3", f"a cat --{name}=x --portrait", f"--portrait --{name.upper()}"):
        refusal = refused(text)
        assert refusal.payload == UnknownParameter(name=f"--{name}", known=KNOWN, nearest=nearest(name))


@pytest.mark.parametrize("name", ["1080p", "9:16", "16:9", "8s", "8", "4k", "16", "٨"])
def test_one_that_begins_with_a_digit_is_unknown_too_and_named_whole(name: str) -> None:
    for text in (f"A dog --{name}", f"--{name}", f"--{name} a dog", f"--{name}, a dog --portrait"):
        refusal = refused(text)
        assert refusal.payload == UnknownParameter(name=f"--{name}", known=KNOWN, nearest=nearest(name))


@every_row("sign", ["--", "—"])
@every_row(
    ("written", "name", "value", "example"),
    [
        ("ar", "ar", "", "--ar 9:16"),
        ("ar 21:9", "ar", "21:9", "--ar 9:16"),
        ("ar=2:1 at night", "ar", "2:1", "--ar 9:16"),
        ("aspect wide", "aspect", "wide", "--ar 9:16"),
        ("duration", "duration", "", "--duration 8"),
        ("duration long", "duration", "long", "--duration 8"),
        ("duration 0", "duration", "0", "--duration 8"),
        ("duration 000", "duration", "000", "--duration 8"),
        ("duration 8.5", "duration", "8.5", "--duration 8"),
        ("duration -8", "duration", "-8", "--duration 8"),
        ("duration 8m", "duration", "8m", "--duration 8"),
        ("seconds 12345", "seconds", "12345", "--duration 8"),
        ("model", "model", "", "--model pro-1080p"),
        ("model=", "model", "", "--model pro-1080p"),
        ("model ,", "model", "", "--model pro-1080p"),
        ("seed", "seed", "", "--seed 7"),
        ("seed many", "seed", "many", "--seed 7"),
        ("seed -1", "seed", "-1", "--seed 7"),
        ("seed 2147483648", "seed", "2147483648", "--seed 7"),
        ("no", "no", "", "--no rain"),
        ("avoid ,", "avoid", "", "--no rain"),
        ("sound=loud", "sound", "loud", "--sound off"),
    ],
)
def test_a_value_that_is_missing_or_none_is_named_with_an_example(
    sign: str, written: str, name: str, value: str, example: str
) -> None:
    refusal = refused(f"a cat {sign}{written}")
    missing, wrong = (
        MissingValue(name=f"--{name}", example=example),
        WrongValue(name=f"--{name}", value=value, example=example),
    )
    assert refusal.payload == (wrong if value else missing)


@pytest.mark.parametrize(
    ("text", "name", "other"),
    [
        ("--portrait --landscape", "--landscape", "--portrait"),
        ("--ar 16:9 a cat --portrait", "--portrait", "--ar 16:9"),
        ("--portrait a cat, --ar=16x9, at night", "--ar 16x9", "--portrait"),
        ("--ar 9:16, --portrait --landscape", "--landscape", "--ar 9:16"),
        ("--duration 8 s --seconds 12 in rain", "--seconds 12", "--duration 8 s"),
        ("--model pro 1080p, --model sora2\nat night", "--model sora2", "--model pro 1080p"),
        ("--sound a cat --silent", "--silent", "--sound"),
        ("--seed 7 --seed 8", "--seed 8", "--seed 7"),
        ("--no rain --avoid snow", "--avoid snow", "--no rain"),
    ],
)
def test_two_that_contradict_are_both_named(text: str, name: str, other: str) -> None:
    refusal = refused(text)
    assert refusal.payload == ContradictingParameters(name=name, other=other)


def test_a_parameter_after_a_plus_that_is_unknown_is_named() -> None:
    for text in ("+--8s", "+ at night --8s", "＋--mood anime"):
        with pytest.raises(Refusal, match="parameter_unknown"):
            revise("plain", text)
