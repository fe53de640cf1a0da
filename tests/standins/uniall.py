"""What a test says to the scripted UniAll: scripts for prompts, acts in place of an answer, and the jobs that come of it.

uniall.next_submit.append(refuse(429))    # the next submit is answered so
uniall.jobs["job-1"].state = "failed"
uniall.scripts["a fox"] = Script(poll=[refuse(500)])   # the same for the jobs of one prompt, whatever others do
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.standins.clip import second
from tests.standins.shapes import JsonObject

Act = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


def video(job_id: str, size: int = 4096) -> bytes:
    """A whole MP4 that plays, and whose spare bytes name its job."""
    payload = (job_id.encode() * (size // len(job_id) + 1))[:size]
    return second() + (len(payload) + 8).to_bytes(4, "big") + b"free" + payload


def refuse(status: int, code: str = "", message: str = "no", headers: dict[str, str] | None = None) -> Act:
    """Answers with an error in the shape of the task routes."""

    async def act(request: web.Request) -> web.StreamResponse:
        body = {"code": code, "message": message, "data": None}
        return web.json_response(body, status=status, headers=headers)

    return act


async def cut(request: web.Request) -> None:
    """Reads the request and closes without an answer."""
    if request.transport:
        request.transport.abort()


def answer(
    body: bytes | str = b"", *, status: int = 200, kind: str = "application/json", headers: dict[str, str] | None = None
) -> Act:
    """Answers with exactly these bytes of this type."""

    async def act(request: web.Request) -> web.StreamResponse:
        content = body.encode() if isinstance(body, str) else body
        return web.Response(status=status, body=content, headers={"Content-Type": kind, **(headers or {})})

    return act


def say(**changes: object) -> Act:
    """Answers a poll with a body that says so."""

    async def act(request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": request.match_info.get("id", "?"), **changes})

    return act


def huge(size: int, *, kind: str = "application/json") -> Act:
    """Answers with so many bytes, piece by piece and without saying how many, as long as somebody reads."""

    async def act(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(size // 65536):
                await response.write(b" " * 65536)
        return response

    return act


def cut_within(body: bytes, *, kind: str = "application/json", part: float = 0.5) -> Act:
    """Announces these bytes, sends a part of them and closes."""

    async def act(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind, "Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: int(len(body) * part)])
        if request.transport:
            request.transport.close()
        return response

    return act


def when(event: asyncio.Event) -> Act:
    """Says nothing until an event, then goes on as usual."""

    async def act(request: web.Request) -> None:
        await event.wait()

    return act


def slow(seconds: float) -> Act:
    """Takes its time, then goes on as usual."""

    async def act(request: web.Request) -> None:
        await asyncio.sleep(seconds)

    return act


@dataclass(slots=True, kw_only=True)
class Script:
    """What happens to the submits, polls and downloads of one prompt, one act each, before all is as usual.

    `always_poll` and `always_download` happen each time after those. `final` changes what a finished job says; a key
    that is None is left out.
    """

    submit: list[Act] = field(default_factory=list[Act])
    poll: list[Act] = field(default_factory=list[Act])
    download: list[Act] = field(default_factory=list[Act])
    always_poll: Act | None = None
    always_download: Act | None = None
    final: JsonObject = field(default_factory=dict[str, Any])
    heard: int = 0
    """Submits that were read."""
    polled: int = 0


@dataclass(slots=True, kw_only=True)
class Job:
    """One billed job. state None: by time. end_image: the picture that it ends with."""

    id: str
    path: str
    fields: JsonObject
    image: bytes | None
    end_image: bytes | None = None
    at: float = field(default_factory=time.monotonic)
    created: int = field(default_factory=lambda: int(time.time()))
    state: str | None = None
    error: JsonObject | None = None
    forgotten: bool = False

    @property
    def prompt(self) -> str:
        """What was asked for."""
        return str(self.fields.get("prompt"))
