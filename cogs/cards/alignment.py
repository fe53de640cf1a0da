"""Compares two prompts word by word: what both have, and between that what each has of its own.

Words are compared, not letters, so that a change reads naturally. The work is bounded however long the prompts are:
their common ends, and words that occur once in each, divide them into stretches. Only short stretches are compared word
by word, up to `MOST_CELLS` in total; the rest counts as changed. `difflib` finds the same words in ordinary prompts at
the same speed but has no such bound: 1,500 words of three kinds take it 0.4 s, and this module 0.6 ms.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from cogs._ui import text

CELLS = 6_400  # table cells for one comparison of two stretches
MOST_CELLS = 32_000  # table cells of all comparisons together: about ten milliseconds
MANY_TURNS = 500  # with more steps than this, steps are joined once and not repeatedly
DEPTH = 5  # how often a stretch is divided again
# Thai to Tibetan, Myanmar, Khmer, kana, Han: no space between words, so each character is compared on its own.
_SPACELESS = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff]"
)
_LETTERS = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]")  # those of them whose words have several characters
_WITHIN = frozenset("'’-")  # between letters they are part of the word: it's, well-known
_IN_NUMBERS = frozenset(".,:")  # between digits: 3.5, 16:9
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")
_TONE = re.compile("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")  # skin tones, and the letters of regional flags
_JOINER = "\u200d"
# An ASCII word as `_in_words` builds it, or one other character.
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:(?:['-]|(?<=[0-9])[.,:](?=[0-9]))[A-Za-z0-9]+)*|.", re.DOTALL)
_BELONG = frozenset(("Mn", "Mc", "Me", "Cf"))  # categories of accents and of invisible joiners


class Piece(NamedTuple):
    """A word, or one character. space: whether a space comes before it."""

    said: str
    space: bool


class Step(NamedTuple):
    """A stretch that both prompts have, or a change with what it removes and what it adds."""

    same: bool
    old: list[Piece]
    new: list[Piece]


def align(before: Sequence[Piece], after: Sequence[Piece]) -> list[Step]:
    """Return the steps from one prompt to the other."""
    return _joined(_turns(before, after))


def split(prompt_text: str) -> list[Piece]:
    """Split a prompt into words and characters, without characters that change the text direction."""
    found: list[Piece] = []
    for chunk in text.straight(prompt_text).split():
        words = _ASCII_WORD.findall(chunk) if chunk.isascii() else _in_words(_signs(chunk))
        found += [Piece(said, space=number == 0) for number, said in enumerate(words)]
    return found


def _signs(chunk: str) -> list[str]:
    """Split text into what a reader sees as one character: a letter with its accents, an emoji family, a flag."""
    signs: list[str] = []
    for char in chunk:
        last = signs[-1] if signs else ""
        if last and (_belongs(char) or last[-1] == _JOINER or (_FLAG.match(char) and _FLAG.fullmatch(last))):
            signs[-1] += char
        else:
            signs.append(char)
    return signs


@lru_cache(maxsize=4096)
def _belongs(char: str) -> bool:
    """Return whether this belongs to the character before it."""
    return unicodedata.category(char) in _BELONG or bool(_TONE.match(char))


def _in_words(signs: Sequence[str]) -> Iterator[str]:
    """Join letters and digits into words."""
    word = ""
    for number, sign in enumerate(signs):
        after = signs[number + 1] if number + 1 < len(signs) else ""
        if of_word(sign) or (word and of_word(after) and _within(word, sign, after)):
            word += sign
            continue
        if word:
            yield word
        word = ""
        yield sign
    if word:
        yield word


@lru_cache(maxsize=4096)
def of_word(sign: str) -> bool:
    """Return whether this is a letter or digit of a script with spaces between words."""
    return sign[:1].isalnum() and not _SPACELESS.match(sign)


def _within(word: str, sign: str, after: str) -> bool:
    return sign in _WITHIN or (sign in _IN_NUMBERS and word[-1].isdigit() and after[0].isdigit())


def spaceless(said: str) -> bool:
    """Return whether the text begins in a script without spaces between words."""
    return bool(_SPACELESS.match(said))


def width(pieces: Sequence[Piece]) -> int:
    """Return the width in columns, including spaces."""
    return sum(piece.space + columns(piece.said) for piece in pieces)


def columns(said: str) -> int:
    """Return the width in columns. A wide character counts as two, because it carries about as much as two letters."""
    return len(said) if said.isascii() else sum(map(_columns_of, said))


@lru_cache(maxsize=4096)
def _columns_of(char: str) -> int:
    return 1 + (char > "\uffff" or unicodedata.east_asian_width(char) in "WF")


def _turns(before: Sequence[Piece], after: Sequence[Piece]) -> list[Step]:
    """Return the steps. Two steps of the same kind never follow each other."""
    steps: list[Step] = []
    i = k = 0
    for at, to in [*_pairs([one.said for one in before], [one.said for one in after]), (len(before), len(after))]:
        if at > i or to > k:
            steps.append(Step(False, list(before[i:at]), list(after[k:to])))
        if at < len(before) and to < len(after):
            if steps and steps[-1].same:
                steps[-1].old.append(before[at])
                steps[-1].new.append(after[to])
            else:
                steps.append(Step(True, [before[at]], [after[to]]))
        i, k = at + 1, to + 1
    return steps


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the positions of words that match, in order. Stretches without unique words count as changed."""
    found: list[tuple[int, int]] = []
    cells = MOST_CELLS
    stretches = [(0, len(old), 0, len(new), 0)]
    while stretches:
        i, j, k, m, depth = stretches.pop()
        while i < j and k < m and old[i] == new[k]:
            found.append((i, k))
            i, k = i + 1, k + 1
        while i < j and k < m and old[j - 1] == new[m - 1]:
            j, m = j - 1, m - 1
            found.append((j, m))
        size = (j - i) * (m - k)
        if size <= min(CELLS, cells):
            cells -= size
            found += [(i + at, k + to) for at, to in _longest(old[i:j], new[k:m])]
        elif depth < DEPTH and (anchors := _anchors(old[i:j], new[k:m])):
            found += [(i + at, k + to) for at, to in anchors]
            edges = [(-1, -1), *anchors, (j - i, m - k)]
            for (a, b), (c, d) in pairwise(edges):
                stretches.append((i + a + 1, i + c, k + b + 1, k + d, depth + 1))
    return sorted(found)


def _longest(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the longest common subsequence of words."""
    table = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        row, below = table[i], table[i + 1]
        for k in reversed(range(len(new))):
            row[k] = below[k + 1] + 1 if old[i] == new[k] else max(below[k], row[k + 1])
    i = k = 0
    while i < len(old) and k < len(new):
        if old[i] == new[k]:
            yield i, k
            i, k = i + 1, k + 1
        elif table[i + 1][k] >= table[i][k + 1]:
            i += 1
        else:
            k += 1


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the words that occur once in each, in the longest order that both share."""
    counts, places = Counter(old), {word: place for place, word in enumerate(new)}
    once_in_new = {word for word, count in Counter(new).items() if count == 1}
    once = [(i, places[word]) for i, word in enumerate(old) if counts[word] == 1 and word in once_in_new]
    ends: list[int] = []  # for each length, the smallest position in new at which such a sequence ends
    rows: list[tuple[int, int, int]] = []  # position in old, position in new, and the entry before it
    last: list[int] = []
    for i, k in once:
        length = bisect_left(ends, k)
        rows.append((i, k, last[length - 1] if length else -1))
        ends[length : length + 1] = [k]
        last[length : length + 1] = [len(rows) - 1]
    found: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        i, k, at = rows[at]
        found.append((i, k))
    return found[::-1]


def _joined(turns: list[Step]) -> list[Step]:
    """Join changes with almost nothing between them: two new words around an old "in" become three new words."""
    for _ in range(DEPTH if len(turns) <= MANY_TURNS else 1):
        joined: list[Step] = []
        waiting = iter(enumerate(turns))
        for number, step in waiting:
            beside = turns[number + 1] if number + 1 < len(turns) else None
            if not (step.same and joined and beside and _lost(step, joined[-1], beside)):
                joined.append(step)
                continue
            for part in (step, beside):  # extend the list in place: rebuilding it each time costs quadratic time
                joined[-1].old.extend(part.old)
                joined[-1].new.extend(part.new)
            next(waiting, None)
        if len(joined) == len(turns):
            break
        turns = joined
    return turns


def _lost(same: Step, *changes: Step) -> bool:
    """Return whether unchanged words between two changes tell nothing: they are short beside them, or letters of a
    spaceless script.
    """
    least = 2 * width(same.new)
    if all(_as_wide(change.old, least) or _as_wide(change.new, least) for change in changes):
        return True
    return len(same.new) <= 2 and all(_LETTERS.match(piece.said) for piece in same.new)


def _as_wide(pieces: Sequence[Piece], least: int) -> bool:
    """Return whether the pieces have at least this many columns; stops counting there."""
    for piece in pieces:
        if least <= 0:
            break
        least -= piece.space + columns(piece.said)
    return least <= 0
