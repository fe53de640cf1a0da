"""Puts a statement's `?` and `:name` into PostgreSQL's `$1`, `$2`, …, once for each text."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from bot.storage.database import Values

# A text in quotes, a cast, a `?`, or a `:name`. The first two stay as they are.
_MARK = re.compile(r"""'[^']*'|"[^"]*"|::|\?|:([A-Za-z_]\w*)""")


@lru_cache(maxsize=2048)
def numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """Return a statement with numbered values, encoded, and the names of the values in this order; no names where it has `?`."""
    names: list[str] = []
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        if name := found[1]:
            if name not in names:
                names.append(name)
            return f"${names.index(name) + 1}"
        if found[0] == "?":
            count += 1
            return f"${count}"
        return found[0]

    text = _MARK.sub(number, sql)
    if count and names:
        raise ValueError("a statement has either named values or none of them")
    return text.encode(), tuple(names)


def in_postgres(sql: str, values: Values) -> tuple[bytes, Sequence[Any]]:
    """Return a statement and its values as PostgreSQL takes them."""
    text, names = numbered(sql)
    if isinstance(values, Mapping):
        return text, [values[name] for name in names]
    return text, values
