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

All terms are searched at once (`term_search`). No regular expression backtracks.
"""

from collections.abc import Iterable, Sequence

from bot.domain.moderation.confusables import SYMBOLS
from bot.domain.moderation.plain_words import UNSPACED, Reading, Word, closed_up, plain, runs, words_of
from bot.domain.moderation.term_search import BETWEEN, STAR, Term, TermTable

_LONGEST_SPELLED = 24
_SHORT_SPELLED = 4  # a shorter term must be everything that is spelled out, apart from a first "a" or "I"
_ARTICLES = ("", "a", "i")


class Filter:
    """The banned terms of one server. It does not change after it is built."""

    def __init__(self, terms: Iterable[str]) -> None:
        whole_terms: list[Term] = []
        spelled_terms: list[Term] = []
        self._inside: list[tuple[str, str]] = []
        for typed in sorted(terms):
            shown = plain(typed)
            words = tuple(word.text for word in words_of(shown))
            if UNSPACED.search(shown):
                self._inside.append((closed_up(shown), typed))
            elif words:
                whole_terms.append(Term(typed, BETWEEN.join(words)))
                spelled_terms.append(Term(typed, "".join(words)))
        self._whole_terms = TermTable(whole_terms)
        self._spelled_terms = TermTable([term for term in spelled_terms if 3 <= len(term.shown) <= _LONGEST_SPELLED])
        single = [term for term in whole_terms if BETWEEN not in term.shown]
        lengths = {len(term.shown) for term in single}
        self._starrable = {size: TermTable([term for term in single if len(term.shown) == size]) for size in lengths}

    def find(self, prompt: str) -> str | None:
        """A term that the prompt contains, as it was typed, or None."""
        text = plain(prompt)
        words = words_of(text)
        signed: list[Word] = []
        if any(character in text for character in SYMBOLS):
            signed = [Word(bare, one.start) for one in words_of(text, SYMBOLS) if (bare := one.text.rstrip("!"))]
        reading = Reading(words)
        return (
            self._whole(words, reading)
            or self._whole(signed, reading)
            or self._spelled(text, words, reading)
            or self._spelled(text, signed, reading)
            or self._starred(text, reading)
            or self._anywhere(text)
        )

    def _whole(self, words: Sequence[Word], reading: Reading) -> str | None:
        """A term as whole words in a row."""
        text = BETWEEN.join(word.text for word in words)
        start = 0
        for word in words:
            for _, found in self._whole_terms.matches(text, start, reading, whole=True):
                return found
            start += len(word.text) + 1
        return None

    def _spelled(self, text: str, words: Sequence[Word], reading: Reading) -> str | None:
        """A term spelled out with something between each two letters."""
        for run in runs(text, words):
            for start in range(len(run) - 2):
                for end, found in self._spelled_terms.matches(run, start, reading):
                    if end - start >= _SHORT_SPELLED or (end == len(run) and run[:start] in _ARTICLES):
                        return found
        return None

    def _starred(self, text: str, reading: Reading) -> str | None:
        """A term of which at most half the letters, neither the first nor the last, are stars."""
        if STAR not in text:
            return None
        for starred in dict.fromkeys(word.text.strip(STAR) for word in words_of(text, STAR)):
            table = self._starrable.get(len(starred))
            if table and 1 <= starred.count(STAR) <= len(starred) / 2:
                for _, found in table.matches(starred, 0, reading, whole=True):
                    return found
        return None

    def _anywhere(self, text: str) -> str | None:
        """A term in a script without spaces."""
        closed = closed_up(text) if self._inside else ""
        return next((typed for shown, typed in self._inside if shown in closed), None)
