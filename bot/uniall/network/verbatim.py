"""Sends links exactly as they came: a signed link is signed byte by byte, and both httpx and yarl would rewrite it.

Promised: path and query are sent exactly as they are in the link or the redirect. Only what cannot be in a request line
(a space, a control character, a letter outside ASCII) is escaped. httpx reads host, port and scheme once, for the
checks and the connection alike.
"""

import re
import ssl
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import aiohttp
import httpx
import yarl
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream, map_aiohttp_exceptions

_LINK = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<authority>[^/?#\\]*))?(?P<rest>.*)", re.DOTALL)
_KEPT = "".join(chr(code) for code in range(0x21, 0x7F))


@lru_cache(maxsize=16)
def _timeout(connect: float | None, read: float | None, pool: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(sock_connect=connect, sock_read=read, connect=pool)


@dataclass(frozen=True, slots=True)
class Link:
    """An address, with the path and query to request. Raises httpx.InvalidURL or ValueError for a malformed one."""

    url: httpx.URL
    target: str

    @classmethod
    def of(cls, text: str) -> "Link":
        """Return the link in a text."""
        parts = _LINK.fullmatch(text.strip())
        if parts is None or parts["authority"] is None:
            raise ValueError("not an address")
        target = parts["rest"].partition("#")[0]
        target = target if target.startswith("/") else "/" + target.lstrip("\\")
        return cls(url=httpx.URL(text.strip()).copy_with(fragment=None), target=quote(target, safe=_KEPT))

    def join(self, location: str) -> "Link":
        """Return the link that a redirect from here leads to."""
        location = location.strip()
        origin = f"{self.url.scheme}://{self.url.netloc.decode('ascii')}"
        path, _, _ = self.target.partition("?")
        if _LINK.match(location) and not location.startswith(("/", "?", "#")):
            return Link.of(location)
        if location.startswith("//"):
            return Link.of(f"{self.url.scheme}:{location}")
        if location.startswith("/"):
            return Link.of(origin + location)
        if location.startswith("?"):
            return Link.of(origin + path + location)
        if not location or location.startswith("#"):
            return self
        return Link.of(origin + self._beside(path, location))

    @staticmethod
    def _beside(path: str, location: str) -> str:
        """Resolve a relative path (RFC 3986, 5.2.4): dot segments are steps, everything else is unchanged."""
        place, mark, query = location.partition("?")
        steps: list[str] = path.split("/")[1:-1]
        *folders, last = place.split("/")
        for step in (*folders, last if last in (".", "..") else None):
            if step == "..":
                del steps[-1:]
            elif step is not None and step != ".":
                steps.append(step)
        return "/" + "/".join([*steps, "" if last in (".", "..") else last]) + mark + query


class VerbatimTransport(AiohttpTransport):
    """The aiohttp transport for requests whose target is sent exactly as in `extensions["target"]`.

    verify: the trust of the session's own connector; without it, the certificate authorities would be read once more.
    """

    def __init__(self, session: aiohttp.ClientSession, verify: ssl.SSLContext) -> None:
        super().__init__(client=session, verify=verify)
        self._session = session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request without a body; redirects are not followed. Raises what the wrapped transport raises."""
        timeout = request.extensions.get("timeout", {})
        target = request.extensions.get("target", request.url.raw_path).decode("ascii")
        with map_aiohttp_exceptions():
            response = await self._session.request(
                request.method,
                # The whole target is passed as the path: yarl would decode a query's escapes and drop an empty query.
                yarl.URL.build(
                    scheme=request.url.scheme,
                    authority=request.url.netloc.decode("ascii"),
                    path=target,
                    encoded=True,
                ),
                headers=request.headers,
                allow_redirects=False,
                auto_decompress=False,
                timeout=_timeout(timeout.get("connect"), timeout.get("read"), timeout.get("pool")),
            )
        return httpx.Response(
            status_code=response.status,
            headers=response.raw_headers,
            stream=AiohttpResponseStream(response),
            request=request,
        )
