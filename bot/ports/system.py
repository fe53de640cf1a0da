"""Time and ids as ports, so that tests can choose them."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """A source of the time."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...


class Ids(Protocol):
    """Fresh ids: at most 25 characters (Discord's nonce), sortable by time, not guessable."""

    def new(self) -> str:
        """A new id."""
        ...
