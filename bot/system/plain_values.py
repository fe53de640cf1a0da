"""Reads what an operator wrote: texts of the environment and `.env`, values of a TOML file.

Each function returns the value. It raises ValueError with the rest of a sentence that begins with the name of the setting or
the key. A number may be written as a text, as it is in the environment.
"""

import re
from collections.abc import Sequence

_WHOLE = re.compile(r"\s*([+-]?\d+(?:_\d+)*)(?:\.0+)?\s*", re.ASCII)
_MOST_DIGITS = 4000  # Python reads 4,300
_YES, _NO = frozenset({"1", "on", "t", "true", "y", "yes"}), frozenset({"0", "off", "f", "false", "n", "no"})


def whole(value: object, *, above: float | None = None, least: float | None = None, most: float | None = None) -> int:
    """Return a whole number within these bounds."""
    if isinstance(value, str):
        if not (found := _WHOLE.fullmatch(value)):
            raise ValueError("should be a valid integer, unable to parse string as an integer")
        if len(found[1]) > _MOST_DIGITS:
            raise ValueError("has too many digits")
        value = int(found[1])
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("should be a valid integer")
    _check(value, above, least, most)
    return value


def number(
    value: object, *, above: float | None = None, least: float | None = None, most: float | None = None
) -> float:
    """Return a decimal number within these bounds."""
    if isinstance(value, str):
        try:
            value = float(value.encode("ascii"))  # float() alone reads the digits of all scripts
        except ValueError:
            raise ValueError("should be a valid number, unable to parse string as a number") from None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("should be a valid number")
    _check(value, above, least, most)
    return float(value)


def flag(value: object) -> bool:
    """Return true or false."""
    word = str(value).lower()
    if not isinstance(value, bool | int | str) or word not in _YES | _NO:
        raise ValueError("should be a valid boolean, unable to interpret input")
    return word in _YES


def one_of(value: object, known: Sequence[str]) -> str:
    """Return the one of these words that it is."""
    if not isinstance(value, str) or value not in known:
        *others, last = (f"'{word}'" for word in known)
        raise ValueError(f"should be {', '.join(others)} or {last}")
    return value


def text(value: object, *, least: int = 0, most: int | None = None) -> str:
    """Return a text of so many characters."""
    if not isinstance(value, str):
        raise ValueError("should be a valid string")
    if len(value) < least:
        raise ValueError(f"should have at least {least} {'character' if least == 1 else 'characters'}")
    if most is not None and len(value) > most:
        raise ValueError(f"should have at most {most} characters")
    return value


def _check(value: float, above: float | None, least: float | None, most: float | None) -> None:
    """Raise ValueError for a number that is outside; what is no number at all is above every bound."""
    if most is not None and not value <= most:
        raise ValueError(f"should be less than or equal to {most}")
    if least is not None and not value >= least:
        raise ValueError(f"should be greater than or equal to {least}")
    if above is not None and not value > above:
        raise ValueError(f"should be greater than {above}")
