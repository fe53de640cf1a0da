"""What the thread on a result is called."""

import re

from bot.domain.generation import Generation
from bot.domain.links import without_links

LONGEST = 100  # characters, as Discord allows
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # would turn the list of threads around


def thread_name(generation: Generation) -> str:
    """The prompt on one line without links, as long as Discord lets a thread's name be."""
    line = " ".join(_TURNS.sub("", without_links(generation.prompt)).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"
