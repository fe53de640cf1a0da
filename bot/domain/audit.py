"""The audit log: who changed what, from what, to what, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AuditAction(StrEnum):
    """What a change was."""

    RULE_SET = "rule_set"
    RULE_REMOVED = "rule_removed"
    GRANTED = "granted"
    RESET = "reset"
    SETTING = "setting"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    RESULT_REMOVED = "result_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the audit log: who did what to whom, from what, to what, and why.

    subject_id: the member, role or, for a setting, its name; empty for everyone and for the server. before, after: as
    moderators read them; empty for nothing.
    """

    guild_id: str
    at: datetime
    actor_id: str
    action: AuditAction
    subject_id: str
    before: str
    after: str
    reason: str
    id: int = 0
