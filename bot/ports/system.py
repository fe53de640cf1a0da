"""Time and ids, so that tests can choose them."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time as a port, so that tests can move it."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...


class Ids(Protocol):
    """Fresh ids, at most 25 characters (Discord's nonce), sortable by time, not guessable."""

    def new(self) -> str:
        """One more id."""
        ...
