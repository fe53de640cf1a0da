"""What waits until a moderator confirms it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

CONFIRMATIONS_KEPT = timedelta(hours=1)  # what it asks about has become another question by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What waits for a moderator's button: about whom or what, with which roles, and why."""

    id: str
    guild_id: str
    actor_id: str
    subject_id: str
    reason: str
    role_ids: frozenset[str]
    made_at: datetime
