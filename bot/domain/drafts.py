"""Drafts: what an open form is about, stored so that the form survives a restart."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.generation import Orientation


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an open form is about. generation_id: what a Remix starts from. pictures: addresses to choose an image from;
    covered: those of them that are spoilers. image_gone: the version's own is nowhere to be had.

    The rest is what was filled in before, where the form is shown again; picture: the number of the chosen one; no_image: to
    go on without the version's own; image_lost: a file was added, which no form can bring back.
    """

    id: str
    guild_id: str
    member_id: str
    made_at: datetime
    generation_id: str | None = None
    pictures: tuple[str, ...] = ()
    covered: frozenset[str] = frozenset()
    image_gone: bool = False
    prompt: str | None = field(default=None, repr=False)
    orientation: Orientation | None = None
    seconds: int | None = None
    model: str | None = None
    picture: int = 0
    no_image: bool = False
    image_lost: bool = False
