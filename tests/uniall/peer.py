"""A server on loopback that does what it is told, byte by byte, and remembers what it was asked.

A script is an async function of a `Line`, one connection with one request read (or none, where `unread` is set).
"""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 4
WEBM = b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x86\x81\x01B\x82\x84webm" + bytes(1000)


@dataclass(slots=True, kw_only=True)
class Seen:
    """One request as it came over the socket."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True, kw_only=True)
class Line:
    """One connection, for a script to write to."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    request: Seen

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def shut(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


Script = Callable[[Line], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Peer:
    """The server. Scripts are chosen by path; the last one of a path repeats."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list["Seen"])
    scripts: dict[str, list[Script]] = field(default_factory=dict[str, "list[Script]"])
    connections: int = 0
    # Scripts for connections whose request is never read.
    unread: Script | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(self, path: str, *scripts: Script) -> None:
        self.scripts[path] = list(scripts)

    def asked(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self.unread is not None:
                await self.unread(Line(reader=reader, writer=writer, request=Seen(method="", target="", headers={})))
                return
            while (request := await read_request(reader)) is not None:
                self.seen.append(request)
                queue = self.scripts.get(request.path, [reply(404, {"error": {"message": "Invalid URL", "code": ""}})])
                script = queue.pop(0) if len(queue) > 1 else queue[0]
                await script(Line(reader=reader, writer=writer, request=request))
                if writer.is_closing():
                    return
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> Seen | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *rest = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for line in rest if line for name, _, value in [line.partition(":")]}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method=method, target=target, headers=headers, body=body)


@asynccontextmanager
async def peer() -> AsyncGenerator[Peer, None]:
    """A running server; its connections are cut when the test is over."""
    standin = Peer()
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(standin.serve(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=1024 * 1024)
    standin.port = server.sockets[0].getsockname()[1]
    try:
        yield standin
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def head(status: int, **headers: str | int) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def raw(data: bytes, *, shut: bool = True) -> Script:
    """Write these bytes, then close the connection."""

    async def script(line: Line) -> None:
        await line.send(data)
        if shut:
            await line.shut()

    return script


def reply(status: int, body: object = None, *, kind: str = "application/json", **headers: str | int) -> Script:
    """A whole answer: JSON, or bytes as they are. The connection is kept."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()

    async def script(line: Line) -> None:
        await line.send(head(status, Content_Type=kind, Content_Length=len(content), **headers) + content)

    return script


def html(status: int) -> Script:
    return reply(status, b"<html><h1>Bad gateway</h1></html>", kind="text/html")


async def close(line: Line) -> None:
    await line.shut()


async def reset(line: Line) -> None:
    sock: socket.socket = line.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.writer.transport.abort()


async def hang(line: Line) -> None:
    await asyncio.Event().wait()


def video(
    content: bytes = MP4,
    *,
    cut_after: int | None = None,
    ranges: bool = False,
    tag: str | None = '"v1"',
    chunked: bool = False,
) -> Script:
    """A video file; `cut_after` bytes of what was asked for, the connection is closed."""

    async def script(line: Line) -> None:
        asked = line.request.headers.get("range")
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and ranges else 0
        fresh = begin == 0 or line.request.headers.get("if-range") != tag
        part = content if fresh else content[begin:]
        headers: dict[str, str | int] = {"Content_Type": "video/mp4"}
        if tag is not None:
            headers["ETag"] = tag
        if not fresh:
            headers["Content_Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        if chunked:
            headers["Transfer_Encoding"] = "chunked"
            body = f"{len(part):x}\r\n".encode() + part + b"\r\n0\r\n\r\n"
        else:
            headers["Content_Length"] = len(part)
            body = part
        await line.send(head(200 if fresh else 206, **headers) + body[:cut_after])
        if cut_after is not None:
            await line.shut()

    return script


def moved(target: str, status: int = 302) -> Script:
    return reply(status, Location=target)
