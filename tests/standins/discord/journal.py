"""What the bot asked of the stand-in, in order."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.standins.shapes import Json


@dataclass(slots=True, kw_only=True)
class FileInfo:
    """An uploaded file by name and size in bytes."""

    field: str
    filename: str
    size: int


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and its answer.

    `path` begins after `/api/v10`. `status` stays None while there is no answer, and for an answer that was lost;
    `fault` says which fault met it. `whole` is False where the client went away in the middle of its request, as a process
    that is killed or stopped does: then nothing was asked. `at` and `seconds` by the monotonic clock.
    """

    method: str
    path: str
    query: Mapping[str, str]
    at: float = field(default_factory=time.monotonic)
    body: Json = None
    multipart: bool = False
    files: list[FileInfo] = field(default_factory=list[FileInfo])
    template: str | None = None
    status: int | None = None
    response: Json = None
    fault: str | None = None
    whole: bool = False
    seconds: float | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}{f' ({self.fault})' if self.fault else ''}"


class Journal:
    """All exchanges, oldest first."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def find(self, method: str = "", path: str = "", *, status: int | None = None) -> list[Exchange]:
        """The exchanges with this method whose path matches this pattern somewhere."""
        pattern = re.compile(path)
        return [
            exchange
            for exchange in self.exchanges
            if (not method or exchange.method == method)
            and pattern.search(exchange.path)
            and (status is None or exchange.status == status)
        ]

    def clear(self) -> None:
        """Forgets what was."""
        self.exchanges.clear()

    def __str__(self) -> str:
        return "\n".join(str(exchange) for exchange in self.exchanges)
