"""Single values that outlive a restart."""

from typing import Protocol


class Values(Protocol):
    """Values by name."""

    async def get_value(self, name: str) -> str | None:
        """A small fact kept between runs, such as the digest of the synced commands."""
        ...

    async def set_value(self, name: str, value: str) -> None:
        """Keep a small fact."""
        ...
