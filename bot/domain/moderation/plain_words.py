"""Reads a text as words: in one plain form, whatever they are written with."""

import re
import unicodedata
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from bot.domain.moderation.confusables import PLAIN, TWINS, script

_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)  # accents and points; the vowel signs of Indic scripts are letters and stay
_UNSEEN = frozenset("\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)  # Thai, Lao, Burmese, Khmer; Hangul, kana, Han
_APART = re.compile(
    r"\s{1,3}|\s?[^\w\s,;]{1,3}\s?|[,;_]"
)  # between spelled-out letters; "d, a, d" is a list and does not match


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """Return the kind of a character: w, part of a word; f, invisible; s, anything else."""
    category = unicodedata.category(character)
    if (
        character in _UNSEEN
        or category in ("Cf", "Cc", "Cs", "Cn")
        or "\ufe00" <= character <= "\ufe0f"
        or character >= "\U000e0000"
    ):
        return "s" if character.isspace() else "f"
    return "w" if category[0] in "LNM" else "s"


def plain(text: str) -> str:
    """The text as it is compared: without compatibility forms, case, accents and invisible characters; everything else
    stays.
    """
    shown = text if text.isascii() else unicodedata.normalize("NFKC", text.translate(PLAIN))
    shown = shown.casefold()
    if not shown.isascii():
        bare = _MARKS.sub("", unicodedata.normalize("NFKD", shown))
        shown = unicodedata.normalize("NFC", bare).translate(PLAIN)
    return "".join(character for character in shown if _kind(character) != "f")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text and where it begins in it."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends, the first character after it."""
        return self.start + len(self.text)


def words_of(text: str, more: str = "") -> list[Word]:
    """The words of a plain text. more: symbols that count as letters."""
    found: list[Word] = []
    start = -1
    for at, character in enumerate(text):
        if _kind(character) == "w" or character in more:
            if start < 0:
                start = at
        elif start >= 0:
            found.append(Word(text[start:at], start))
            start = -1
    if start >= 0:
        found.append(Word(text[start:], start))
    return found


class Reading:
    """The scripts of one text: which script most of its words are in."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._latin = 0
        self._own: dict[str, int] = {}
        for word in words:
            scripts = {script(character) for character in word.text} - {""}
            if scripts == {"latin"}:
                self._latin += 1
            elif len(scripts) == 1 and any(script(character) and character not in TWINS for character in word.text):
                [one] = scripts
                self._own[one] = self._own.get(one, 0) + 1

    def at_home(self, scripts: Set[str]) -> bool:
        """Whether a word of these scripts is in exactly one, and most of the text is in the same."""
        if len(scripts) != 1:
            return False
        [one] = scripts
        others = sum(self._own.values())
        return self._latin > others if one == "latin" else self._own.get(one, 0) > self._latin


def runs(text: str, words: Sequence[Word]) -> Iterator[str]:
    """Runs of three or more single characters with something short between each two, joined."""
    run: list[str] = []
    previous: Word | None = None
    for word in words:
        single = len(word.text) == 1
        joined = previous is not None and single and _APART.fullmatch(text[previous.end : word.start])
        if not joined:
            if len(run) >= 3:
                yield "".join(run)
            run = []
        if single:
            run.append(word.text)
        previous = word if single else None
    if len(run) >= 3:
        yield "".join(run)


def closed_up(text: str) -> str:
    """The text without spaces, dots and dashes inside a script that has none between its words; sentences stay apart."""
    kept: list[str] = []
    gap = ""
    for word, following in pairwise([*words_of(text), None]):
        if word is None:
            break
        kept += [gap, word.text]
        between = text[word.end : following.start] if following else ""
        loose = following is not None and all(
            character.isspace() or character in ".·・‧•-_*~/|" for character in between
        )
        unspaced = loose and following and UNSPACED.match(word.text[-1]) and UNSPACED.match(following.text[0])
        gap = "" if unspaced else " "
    return "".join(kept)
