"""What one exchange over the network leaves behind: an answer, or what is known without one.

Promised: whatever UniAll or the network does becomes a value here, so that no exception with a request in it (and the
key in its headers) is ever chained to another. No body is read past its cap; what came of one that broke off is kept. Where
the JSON is whole nobody waits for the rest that a wrong length announces.
"""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import cast

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError

from bot.domain import contact
from bot.uniall.network.jsontext import Documents, documents, parse

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
LARGEST = 64 * 1024 * 1024
# Seconds without a byte after a whole JSON document: its length was announced wrongly.
_REST = 2.0
_SMALL = 1024 * 1024
CUT = "the answer was cut short"
TOO_LARGE = "the answer is too large"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer whose status line and headers arrived. body: as far as it came, decompressed.

    trouble: what was wrong with it. mended: what an HTTP parser refused, put together from the bytes that came: what it says
    may be looked at, but proves nothing.
    """

    status: int
    headers: httpx.Headers
    body: bytes | None
    trouble: str = ""
    mended: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @cached_property
    def found(self) -> Documents:
        """The JSON in the body; of one that is too large, in its beginning."""
        if not self.body:
            return Documents()
        return documents(self.body[:_SMALL] if self.trouble == TOO_LARGE else self.body)

    @property
    def sound(self) -> bool:
        """Whether this is one whole JSON document in one whole answer."""
        return not self.trouble and not self.mended and self.found.clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No answer. left: False only with proof that not one byte of the request was sent. junk: what came is no HTTP."""

    detail: str = field(repr=False)
    left: bool = True
    junk: bool = False


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


class Received:
    """An answer while it arrives: whatever ends the reading, `answer` is what came until then."""

    def __init__(self, *, room: asyncio.Semaphore | None = None) -> None:
        self._room = room
        self._response: httpx.Response | None = None
        self._body = bytearray()
        self._trouble = CUT

    @property
    def answer(self) -> Answer | None:
        """What came, or None before the headers did."""
        if self._response is None:
            return None
        body = decompressed(bytes(self._body), self._response.headers.get("content-encoding", ""))
        return Answer(
            status=self._response.status_code, headers=self._response.headers, body=body, trouble=self._trouble
        )

    async def read(self, response: httpx.Response, cap: int) -> None:
        """Read a body up to `cap` bytes; what is larger, or breaks off, is left where it is."""
        self._response = response
        try:
            # Without a size for the pieces: httpx would hold them back until they are as large, and drop them at a cut.
            async with aclosing(cast("AsyncGenerator[bytes, None]", response.aiter_raw())) as chunks:
                await self._read(chunks, min(_SMALL, cap))
                if self._trouble == TOO_LARGE and cap > _SMALL:
                    async with self._room or asyncio.Semaphore():  # memory is bounded too
                        await self._read(chunks, cap)
        except NETWORK_ERRORS:
            return

    async def _read(self, chunks: AsyncGenerator[bytes, None], most: int) -> None:
        """Go on until the end, or over `most` bytes."""
        while len(self._body) <= most:
            try:
                async with asyncio.timeout(_REST if self._is_whole() else None):
                    chunk = await anext(chunks, b"")
            except TimeoutError:
                self._trouble = CUT
                return
            if not chunk:
                self._trouble = ""
                return
            self._body += chunk
        self._trouble = TOO_LARGE

    def _is_whole(self) -> bool:
        """Whether what came is a JSON document already."""
        end = self._body[-16:].rstrip()
        if len(self._body) > _SMALL:  # parsing it again and again would take too long
            return False
        return end.endswith((b"}", b"]")) and parse(bytes(self._body)) is not None


async def read_answer(response: httpx.Response, cap: int, *, room: asyncio.Semaphore | None = None) -> Answer:
    """Read a body up to `cap` bytes."""
    received = Received(room=room)
    await received.read(response, cap)
    answer = received.answer
    if answer is None:
        raise AssertionError("the headers are here")
    return answer


_GZIP, _ZLIB, _DEFLATE = 31, 15, -15


def decompressed(body: bytes, encoding: str) -> bytes:
    """A body as it was meant: gzip and deflate by its first bytes, whatever was announced, and plain where it is neither."""
    ways: list[int] = []
    if body[:2] == b"\x1f\x8b":
        ways = [_GZIP]
    elif body[:1] == b"\x78" and (body[0] * 256 + (body[1] if len(body) > 1 else 0)) % 31 == 0:
        ways = [_ZLIB]
    if "deflate" in encoding.casefold():
        ways.append(_DEFLATE)
    for way in ways:
        try:
            plain = zlib.decompressobj(way).decompress(body, LARGEST)
        except zlib.error:
            continue
        if plain:
            return plain
    return body


async def parsed(answer: Answer) -> Answer:
    """The same answer; a large one is parsed in a thread first, so that the event loop goes on."""
    if answer.body is not None and len(answer.body) > _SMALL:
        await asyncio.to_thread(lambda: answer.found)
    return answer


def is_of_the_api(answer: Answer) -> bool:
    """Whether an answer shows that the API is there; a 5xx and a page are what a proxy says without it."""
    page = "html" in answer.headers.get("content-type", "").casefold() or (answer.body or b"").lstrip()[:1] == b"<"
    return answer.status < 500 and not page


def dated(headers: Mapping[str, str]) -> datetime | None:
    """When an answer was made, by the clock of who made it; None where it does not say so, or comes out of a cache."""
    return None if headers.get("age", "0") != "0" else contact.dated(headers.get("date"))


def name_of(error: BaseException) -> str:
    """An error in a few words: its own text may carry an address, or what the peer sent."""
    return type(error).__name__
