"""Searches many terms at once, with look-alikes, digits, symbols and stars for their letters.

A set of terms is one integer with a bit for each term, and every character of the text clears the bits of the terms
that it does not match. So the time grows only with the text and the length of the longest term, not with the number of
similar terms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.moderation.confusables import STANDS_FOR, STRONG_SYMBOLS, script
from bot.domain.moderation.plain_words import Reading

STAR = "*"
BETWEEN = "\0"  # between the words of a term and of a text; `plain` leaves none in either


@dataclass(frozen=True, slots=True)
class Term:
    """A term as typed, and the form that is searched: its words with `BETWEEN` between them, or its letters in a row."""

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
        if character == STAR:
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

    def stands(self, terms: int, reading: Reading) -> int:
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


class TermTable:
    """Terms that are searched together."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._terms = terms
        self._columns = [_Column() for _ in range(max((len(term.shown) for term in terms), default=0))]
        self._ends = [0] * (len(self._columns) + 1)
        for number, term in enumerate(terms):
            for column, character in zip(self._columns, term.shown, strict=False):
                column.add(character, 1 << number)
            self._ends[len(term.shown)] |= 1 << number

    def matches(self, text: str, start: int, reading: Reading, *, whole: bool = False) -> Iterator[tuple[int, str]]:
        """Return each place where a term that begins at `start` ends, with the first such term. whole: only at a word's end."""
        alive = (1 << len(self._terms)) - 1
        word = _WordMatch(alive)
        for at, column in zip(range(start, len(text)), self._columns, strict=False):
            character = text[at]
            if character == BETWEEN:
                alive = word.stands(alive & column.exact.get(BETWEEN, 0), reading)
                word = _WordMatch(alive)
            else:
                alive = word.take(character, column, alive)
            if not alive:
                return
            ended = alive & self._ends[at - start + 1]
            if ended and not (whole and text[at + 1 : at + 2] not in ("", BETWEEN)):
                found = word.stands(ended, reading)
                if found:
                    yield at + 1, self._terms[(found & -found).bit_length() - 1].typed
