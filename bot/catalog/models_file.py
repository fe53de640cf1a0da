"""Reads the models file, `models.toml`, and reports in which line a fault is.

Source of the shipped rows: `docs/sources.md`, models besides Sora.
"""

import re
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.catalog.offer_row import OfferRow
from bot.domain.errors import WrongSettings

_FAULT_TEXTS = {"missing": "must be given", "extra_forbidden": "there is no such key"}


class FamilyRow(BaseModel):
    """One [[family]] of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
    offer: Annotated[tuple[OfferRow, ...], Field(min_length=1)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    family: Annotated[tuple[FamilyRow, ...], Field(min_length=1)]


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
        file = _File.model_validate(tomllib.loads(text))
    except ValidationError as error:
        # A misspelt key is two errors: a key that does not exist, and one that is missing. The first says more.
        fault = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        what = _FAULT_TEXTS.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, ")
        key = next((str(part) for part in reversed(fault["loc"]) if isinstance(part, str)), "")
        raise WrongSettings(f"{name}, line {_line(text, fault['loc'])}: {key}: {what}") from error
    except ValueError as error:  # a number of 5,000 digits is no TOMLDecodeError
        line = re.search(r"at line (\d+)", str(error))
        number = line.group(1) if line else len(text.splitlines()) or 1
        raise WrongSettings(f"{name}, line {number}: {re.sub(r' [(]at .*[)]', '', str(error))}") from error
    names = [family.name.casefold() for family in file.family]
    for index, family in enumerate(names):
        if family in names[:index]:
            raise WrongSettings(f"{name}, line {_line(text, ('family', index, 'name'))}: this family exists already")
    return file.family


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
