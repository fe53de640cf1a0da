"""A Discord of one process: REST, one gateway, and the members who press the keys. It checks nothing.

    python -m benchmarks.standins.discord [--delay 0]     prints {"port": N} once it listens, and runs until SIGTERM

The measure begins where an INTERACTION_CREATE is written to the socket and ends where the first line of its callback has
been read, both by the clock of this process. `POST /control/pace` and `POST /control/flood` run a load and answer with what
was measured (`load.py`); `GET /control/state` says what the bot has done so far.
"""

import argparse
import asyncio
import json
import signal
import sys
import time
from typing import Any

from aiohttp import WSMsgType, web

from benchmarks.standins import payloads
from benchmarks.standins.load import Load
from benchmarks.standins.payloads import JsonObject

_API = "/api/v10"
_JSON = "application/json"


def _answer(body: Any, status: int = 200) -> web.Response:
    """JSON without a charset, as Discord sends it."""
    return web.Response(body=payloads.encoded(body).encode(), content_type=_JSON, status=status)


class Discord:
    """State and routes."""

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay
        self.port = 0
        self.commands: list[JsonObject] = []
        self.socket: web.WebSocketResponse | None = None
        self.ready_at: float | None = None
        self.sequence = 0
        self.requests: dict[str, int] = {}
        self.uploads: list[tuple[float, float]] = []  # when each began and ended
        self.load = Load(self)

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=2**30, middlewares=[self._count])
        get, post, message = app.router.add_get, app.router.add_post, f"{_API}/channels/{{channel}}/messages"
        get("/gateway", self.gateway)
        get(f"{_API}/gateway/bot", self.gateway_address)
        get(f"{_API}/gateway", self.gateway_address)
        get(f"{_API}/users/@me", self._says(payloads.user(payloads.BOT, bot=True)))
        get(f"{_API}/applications/@me", self._says(payloads.application()))
        get(f"{_API}/oauth2/applications/@me", self._says(payloads.application()))
        get(f"{_API}/applications/{{app}}/commands", self.list_commands)
        app.router.add_put(f"{_API}/applications/{{app}}/commands", self.overwrite_commands)
        post(f"{_API}/interactions/{{id}}/{{token}}/callback", self.load.callback)
        app.router.add_patch(f"{_API}/webhooks/{{app}}/{{token}}/messages/@original", self.load.original)
        post(f"{_API}/webhooks/{{app}}/{{token}}", self.load.followup)
        get(f"{_API}/guilds/{{guild}}", self.guild)
        post(message, self.create)
        get(message, self._says([]))
        app.router.add_patch(f"{message}/{{message}}", self.edit)
        post("/control/pace", self.load.pace)
        post("/control/flood", self.load.flood)
        get("/control/state", self.state)
        return app

    @web.middleware
    async def _count(self, request: web.Request, handler: Any) -> web.StreamResponse:
        at = time.perf_counter()
        request["at"] = at
        route = request.match_info.route.resource
        name = f"{request.method} {(route.canonical if route else 'unknown').removeprefix(_API)}"
        self.requests[name] = self.requests.get(name, 0) + 1
        if self._delay:
            await asyncio.sleep(self._delay)
        return await handler(request)

    def _says(self, body: Any) -> Any:
        async def handler(_: web.Request) -> web.Response:
            return _answer(body)

        return handler

    async def gateway_address(self, _: web.Request) -> web.Response:
        """Get Gateway Bot."""
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        address = f"ws://127.0.0.1:{self.port}/gateway"
        return _answer({"url": address, "shards": 1, "session_start_limit": limit})

    async def list_commands(self, _: web.Request) -> web.Response:
        """Get Global Application Commands."""
        return _answer(self.commands)

    async def overwrite_commands(self, request: web.Request) -> web.Response:
        """Bulk Overwrite Global Application Commands."""
        given: list[JsonObject] = await request.json()
        extra = {"application_id": payloads.BOT, "version": "1"}
        self.commands = [{"description": "", "type": 1, **one, **extra, "id": payloads.snowflake()} for one in given]
        return _answer(self.commands)

    async def create(self, request: web.Request) -> web.Response:
        """Create Message; of a form only the JSON is kept, and how long it was."""
        channel = request.match_info["channel"]
        if request.content_type == _JSON:
            sent = payloads.message(channel, await request.json())
        else:
            head, size = b"", 0
            async for part in request.content.iter_any():
                size += len(part)
                if len(head) < 65_536:
                    head += part[: 65_536 - len(head)]
            sent = payloads.message(channel, _payload_json(head), files=1, size=size)
            self.uploads.append((request["at"], time.perf_counter()))
        if self.socket is not None:  # workers post without a gateway
            await self.dispatch("MESSAGE_CREATE", sent | {"guild_id": payloads.guild_of(channel)})
        return _answer(sent)

    async def guild(self, request: web.Request) -> web.Response:
        """Get Guild."""
        first = int(payloads.guild_id(0))
        return _answer(payloads.guild(int(request.match_info["guild"]) - first))

    async def edit(self, request: web.Request) -> web.Response:
        """Edit Message."""
        sent = payloads.message(request.match_info["channel"], await request.json())
        sent["id"] = request.match_info["message"]
        return _answer(sent)

    async def state(self, _: web.Request) -> web.Response:
        """How far the bot is."""
        return _answer(
            {
                "ready": self.ready_at is not None and bool(self.commands),
                "ready_at": self.ready_at,
                "commands": [command["name"] for command in self.commands],
                "requests": self.requests,
                "uploads": self.uploads,
                "now": time.perf_counter(),
            }
        )

    async def dispatch(self, name: str, body: Any) -> None:
        """Send an event. Raises HTTPConflict where no bot is there to hear it."""
        if self.socket is None or self.socket.closed:
            raise web.HTTPConflict(text="no bot is connected")
        self.sequence += 1
        frame = payloads.encoded({"op": 0, "s": self.sequence, "t": name, "d": body})
        await self.socket.send_str(frame)

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        """One websocket from HELLO to its end."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41_250}})
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            match json.loads(frame.data)["op"]:
                case 1:
                    await socket.send_json({"op": 11})
                case 2:
                    self.socket = socket
                    await self._welcome()
                case 6:
                    await socket.send_json({"op": 9, "d": False})
                case _:
                    pass
        if self.socket is socket:
            self.socket, self.ready_at = None, None
        return socket

    async def _welcome(self) -> None:
        self.sequence = 0
        numbers = range(payloads.GUILDS)
        await self.dispatch(
            "READY",
            {
                "v": 10,
                "user": payloads.user(payloads.BOT, bot=True) | {"verified": True},
                "guilds": [{"id": payloads.guild_id(number), "unavailable": True} for number in numbers],
                "session_id": "session",
                "resume_gateway_url": f"ws://127.0.0.1:{self.port}/gateway",
                "private_channels": [],
                "application": {"id": payloads.BOT, "flags": 0},
            },
        )
        for number in numbers:
            await self.dispatch("GUILD_CREATE", payloads.guild(number))
        self.ready_at = time.perf_counter()


def _payload_json(head: bytes) -> JsonObject:
    """The JSON part of a form, which discord.py sends first."""
    start = head.index(b"\r\n\r\n", head.index(b'name="payload_json"')) + 4
    return json.loads(head[start : head.index(b"\r\n--", start)])


async def serve() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    discord, stop = Discord(parser.parse_args().delay), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    runner = web.AppRunner(discord.app(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    discord.port = runner.addresses[0][1]
    print(json.dumps({"port": discord.port}), flush=True)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    sys.exit(asyncio.run(serve()))
