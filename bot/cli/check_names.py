"""What is wrong with `.env` though it can be read.

A misspelt name and a line that is not understood are ignored; a file that others can read gives away the token and the key.
"""

import difflib
import os
import stat
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from bot.cli.finding import Finding
from bot.settings import Settings

CLOSE = 0.75  # of a name in .env, which is ours
VERY_CLOSE = 0.85  # of a name in the environment, which is everybody's


def misspelt() -> Finding | None:
    """Return a warning that lists them; None where there are none."""
    found = ignored()
    return Finding(None, "names", "; ".join(found), "Correct it, or remove it") if found else None


def readable_by_others() -> Finding | None:
    """Return a warning where other users of this machine can read `.env`; None where they cannot, or there is none."""
    try:
        mode = Path(".env").stat().st_mode
    except OSError:
        return None
    if os.name != "posix" or not mode & (stat.S_IRGRP | stat.S_IROTH):
        return None
    text = "other users of this machine can read .env, which has the token and the key"
    return Finding(None, "private", text, "Run `chmod 600 .env`, as the bot's user")


def ignored() -> list[str]:
    """Return a sentence for each."""
    try:
        lines = list(parse_stream(StringIO(Path(".env").read_text("utf-8-sig"))))
    except (OSError, UnicodeDecodeError):  # the settings themselves say so
        lines = []
    return [
        *(f"line {one.original.line} of .env is not NAME=value and is ignored" for one in lines if one.error),
        *_near((one.key for one in lines if one.key), CLOSE, ".env"),
        *_near(os.environ, VERY_CLOSE, "the environment"),
    ]


def _near(names: Iterable[str], close: float, where: str) -> list[str]:
    ours = [name.upper() for name in Settings.names()]
    found: list[str] = []
    for name in names:
        if name.upper() in ours:
            continue
        for meant in difflib.get_close_matches(name.upper(), ours, n=1, cutoff=close):
            found.append(f"{name} in {where} is no setting and is ignored: did you mean {meant}?")
    return found
