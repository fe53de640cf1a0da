"""The websocket: sessions, heartbeats, dispatches, and their ends.

Promises: HELLO, an ACK for each heartbeat, READY then one GUILD_CREATE for each guild of the shard; every dispatch
goes to the sessions whose intents and shard it concerns, is kept, and is replayed in order on RESUME. A close by the
client with 1000 or 1001 ends its session; any other leaves it resumable.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from aiohttp import WSCloseCode, WSMsgType, web

from tests.standins.discord import render
from tests.standins.discord.rules import Rules
from tests.standins.discord.waiting import Pulse
from tests.standins.discord.world import MESSAGE_CONTENT, Event, World
from tests.standins.shapes import Json, JsonObject, as_list

_PRIVILEGED = 1 << 1 | 1 << 8 | MESSAGE_CONTENT
_KEPT = 2000


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """What a client identified as, with everything dispatched to it. `identify` and `resumes` are as it sent them."""

    id: str
    identify: JsonObject
    intents: int
    shard: tuple[int, int]
    connection: "Connection | None" = None
    sequence: int = 0
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque[tuple[int, str]](maxlen=_KEPT))
    resumes: list[JsonObject] = field(default_factory=list[JsonObject])
    ready: bool = False
    dead: bool = False

    def dispatch(self, name: str, payload: Json) -> None:
        """Sends an event, or keeps it for a resume."""
        self.sequence += 1
        frame = json.dumps({"op": 0, "s": self.sequence, "t": name, "d": payload}, separators=(",", ":"))
        self.sent.append((self.sequence, frame))
        if self.connection:
            self.connection.send(frame)

    def concerns(self, event: Event) -> bool:
        """Whether its intents and its shard cover an event."""
        if event.intent & ~self.intents:
            return False
        shard = (int(event.guild_id) >> 22) % self.shard[1] if event.guild_id else 0
        return shard == self.shard[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """When a shard identified, in monotonic seconds. Of one key (`shard % max_concurrency`) there is one in five seconds."""

    at: float
    key: int
    shard: tuple[int, int]


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """One socket. What is sent goes out in order, by one task."""

    request: web.Request
    socket: web.WebSocketResponse
    outbox: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    session: Session | None = None
    heartbeats: int = 0

    def send(self, frame: str | JsonObject) -> None:
        """Puts a frame in line."""
        self.outbox.put_nowait(frame if isinstance(frame, str) else json.dumps(frame, separators=(",", ":")))

    async def write(self) -> None:
        """Sends what is in line, until the socket ends."""
        try:
            while True:
                await self.socket.send_str(await self.outbox.get())
        except ConnectionError:
            return

    async def drop(self, code: int | None) -> None:
        """Ends the socket: with a close code, or without a word."""
        if code is not None:
            await self.socket.close(code=code)
        elif self.request.transport:
            self.request.transport.abort()


class Gateway:
    """All sessions. `sessions` keeps the ended ones too, oldest first."""

    def __init__(
        self,
        *,
        token: Callable[[], str],
        rules: Rules,
        pulse: Pulse,
        world: Callable[[], World],
        address: Callable[[], str],
    ) -> None:
        self._token = token
        self._rules = rules
        self._pulse = pulse
        self._world = world
        self._address = address
        self.sessions: list[Session] = []
        self.identifies: list[Identify] = []
        """Every IDENTIFY that was well-formed, oldest first, also those that came too soon."""
        self.connections: list[Connection] = []
        self.refusing = False
        """While true, new connections get a 503."""
        self.away: set[str] = set()
        """Servers in an outage: READY names them, and no GUILD_CREATE follows."""
        self.resume_address: str | None = None
        """Where READY sends clients to resume; None is here."""

    # -- what tests do

    def closest_identifies(self) -> float:
        """The shortest time between two IDENTIFYs of one key, in seconds."""
        times: dict[int, list[float]] = {}
        for one in self.identifies:
            times.setdefault(one.key, []).append(one.at)
        return min((b - a for those in times.values() for a, b in pairwise(those)), default=float("inf"))

    @property
    def live(self) -> list[Session]:
        """Sessions with a socket that are past READY."""
        return [session for session in self.sessions if session.connection and session.ready]

    async def drop(self, code: int | None = None) -> None:
        """Ends every socket, without a word or with a close code. Sessions stay resumable."""
        for connection in list(self.connections):
            if connection.session:
                connection.session.connection = None
            await connection.drop(code)

    def reconnect(self) -> None:
        """Asks every client to reconnect and resume (opcode 7)."""
        for connection in self.connections:
            connection.send({"op": 7, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Invalidates every session (opcode 9); unless resumable they are gone."""
        for session in self.sessions:
            session.dead = session.dead or not resumable
        for connection in self.connections:
            connection.send({"op": 9, "d": resumable})

    def emit(self, event: Event) -> None:
        """Dispatches an event to all it concerns."""
        for session in self.sessions:
            if not session.dead and session.concerns(event):
                whole = event.whole if session.intents & MESSAGE_CONTENT else None
                session.dispatch(event.name, whole or event.payload)
        self._pulse.beat()

    # -- what clients meet

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One websocket from its handshake to its end."""
        if self.refusing:
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=1 << 20, compress=False, autoping=True)
        await socket.prepare(request)
        connection = Connection(request=request, socket=socket)
        self.connections.append(connection)
        connection.send({"op": 10, "d": {"heartbeat_interval": self._rules.heartbeat_interval_ms, "_trace": []}})
        writer = asyncio.create_task(connection.write())
        try:
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT or not await self._receive(connection, frame.data):
                    break
        finally:
            self._ended(connection)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    def _ended(self, connection: Connection) -> None:
        self.connections.remove(connection)
        session = connection.session
        if session and session.connection is connection:
            session.connection = None
            if connection.socket.close_code in (WSCloseCode.OK, WSCloseCode.GOING_AWAY):
                session.dead = True
        self._pulse.beat()

    async def _receive(self, connection: Connection, raw: str) -> bool:
        """Answers one frame; False once the socket was closed over it."""
        try:
            message = json.loads(raw)
            op, data = message["op"], message.get("d")
        except (ValueError, KeyError, TypeError):
            return await self._close(connection, 4002)
        if op == 1:
            connection.heartbeats += 1
            connection.send({"op": 11, "d": None})
            return True
        if op == 2:
            return await self._identify(connection, data)
        if op == 6:
            return await self._resume(connection, data)
        if connection.session is None:
            return await self._close(connection, 4003)
        if op == 8:
            self._chunk(connection.session, data)
        elif op not in (3, 4):
            return await self._close(connection, 4001)
        return True

    async def _close(self, connection: Connection, code: int) -> bool:
        await connection.socket.close(code=code)
        return False

    async def _identify(self, connection: Connection, data: JsonObject) -> bool:
        if connection.session is not None:
            return await self._close(connection, 4005)
        if data.get("token") != self._token():
            return await self._close(connection, 4004)
        intents = int(data.get("intents") or 0)
        if intents & _PRIVILEGED & ~self._rules.privileged_intents:
            return await self._close(connection, 4014)
        first, count = data.get("shard") or [0, 1]
        shard = (int(first), int(count))
        if not 0 <= shard[0] < shard[1]:
            return await self._close(connection, 4010)
        self._rules.identifies_left -= 1
        if self._too_soon(shard):
            connection.send({"op": 9, "d": False})
            return True
        world = self._world()
        session = Session(
            id=f"session-{world.ids.next()}",
            identify=data,
            intents=intents,
            shard=shard,
            connection=connection,
        )
        connection.session = session
        self.sessions.append(session)
        events = [world.guild_event(g) for g in world.guilds.values() if world.bot.id in g.members]
        events = [event for event in events if session.concerns(event)]
        session.dispatch("READY", self._ready(session, events))
        for event in events:
            if event.guild_id not in self.away:
                session.dispatch(event.name, event.payload)
        session.ready = True
        self._pulse.beat()
        return True

    def _too_soon(self, shard: tuple[int, int]) -> bool:
        """Record an IDENTIFY; whether another of its key came just before."""
        key, now = shard[0] % self._rules.max_concurrency, time.monotonic()
        last = max((one.at for one in self.identifies if one.key == key), default=float("-inf"))
        self.identifies.append(Identify(at=now, key=key, shard=shard))
        return now - last < self._rules.identify_gap

    def _ready(self, session: Session, events: list[Event]) -> JsonObject:
        world = self._world()
        return {
            "v": 10,
            "user": render.user_json(world.bot) | {"verified": True, "mfa_enabled": True, "email": None},
            "guilds": [{"id": event.guild_id, "unavailable": True} for event in events],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.resume_address or self._address(),
            "private_channels": [],
            "application": {"id": world.bot.id, "flags": 0},
            **({"shard": list(session.shard)} if session.identify.get("shard") else {}),
        }

    async def _resume(self, connection: Connection, data: JsonObject) -> bool:
        if data.get("token") != self._token():
            return await self._close(connection, 4004)
        known = [s for s in self.sessions if s.id == data.get("session_id") and not s.dead]
        after = int(data.get("seq") or 0)
        if not known or (known[0].sent and known[0].sent[0][0] > after + 1):
            connection.send({"op": 9, "d": False})
            return True
        session = known[0]
        session.connection, connection.session = connection, session
        session.resumes.append(data)
        for sequence, frame in list(session.sent):
            if sequence > after:
                connection.send(frame)
        session.dispatch("RESUMED", {})
        self._pulse.beat()
        return True

    def _chunk(self, session: Session, data: JsonObject) -> None:
        """Request Guild Members: by ids, or all whose name begins so."""
        guild = self._world().guilds.get(str(data.get("guild_id")))
        members = list(guild.members.values()) if guild else []
        if wanted := data.get("user_ids"):
            keys = {str(key) for key in as_list(wanted)}
            members = [member for member in members if member.id in keys]
        else:
            members = [member for member in members if member.user.name.startswith(str(data.get("query") or ""))]
        payload: JsonObject = {
            "guild_id": str(data.get("guild_id")),
            "members": [render.member_json(member) for member in members[: int(data.get("limit") or 1000) or None]],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        if nonce := data.get("nonce"):
            payload["nonce"] = nonce
        session.dispatch("GUILD_MEMBERS_CHUNK", payload)
