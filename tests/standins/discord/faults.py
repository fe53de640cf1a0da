"""Failures on order, and rate limits.

A `Fault` meets the next requests with its method whose path matches: it answers with an error, cuts the connection
cleanly (`disconnect`), by RST (`reset`), or stays silent (`hang`, until `release`; `slow` likewise, but the request is
then carried out and answered). With `after_processing` the
request is carried out first and only its answer is lost. A `Limit` counts requests per channel, guild or webhook, and
answers the surplus as Discord does.
"""

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Literal

from tests.standins.shapes import JsonObject

Failure = int | Literal["disconnect", "reset", "hang", "slow"]

_TOP_LEVEL = re.compile(r"^/(?:(?:channels|guilds)/\d+|(?:webhooks|interactions)/\d+/[^/]+)")


@dataclass(slots=True, kw_only=True)
class Fault:
    """A failure to come. `hits` counts the requests that it met; `times` is how often it still will."""

    method: str
    path: re.Pattern[str]
    failure: Failure
    times: int
    after_processing: bool
    body: JsonObject
    headers: dict[str, str]
    hits: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def meets(self, method: str, path: str) -> bool:
        """Whether it meets this request; if so it counts it."""
        if self.times <= 0 or self.method not in (method, "*") or not self.path.search(path):
            return False
        self.times -= 1
        self.hits += 1
        return True

    def release(self) -> None:
        """Lets what hangs go: its connections are closed; what is slow goes on."""
        self.released.set()

    def stop(self) -> None:
        """It meets nothing more."""
        self.times = 0
        self.release()


def rate_limited(retry_after: float, *, is_global: bool, scope: str) -> tuple[JsonObject, dict[str, str]]:
    """Body and headers of a 429. Without `Via` discord.py would take it for a ban by Cloudflare."""
    body: JsonObject = {"message": "You are being rate limited.", "retry_after": retry_after, "global": is_global}
    headers = {
        "Via": "1.1 google",
        "Retry-After": str(max(1, round(retry_after))),
        "X-RateLimit-Scope": scope,
        **bucket_headers("limited", 5, 0, retry_after),
    }
    if is_global:
        headers["X-RateLimit-Global"] = "true"
    return body, headers


def bucket_headers(bucket: str, limit: int, remaining: int, reset_after: float) -> dict[str, str]:
    """The headers by which clients pace themselves."""
    return {
        "X-RateLimit-Bucket": bucket,
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": f"{time.time() + reset_after:.3f}",
        "X-RateLimit-Reset-After": f"{reset_after:.3f}",
    }


@dataclass(slots=True, kw_only=True)
class Limit:
    """At most `requests` in `seconds` for each top-level resource. `refused` counts the 429s it gave."""

    method: str
    path: re.Pattern[str]
    requests: int
    seconds: float
    refused: int = 0
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])

    def meets(self, method: str, path: str) -> bool:
        """Whether it counts this request."""
        return self.method in (method, "*") and bool(self.path.search(path))

    def count(self, path: str) -> tuple[bool, dict[str, str], float]:
        """Counts one: whether it passes, the headers to send, seconds until the window ends."""
        top = _TOP_LEVEL.match(path)
        key, now = top.group() if top else path, time.monotonic()
        start, used = self._windows.get(key, (now, 0))
        if now - start >= self.seconds:
            start, used = now, 0
        left = self.seconds - (now - start)
        passes = used < self.requests
        used += passes
        self.refused += not passes
        self._windows[key] = (start, used)
        name = f"{self.method}:{self.path.pattern}"
        return passes, bucket_headers(f"{hash(name) & 0xFFFFFFFF:x}", self.requests, self.requests - used, left), left


class Faults:
    """All faults and limits of a stand-in."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.limits: list[Limit] = []

    def add(self, fault: Fault) -> Fault:
        """Takes a new fault; earlier ones meet first."""
        self._faults.append(fault)
        return fault

    def meeting(self, method: str, path: str) -> Fault | None:
        """The first fault that meets this request."""
        return next((fault for fault in self._faults if fault.meets(method, path)), None)

    def limit_for(self, method: str, path: str) -> Limit | None:
        """The first limit that counts this request."""
        return next((limit for limit in self.limits if limit.meets(method, path)), None)

    def stop(self) -> None:
        """Ends all faults and lets hanging requests go."""
        for fault in self._faults:
            fault.stop()
