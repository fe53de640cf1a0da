"""Trailing parameters in a reply, as in other creative tools: `make it night --ar 9:16 --duration 8 --no rain`.

`cogs.iteration.reply_dashes` tells which dashes begin a parameter. Words after a flag or a value belong to the
prompt; the name of a model or a style, and what to avoid, end with their line. Text that begins with `+` is added to the
old prompt.
"""

import re
from dataclasses import replace

from bot.domain.generation import Orientation
from bot.domain.refusals.refusal import Refusal
from bot.domain.refusals.replies import ContradictingParameters, MissingValue, UnknownParameter, WrongValue
from bot.domain.requests.request import Edits
from bot.domain.requests.video_options import MOST_SEED
from cogs.iteration.reply_dashes import markers, nearest, plain

_FLAGS = {shape.value: shape for shape in (Orientation.LANDSCAPE, Orientation.PORTRAIT, Orientation.SQUARE)}
_PARAMETER = re.compile(r"(?P<name>\d[^\s,，]*|[^\s=:：,，]+)(?P<sign>[\s=:：,，]*)(?P<value>.*)", re.DOTALL)
_RATIOS = {shape.ratio: shape for shape in Orientation}
_TIMES = str.maketrans("xX×：∶", ":::::")  # other ways to write a ratio
_SECONDS = re.compile(r"0*([1-9]\d{0,3})\s*(?:s|sec|seconds)?(?:[,，]|(?!\S))\s*(?P<rest>.*)", re.I | re.S | re.A)
_SEED = re.compile(r"0*(\d{1,10})(?:[,，]|(?!\S))\s*(?P<rest>.*)", re.S | re.A)
_SOUND = {"on": True, "off": False}
_PLUS = "+＋"
_CLOSING = ",.;:!?…)，。；：！？、）،؛؟"  # punctuation that follows a word without a space
KNOWN = (
    "--ar 9:16, --portrait, --landscape, --square, --duration 8, --model pro-1080p, --seed 7, --no rain, --style noir,"
    " --sound, --silent"
)


def revise(old: str, text: str) -> Edits:
    """Return the changes that a reply asks for. Its words replace the prompt, or are appended after a `+`.

    Raises Refusal as `parse` does.
    """
    text = text.strip()
    edits = parse(text.lstrip(_PLUS))
    words = edits.prompt or ""
    if not text.startswith(tuple(_PLUS)) and not words.startswith(tuple(_PLUS)):
        return edits
    added = words.lstrip(_PLUS).strip()
    between = "" if added.startswith(tuple(_CLOSING)) else " "
    return replace(edits, prompt=f"{old}{between}{added}" if added else None)


def parse(text: str) -> Edits:
    """Split a reply into its words and the values of its parameters.

    Raises Refusal `parameter_unknown`, `parameters_contradict`, `parameter_missing` or `parameter_value`.
    """
    found, written = dict[str, Edits](), dict[str, str]()
    begins = markers(text)
    kept = [text[: begins[0].start].strip() if begins else text.strip()]
    for number, marker in enumerate(begins):
        stop = begins[number + 1].start if number + 1 < len(begins) else len(text)
        parameter = _trimmed(text[marker.end : stop])
        match = _PARAMETER.fullmatch(plain(parameter))
        name, value = (
            (match["name"].casefold().rstrip(".。!！"), _trimmed(parameter[match.start("value") :]))
            if match
            else (parameter, "")
        )
        given = bool(match) and any(sign in match["sign"] for sign in "=:：")
        field, edit, rest = _meaning(name, value, given=given)
        as_written = f"--{name} {value.removesuffix(rest).rstrip(' ,，')}".strip()
        if found.setdefault(field, edit) != edit:
            raise Refusal(ContradictingParameters(name=as_written, other=written[field]))
        written.setdefault(field, as_written)
        kept.append(rest)
    prompt, nothing = " ".join(part for part in kept if part), Edits()
    return Edits(
        prompt=prompt or None,
        orientation=found.get("orientation", nothing).orientation,
        seconds=found.get("seconds", nothing).seconds,
        model=found.get("model", nothing).model,
        sound=found.get("sound", nothing).sound,
        avoid=found.get("avoid", nothing).avoid,
        seed=found.get("seed", nothing).seed,
        style=found.get("style", nothing).style,
    )


def _trimmed(text: str) -> str:
    """Return a text without spaces at its ends, invisible ones too."""
    typed = plain(text)
    return text[len(typed) - len(typed.lstrip()) : len(typed.rstrip())]


def _meaning(name: str, value: str, *, given: bool) -> tuple[str, Edits, str]:
    """Return the field that a parameter sets, the edit that sets it, and the words after it that belong to the prompt.

    given: the value follows an equals sign or a colon, so it is not a word of the prompt.
    """
    typed = plain(value)
    first, after = (*typed.split(maxsplit=1), "", "")[:2]
    first, rest = first.rstrip(",，"), _end(value, after)
    match name:
        case "portrait" | "landscape" | "square":
            return "orientation", Edits(orientation=_FLAGS[name]), value
        case "ar" | "aspect":
            if (shape := _RATIOS.get(first.translate(_TIMES))) is None:
                raise _no_value(name, first, "--ar 9:16")
            return "orientation", Edits(orientation=shape), rest
        case "duration" | "seconds":
            if (seconds := _SECONDS.fullmatch(typed)) is None:
                raise _no_value(name, first, "--duration 8")
            return "seconds", Edits(seconds=int(seconds[1])), _end(value, seconds["rest"])
        case "seed":
            if (seed := _SEED.fullmatch(typed)) is None or int(seed[1]) > MOST_SEED:
                raise _no_value(name, first, "--seed 7")
            return "seed", Edits(seed=int(seed[1])), _end(value, seed["rest"])
        case "sound" if first.casefold() in _SOUND:
            return "sound", Edits(sound=_SOUND[first.casefold()]), rest
        case "sound" if given and first:
            raise _no_value(name, first, "--sound off")
        case "sound" | "silent":
            return "sound", Edits(sound=name == "sound"), value
        case "model":
            called, rest = _line(name, value, "--model pro-1080p")
            return "model", Edits(model=called), rest
        case "style":
            called, rest = _line(name, value, "--style noir")
            return "style", Edits(style=called), rest
        case "no" | "avoid":
            avoid, rest = _line(name, value, "--no rain")
            return "avoid", Edits(avoid=avoid), rest
        case _:
            raise Refusal(UnknownParameter(name=f"--{name}", known=KNOWN, nearest=nearest(name)))


def _end(value: str, rest: str) -> str:
    """Return as many characters of the end of a value as its plain form has."""
    return value[len(value) - len(rest) :]


def _line(name: str, value: str, example: str) -> tuple[str, str]:
    """Return the first line of a value, and what follows it. Raises Refusal `parameter_missing`."""
    called, _, rest = value.partition("\n")
    if not (called := called.rstrip(" ,，").strip()):
        raise _no_value(name, "", example)
    return called, rest.strip()


def _no_value(name: str, value: str, example: str) -> Refusal:
    if not value:
        return Refusal(MissingValue(name=f"--{name}", example=example))
    return Refusal(WrongValue(name=f"--{name}", value=value, example=example))
