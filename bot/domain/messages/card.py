"""What a status card shows beside its generation, and which cards may be out of date."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.generation import Generation
from bot.domain.messages.delivery import Delivery
from bot.domain.versions.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContext:
    """What a card shows beside the generation itself.

    queue_position: 1 for the next to be sent once a slot is free, 0 where one is free already; None once sent, while
    another card of the server still shows that place, or where it is not known. starts_in: in how many seconds a waiting
    job is expected to be sent. expected_seconds: the usual time from submit to a finished video. Both are None where
    nothing is known. delivery: the post of the result, once there is one. parent: the version it was made from, hidden
    unless everyone who can read the card can read it. removed: a moderator removed the video.
    """

    queue_position: int | None = None
    expected_seconds: float | None = None
    starts_in: float | None = None
    delivery: Delivery | None = None
    parent: "Version | None" = None
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCard:
    """A card that may be out of date. shown: the digest of what it shows. revision: the generation's, as read."""

    generation: Generation
    shown: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """What became of a card that was due. shown: the digest of what it shows now. again_at: when it is due again although
    its job has not changed. seen: the place that it has taken is the one that it shows. waits: it shows a place.
    """

    card: DueCard
    shown: str
    again_at: datetime | None
    seen: bool = True
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPlace:
    """The place that a card is about to show; None: it shows none."""

    generation_id: str
    guild_id: str
    place: int | None
