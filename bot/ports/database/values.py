"""Small named values that survive a restart."""

from typing import Protocol


class Values(Protocol):
    """Small values by name."""

    async def get_value(self, name: str) -> str | None:
        """The value of this name, such as the digest of the synced commands; None where there is none."""
        ...

    async def set_value(self, name: str, value: str) -> None:
        """Store a value."""
        ...
