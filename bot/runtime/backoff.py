"""While UniAll takes no jobs of this key, none is sent."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class ProviderBackoff:
    """While UniAll takes no jobs of this key: until when, by the steady clock, nothing is sent, and why."""

    until: datetime | None = None
    fault: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether nothing is sent now."""
        return self.until is not None and now < self.until
