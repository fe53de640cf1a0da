"""Reports of results by members, and what became of the reported or removed videos."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.messages.posts import PostedMessage

LONGEST_REPORT = 400  # characters of a reporter's own words


class ReportReason(StrEnum):
    """Why a member reports a result."""

    ILLEGAL = "illegal"
    HATEFUL = "hateful"
    SEXUAL = "sexual"
    OTHER = "other"


class CaseEnd(StrEnum):
    """How the reports of a result were settled."""

    REMOVED = "removed"  # a moderator removed the video
    DELETED = "deleted"  # its author deleted it
    GONE = "gone"  # its message was deleted on Discord
    DISMISSED = "dismissed"  # a moderator let the video stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A member's report of a result. settled_by: the moderator who handled it; empty where nobody had to."""

    generation_id: str
    guild_id: str
    reporter_id: str
    at: datetime
    reason: ReportReason = ReportReason.OTHER
    words: str = field(default="", repr=False)
    settled_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCase:
    """All reports of one result, the oldest first, which moderators see on one message.

    message: that message in the log channel; None while there is none. posts: how many there were before. end: None
    while it is open. revision: changes with everything that the message shows.
    """

    generation_id: str
    guild_id: str
    reports: tuple[Report, ...]
    message: PostedMessage | None = None
    posts: int = 0
    end: CaseEnd | None = None
    ended_by: str = ""
    revision: int = 0


class RemovalKind(StrEnum):
    """What a moderator's Remove has done to a video."""

    CANCELLED = "cancelled"  # it was not sent yet; its quota was given back
    UNPOSTED = "unposted"  # it was being made, or was on its way; it is not posted
    DELETED = "deleted"  # its post was deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A video that a moderator removed."""

    generation_id: str
    moderator_id: str
    how: RemovalKind
    at: datetime


class RemovalStep(StrEnum):
    """What a request to remove a video has found, before anything is sent to Discord."""

    STOPPED = "stopped"  # it was cancelled, or will not be posted; both are recorded
    POSTED = "posted"  # its post has to be deleted first; nothing is recorded
    REMOVED_BEFORE = "removed_before"
    NOTHING = "nothing"  # there is no video, and there will be none
