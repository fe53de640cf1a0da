"""The UniAll stand-in: a server on loopback that answers as UniAll's pages describe.

Promised: all four formats, their polls, `/content`, the lists of models and of jobs, and links that need no key;
errors in new-api's shapes; a short real clip that shows the prompt, in the length and shape that were ordered. It bills
nothing and keeps a journal for tests. Source: `docs/sources.md`. Markers in a
prompt (`MARKERS`) make it fail.

    async with UniAllStandIn(seconds=0.2) as uniall:
        ...uniall.base_url, uniall.submits
"""

import asyncio
import json
import secrets
import tempfile
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any, Self, cast

from aiohttp import web

from sandbox.answers import Job, envelope_status, flat_status, happy_horse_status, listed, submitted
from sandbox.checks import RefusedError, SandboxOrder
from sandbox.markers import MARKERS, markers_in
from sandbox.media_orders import PICTURES
from sandbox.orders import MODELS, format_of, read_order
from sandbox.render import render_clip

__all__ = ["DEFAULT_KEY", "MARKERS", "Submit", "UniAllStandIn"]

DEFAULT_KEY = "sandbox-key"
BUSY_SECONDS = 1
_LARGEST_BODY = 32 * 1024 * 1024
_BROKEN_PROXY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_FORMATS = {"/v1/video/generations": "task", "/v1/videos/generations": "videos", "/v1/videos": "openai"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """One submit as it arrived: its fields, its uploaded image, and the answer.

    status: HTTP status; 0 if the connection was cut instead. job_id: None if it was refused.
    """

    format: str
    fields: dict[str, Any]
    image: bytes | None
    status: int
    job_id: str | None


class UniAllStandIn:
    """The server, as an async context manager. Nothing of it outlives the block.

    keys: the API keys it accepts. seconds: how long a rendering pretends to take. port: 0 picks a free one.
    The attribute `pictures` returns the file behind the address of a picture, None where it is not known: then its pixels
    are not checked, and no video takes its shape. `public` returns an address of a picture as a server elsewhere knows it.
    """

    def __init__(
        self, *, keys: Collection[str] = (DEFAULT_KEY,), seconds: float = 6.0, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.keys = frozenset(keys)
        self.seconds = seconds
        self.pictures: Callable[[str], bytes | None] = lambda _: None
        self.public: Callable[[str], str] = lambda address: address
        self.base_url = ""
        self.submits: list[Submit] = []
        self.jobs: dict[str, Job] = {}
        self._address = (host, port)
        self._turned_away: set[str] = set()

    async def __aenter__(self) -> Self:
        # Leaving the block waits for the clip that is being rendered: a thread cannot be stopped, and it writes into
        # the folder.
        self._folder = tempfile.TemporaryDirectory(prefix="sora-stand-in-")
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="render")
        app = web.Application(middlewares=[self._guard], client_max_size=_LARGEST_BODY)
        for path in _FORMATS:
            app.router.add_post(path, self._submit)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/videos", self._list)
        for path in _FORMATS:
            app.router.add_get(path + "/{id}", self._status)
        app.router.add_get("/v1/videos/{id}/content", self._content)
        app.router.add_delete("/v1/videos/{id}", self._delete)
        app.router.add_get("/files/{name}.mp4", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self._address)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        tasks = [job.rendering for job in self.jobs.values() if job.rendering]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        self._folder.cleanup()

    @property
    def accepted(self) -> list[Submit]:
        """Return the submits that UniAll would have billed."""
        return [submit for submit in self.submits if submit.job_id is not None]

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Check the key first, then return every error in the shape of the layer it comes from."""
        try:
            if request.path.startswith("/v1/") and not self._knows(request):
                raise RefusedError(401, "", "Invalid token", middleware=True)
            return await handler(request)
        except RefusedError as no:
            return _refused(no)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            text = f"Invalid URL ({request.method} {request.path})"
            return _refused(RefusedError(404, "", text, middleware=True))
        except web.HTTPRequestEntityTooLarge:
            return _refused(RefusedError(413, "request_too_large", "request body too large", middleware=True))

    def _knows(self, request: web.Request) -> bool:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and key.strip() in self.keys

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        format_ = _FORMATS[request.path]
        fields: dict[str, Any] = {}
        image: bytes | None = None
        try:
            fields, image = await _read_body(request, format_)
            fields = {name: self.public(value) if isinstance(value, str) else value for name, value in fields.items()}
            order = read_order(format_, fields, image, time(), self._pictures_of(fields))
            format_ = order.format
            self._misbehave_at_submit(order)
        except RefusedError as no:
            form = format_of(format_, fields.get("model"))
            self.submits.append(Submit(format=form, fields=fields, image=image, status=no.status, job_id=None))
            raise
        job = self._accept(order)
        cut = "[cut]" in job.markers
        status = 0 if cut else 200
        self.submits.append(Submit(format=format_, fields=fields, image=image, status=status, job_id=job.id))
        if cut and request.transport is not None:
            request.transport.abort()
        return web.json_response(submitted(job))

    def _pictures_of(self, fields: dict[str, Any]) -> dict[str, bytes]:
        found = {name: self.pictures(fields[name]) for name in PICTURES if isinstance(fields.get(name), str)}
        return {name: content for name, content in found.items() if content is not None}

    def _misbehave_at_submit(self, order: SandboxOrder) -> None:
        markers = markers_in(order.prompt)
        if "[refused]" in markers:
            raise RefusedError(400, "invalid_request", "the prompt asks to be refused")
        if "[busy]" in markers and order.prompt not in self._turned_away:
            self._turned_away.add(order.prompt)
            raise RefusedError(429, "rate_limit_exceeded", "the current group's upstream load is saturated")

    def _accept(self, order: SandboxOrder) -> Job:
        prefix = {"task": "gen_", "videos": "task_", "openai": "video_", "media": "task_"}[order.format]
        job = Job(id=prefix + secrets.token_hex(12), order=order, length=self.seconds)
        self.jobs[job.id] = job
        if job.failure is None and "[stall]" not in job.markers:
            job.rendering = asyncio.create_task(self._render(job), name=f"render {job.id}")
        return job

    async def _render(self, job: Job) -> None:
        """Render in a thread: PyAV releases Python's lock while it encodes, and a process would take longer to start."""
        path = Path(self._folder.name) / f"{job.id}.mp4"

        def work() -> None:
            if "[junk]" in job.markers:
                path.write_bytes(b"<!doctype html><title>Link expired</title><p>This link has expired.</p>")
                return
            order = job.order
            clip = render_clip(
                prompt=order.prompt, seconds=order.seconds, shape=order.shape, label=order.model, sound=order.sound
            )
            path.write_bytes(clip)

        await asyncio.get_running_loop().run_in_executor(self._threads, work)
        job.clip = path

    def _job(self, request: web.Request, *, status: int, middleware: bool) -> Job:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            raise RefusedError(status, "task_not_exist", "task_not_exist", middleware=middleware)
        return job

    async def _status(self, request: web.Request) -> web.StreamResponse:
        job = self._job(request, status=400, middleware=False)
        job.polls += 1
        if "[5xx]" in job.markers and job.polls % 2 and job.polls < 6:
            return web.Response(status=502, text=_BROKEN_PROXY, content_type="text/html")
        link = None if "[no link]" in job.markers else f"{self.base_url}/files/{job.id}.mp4"
        words = {
            "/v1/video/generations/": envelope_status,
            "/v1/videos/generations/": happy_horse_status,
            "/v1/videos/": flat_status,
        }[request.path.removesuffix(job.id)]
        return web.json_response(words(job, link))

    async def _content(self, request: web.Request) -> web.StreamResponse:
        job = self._job(request, status=404, middleware=True)
        if request.query.get("variant", "video") != "video":
            raise RefusedError(400, "invalid_request", "only variant=video is served", middleware=True)
        if job.state != "completed" or job.clip is None:
            raise RefusedError(400, "invalid_request_error", f"Task is not completed yet: {job.state}", middleware=True)
        return web.FileResponse(job.clip)

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        """Delete a job as OpenAI does: the deleted job is returned, and an unknown one is an error."""
        job = self._job(request, status=404, middleware=True)
        if job.rendering is not None:
            job.rendering.cancel()
        del self.jobs[job.id]
        return web.json_response({"id": job.id, "object": "video.deleted", "deleted": True})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        job = self.jobs.get(request.match_info["name"])
        if job is None or job.state != "completed" or job.clip is None:
            raise web.HTTPNotFound
        kind = "text/html" if "[junk]" in job.markers else "video/mp4"
        return web.FileResponse(job.clip, headers={"Content-Type": kind})

    async def _models(self, request: web.Request) -> web.StreamResponse:
        del request
        rows = [{"id": model, "object": "model", "created": 1626777600, "owned_by": "openai"} for model in MODELS]
        return web.json_response({"success": True, "object": "list", "data": rows})

    async def _list(self, request: web.Request) -> web.StreamResponse:
        """List jobs, newest first, in OpenAI's form; `limit` 1 to 100, `after` an id."""
        limit = request.query.get("limit", "20")
        if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit) <= 100:
            raise RefusedError(400, "invalid_request", "limit must be 1 to 100", middleware=True)
        jobs = list(self.jobs.values())
        if request.query.get("order", "desc") != "asc":
            jobs.reverse()
        ids = [job.id for job in jobs]
        after = request.query.get("after")
        if after in ids:
            jobs = jobs[ids.index(after) + 1 :]
        page = [listed(job) for job in jobs[: int(limit)]]
        ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
        return web.json_response({"object": "list", "data": page, **ends, "has_more": len(jobs) > len(page)})


async def _read_body(request: web.Request, format_: str) -> tuple[dict[str, Any], bytes | None]:
    """Return the fields of JSON or, for the OpenAI format, of a form; and the uploaded image."""
    if request.content_type == "multipart/form-data" and format_ == "openai":
        form = await request.post()
        fields: dict[str, Any] = {name: value for name, value in form.items() if isinstance(value, str)}
        upload = form.get("input_reference")
        image = upload.file.read() if isinstance(upload, web.FileField) else None
        return fields, image
    if request.content_type != "application/json":
        raise RefusedError(400, "invalid_request", f"unsupported content type {request.content_type}")
    try:
        body: Any = json.loads(await request.read())
    except ValueError:
        raise RefusedError(400, "invalid_json", "invalid JSON") from None
    if not isinstance(body, dict):
        raise RefusedError(400, "invalid_json", "the body must be a JSON object")
    return cast("dict[str, Any]", body), None


def _refused(no: RefusedError) -> web.Response:
    """Return the answer to a refusal: `{error: …}` before the task routes, `{code, message, data}` on them."""
    body: dict[str, Any] = {"code": no.code, "message": no.message, "data": None}
    if no.middleware:
        body = {"error": {"message": no.message, "type": "new_api_error", "code": no.code}}
    headers = {"X-Oneapi-Request-Id": secrets.token_hex(8)}
    if no.status == 429:
        headers["Retry-After"] = str(BUSY_SECONDS)
    return web.json_response(body, status=no.status, headers=headers)
