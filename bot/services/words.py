"""Banned terms: whether a prompt contains one, also in disguise, without taking ordinary words for it.

Text and terms are read alike: compatibility forms (full-width, mathematical, circled) as plain ones, no case, no accents, no
characters that show nothing. Then a term is found as whole words, with any run of spaces and punctuation between them, and

- with look-alikes of another script ("bаd" with a Cyrillic а), in a word that mixes scripts or is in another script than the
  text around it: "рот" is a word of its own in a Russian sentence, and a disguise in an English one;
- with digits and signs for letters ("b4d", "a$$"), where enough real letters are left: "100" and "4k" spell nothing;
- with letters starred out ("b*d");
- spelled out ("b a d", "b.a.d") as single letters, three or more in a row;
- anywhere in the text, for terms in scripts that do not part their words by spaces.

Every step is linear in the text but for the number of term lengths; there is no regular expression that backtracks.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from bot.services.lookalikes import CLASSES, PLAIN, SIGNS, STANDS_FOR, STRONG_SIGNS, TWINS, script

_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)  # accents and points; the vowel signs of Indic scripts are letters and stay
_UNSEEN = frozenset("\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)  # Thai, Lao, Burmese, Khmer; Hangul, kana, Han
_STAR = "*"
_APART = re.compile(r"\s{1,3}|\s?[^\w\s,;]{1,3}\s?|[,;_]")  # between spelled-out letters: "d, a, d" is a list
_LONGEST_SPELT = 24
_SHORT_SPELT = 4  # a shorter term must be all of what is spelled out, but for a first "a" or "I"
_ARTICLES = ("", "a", "i")


@lru_cache(maxsize=4096)
def _kind(sign: str) -> str:
    """w: part of a word; f: shows nothing; s: anything else."""
    category = unicodedata.category(sign)
    if sign in _UNSEEN or category in ("Cf", "Cc", "Cs", "Cn") or "\ufe00" <= sign <= "\ufe0f" or sign >= "\U000e0000":
        return "s" if sign.isspace() else "f"
    return "w" if category[0] in "LNM" else "s"


def plain(text: str) -> str:
    """A text as it is compared: compatibility forms, case, accents and unseen characters are gone; everything else stays."""
    shown = text if text.isascii() else unicodedata.normalize("NFKC", text.translate(PLAIN))
    shown = shown.casefold()
    if not shown.isascii():
        bare = _MARKS.sub("", unicodedata.normalize("NFKD", shown))
        shown = unicodedata.normalize("NFC", bare).translate(PLAIN)
    return "".join(sign for sign in shown if _kind(sign) != "f")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text and where it begins in it."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends, the first character after it."""
        return self.start + len(self.text)


def _words(text: str, more: str = "") -> list[_Word]:
    """The words of a plain text; `more` are signs that count as letters."""
    found: list[_Word] = []
    start = -1
    for at, sign in enumerate(text):
        if _kind(sign) == "w" or sign in more:
            if start < 0:
                start = at
        elif start >= 0:
            found.append(_Word(text[start:at], start))
            start = -1
    if start >= 0:
        found.append(_Word(text[start:], start))
    return found


def _key(word: str) -> str:
    """What a word and all its disguises have in common; which term it really is, `_Reading.stands` decides."""
    return word.translate(CLASSES)


@dataclass(frozen=True, slots=True)
class _Term:
    """A term as typed, and its plain words."""

    typed: str
    words: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    """A step through the words of terms."""

    terms: list[_Term] = field(default_factory=list[_Term])
    next: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])


class Filter:
    """The banned terms of one server. Nothing changes after it is built."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._root = _Node()
        self._spelt: dict[str, list[_Term]] = {}
        self._starrable: dict[tuple[int, str, str], list[_Term]] = {}
        self._inside: list[tuple[str, str]] = []
        for typed in sorted(terms):
            shown = plain(typed)
            words = tuple(word.text for word in _words(shown))
            if _UNSPACED.search(shown):
                self._inside.append((_closed_up(shown), typed))
            elif words:
                self._add(_Term(typed, words))
        self._lengths = sorted({len(key) for key in self._spelt if 3 <= len(key) <= _LONGEST_SPELT})

    def _add(self, term: _Term) -> None:
        node = self._root
        for word in term.words:
            node = node.next.setdefault(_key(word), _Node())
        node.terms.append(term)
        joined = _Term(term.typed, ("".join(term.words),))
        key = _key(joined.words[0])
        self._spelt.setdefault(key, []).append(joined)
        if len(term.words) == 1:
            self._starrable.setdefault((len(key), key[0], key[-1]), []).append(term)

    def find(self, prompt: str) -> str | None:
        """A term that the prompt contains, as it was typed, or None."""
        text = plain(prompt)
        words = _words(text)
        signed: list[_Word] = []
        if any(sign in text for sign in SIGNS):
            signed = [_Word(bare, one.start) for one in _words(text, SIGNS) if (bare := one.text.rstrip("!"))]
        reading = _Reading(words)
        return (
            self._whole(words, reading)
            or self._whole(signed, reading)
            or self._spelled(text, words, reading)
            or self._spelled(text, signed, reading)
            or self._starred(text, reading)
            or self._anywhere(text)
        )

    def _whole(self, words: Sequence[_Word], reading: "_Reading") -> str | None:
        """A term as whole words in a row."""
        keys = [_key(word.text) for word in words]
        for start in range(len(keys)):
            node: _Node | None = self._root
            for at in range(start, len(keys)):
                if (node := node.next.get(keys[at])) is None:
                    break
                for term in node.terms:
                    said = zip(words[start : at + 1], term.words, strict=True)
                    if all(reading.stands(word.text, meant) for word, meant in said):
                        return term.typed
        return None

    def _spelled(self, text: str, words: Sequence[_Word], reading: "_Reading") -> str | None:
        """A term spelled out with something between each two letters."""
        for run in _runs(text, words):
            keys = _key(run)
            for length in self._lengths:
                for start in range(len(run) - length + 1):
                    end = start + length
                    if length < _SHORT_SPELT and (end < len(run) or run[:start] not in _ARTICLES):
                        continue
                    for term in self._spelt.get(keys[start:end], ()):
                        if reading.stands(run[start:end], term.words[0]):
                            return term.typed
        return None

    def _starred(self, text: str, reading: "_Reading") -> str | None:
        """A term of which at most half the letters, neither the first nor the last, are stars."""
        if _STAR not in text:
            return None
        for starred in {word.text.strip(_STAR) for word in _words(text, _STAR)}:
            if not 1 <= starred.count(_STAR) <= len(starred) / 2:
                continue
            for term in self._starrable.get((len(starred), _key(starred[0]), _key(starred[-1])), ()):
                [meant] = term.words
                said = "".join(there if one == _STAR else one for one, there in zip(starred, meant, strict=True))
                if reading.stands(said, meant):
                    return term.typed
        return None

    def _anywhere(self, text: str) -> str | None:
        """A term in a script without spaces."""
        closed = _closed_up(text) if self._inside else ""
        return next((typed for shown, typed in self._inside if shown in closed), None)


class _Reading:
    """How the words of one text are to be read: which script is at home in it."""

    def __init__(self, words: Sequence[_Word]) -> None:
        self._latin = 0
        self._own: dict[str, int] = {}
        for word in words:
            scripts = {script(sign) for sign in word.text} - {""}
            if scripts == {"latin"}:
                self._latin += 1
            elif len(scripts) == 1 and any(script(sign) and sign not in TWINS for sign in word.text):
                [one] = scripts
                self._own[one] = self._own.get(one, 0) + 1

    def stands(self, said: str, meant: str) -> bool:
        """Whether a word of the text is this word of a term, in disguise or not."""
        if said == meant:
            return True
        if len(said) != len(meant):
            return False
        signs: list[str] = []
        letters = 0
        foreign = False
        for one, other in zip(said, meant, strict=True):
            if one == other:
                letters += script(one) != ""
            elif not _alike(one, other):
                return False
            elif script(one):
                letters += 1
                foreign = True
            else:
                signs.append(one)
        if foreign and self._at_home(said):
            return False
        return not signs or (len(said) >= 3 and _enough(signs, letters))

    def _at_home(self, word: str) -> bool:
        """Whether a word is in one script, and the text mostly in the same."""
        scripts = {script(sign) for sign in word} - {""}
        if len(scripts) != 1:
            return False
        [one] = scripts
        others = sum(self._own.values())
        return self._latin > others if one == "latin" else self._own.get(one, 0) > self._latin


def _alike(said: str, meant: str) -> bool:
    """Whether a character may stand for another letter. A digit of a term is that digit."""
    if not script(meant):
        return False
    return bool(STANDS_FOR.get(said, {said}) & STANDS_FOR.get(meant, {meant}))


def _enough(signs: Sequence[str], letters: int) -> bool:
    """Whether digits and signs may be read as letters: beside as many letters, or ($ and @ are rarely anything else) any."""
    strong = {sign for sign in signs if sign in STRONG_SIGNS}
    if strong:
        return letters > 0 or len(strong) > 1
    return letters >= len(signs)


def _runs(text: str, words: Sequence[_Word]) -> Iterator[str]:
    """Runs of three or more single characters with something short between each two, joined."""
    run: list[str] = []
    previous: _Word | None = None
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


def _closed_up(text: str) -> str:
    """Without the spaces, dots and dashes inside a script that has none between its words; sentences stay apart."""
    kept: list[str] = []
    gap = ""
    for word, following in pairwise([*_words(text), None]):
        if word is None:
            break
        kept += [gap, word.text]
        between = text[word.end : following.start] if following else ""
        loose = following is not None and all(sign.isspace() or sign in ".·・‧•-_*~/|" for sign in between)
        unspaced = loose and following and _UNSPACED.match(word.text[-1]) and _UNSPACED.match(following.text[0])
        gap = "" if unspaced else " "
    return "".join(kept)
