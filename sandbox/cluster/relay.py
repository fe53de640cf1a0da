"""A Discord server on loopback before SimCord: the bot's processes connect to it as to Discord.

Promised: every request goes to SimCord's own routes, and every event of SimCord to the shard that it concerns. Addresses of
files that the bot gets can be read here over HTTP. Nothing but the bot, by its token or that of an interaction, gets in.
"""

import io
import json
import logging
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import BodyPartReader, web
from simcord.backend.cdn import CDN_BASE
from simcord.backend.errors import BackendError
from simcord.env import Env
from simcord.http import routes as routes  # registers them
from simcord.http.router import RouteNotImplemented, UnsupportedField, dispatch

from sandbox.cluster.gateway import RelayGateway
from sandbox.cluster.listener import Answers, Listener

log = logging.getLogger(__name__)

API = "/api/v10"
_FILES = "/cdn"
_LARGEST_BODY = 64 * 1024 * 1024
_STARTS_A_DAY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    """A file as SimCord's routes read it."""

    fp: io.BytesIO
    filename: str
    description: str | None = None


class Relay:
    """The server, as an async context manager; enter it before `env.start()`. env: of a `Listener`."""

    def __init__(self, env: Env, listener: Listener, *, token: str) -> None:
        self._env = env
        self._token = token
        self.gateway = RelayGateway(env.backend, shards=listener.shard_count or 1, token=token)
        self._answers = listener.answers = Answers(env.backend)
        self.origin = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_get("/gateway/", self.gateway.handle)
        app.router.add_get(_FILES + "/{path:.*}", self._file)
        app.router.add_get(API + "/gateway/bot", self._gateway_bot)
        app.router.add_route("*", API + "/{path:.*}", self._request)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.origin = f"http://127.0.0.1:{port}"
        self.gateway.address = f"ws://127.0.0.1:{port}/gateway"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def api(self) -> str:
        """The address for DISCORD_API_BASE_URL."""
        return self.origin + API

    def start(self) -> None:
        """Pass SimCord's events on; after `env.start()`, so that its own client hears of them first."""
        self._env.backend.subscribers += [self._answers.expect, self._emit]

    def in_simcord(self, text: str) -> str:
        """Return a text of the bot with SimCord's addresses of files in it."""
        return text.replace(self.origin + _FILES, CDN_BASE)

    def _emit(self, event: str, payload: Any) -> None:
        self.gateway.emit(event, json.loads(self._outside(json.dumps(payload))))

    def _outside(self, text: str) -> str:
        return text.replace(CDN_BASE, self.origin + _FILES)

    async def _gateway_bot(self, request: web.Request) -> web.Response:
        self._check(request, "")
        limit = {"total": _STARTS_A_DAY, "remaining": _STARTS_A_DAY, "reset_after": 0, "max_concurrency": 16}
        return _json(
            200,
            json.dumps(
                {"url": self.gateway.address, "shards": self.gateway.shards, "session_start_limit": limit},
            ),
        )

    def _check(self, request: web.Request, path: str) -> None:
        by_own_token = path.startswith(("/interactions/", "/webhooks/"))
        if not by_own_token and request.headers.get("Authorization") != f"Bot {self._token}":
            raise web.HTTPUnauthorized(text=json.dumps({"message": "401: Unauthorized", "code": 0}))

    async def _file(self, request: web.Request) -> web.Response:
        cdn = self._env.backend.cdn
        paths = [
            request.path,
            request.rel_url.raw_path,
        ]  # a client quotes a name once more, or not, as it is in the address
        found = [cdn.get(CDN_BASE + path.removeprefix(_FILES)) for path in paths]
        content = next((one for one in found if one is not None), None)
        return web.Response(status=404) if content is None else web.Response(body=content)

    async def _request(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix(API)
        self._check(request, path)
        body, files = await self._body(request)
        try:
            found = dispatch(
                self._env.backend,
                request.method,
                path,
                json=body,
                params=dict(request.query),
                files=files,
                reason=request.headers.get("X-Audit-Log-Reason"),
            )
        except (RouteNotImplemented, UnsupportedField) as error:
            log.error("SimCord lacks what the bot asked for: %s", error)
            return _json(501, json.dumps(error.to_json()))
        except BackendError as error:
            return _json(error.status, json.dumps(error.to_json()))
        finally:
            self._answers.look()
        return web.Response(status=204) if found is None else _json(200, self._outside(json.dumps(found)))

    async def _body(self, request: web.Request) -> tuple[Any, list[_Upload]]:
        """Read the whole body: JSON, or a form of `payload_json` and files."""
        if request.content_type != "multipart/form-data":
            raw = await request.text()
            return (json.loads(self.in_simcord(raw)) if raw else None), []
        body: dict[str, Any] = {}
        files: list[tuple[str, bytes]] = []
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            content = bytes(await part.read(decode=False))
            if part.name == "payload_json":
                body = json.loads(self.in_simcord(content.decode()))
            else:
                files.append((part.filename or "unknown", content))
        message: dict[str, Any] = body.get("data") or body
        attachments: list[dict[str, Any]] = message.get("attachments") or []
        said = {str(one.get("id")): one.get("description") for one in attachments}
        uploads = [
            _Upload(fp=io.BytesIO(content), filename=name, description=said.get(str(at)))
            for at, (name, content) in enumerate(files)
        ]
        return body, uploads


def _json(status: int, text: str) -> web.Response:
    """Discord names no charset, and discord.py reads JSON only so."""
    return web.Response(status=status, body=text.encode(), headers={"Content-Type": "application/json"})
