"""SimCord's events over websockets, as Discord's gateway sends them.

Promised: HELLO, an ACK for each heartbeat, READY and one GUILD_CREATE for each server of the shard; every later event goes
to the session of its shard, as far as its intents cover it, and is kept for a RESUME. A shard that identifies again replaces
its earlier session. What each intent covers is SimCord's own code.
"""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import discord
from aiohttp import WSCloseCode, WSMsgType, web
from simcord.backend import Backend, serializers
from simcord.gateway import FakeGateway

# Below the ten seconds from which discord.py complains: an ACK that comes at once is counted from the heartbeat before.
HEARTBEAT_MS = 8_000
_KEPT = 2000  # events of a session
_LARGEST_FRAME = 1 << 20


@dataclass(slots=True, kw_only=True)
class _Socket:
    """One connection. What is sent goes out in order, by one task."""

    socket: web.WebSocketResponse
    outbox: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])

    def send(self, op: int, data: object) -> None:
        self.outbox.put_nowait(json.dumps({"op": op, "d": data}))

    async def write(self) -> None:
        try:
            while True:
                await self.socket.send_str(await self.outbox.get())
        except ConnectionError:
            return


class _Parsers:
    """In the place of discord.py's parsers: what SimCord would have parsed is sent."""

    def __init__(self, send: Callable[[str, object], None]) -> None:
        self._send = send

    def __getitem__(self, event: str) -> Callable[[object], None]:
        return lambda payload: self._send(event, payload)


class Session:
    """What one shard identified as. `socket` is None between two connections."""

    def __init__(self, backend: Backend, shard: int, intents: int, socket: _Socket) -> None:
        self.id = secrets.token_hex(8)
        self.shard = shard
        self.socket: _Socket | None = socket
        self.intents = discord.Intents._from_value(intents)
        self.parsers = _Parsers(self.send)
        self.sequence = 0
        self.sent: deque[tuple[int, str]] = deque(maxlen=_KEPT)
        self._gateway = FakeGateway(backend, self)

    def feed(self, event: str, payload: Mapping[str, Any]) -> None:
        """Send an event if the intents cover it."""
        self._gateway.feed(event, payload)

    def send(self, event: str, payload: object) -> None:
        """Send an event, or keep it for a resume."""
        self.sequence += 1
        frame = json.dumps({"op": 0, "s": self.sequence, "t": event, "d": payload})
        self.sent.append((self.sequence, frame))
        if self.socket:
            self.socket.outbox.put_nowait(frame)


class RelayGateway:
    """The sessions of all shards, the latest of each. address: where sockets connect, known once the server listens."""

    def __init__(self, backend: Backend, *, shards: int, token: str) -> None:
        self._backend = backend
        self._token = token
        self.shards = shards
        self.address = ""
        self.sessions: dict[int, Session] = {}

    def shard_of(self, event: str, payload: Mapping[str, Any]) -> int:
        """Return the shard that an event concerns."""
        named = payload.get("guild_id") or (payload.get("id") if event.startswith("GUILD_") else None)
        return (int(named) >> 22) % self.shards if named else 0

    def emit(self, event: str, payload: Mapping[str, Any]) -> None:
        """Pass an event of SimCord on."""
        if session := self.sessions.get(self.shard_of(event, payload)):
            session.feed(event, payload)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one websocket from its handshake to its end."""
        socket = web.WebSocketResponse(max_msg_size=_LARGEST_FRAME, compress=False)
        await socket.prepare(request)
        connection = _Socket(socket=socket)
        connection.send(10, {"heartbeat_interval": HEARTBEAT_MS})
        writer = asyncio.create_task(connection.write(), name="relay gateway")
        try:
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT or not await self._receive(connection, json.loads(frame.data)):
                    break
        finally:
            self._ended(connection)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    def _ended(self, connection: _Socket) -> None:
        """A close with 1000 or 1001 ends the session, any other end leaves it resumable."""
        for shard, session in list(self.sessions.items()):
            if session.socket is connection:
                session.socket = None
                if connection.socket.close_code in (WSCloseCode.OK, WSCloseCode.GOING_AWAY):
                    del self.sessions[shard]

    async def _receive(self, connection: _Socket, frame: dict[str, Any]) -> bool:
        """Answer one frame. Returns whether the socket stays open."""
        data = frame.get("d")
        match frame["op"]:
            case 1:
                connection.send(11, None)
            case 2:
                return await self._identify(connection, data or {})
            case 6:
                return await self._resume(connection, data or {})
            case _:  # presence, voice and lists of members: nothing here depends on them
                pass
        return True

    async def _identify(self, connection: _Socket, data: dict[str, Any]) -> bool:
        shard, count = data.get("shard") or (0, 1)
        if data.get("token") != self._token or count != self.shards or not 0 <= shard < count:
            code = 4010 if data.get("token") == self._token else 4004
            await connection.socket.close(code=code)
            return False
        session = Session(self._backend, shard, int(data.get("intents") or 0), connection)
        guilds = [guild for guild in self._backend.guilds.values() if (guild.id >> 22) % count == shard]
        ready = {
            "v": 10,
            "user": dict(serializers.user_payload(self._backend.bot_user)),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.address,
            "shard": [shard, count],
            "application": {"id": str(self._backend.application_id), "flags": 0},
        }
        session.send("READY", ready)
        for guild in guilds:
            session.feed("GUILD_CREATE", serializers.guild_create_payload(self._backend, guild))
        self.sessions[shard] = session
        return True

    async def _resume(self, connection: _Socket, data: dict[str, Any]) -> bool:
        after = int(data.get("seq") or 0)
        found = [one for one in self.sessions.values() if one.id == data.get("session_id")]
        if data.get("token") != self._token or not found or (found[0].sent and found[0].sent[0][0] > after + 1):
            connection.send(9, False)
            return True
        [session] = found
        session.socket = connection
        for sequence, frame in session.sent:
            if sequence > after:
                connection.outbox.put_nowait(frame)
        session.send("RESUMED", {})
        return True
