"""An action that waits until a moderator confirms it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

CONFIRMATIONS_KEPT = timedelta(hours=1)  # after that, the facts it shows are out of date


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """An action that waits for a moderator's button: its subject, the subject's roles, and the reason."""

    id: str
    guild_id: str
    actor_id: str
    subject_id: str
    reason: str
    role_ids: frozenset[str]
    made_at: datetime
