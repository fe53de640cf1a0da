"""The connections to UniAll and to the servers that hold videos.

Promised: submits go over httpx's own transport (`bot.uniall.network.submitting`). Polls and downloads go over the
aiohttp transport, which handles hundreds of them at once, each under an outer deadline. Both read the same answers: the
aiohttp transport accepts as many headers as the other, and a GET whose answer its parser refuses is repeated over the
other. Source: `docs/sources.md`, libraries.

Environment proxies are not used: through a proxy the address rules would be the proxy's, not ours. `SSL_CERT_FILE` and
`SSL_CERT_DIR` are honoured, for operators with a certificate authority of their own.
"""

import asyncio
import importlib
import ssl
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self, TypeVar

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError

from bot.domain.processes.contact import Contact
from bot.uniall.formats import Body
from bot.uniall.network.addresses import PublicResolver, public_socket
from bot.uniall.network.exchange import (
    CUT,
    HEADERS,
    LARGEST,
    NETWORK_ERRORS,
    Answer,
    Bearer,
    Lost,
    Received,
    dated,
    is_of_the_api,
    name_of,
    parsed,
)
from bot.uniall.network.submitting import send_once
from bot.uniall.network.verbatim import Link, VerbatimTransport

T = TypeVar("T")

_POLLS_AT_ONCE = 512
_LARGE_AT_ONCE = 2
_LONGEST_HEADER = 100 * 1024  # for all headers together, as in httpx's own transport
_MOST_HEADERS = 4096
# Raised by the aiohttp transport for an answer that its parser refuses.
_JUNK = (aiohttp.ClientResponseError, HttpProcessingError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. connect: to connect; poll, submit: for the whole call; stall: without one byte of a download."""

    connect: float
    poll: float
    submit: float
    stall: float


class Gateway:
    """The connections to UniAll and to the servers that hold videos. Use it as an async context manager."""

    def __init__(
        self,
        *,
        origin: httpx.URL,
        bearer: Bearer,
        allow_local_media: bool,
        timeouts: Timeouts,
        contact: Contact,
        may_send: Callable[[], bool],
    ) -> None:
        self._contact = contact
        self._may_send = may_send
        self.origin = origin
        self.allow_local_media = allow_local_media
        self._bearer = bearer
        self._timeouts = timeouts
        self._ssl = _trust()
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._stack = AsyncExitStack()
        self._headers = bearer.headers_with({**HEADERS, "Connection": "keep-alive"})
        self._polls: httpx.AsyncBaseTransport | None = None
        self._gateway: httpx.AsyncClient | None = None
        self._media: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._polls = self._transport(guarded=False)
        self._gateway = await self._stack.enter_async_context(self._client(self._polls))
        media = self._transport(guarded=not self.allow_local_media)
        self._media = await self._stack.enter_async_context(self._client(media))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._polls = self._gateway = self._media = None
        await self._stack.aclose()

    def _transport(self, *, guarded: bool) -> httpx.AsyncBaseTransport:
        connector = aiohttp.TCPConnector(
            limit=_POLLS_AT_ONCE,
            ssl=self._ssl,
            resolver=PublicResolver() if guarded else None,
            socket_factory=public_socket if guarded else None,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            max_headers=_MOST_HEADERS,
        )
        return VerbatimTransport(session, self._ssl)

    def _client(self, transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
        timeout = httpx.Timeout(self._timeouts.poll, connect=self._timeouts.connect, pool=self._timeouts.poll)
        return httpx.AsyncClient(
            transport=transport,
            timeout=timeout,
            trust_env=False,
            cookies=_no_cookies(),
            headers=HEADERS,
        )

    def at(self, path: str) -> httpx.URL:
        """Return the address of an already escaped path at UniAll."""
        return httpx.URL(str(self.origin).rstrip("/") + path)

    def owns(self, url: httpx.URL) -> bool:
        """Return whether an address is at the gateway's own origin: same scheme, host and port."""
        return (url.scheme, url.host, _port(url)) == (self.origin.scheme, self.origin.host, _port(self.origin))

    async def get(self, path: str) -> Answer | Lost:
        """Send one GET to UniAll; repeat it over the other transport if this one cannot read the answer."""
        answer = await self._get(path)
        unread = answer.junk if isinstance(answer, Lost) else answer.trouble == CUT and not answer.found.values
        if not unread:
            return answer
        again = await self._send("GET", self.at(path), None, within=self._timeouts.poll)
        return answer if isinstance(again, Lost) else again

    async def _get(self, path: str) -> Answer | Lost:
        """Send one GET over the transport itself: httpx's client would do nothing for it, and costs as much again."""
        transport = _open(self._polls)
        extensions = {"target": path.encode("ascii"), "timeout": {"connect": self._timeouts.connect}}
        request = httpx.Request("GET", self.origin, headers=self._headers, extensions=extensions)
        received = Received(slots=self._large)
        lost = Lost(detail="no answer within the deadline")
        try:
            async with asyncio.timeout(self._timeouts.poll):
                response = await transport.handle_async_request(request)
                try:
                    await received.read(response, LARGEST)
                finally:
                    await response.aclose()
        except TimeoutError:
            pass  # what came until then is used
        except NETWORK_ERRORS as error:
            lost = Lost(detail=name_of(error), junk=isinstance(error, _JUNK))
        answer = received.answer
        return self._noted(lost if answer is None else await parsed(answer))

    async def post(self, body: Body) -> Answer | Lost:
        """Send one submit: see `bot.uniall.network.submitting`."""
        url, within = self.at(body.path), self._timeouts.submit
        return await self._send("POST", url, body, within=within, may_send=self._may_send)

    async def _send(
        self,
        method: str,
        url: httpx.URL,
        body: Body | None,
        *,
        within: float,
        may_send: Callable[[], bool] = lambda: True,
    ) -> Answer | Lost:
        return self._noted(
            await send_once(
                method,
                url,
                body,
                auth=self._bearer,
                context=self._ssl,
                connect=self._timeouts.connect,
                within=within,
                may_send=may_send,
            )
        )

    def _noted(self, answer: Answer | Lost) -> Answer | Lost:
        if isinstance(answer, Answer) and is_of_the_api(answer):
            self._contact.answered(dated(answer.headers))
        else:
            self._contact.unanswered()
        return answer

    async def open(self, link: Link, *, headers: Mapping[str, str], with_key: bool) -> httpx.Response:
        """Begin one download. The caller closes the response, and has checked the address. Raises NETWORK_ERRORS.

        The key is sent only if `with_key` is set *and* the address is the gateway's own.
        """
        own = self.owns(link.url)
        client = _open(self._gateway if own else self._media)
        timeout = httpx.Timeout(self._timeouts.stall, connect=self._timeouts.connect)
        request = client.build_request("GET", link.url, headers=headers, timeout=timeout)
        request.extensions["target"] = link.target.encode("ascii")
        auth = self._bearer if own and with_key else None
        return await client.send(request, auth=auth, stream=True, follow_redirects=False)


def prepare() -> None:
    """Read and import what the first call needs.

    Takes a tenth of a second, so run it in a thread before the first call.
    """
    _trust()
    importlib.import_module("httpcore._async.http11")


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Return the certificate authorities, read once for all clients: it takes 20 ms."""
    return httpx.create_ssl_context()


def _open(client: T | None) -> T:
    if client is None:
        raise RuntimeError("UniAll is used inside `async with UniAll(...) as uniall`")
    return client


def _no_cookies() -> CookieJar:
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=()))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)
