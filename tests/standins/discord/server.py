"""The socket: reads requests, meets faults and limits, asks the routes, journals everything.

Answers carry `Content-Type: application/json` exactly, because a charset breaks discord.py's reading. An address that
no route knows is answered as Discord would (404) and kept in `unknown`; a crash of the stand-in itself in `crashes`.
"""

import json
import logging
import socket
import struct
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.standins.discord import bodies, faults
from tests.standins.discord.cdn import Cdn
from tests.standins.discord.errors import ApiError, unauthorized, unknown_route
from tests.standins.discord.http import Call, Reply, Router
from tests.standins.discord.journal import Exchange, FileInfo, Journal
from tests.standins.discord.waiting import Pulse
from tests.standins.discord.world import World

_log = logging.getLogger(__name__)

API = "/api/v10"
_LARGEST_REQUEST = 256 << 20
_PLENTY = faults.bucket_headers("plenty", 10_000, 9_999, 1.0)

Gateway = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """One port for REST and files; the gateway's handler comes from outside."""

    def __init__(
        self,
        *,
        token: Callable[[], str],
        world: World,
        cdn: Cdn,
        journal: Journal,
        trouble: faults.Faults,
        pulse: Pulse,
    ) -> None:
        self._token = token
        self._world = world
        self._cdn = cdn
        self._journal = journal
        self._faults = trouble
        self._pulse = pulse
        self._runner: web.AppRunner | None = None
        self.router = Router([])
        self.unknown: list[str] = []
        self.crashes: list[BaseException] = []

    async def start(self, sock: socket.socket, gateway: Gateway) -> None:
        """Listens on a bound socket; `gateway` takes the requests for a websocket."""
        app = web.Application(client_max_size=_LARGEST_REQUEST)
        app.router.add_get("/gateway", gateway)
        app.router.add_get("/gateway/", gateway)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.SockSite(runner, sock).start()

    async def stop(self) -> None:
        """Closes every connection; requests in flight are dropped."""
        if self._runner:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(API)
        exchange = Exchange(method=request.method, path=path, query=dict(request.query))
        self._journal.exchanges.append(exchange)
        self._pulse.beat()
        try:
            return await self._answer(request, exchange)
        finally:
            exchange.seconds = time.monotonic() - exchange.at
            self._pulse.beat()

    async def _answer(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        refusal: ApiError | None = None
        body = bodies.Body()
        try:
            body = await bodies.read(request)
        except ApiError as error:
            refusal = error
        exchange.whole = True
        exchange.body, exchange.multipart = body.json, body.multipart
        exchange.files = [FileInfo(field=f.index, filename=f.filename, size=len(f.data)) for f in body.files]
        fault = self._faults.meeting(exchange.method, exchange.path)
        if fault and fault.failure == "slow":
            exchange.fault, fault = "slow", await _released(fault)
        if fault and not fault.after_processing:
            return await self._fail(request, exchange, fault)
        headers = _PLENTY
        if limit := self._faults.limit_for(exchange.method, exchange.path):
            passes, headers, left = limit.count(exchange.path)
            if not passes:
                surplus, extra = faults.rate_limited(left, is_global=False, scope="user")
                return _respond(exchange, Reply(429, surplus), {**extra, **headers})
        reply = Reply(refusal.status, refusal.body()) if refusal else self._reply(request, exchange, body)
        if fault:
            return await self._fail(request, exchange, fault)
        return _respond(exchange, reply, headers)

    def _reply(self, request: web.Request, exchange: Exchange, body: bodies.Body) -> Reply:
        path = exchange.path
        try:
            if path.startswith(("/attachments/", "/ephemeral-attachments/")):
                return self._file(request)
            found = self.router.find(exchange.method, path)
            if found is None:
                self.unknown.append(f"{exchange.method} {path}")
                raise unknown_route()
            route, params = found
            exchange.template = route.template
            if not route.open and request.headers.get("Authorization") != f"Bot {self._token()}":
                raise unauthorized()
            return route.handler(
                Call(method=exchange.method, path=path, params=params, query=exchange.query, body=body)
            )
        except ApiError as error:
            return Reply(error.status, error.body())
        except Exception as error:  # noqa: BLE001 - the bot must get an answer, the test the reason
            _log.exception("the stand-in failed at %s", exchange)
            self.crashes.append(error)
            return Reply(500, {"message": "500: Internal Server Error", "code": 0})

    def _file(self, request: web.Request) -> Reply:
        """A file of the CDN. A wrong signature, an ended address and a removed file are all 404, as there."""
        parts = request.path.split("/")
        file = self._world.files.get(parts[3]) if len(parts) == 5 else None
        if file is None or self._cdn.path(file) != request.rel_url.raw_path or not self._cdn.opens(file, request.query):
            return Reply(404, raw=b"This content is no longer available.", content_type="text/plain")
        return Reply(200, raw=file.data, content_type=file.content_type)

    async def _fail(self, request: web.Request, exchange: Exchange, fault: faults.Fault) -> web.StreamResponse:
        exchange.fault = str(fault.failure)
        self._pulse.beat()
        if isinstance(fault.failure, int):
            return _respond(exchange, Reply(fault.failure, fault.body), fault.headers)
        if fault.failure == "hang":
            await fault.released.wait()
        transport = request.transport
        if transport is not None:
            sock = transport.get_extra_info("socket")
            if fault.failure == "reset" and sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        return web.Response()  # reaches nobody: the connection is gone


async def _released(fault: faults.Fault) -> None:
    await fault.released.wait()


def _respond(exchange: Exchange, reply: Reply, headers: dict[str, str]) -> web.Response:
    exchange.status, exchange.response = reply.status, reply.json
    if reply.raw is not None:
        return web.Response(status=reply.status, body=reply.raw, headers={"Content-Type": reply.content_type})
    if reply.status == 204:
        return web.Response(status=204, headers=headers)
    content = json.dumps(reply.json, separators=(",", ":")).encode()
    return web.Response(status=reply.status, body=content, headers={"Content-Type": "application/json", **headers})
