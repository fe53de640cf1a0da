"""What a page of `/history` is about: words of the prompt, models, what failed, what has a picture."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

FIND_MOST = 200  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """The conditions of a page, all of which hold; by default, every video is on it.

    find: all its words occur in the prompt, whatever their case. families: one of them makes it; empty for any. failed,
    pictured: only what came to nothing, only what has a picture.
    """

    find: str = field(default="", repr=False)
    families: frozenset[str] = frozenset()
    failed: bool = False
    pictured: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The words to look for, folded."""
        return tuple(folded(self.find).split())

    def finds(self, prompt: str) -> bool:
        """Whether all words occur in a prompt."""
        text = folded(prompt)
        return all(word in text for word in self.words)


EVERYTHING = HistoryQuery()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptQuery:
    """A stored query: the buttons of its pages name its id, and so does their filter."""

    id: str
    guild_id: str
    member_id: str
    query: HistoryQuery
    made_at: datetime


def folded(text: str) -> str:
    """A text without the differences of case, width and composition: "Ｃａｆé" is found as "CAFÉ"."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
