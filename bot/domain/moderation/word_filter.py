"""Banned terms: whether a prompt contains one, also in disguise, without matching ordinary words.

Text and terms are normalised alike: compatibility forms (full-width, mathematical, circled) become plain ones; case,
accents and invisible characters are removed. Then a term matches as whole words, with any run of spaces and
punctuation between them, and

- with look-alikes of another script ("bаd" with a Cyrillic а), in a word that mixes scripts or is in another script than the
  text around it: "рот" is a word of its own in a Russian sentence, and a disguise in an English one;
- with digits and symbols for letters ("b4d", "a$$"), where enough real letters are left: "100" and "4k" spell nothing;
- with letters starred out ("b*d");
- spelled out ("b a d", "b.a.d") as single letters, three or more in a row;
- anywhere in the text, for terms in scripts that do not separate their words by spaces.

All terms are searched at once. A set of terms is one integer with a bit for each term, and every character of the text
clears the bits of the terms that it does not match. So the time grows only with the text and the length of the longest
term, not with the number of similar terms. No regular expression backtracks.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from bot.domain.moderation.confusables import PLAIN, STANDS_FOR, STRONG_SYMBOLS, SYMBOLS, TWINS, script

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
_APART = re.compile(
    r"\s{1,3}|\s?[^\w\s,;]{1,3}\s?|[,;_]"
)  # between spelled-out letters; "d, a, d" is a list and does not match
_BETWEEN = "\0"  # between the words of a term and of a text; `plain` leaves none in either
_LONGEST_SPELLED = 24
_SHORT_SPELLED = 4  # a shorter term must be everything that is spelled out, apart from a first "a" or "I"
_ARTICLES = ("", "a", "i")


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """w: part of a word; f: shows nothing; s: anything else."""
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
class _Word:
    """A word of a text and where it begins in it."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends, the first character after it."""
        return self.start + len(self.text)


def _words(text: str, more: str = "") -> list[_Word]:
    """The words of a plain text. more: symbols that count as letters."""
    found: list[_Word] = []
    start = -1
    for at, character in enumerate(text):
        if _kind(character) == "w" or character in more:
            if start < 0:
                start = at
        elif start >= 0:
            found.append(_Word(text[start:at], start))
            start = -1
    if start >= 0:
        found.append(_Word(text[start:], start))
    return found


@dataclass(frozen=True, slots=True)
class _Term:
    """A term as typed, and the form that is searched: its words with `_BETWEEN` between them, or its letters in a row."""

    typed: str
    shown: str


@dataclass(slots=True)
class _Column:
    """One position in the terms: which terms have which letter there, and which have a letter that a character may
    stand for.
    """

    exact: dict[str, int] = field(default_factory=dict[str, int])
    stood_for: dict[str, int] = field(default_factory=dict[str, int])  # by the letter that a character stands for
    letters: int = 0  # terms that have a letter there, not a digit
    terms: int = 0

    def add(self, character: str, term: int) -> None:
        """Add a term that has this character here."""
        self.exact[character] = self.exact.get(character, 0) | term
        self.terms |= term
        if script(character):  # a digit in a term matches that digit only
            self.letters |= term
            for letter in STANDS_FOR.get(character, {character}):
                self.stood_for[letter] = self.stood_for.get(letter, 0) | term

    def fitting(self, character: str) -> tuple[int, int]:
        """The terms that have this character here or one that it may stand for, and those that have exactly this one."""
        exact = alike = self.exact.get(character, 0)
        for letter in STANDS_FOR.get(character, (character,)):
            alike |= self.stood_for.get(letter, 0)
        return alike, exact


class _WordMatch:
    """A word of the text, as far as it is read: which terms it may stand for, judged by its letters, digits and symbols."""

    __slots__ = ("_counts", "_enough", "_lettered", "_scripts", "_signed", "_size", "_strict", "_strong")

    def __init__(self, terms: int) -> None:
        self._size = 0
        self._scripts: set[str] = set()
        self._strict = terms  # terms that have exactly these letters, none of another script
        self._signed = 0  # terms for which a digit or symbol stands for a letter
        self._strong: dict[str, int] = {}
        # How many do so, per term, in binary: the bits of the ones, of the twos, of the fours …
        self._counts: list[int] = []
        self._lettered = 0  # terms of which at least one real letter was read
        self._enough = 0  # how many real letters there are

    def take(self, character: str, column: _Column, alive: int) -> int:
        """Read one more character; returns the terms that it matches."""
        self._size += 1
        if character == _STAR:
            self._enough += 1
            self._lettered |= column.letters
            self._count(alive & column.terms & ~column.letters)
            return alive & column.terms
        alike, exact = column.fitting(character)
        alive &= alike
        if kind := script(character):
            self._enough += 1
            self._scripts.add(kind)
            self._lettered = -1
            self._strict &= exact
        elif differ := alive & ~exact:
            self._signed |= differ
            self._count(differ)
            if character in STRONG_SYMBOLS:
                self._strong[character] = self._strong.get(character, 0) | differ
        return alive

    def _count(self, terms: int) -> None:
        """Add one to the counter of each of these terms."""
        for place, counted in enumerate(self._counts):
            if not terms:
                return
            self._counts[place], terms = counted ^ terms, counted & terms
        if terms:
            self._counts.append(terms)

    def stands(self, terms: int, reading: "_Reading") -> int:
        """The terms, out of `terms`, that the word stands for as it is now.

        Digits and symbols count as letters beside at least as many real letters; $ and @, which are rarely anything
        else, beside any.
        """
        if terms & ~self._strict and reading.at_home(self._scripts):
            terms &= self._strict
        signed = terms & self._signed
        if not signed:
            return terms
        plain_ones = terms & ~signed
        if self._size < 3:
            return plain_ones
        one = two = 0
        for those in self._strong.values():
            two |= one & those
            one |= those
        return plain_ones | (signed & one & (self._lettered | two)) | (signed & ~one & ~self._more_than(self._enough))

    def _more_than(self, number: int) -> int:
        """The terms whose counter is above `number`."""
        if number >> len(self._counts):
            return 0
        more, same = 0, -1
        for place in reversed(range(len(self._counts))):
            counted = self._counts[place]
            if number >> place & 1:
                same &= counted
            else:
                more |= same & counted
                same &= ~counted
        return more


class _Table:
    """Terms that are searched together."""

    def __init__(self, terms: Sequence[_Term]) -> None:
        self._terms = terms
        self._columns = [_Column() for _ in range(max((len(term.shown) for term in terms), default=0))]
        self._ends = [0] * (len(self._columns) + 1)
        for number, term in enumerate(terms):
            for column, character in zip(self._columns, term.shown, strict=False):
                column.add(character, 1 << number)
            self._ends[len(term.shown)] |= 1 << number

    def matches(self, text: str, start: int, reading: "_Reading", *, whole: bool = False) -> Iterator[tuple[int, str]]:
        """Where the terms end that begin at `start`, with the first term for each end. whole: at the end of a word only."""
        alive = (1 << len(self._terms)) - 1
        word = _WordMatch(alive)
        for at, column in zip(range(start, len(text)), self._columns, strict=False):
            character = text[at]
            if character == _BETWEEN:
                alive = word.stands(alive & column.exact.get(_BETWEEN, 0), reading)
                word = _WordMatch(alive)
            else:
                alive = word.take(character, column, alive)
            if not alive:
                return
            ended = alive & self._ends[at - start + 1]
            if ended and not (whole and text[at + 1 : at + 2] not in ("", _BETWEEN)):
                found = word.stands(ended, reading)
                if found:
                    yield at + 1, self._terms[(found & -found).bit_length() - 1].typed


class Filter:
    """The banned terms of one server. It does not change after it is built."""

    def __init__(self, terms: Iterable[str]) -> None:
        whole_terms: list[_Term] = []
        spelled_terms: list[_Term] = []
        self._inside: list[tuple[str, str]] = []
        for typed in sorted(terms):
            shown = plain(typed)
            words = tuple(word.text for word in _words(shown))
            if _UNSPACED.search(shown):
                self._inside.append((_closed_up(shown), typed))
            elif words:
                whole_terms.append(_Term(typed, _BETWEEN.join(words)))
                spelled_terms.append(_Term(typed, "".join(words)))
        self._whole_terms = _Table(whole_terms)
        self._spelled_terms = _Table([term for term in spelled_terms if 3 <= len(term.shown) <= _LONGEST_SPELLED])
        single = [term for term in whole_terms if _BETWEEN not in term.shown]
        lengths = {len(term.shown) for term in single}
        self._starrable = {size: _Table([term for term in single if len(term.shown) == size]) for size in lengths}

    def find(self, prompt: str) -> str | None:
        """A term that the prompt contains, as it was typed, or None."""
        text = plain(prompt)
        words = _words(text)
        signed: list[_Word] = []
        if any(character in text for character in SYMBOLS):
            signed = [_Word(bare, one.start) for one in _words(text, SYMBOLS) if (bare := one.text.rstrip("!"))]
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
        text = _BETWEEN.join(word.text for word in words)
        start = 0
        for word in words:
            for _, found in self._whole_terms.matches(text, start, reading, whole=True):
                return found
            start += len(word.text) + 1
        return None

    def _spelled(self, text: str, words: Sequence[_Word], reading: "_Reading") -> str | None:
        """A term spelled out with something between each two letters."""
        for run in _runs(text, words):
            for start in range(len(run) - 2):
                for end, found in self._spelled_terms.matches(run, start, reading):
                    if end - start >= _SHORT_SPELLED or (end == len(run) and run[:start] in _ARTICLES):
                        return found
        return None

    def _starred(self, text: str, reading: "_Reading") -> str | None:
        """A term of which at most half the letters, neither the first nor the last, are stars."""
        if _STAR not in text:
            return None
        for starred in dict.fromkeys(word.text.strip(_STAR) for word in _words(text, _STAR)):
            table = self._starrable.get(len(starred))
            if table and 1 <= starred.count(_STAR) <= len(starred) / 2:
                for _, found in table.matches(starred, 0, reading, whole=True):
                    return found
        return None

    def _anywhere(self, text: str) -> str | None:
        """A term in a script without spaces."""
        closed = _closed_up(text) if self._inside else ""
        return next((typed for shown, typed in self._inside if shown in closed), None)


class _Reading:
    """The scripts of one text: which script most of its words are in."""

    def __init__(self, words: Sequence[_Word]) -> None:
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
    """The text without spaces, dots and dashes inside a script that has none between its words; sentences stay apart."""
    kept: list[str] = []
    gap = ""
    for word, following in pairwise([*_words(text), None]):
        if word is None:
            break
        kept += [gap, word.text]
        between = text[word.end : following.start] if following else ""
        loose = following is not None and all(
            character.isspace() or character in ".·・‧•-_*~/|" for character in between
        )
        unspaced = loose and following and _UNSPACED.match(word.text[-1]) and _UNSPACED.match(following.text[0])
        gap = "" if unspaced else " "
    return "".join(kept)
