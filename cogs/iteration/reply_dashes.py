"""Which dashes of a reply begin a parameter, and which belong to its sentence.

Phone keyboards turn two hyphens into a long dash, Chinese ones into two; some people put a space after them. So a
parameter begins with

- two hyphens, or two or more dashes of any kind, before any word;
- one long dash before the name of a parameter;
- two dashes and a space before the name of a parameter, if nothing but its value follows.

A word that is only close to a name (`-- portrat`) counts as one at the end of the text, so that a slip is asked about and
not paid as a prompt. Everything else is a sentence: "a cat -- at night -- sleeps", "well-known", "5 – 6 birds".
"""

import re
from difflib import get_close_matches
from typing import NamedTuple

NAMES = (
    *("landscape", "portrait", "square", "ar", "aspect", "duration", "seconds"),
    *("model", "seed", "no", "avoid", "sound", "silent", "style"),
)
_FLAGS = ("landscape", "portrait", "square", "silent", "sound")
_LINES = ("no", "avoid", "model", "style")  # their value is the rest of the line
_LONG = "‒–—―−－﹘⸺⸻"
_RUN = re.compile(f"[-‐‑﹣{_LONG}]+")
_KNOWN = re.compile(rf"(?:{'|'.join(NAMES)})(?![^\W_])", re.IGNORECASE)
_WORD = re.compile(r"[^\W_][^\s=:,，]*")
_VALUE = re.compile(
    r"[\s=:]+(?:\d+\s*[:x×∶]\s*\d+|\d+\s*(?:s|sec|seconds)?|on|off)(?![^\W_])[\s.。!！,，]*", re.IGNORECASE
)
_CLOSED = re.compile(rf"(?<=[^\W_])(?:--|[{_LONG}]+)(?![^\W_])")  # the second dash of "--at night--"
_AFTER = frozenset(",，。、")  # what a parameter may follow without a space
_AFTER_TWO = _AFTER | frozenset('！？；：）」』”.!?;)"…')
_CLOSE, _SIMILAR = 0.8, 0.5  # how alike a word must be to be taken for a slip, and to be suggested
# Full-width letters, digits and signs as their plain ones, invisible spaces as spaces: as many characters as before.
_PLAIN = {0xFF00 + code: 0x20 + code for code in (*range(0x10, 0x1B), 0x1D, *range(0x21, 0x3B), *range(0x41, 0x5B))} | (
    dict.fromkeys((0x200B, 0x2060, 0xFEFF), 0x20)
)


class Marker(NamedTuple):
    """The dashes before a parameter, with the space after them: where they start, and where its name does."""

    start: int
    end: int


def plain(text: str) -> str:
    """Return a text of the same length with full-width letters and digits as plain ones."""
    return text.translate(_PLAIN)


def nearest(name: str) -> tuple[str, ...]:
    """Return the parameters that somebody may have meant, the most likely first: ("--portrait",)."""
    longer = [known for known in NAMES if len(name) > 2 and known.startswith(name)]
    alike = get_close_matches(name.casefold(), NAMES, n=2, cutoff=_SIMILAR)
    return tuple(f"--{known}" for known in dict.fromkeys([*longer, *alike]))[:2]


def markers(text: str) -> list[Marker]:
    """Return where the parameters of a reply begin, in order."""
    typed = plain(text)
    runs = [run for run in _RUN.finditer(typed) if len(run[0]) > 1 or run[0] in _LONG]
    found = [Marker(run.start(), _spaced(typed, run.end())) for run in runs]
    return [
        marker
        for number, (run, marker) in enumerate(zip(runs, found, strict=True))
        if _begins(typed, run, marker.end, found[number + 1 :])
    ]


def _spaced(typed: str, at: int) -> int:
    """Return where the next word begins."""
    return at + len(typed[at:]) - len(typed[at:].lstrip())


def _begins(typed: str, run: re.Match[str], name: int, following: list[Marker]) -> bool:
    """Return whether dashes begin a parameter. name: where the next word starts. following: the dashes after that."""
    dashes, before, end = run[0], typed[run.start() - 1 : run.start()] if run.start() else "", run.end()
    known, word = _KNOWN.match(typed, name), _WORD.match(typed, name)
    free = not before or before.isspace()
    spaceless = bool(known) and before > "\u2e7f"  # after Han or kana there is no space
    if len(dashes) == 1:
        if name != end or not (free or before in _AFTER or spaceless):
            return False
        return bool(known or (word and _slip(typed, word, following)))
    if dashes.strip("-") == "" and len(dashes) != 2:
        return False
    if not (free or before in _AFTER_TWO or spaceless):
        return False
    if name != end:
        return bool(
            (known and _ends(typed, known, following)) or (word and not known and _slip(typed, word, following))
        )
    if known or word is None:
        return known is not None
    return (dashes == "--" or word[0].isascii()) and not _CLOSED.search(typed, word.end())


def _ends(typed: str, known: re.Match[str], following: list[Marker]) -> bool:
    """Return whether a parameter's own value, if it takes one, stands between its name and the next one, or the end."""
    name = known[0].casefold()
    rest = typed[known.end() : following[0].start if following else len(typed)]
    if name not in (*_FLAGS, *_LINES):
        return _VALUE.match(rest) is not None
    if following and not _KNOWN.match(typed, following[0].end):
        return False
    if name in _LINES:
        return bool(rest.strip(" =:,，"))
    return not rest.strip(" \t\n.。!！,，") or _VALUE.fullmatch(rest) is not None


def _slip(typed: str, word: re.Match[str], following: list[Marker]) -> bool:
    """Return whether a word at the end, with at most one value, is close to the name of a parameter."""
    stop = next((marker.start for marker in following if _KNOWN.match(typed, marker.end)), len(typed))
    few = len(typed[word.end() : stop].split()) <= 1
    return few and bool(get_close_matches(word[0].casefold().rstrip(".!?。！？"), NAMES, n=1, cutoff=_CLOSE))
