"""The events that are posted to a server's log channel."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.generation import Generation
from bot.domain.moderation.audit import Change


class LogEventKind(StrEnum):
    """The kinds of events in a server's log channel."""

    STARTED = "started"
    FAILED = "failed"
    REPORTED = "reported"
    FILTERED = "filtered"
    CHANGED = "changed"
    MODELS_GONE = "models_gone"
    MODELS_BACK = "models_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """One message to a server's log channel.

    member_id: who requested, reported or changed; empty where nobody did. text: a prompt, a term, or names of models.
    """

    kind: LogEventKind
    guild_id: str
    member_id: str
    generation: Generation | None = None
    message_id: str | None = None
    change: Change | None = None
    text: str = field(default="", repr=False)
