"""Posts on Discord: where one is, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.messages.delivery import Try

LONGEST_LINK = 2000  # characters; a longer one does not fit into a message beside its text


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMessage:
    """The message that carries a result; its channel may differ from the one it was meant for."""

    message_id: str
    channel_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPictures:
    """The addresses of the pictures on a card: the one that the video starts from, and the one that it ends with."""

    image: str | None = None
    end_image: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallerCopy:
    """The note on a post of a copy that was shrunk to fit the channel's limit. original: the address of the original
    video.
    """

    original: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPost:
    """The result of a search for an earlier post. unseen: the channels that could not be searched and may contain it."""

    posted: PostedMessage | None
    unseen: tuple[Try, ...] = ()


class MessageStatus(StrEnum):
    """What became of a message."""

    THERE = "there"
    DELETED = "deleted"
    PLACE_GONE = "place_gone"  # its channel or thread was deleted
