"""The pause in which no job is sent, while UniAll accepts none from this key."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class ProviderBackoff:
    """A pause of all submits while UniAll accepts no jobs from this key. until: by the steady clock. fault: the reason."""

    until: datetime | None = None
    fault: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether submits are paused now."""
        return self.until is not None and now < self.until
