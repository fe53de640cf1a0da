"""A scripted UniAll over real loopback sockets, for tests of the whole bot: quick, and it does as it is told.

    async with ScriptedUniAll() as uniall:
        uniall.seconds = 0.3                      # a job is done so long after its submit
        uniall.next_submit.append(refuse(429))    # the next submit is answered so
        uniall.jobs["job-1"].state = "failed"
    uniall.scripts["a fox"] = Script(poll=[refuse(500)])   # the same for the jobs of one prompt, whatever others do

The video is a small real MP4, different for each job, so that a test can tell byte for byte what was posted. An
`image_url` is fetched at submit, as UniAll would, and its bytes kept.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.standins.clip import second
from tests.standins.shapes import JsonObject

MODELS = (
    *(f"sora2-{shape}-{seconds}s" for shape in ("landscape", "portrait") for seconds in (4, 8, 12)),
    *("sora2-pro-720p", "sora2-pro-1080p", "sora2-pro-true-1080p", "sora2", "sora-2", "sora-2-pro"),
)
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


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


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
    """One billed job. state None: by time."""

    id: str
    path: str
    fields: JsonObject
    image: bytes | None
    at: float = field(default_factory=time.monotonic)
    created: int = field(default_factory=lambda: int(time.time()))
    state: str | None = None
    error: JsonObject | None = None
    forgotten: bool = False

    @property
    def prompt(self) -> str:
        """What was asked for."""
        return str(self.fields.get("prompt"))


class ScriptedUniAll:
    """See the module."""

    def __init__(self, key: str = "sk-test-key") -> None:
        self.key = key
        self.seconds = 0.2
        self.lists_jobs = True
        self.size = 4096
        self.models: tuple[str, ...] = MODELS
        self.jobs: dict[str, Job] = {}
        self._billed = 0
        self.polls: list[tuple[float, str]] = []
        self.next_submit: list[Act] = []
        self.next_poll: list[Act] = []
        self.next_download: list[Act] = []
        self.next_list: list[Act] = []
        self.next_unread: list[Act] = []
        """The next submits, before their body is read."""
        self.scripts: dict[str, Script] = {}
        self.base_url = ""
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        for path in ("/v1/video/generations", "/v1/videos/generations", "/v1/videos"):
            app.router.add_post(path, self._submit)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/videos", self._list)
        app.router.add_get("/v1/videos/{id}", self._poll)
        app.router.add_get("/v1/videos/{id}/content", self._download)
        app.router.add_get("/files/{id}.mp4", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await self._site.start()
        self._port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{self._port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def shut(self) -> None:
        """Refuse every new connection, until `open`."""
        if self._site:
            await self._site.stop()
            self._site = None

    async def open(self) -> None:
        """Take connections again."""
        if self._runner and self._site is None:
            self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
            await self._site.start()

    def script(self, prompt: str) -> Script:
        """The script of a prompt; an empty one where none was written."""
        return self.scripts.get(prompt) or Script()

    def job(self, prompt: str) -> Job:
        """The one job with this prompt."""
        [found] = [job for job in self.jobs.values() if job.prompt == prompt]
        return found

    def add(self, path: str, fields: JsonObject, image: bytes | None = None) -> Job:
        """A job that is billed from now on."""
        self._billed += 1
        job = Job(id=f"job-{self._billed}", path=path, fields=fields, image=image)
        self.jobs[job.id] = job
        return job

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        if answer := self._unauthorised(request):
            return answer
        if self.next_unread and (answer := await self.next_unread.pop(0)(request)):
            return answer
        if _gone(request):
            raise web.HTTPInternalServerError
        image: bytes | None = None
        if request.content_type == "multipart/form-data":
            fields: JsonObject = {}
            for name, value in (await request.post()).items():
                if isinstance(value, web.FileField):
                    image = value.file.read()
                else:
                    fields[name] = value if isinstance(value, str) else value.decode()
        else:
            fields = await request.json()
        if self.next_submit and (answer := await self.next_submit.pop(0)(request)):
            return answer
        script = self.script(str(fields.get("prompt")))
        script.heard += 1
        if script.submit and (answer := await script.submit.pop(0)(request)):
            return answer
        if _gone(request):
            raise web.HTTPInternalServerError
        if url := fields.get("image_url"):
            async with aiohttp.ClientSession() as session, session.get(str(url)) as got:
                if got.status != 200:
                    return web.json_response(
                        {"code": "invalid_request", "message": "image_url", "data": None}, status=400
                    )
                image = await got.read()
        job = self.add(request.path, fields, image)
        return web.json_response({"id": job.id, "status": "queued", "progress": 0, "created_at": job.created})

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        if answer := self._unauthorised(request):
            return answer
        job_id = request.match_info["id"]
        self.polls.append((time.monotonic(), job_id))
        if self.next_poll and (answer := await self.next_poll.pop(0)(request)):
            return answer
        job = self.jobs.get(job_id)
        if job is None or job.forgotten:
            return web.json_response({"code": "task_not_exist", "message": "no", "data": None}, status=400)
        script = self.script(job.prompt)
        script.polled += 1
        act = script.poll.pop(0) if script.poll else script.always_poll
        if act and (answer := await act(request)):
            return answer
        part = min(1.0, (time.monotonic() - job.at) / max(self.seconds, 0.001))
        state = job.state or ("completed" if part >= 1 else "in_progress")
        body: JsonObject = {"id": job.id, "status": state, "progress": int(part * 100)}
        if state == "completed":
            body["video_url"] = f"{self.base_url}/files/{job.id}.mp4"
            body = {key: value for key, value in {**body, **script.final}.items() if value is not None}
        if job.error:
            body["error"] = job.error
        return web.json_response(body)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if self.next_download and (answer := await self.next_download.pop(0)(request)):
            return answer
        job = self.jobs.get(request.match_info["id"])
        script = self.script(job.prompt if job else "")
        act = script.download.pop(0) if script.download else script.always_download
        if act and (answer := await act(request)):
            return answer
        return web.Response(body=video(request.match_info["id"], self.size), content_type="video/mp4")

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if answer := self._unauthorised(request):
            return answer
        if self.next_list and (answer := await self.next_list.pop(0)(request)):
            return answer
        if not self.lists_jobs:
            return web.json_response({"error": {"message": "Invalid URL", "code": "not_found"}}, status=404)
        jobs: list[Any] = [
            {"id": job.id, "object": "video", "created_at": job.created, **self._said(job)}
            for job in reversed(self.jobs.values())
        ]
        return web.json_response({"object": "list", "data": jobs, "has_more": False})

    @staticmethod
    def _said(job: Job) -> JsonObject:
        return {"prompt": job.prompt, "model": job.fields.get("model"), "status": job.state or "in_progress"}

    async def _models(self, request: web.Request) -> web.StreamResponse:
        if answer := self._unauthorised(request):
            return answer
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})

    def _unauthorised(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == f"Bearer {self.key}":
            return None
        body = {"error": {"message": "invalid token", "type": "new_api_error", "code": ""}}
        return web.json_response(body, status=401)
