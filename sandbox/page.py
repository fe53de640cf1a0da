"""Serves the Discord pages: one for each channel and thread, on ports of their own, and an index page that lists them.

Promised: the index is the only address a visitor needs, and a new thread appears there at once. No click is lost
because the page was refreshed just before. All servers listen on loopback only.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from simcord.builders import ChannelHandle
from simcord.preview import Preview

from sandbox.clips import SharedMediaWorker
from sandbox.driver import Driver
from sandbox.errors import PortTakenError
from sandbox.markers import MARKERS
from sandbox.server import TOPICS, DemoServer

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
DEFAULT_PORT = 8080
_INDEX = Path(__file__).with_name("index.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPage:
    """An open preview of one channel."""

    server: DemoServer
    channel: ChannelHandle
    preview: Preview

    @property
    def entry(self) -> dict[str, Any]:
        """Return the entry that the index shows."""
        return {
            "id": str(self.channel.id),
            "name": self.channel.name,
            "server": self.server.guild.name,
            "topic": TOPICS.get(self.channel.name or "", ""),
            "thread": self.channel.is_thread,
            "url": self.preview.url,
        }


class DiscordPages:
    """All pages of these servers, as an async context manager entered inside `env.time_context()`, after `env.start()`.

    port: of the index. None uses 8080, or any free port if that is taken; a port given by number must be free.
    """

    def __init__(self, servers: Sequence[DemoServer], driver: Driver, *, port: int | None = None) -> None:
        self.servers, self.driver = servers, driver
        self._env = servers[0].env
        self.url = ""
        self._asked = port
        self._pages: dict[int, ChannelPage] = {}
        self._revisions: dict[str, tuple[tuple[str, Any], int]] = {}  # of each tab's last request
        self.clips = SharedMediaWorker()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_get("/pages", self._list)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        try:
            await self._listen()
            async with self.driver.turn():
                await self._open_missing()
        except BaseException:
            await self._runner.cleanup()
            raise
        self.driver.listeners.append(self._refresh)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.driver.listeners.remove(self._refresh)
        await self._runner.cleanup()
        async with self.driver.turn():
            for page in self._pages.values():
                await page.preview.close()
        await self.clips.end()

    @property
    def pages(self) -> list[ChannelPage]:
        """Return the open pages, channels before threads."""
        return list(self._pages.values())

    async def _listen(self) -> None:
        ports = (DEFAULT_PORT, 0) if self._asked is None else (self._asked,)
        for port in ports:
            try:
                await web.TCPSite(self._runner, HOST, port).start()
            except OSError:
                continue
            self._port = int(self._runner.addresses[0][1])
            self.url = f"http://{HOST}:{self._port}/"
            return
        raise PortTakenError(f"port {self._asked} is taken")

    async def _refresh(self) -> None:
        self.clips.convert_new(self._env.backend.cdn._blobs)
        await self._open_missing()
        for page in self._pages.values():
            self._take_the_stage(page.preview)
            await page.preview.refresh()

    async def _open_missing(self) -> None:
        """Open a page for every channel and thread without one, or whose session was ended from the page."""
        for server in self.servers:
            for channel in (*server.channels, *server.threads):
                page = self._pages.get(channel.id)
                if page is None or page.preview._closed:
                    preview = await self._open(server, channel)
                    self._pages[channel.id] = ChannelPage(server=server, channel=channel, preview=preview)

    async def _open(self, server: DemoServer, channel: ChannelHandle) -> Preview:
        env = self._env
        env._preview = None  # SimCord allows one preview at a time; here each becomes the active one in its turn
        preview = env.preview(channel, viewers=server.people, layout="channel", port=0)
        preview._action = partial(self._act, preview, preview._action)
        preview._media_worker = self.clips
        await preview.__aenter__()
        # The preview's own page is for managed captures. Nobody looks at it, and each refresh would render it again. It
        # determines a tab's position in the channel, which should be the end.
        own = preview._pages.pop("python")
        own.target_id = own.window_end_id = None
        return preview

    def _take_the_stage(self, preview: Preview) -> None:
        """Make this preview the active one: SimCord attributes what happens next to the env's single preview."""
        self._env._preview = preview

    async def _act(
        self, preview: Preview, action: Any, context_id: str | None, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Run SimCord's own click handler, in a turn of its own, with the page's current revision.

        A page sends the revision it last saw, and a refresh in between would refuse the click. The click is resolved
        against the present state anyway. A repeated request is recognised by its hash, and gets the revision of its
        first attempt.
        """
        async with self.driver.turn():
            self._take_the_stage(preview)
            page = preview._pages.get(context_id or "")
            if page is not None and "published_revision" in body:
                request = (page.id, body.get("request_id"))
                if body.get("sequence") == page.last_sequence + 1:
                    self._revisions[page.id] = (request, page.revision)
                known, revision = self._revisions.get(page.id, (None, None))
                body = {**body, "published_revision": revision} if known == request else body
            return await action(context_id, body)

    async def _index(self, request: web.Request) -> web.Response:
        self._check_host(request)
        return web.Response(text=_INDEX.read_text("utf-8"), content_type="text/html", headers=_HEADERS)

    async def _list(self, request: web.Request) -> web.Response:
        """Return pages, people and markers; the index polls this."""
        self._check_host(request)
        pages = [page.entry for page in self.pages]
        people = [person.user.global_name or person.name for person in self.servers[0].people]
        servers = [server.guild.name for server in self.servers]
        body = {"servers": servers, "pages": pages, "people": people, "markers": MARKERS}
        return web.json_response(body, headers=_HEADERS)

    def _check_host(self, request: web.Request) -> None:
        """Check the Host header: the listed addresses give access to the pages, so no foreign site may read them via
        its own name.
        """
        if request.headers.get("Host") not in (f"{HOST}:{self._port}", f"localhost:{self._port}"):
            raise web.HTTPForbidden


_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
}
