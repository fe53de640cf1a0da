"""The name of a result's thread."""

import re

from bot.domain.generation import Generation
from bot.domain.messages.links import without_links

LONGEST = 100  # characters, as Discord allows
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # would change the text direction in the list of threads


def thread_name(generation: Generation) -> str:
    """Return the prompt on one line, without links, cut to the length that Discord allows."""
    line = " ".join(_TURNS.sub("", without_links(generation.prompt)).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"
