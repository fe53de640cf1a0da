"""Reports of results by members."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A member's report of a result. settled_by: the moderator who handled it."""

    generation_id: str
    guild_id: str
    reporter_id: str
    at: datetime
    settled_by: str | None = None
