"""A scripted UniAll over real loopback sockets, for tests of the whole bot: quick, and it does as it is told.

    async with ScriptedUniAll() as uniall:
        uniall.seconds = 0.3                # a job is done so long after its submit
        uniall.models = EVERY_MODEL         # what the key's list has: by default Sora's models only

Acts and scripts: `tests.standins.uniall`. The video is a small real MP4, different for each job, so that a test can tell
byte for byte what was posted. Pictures are fetched at submit, as UniAll would, and their bytes kept. A field that the
model's page does not name is refused (`tests.standins.media_pages`).
"""

import random
import socket
import time
from contextlib import suppress
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.standins.media_pages import MODELS, PAGES, Page, fault_of
from tests.standins.shapes import JsonObject
from tests.standins.uniall import Act, Job, Script, video

EVERY_MODEL = (*MODELS, *PAGES)


def _bad_request(message: str) -> web.Response:
    return web.json_response({"code": "invalid_request", "message": message, "data": None}, status=400)


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _own_port() -> int:
    """Return a free port below those that the system gives away: nobody else is given it while this server is shut."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class ScriptedUniAll:
    """See the module. pages: what each model of the media format takes; a test may add one of its own."""

    def __init__(self, key: str = "sk-test-key") -> None:
        self.key = key
        self.seconds = 0.2
        self.lists_jobs = True
        self.size = 4096
        self.models: tuple[str, ...] = MODELS
        self.pages: dict[str, Page] = dict(PAGES)
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
        self._port = _own_port()
        await self.open()
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
        kind = "task_" if fields.get("model") in self.pages else "job-"
        job = Job(id=f"{kind}{self._billed}", path=path, fields=fields, image=image)
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
        if fault := fault_of(request.path, fields, self.pages):
            return _bad_request(fault)
        fetched: dict[str, bytes] = {}
        for name in ("image_url", "image", "last_image"):
            if url := fields.get(name):
                async with aiohttp.ClientSession() as session, session.get(str(url)) as got:
                    if got.status != 200:
                        return _bad_request(name)
                    fetched[name] = await got.read()
        job = self.add(request.path, fields, fetched.get("image_url") or fetched.get("image") or image)
        job.end_image = fetched.get("last_image")
        first = {"status": "queued", "progress": 0}
        if fields.get("model") in self.pages:
            first = {"task_id": job.id, "object": "video.generation.job", "status": "in_progress", "progress": 5}
        return web.json_response({"id": job.id, **first, "created_at": job.created})

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
            if job.fields.get("model") in self.pages:  # `duration` is elapsed time
                link = body["video_url"]
                elapsed = round(time.monotonic() - job.at)
                body |= {"result": {"outputs": [link], "video_url": link}, "raw_status": "SUCCESS", "duration": elapsed}
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

    def _said(self, job: Job) -> JsonObject:
        said = {"prompt": job.prompt, "model": job.fields.get("model"), "status": job.state or "in_progress"}
        elapsed = {"duration": round(time.monotonic() - job.at)} if job.fields.get("model") in self.pages else {}
        return {**said, **elapsed}

    async def _models(self, request: web.Request) -> web.StreamResponse:
        if answer := self._unauthorised(request):
            return answer
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})

    def _unauthorised(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == f"Bearer {self.key}":
            return None
        body = {"error": {"message": "invalid token", "type": "new_api_error", "code": ""}}
        return web.json_response(body, status=401)
