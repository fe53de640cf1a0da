"""Posts on Discord: where one is, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.delivery import Try

LONGEST_LINK = 2000  # characters; a longer one does not fit into a message beside its words


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMessage:
    """Where a result is: its channel may be another than the one it was meant for."""

    message_id: str
    channel_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallerCopy:
    """What is told of a copy that was shrunk to what its place takes. original: where the video as it was made is."""

    original: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPost:
    """What a look for an earlier post has found. unseen: the places that could not be looked into and may still have it."""

    posted: PostedMessage | None
    unseen: tuple[Try, ...] = ()


class MessageStatus(StrEnum):
    """What became of a message."""

    THERE = "there"
    DELETED = "deleted"
    PLACE_GONE = "place_gone"  # its channel or thread was deleted
