"""Counts the requests to Discord by method, route and status, for metrics."""

from collections.abc import Callable
from functools import lru_cache

import aiohttp
import yarl
from discord.http import Route

# The words that a path of Discord's API can contain. Anything else in a path is an id or a token.
_WORDS = frozenset(
    {"@me", "@original", "applications", "attachments", "bot", "callback", "channels", "commands", "gateway", "guilds"}
    | {"interactions", "members", "messages", "oauth2", "pins", "roles", "threads", "thread-members", "typing", "users"}
    | {"webhooks"}
)

_api = lru_cache(maxsize=1)(yarl.URL)  # the address of the API, read once


def route_of(url: yarl.URL) -> str:
    """Return the template of an address: `/channels/{id}/messages`; "gateway"; or "media" for anything outside
    Discord's API.
    """
    base = _api(Route.BASE)
    if url.scheme in ("ws", "wss"):
        return "gateway"
    if url.origin() != base.origin() or not url.path.startswith(f"{base.path.rstrip('/')}/"):
        return "media"
    parts = url.path.removeprefix(base.path.rstrip("/")).split("/")[1:8]
    kept: list[str] = []
    for position, part in enumerate(parts):
        if position == 2 and parts[0] in ("webhooks", "interactions"):
            kept.append("{token}")
        elif part.isdecimal() and part.isascii():
            kept.append("{id}")
        else:
            kept.append(part if part in _WORDS else "{other}")
    return f"/{'/'.join(kept)}"


def http_trace(count: Callable[[str, str, str], None]) -> aiohttp.TraceConfig:
    """Call `count` for every request of the client, with method, route template, and status, or "failed" without an
    answer.
    """

    async def ended(_: object, __: object, params: aiohttp.TraceRequestEndParams) -> None:
        count(params.method, route_of(params.url), str(params.response.status))

    async def failed(_: object, __: object, params: aiohttp.TraceRequestExceptionParams) -> None:
        count(params.method, route_of(params.url), "failed")

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(ended)
    trace.on_request_exception.append(failed)
    return trace
