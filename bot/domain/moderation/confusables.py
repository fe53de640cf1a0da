"""Which characters look like which Latin letter: data for the banned-terms filter.

The tables list what people use to get past filters, after Unicode's confusables (UTS 39): other scripts that share
letter shapes, letters that no normal form decomposes, digits and symbols. Lower case only: texts are compared without
case, so a letter whose capital has another shape (Greek Η and η) stands for both. The package confusable-homoglyphs
lacks 23 of these 132 shapes, among them those that only resemble a letter, as people use them, and has no digits.
"""

import string
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

_SHAPES = {  # Cyrillic · Greek · Armenian · Cherokee · Coptic · Lisu
    "a": "аαꭺⲁꓮ",
    "b": "вьбβᏼⲃꓐ",
    "c": "сςϲᏟⲥꓚ",
    "d": "ԁᎠժꓓ",
    "e": "еєэεᎬⲉꓰ",
    "f": "ғϝꓝ",
    "g": "ԍցᏀꓖ",
    "h": "һнηհᎻⲏꓧ",
    "i": "іӏιᏆⲓꓲ",
    "j": "јϳյᎫꓙ",
    "k": "кκᏦⲕꓗ",
    "l": "ӏιᏞꓡ",
    "m": "мμᎷⲙꓟ",
    "n": "пиηνոռⲛꓠ",
    "o": "оοσօⲟꓳ",
    "p": "рρᏢⲣꓑ",
    "q": "ԛզ",
    "r": "гяᎡꓣ",
    "s": "ѕᏚꓢ",
    "t": "тτᎢⲧꓔ",
    "u": "цυμսꓴ",
    "v": "ѵνᏙꓦ",
    "w": "ԝшωաᎳꓪ",
    "x": "хχⲭꓫ",
    "y": "уүυγчᎽⲩꓬ",
    "z": "зζᏃꓜ",
}
_DIGITS = {"0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "bg", "7": "t", "8": "b", "9": "g"}
_SYMBOLS = {"@": "a", "$": "s", "€": "e", "£": "l", "¢": "c", "!": "i", "|": "il"}

SYMBOLS = "".join(_SYMBOLS)
STRONG_SYMBOLS = "@$€£¢"
"""Symbols that rarely occur inside or beside a word with their own meaning."""

_RARE = ("CHEROKEE", "COPTIC", "LISU")
TWINS = frozenset("аврсенкмотухіјѕԁһӏԛԝ" + "αβεζηικμνορτυχ") | {
    shape.casefold() for shape in "".join(_SHAPES.values()) if unicodedata.name(shape).startswith(_RARE)
}
"""Letters of other scripts that look the same as a Latin one, small or capital."""


def _plain() -> Mapping[int, str]:
    found = dict(zip("øłđħŧıɨʉɍɇɉƀƶǥɑɡɩƒ", "oldhtiiurejbzgagif", strict=True))
    found |= dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))
    found |= {"æ": "ae", "œ": "oe"}
    for first in (0x1F150, 0x1F170, 0x1F1E6):  # black circled and squared capitals, the letters of flags
        found |= {chr(first + at): letter for at, letter in enumerate(string.ascii_lowercase)}
    found |= {chr(kana): chr(kana - 0x60) for kana in range(0x30A1, 0x30F7)}  # katakana as hiragana
    return {ord(character): plain for character, plain in found.items()}


PLAIN: Mapping[int, str] = _plain()
"""Letters that mean the same to a reader: replaced in texts and in terms."""


def _stands_for() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for letter, shapes in _SHAPES.items():
        for shape in shapes:
            found.setdefault(shape.casefold(), set()).add(letter)
    for character, letters in (_DIGITS | _SYMBOLS).items():
        found.setdefault(character, set()).update(letters)
    return {character: frozenset(letters) for character, letters in found.items()}


STANDS_FOR: Mapping[str, frozenset[str]] = _stands_for()
"""The Latin letters that a character may stand for."""


def _classes() -> Mapping[int, str]:
    """Map each character to one character of its class. Letters that share a look-alike are in one class, transitively."""
    of = {letter: letter for letter in string.ascii_lowercase}
    for letters in STANDS_FOR.values():
        kept, *others = sorted({of[letter] for letter in letters})
        of = {letter: kept if now in others else now for letter, now in of.items()}
    classes = {character: of[min(letters)] for character, letters in STANDS_FOR.items()}
    return {ord(character): now for character, now in (of | classes).items()}


CLASSES: Mapping[int, str] = _classes()
"""For finding candidates: a word and all its disguises map to the same string."""


@lru_cache(maxsize=4096)
def script(character: str) -> str:
    """ "latin", "cyrillic", …; empty for a character that is no letter."""
    if not unicodedata.category(character).startswith("L"):
        return ""
    return unicodedata.name(character, "").partition(" ")[0].lower()
