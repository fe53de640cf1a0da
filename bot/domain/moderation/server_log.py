"""The events that are posted to a server's log channel."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.generation import Generation
from bot.domain.messages.posts import PostedMessage
from bot.domain.messages.result_status import ResultStatus
from bot.domain.moderation.audit import Change
from bot.domain.moderation.reports import Removal, ReportCase


class LogEventKind(StrEnum):
    """The kinds of events in a server's log channel."""

    STARTED = "started"
    FAILED = "failed"
    REPORTED = "reported"
    FILTERED = "filtered"
    CHANGED = "changed"
    MODELS_GONE = "models_gone"
    MODELS_BACK = "models_back"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """One message to a server's log channel.

    member_id: who requested, reported or changed; empty where nobody did. text: a prompt, a term, or names of models.
    posted: the message of the result, where it can be seen. case: the reports of it. removal: what a moderator has done
    about the video. blocked_by: who blocked its author; empty where that is not known, None where they are not blocked.
    status: what became of the video, where moderators may still do something about it. count: events that were left out.
    """

    kind: LogEventKind
    guild_id: str
    member_id: str
    generation: Generation | None = None
    posted: PostedMessage | None = None
    status: ResultStatus | None = None
    case: ReportCase | None = None
    removal: Removal | None = None
    blocked_by: str | None = None
    change: Change | None = None
    text: str = field(default="", repr=False)
    count: int = 0
