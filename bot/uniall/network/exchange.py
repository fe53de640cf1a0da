"""The result of one exchange over the network: an answer, or what is known without one.

Promised: whatever UniAll or the network does becomes a value here, so that no exception that holds a request (with the
key in its headers) is chained to another. No body is read past its cap; of a body that broke off, the received part is
kept. Once the JSON is whole, nobody waits for the rest that a wrong length announces.
"""

import asyncio
import os
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

from bot.domain.processes import contact
from bot.uniall.network.jsontext import Documents, documents, parse

# Everything the network can raise under either transport; httpx-aiohttp lets raw aiohttp errors through.
NETWORK_ERRORS = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    aiohttp.ClientError,
    HttpProcessingError,
    OSError,
    EOFError,
    ValueError,  # raised by yarl and the header parsers for malformed data
)
LARGEST = 64 * 1024 * 1024
# Seconds without a byte after a whole JSON document: then its announced length was wrong.
_REST = 2.0
_SMALL = 1024 * 1024
CUT = "the answer was cut short"
TOO_LARGE = "the answer is too large"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer whose status line and headers arrived. headers: by lower-case name. body: the received part,
    decompressed.

    trouble: what was wrong with it. mended: rebuilt from the received bytes, because the HTTP parser refused it; its
    content can be read, but proves nothing.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | None
    trouble: str = ""
    mended: bool = False

    @property
    def ok(self) -> bool:
        """Return whether the status is 2xx."""
        return 200 <= self.status < 300

    @cached_property
    def found(self) -> Documents:
        """Return the JSON in the body; of a body that is too large, the JSON in its beginning."""
        if not self.body:
            return Documents()
        return documents(self.body[:_SMALL] if self.trouble == TOO_LARGE else self.body)

    @property
    def sound(self) -> bool:
        """Return whether this is one whole JSON document in one whole answer."""
        return not self.trouble and not self.mended and self.found.clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No answer. left: False only with proof that no byte of the request was sent. junk: what came is not HTTP."""

    detail: str = field(repr=False)
    left: bool = True
    junk: bool = False


class Bearer(httpx.Auth):
    """Adds the key to one request; its `repr` does not show it."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        self._key = key

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Add the header to this request only: redirects never carry it."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request

    def headers_with(self, others: Mapping[str, str]) -> httpx.Headers:
        """Return these headers and the key's, for requests that are sent past httpx's client. Its `repr` hides the key."""
        return httpx.Headers({**others, "Authorization": f"Bearer {self._key}"})

    def __repr__(self) -> str:
        return "Bearer(hidden)"


HEADERS = {"User-Agent": "sora-bot", "Accept": "application/json, */*;q=0.5", "Accept-Encoding": "identity"}


class Received:
    """An answer while it arrives. However the read ends, `answer` holds what came until then."""

    def __init__(self, *, slots: asyncio.Semaphore | None = None) -> None:
        self._slots = slots
        self._status: int | None = None
        self._headers: Mapping[str, str] = {}
        self._announced: str | None = None
        self._body = bytearray()
        self._trouble = CUT

    @property
    def answer(self) -> Answer | None:
        """Return what came, or None before the headers came."""
        if self._status is None:
            return None
        body = decompressed(bytes(self._body), self._headers.get("content-encoding", ""))
        return Answer(status=self._status, headers=self._headers, body=body, trouble=self._trouble)

    async def read(self, response: httpx.Response, cap: int) -> None:
        """Read a body up to `cap` bytes; stop at a larger one, or if the connection breaks."""
        self._headers = dict(response.headers.items())  # httpx decodes and compares all of them at each look-up
        self._announced = self._headers.get("content-length")
        self._status = response.status_code
        stream = cast("httpx.AsyncByteStream", response.stream)
        try:
            # The stream itself: httpx would buffer up to a chunk, and lose the buffer when the connection breaks.
            async with aclosing(cast("AsyncGenerator[bytes, None]", aiter(stream))) as chunks:
                await self._read(chunks, min(_SMALL, cap))
                if self._trouble == TOO_LARGE and cap > _SMALL:
                    async with self._slots or asyncio.Semaphore():  # bounds memory too
                        await self._read(chunks, cap)
        except NETWORK_ERRORS:
            return

    async def _read(self, chunks: AsyncGenerator[bytes, None], most: int) -> None:
        """Read until the end, or past `most` bytes."""
        while len(self._body) <= most:
            # All that was announced is here: the end is too.
            if str(len(self._body)) == self._announced or not self._is_whole():
                chunk = await anext(chunks, b"")
            else:
                try:
                    async with asyncio.timeout(_REST):
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
        """Return whether what came is already a whole JSON document."""
        end = self._body[-16:].rstrip()
        if len(self._body) > _SMALL:  # parsing it again and again would take too long
            return False
        return end.endswith((b"}", b"]")) and parse(bytes(self._body)) is not None


async def read_answer(response: httpx.Response, cap: int, *, slots: asyncio.Semaphore | None = None) -> Answer:
    """Read a body up to `cap` bytes."""
    received = Received(slots=slots)
    await received.read(response, cap)
    answer = received.answer
    if answer is None:
        raise AssertionError("the headers are here")
    return answer


_GZIP, _ZLIB, _DEFLATE = 31, 15, -15


def decompressed(body: bytes, encoding: str) -> bytes:
    """Decompress a body.

    Gzip and deflate are recognised by their first bytes, whatever is announced; other data is plain.
    """
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
    """Return the same answer. A large one is parsed in a thread first, so that the event loop is not blocked."""
    if answer.body is not None and len(answer.body) > _SMALL:
        await asyncio.to_thread(lambda: answer.found)
    return answer


def is_of_the_api(answer: Answer) -> bool:
    """Return whether an answer comes from the API itself; a 5xx or a web page may come from a proxy."""
    page = "html" in answer.headers.get("content-type", "").casefold() or (answer.body or b"").lstrip()[:1] == b"<"
    return answer.status < 500 and not page


def dated(headers: Mapping[str, str]) -> datetime | None:
    """Return when an answer was made, by its sender's clock. None if it states no date or comes from a cache."""
    return None if headers.get("age", "0") != "0" else contact.dated(headers.get("date"))


def name_of(error: BaseException) -> str:
    """Return a short name of an error. Its own text may contain an address, or data that the peer sent."""
    cause = error.__cause__ or error
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
        return f"{type(cause).__name__} ({os.strerror(cause.errno)})"
    return type(cause).__name__
