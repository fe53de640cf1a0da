"""What one exchange over the network leaves behind: an answer, or what is known without one.

Promised: whatever UniAll or the network does becomes a value here, so that no exception with a request in it (and the
key in its headers) is ever chained to another. No body is read past its cap.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError

# Everything the network can do under either transport; httpx-aiohttp lets raw aiohttp errors through.
NETWORK_ERRORS = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    aiohttp.ClientError,
    HttpProcessingError,
    OSError,
    EOFError,
    ValueError,  # what yarl and the header parsers make of junk
)
SMALL_BODY = 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer whose status line and headers arrived. body: None where it was cut short or too large."""

    status: int
    headers: httpx.Headers
    body: bytes | None
    trouble: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No answer. left: False only with proof that not one byte of the request was sent."""

    detail: str
    left: bool = True


class Bearer(httpx.Auth):
    """Puts the key on one request; shows it to nobody."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        self._key = key

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The header goes on this request only: redirects are never followed with it."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request

    def __repr__(self) -> str:
        return "Bearer(hidden)"


HEADERS = {"User-Agent": "sora-bot", "Accept": "application/json, */*;q=0.5", "Accept-Encoding": "identity"}


async def read_answer(response: httpx.Response, cap: int) -> Answer:
    """Read a body up to `cap` bytes; what is larger, or breaks off, is left where it is."""
    body = bytearray()
    trouble = ""
    length = response.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:19]) > cap:
        trouble = "the answer is too large"
    else:
        try:
            async with aclosing(cast("AsyncGenerator[bytes, None]", response.aiter_bytes(_CHUNK))) as chunks:
                async for chunk in chunks:
                    body += chunk
                    if len(body) > cap:
                        trouble = "the answer is too large"
                        break
        except NETWORK_ERRORS:
            trouble = "the answer was cut short"
    whole = None if trouble else bytes(body)
    return Answer(status=response.status_code, headers=response.headers, body=whole, trouble=trouble)


def name_of(error: BaseException) -> str:
    """An error in a few words: its own text may carry an address, or what the peer sent."""
    return type(error).__name__
