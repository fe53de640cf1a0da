"""Drafts: the stored content of open forms, so that a form survives a restart."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.generation import Orientation


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The content of an open form.

    generation_id: the version that a Remix starts from. pictures: addresses to choose an image from; covered: those of
    them that are spoilers. image_gone: the version's own image cannot be read any more.

    The other fields are what the member filled in before, for a form that is shown again. picture: the number of the
    chosen picture. no_image: go on without the version's own image. image_lost: a file was added, which no form can
    restore. continues: its picture is the last frame of the version.

    sound, avoid, seed: as in `VideoOptions`. end_picture: the address of the picture to end with; end_covered: it is a
    spoiler. price_micros: what the button that makes this at once said it costs.
    style: the name of a style. command: what a refused command asked for; then `pictures` are its own, which the form may
    replace or leave out. image_refused: its picture was refused, and is not among them.
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
    sound: bool | None = None
    avoid: str | None = field(default=None, repr=False)
    seed: int | None = None
    end_picture: str | None = None
    end_covered: bool = False
    price_micros: int | None = None
    continues: bool = False
    style: str | None = None
    command: bool = False
    image_refused: bool = False
