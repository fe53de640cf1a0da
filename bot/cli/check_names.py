"""Names that were most likely meant to be settings: a misspelt one is ignored without a word otherwise."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

from dotenv import dotenv_values

from bot.cli.finding import Finding
from bot.settings import Settings

CLOSE = 0.75  # of a name in .env, which is ours
VERY_CLOSE = 0.85  # of a name in the environment, which is everybody's


def misspelt() -> Finding | None:
    """Return a warning that lists them; None where there are none."""
    try:
        file = dotenv_values(Path(".env"), interpolate=False)
    except (OSError, UnicodeDecodeError):  # the settings themselves say so
        file = {}
    found = [*_near(file, CLOSE, ".env"), *_near(os.environ, VERY_CLOSE, "the environment")]
    return Finding(None, "names", "; ".join(found), "Correct the name, or remove it") if found else None


def _near(names: Iterable[str], close: float, where: str) -> list[str]:
    ours = [name.upper() for name in Settings.model_fields]
    found: list[str] = []
    for name in names:
        if name.upper() in ours:
            continue
        for meant in difflib.get_close_matches(name.upper(), ours, n=1, cutoff=close):
            found.append(f"{name} in {where} is no setting and is ignored: did you mean {meant}?")
    return found
