"""Links as they came: a signed link is signed byte by byte, and both httpx and yarl would spell it anew.

Promised: path and query go out exactly as they stand in the link or the redirect; only what cannot stand in a request line
(a space, a control character, a letter outside ASCII) is escaped. Host, port and scheme are read once, by httpx, for the checks
and for the connection alike.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
import httpx
import yarl
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream, map_aiohttp_exceptions

_LINK = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<authority>[^/?#\\]*))?(?P<rest>.*)", re.DOTALL)
_KEPT = "".join(chr(code) for code in range(0x21, 0x7F))


@dataclass(frozen=True, slots=True)
class Link:
    """An address, and the path and query to ask there for. Raises httpx.InvalidURL or ValueError for what is none."""

    url: httpx.URL
    target: str

    @classmethod
    def of(cls, text: str) -> "Link":
        """The link that a text is."""
        parts = _LINK.fullmatch(text.strip())
        if parts is None or parts["authority"] is None:
            raise ValueError("not an address")
        target = parts["rest"].partition("#")[0]
        target = target if target.startswith("/") else "/" + target.lstrip("\\")
        return cls(url=httpx.URL(text.strip()).copy_with(fragment=None), target=quote(target, safe=_KEPT))

    def join(self, location: str) -> "Link":
        """Where a redirect from here leads."""
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
        """RFC 3986, 5.2.4, for the path only: dots are steps, everything else stays."""
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
    """The aiohttp transport, for requests whose target is sent as it stands in `extensions["target"]`."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(client=session)
        self._session = session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request without a body; a redirect is not followed. Raises what the transport it is made from raises."""
        timeout = request.extensions.get("timeout", {})
        target = request.extensions.get("target", request.url.raw_path).decode("ascii")
        with map_aiohttp_exceptions():
            response = await self._session.request(
                request.method,
                # The whole target as the path: yarl would read a query's escapes, and drop an empty one.
                yarl.URL.build(
                    scheme=request.url.scheme,
                    authority=request.url.netloc.decode("ascii"),
                    path=target,
                    encoded=True,
                ),
                headers=request.headers,
                allow_redirects=False,
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(
                    sock_connect=timeout.get("connect"), sock_read=timeout.get("read"), connect=timeout.get("pool")
                ),
            )
        return httpx.Response(
            status_code=response.status,
            headers=response.raw_headers,
            stream=AiohttpResponseStream(response),
            request=request,
        )
