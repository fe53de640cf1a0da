"""Reads the models file, `models.toml`, and reports in which line a fault is.

Source of the shipped rows: `docs/sources.md`, models besides Sora.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from bot.catalog.offer_row import KEYS, OfferRow, read_offer
from bot.catalog.table import Fault, Table, unknown
from bot.domain.errors import WrongSettings
from bot.system.plain_values import text as text_value

_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRow:
    """One [[family]] of the file."""

    name: str
    offer: tuple[OfferRow, ...]


def read(path: Path | None = None) -> tuple[FamilyRow, ...]:
    """The families in `path`, or in the shipped file. Raises WrongSettings with the file, the line and the fault."""
    name = str(path) if path else "models.toml"
    try:
        text = (path or resources.files("bot.catalog") / "models.toml").read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings(
            f"MODELS_FILE: {name} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}"
        ) from error
    try:
        families = _families(tomllib.loads(text))
    except Fault as fault:
        key = next((part for part in reversed(fault.path) if isinstance(part, str)), "")
        raise WrongSettings(f"{name}, line {_line(text, fault.path)}: {key}: {fault.why}") from fault
    except ValueError as error:  # a number of 5,000 digits is no TOMLDecodeError
        line = re.search(r"at line (\d+)", str(error))
        number = line.group(1) if line else len(text.splitlines()) or 1
        raise WrongSettings(f"{name}, line {number}: {re.sub(r' [(]at .*[)]', '', str(error))}") from error
    names = [family.name.casefold() for family in families]
    for index, family in enumerate(names):
        if family in names[:index]:
            raise WrongSettings(f"{name}, line {_line(text, ('family', index, 'name'))}: this family exists already")
    return families


def _families(file: dict[str, Any]) -> tuple[FamilyRow, ...]:
    """Read the whole file. Raises Fault for its first one.

    A misspelt key is two faults: a key that does not exist, and one that is missing. The first says more.
    """
    for fault in unknown(file, {"family": {"name": None, "offer": KEYS}}):
        raise fault
    return tuple(
        FamilyRow(name=family.needed("name", _name), offer=tuple(read_offer(row) for row in family.tables("offer")))
        for family in Table(file).tables("family")
    )


def _name(value: object) -> str:
    return text_value(value.strip() if isinstance(value, str) else value, least=1, most=_LONGEST_NAME)


def _line(text: str, path: Sequence[Any]) -> int:
    """The line of a fault: that of the innermost key in its path that starts a line of its table, else the table's heading."""
    own = tuple(part for part in path if isinstance(part, int))[:2]  # the family's number, the offer's
    keys = [part for part in path if isinstance(part, str)]
    at: tuple[int, ...] = ()
    family = offer = -1
    found, rank = 1, (0, 0)
    for number, line in enumerate(text.split("\n"), start=1):
        bare = re.sub(r"[\s\"']", "", line.split("#")[0])
        names = re.sub(r"^\[*([\w.-]*).*", r"\1", bare).split(".")
        depth = max((keys.index(name) + 1 for name in names if name in keys), default=-1)
        if bare == "[[family]]":
            family, offer, depth = family + 1, -1, 0
            at = (family,)
        elif bare == "[[family.offer]]":
            offer, depth = offer + 1, 0
            at = (family, offer)
        elif re.match(r"\[+(?!family\.)[a-z]", bare):
            at = ()
        if depth >= 0 and own[: len(at)] == at and (len(at), depth) > rank:
            found, rank = number, (len(at), depth)
    return found
