"""discord.py's HTTP client, held to Discord's own description of its API.

discord.py writes ids as numbers in some places (`allowed_mentions.users`, `message_reference`, `attachments`), where the
description has strings, and reads a body as JSON only where its type has no parameters. Both of its senders are subclassed:
the client's own, and the one for answers to interactions. SimCord replaces both by its own.
"""

import json
from collections.abc import Mapping
from typing import Any, Self, cast

import aiohttp
import discord
from aiohttp.connector import Connection
from discord.http import HTTPClient, Route
from discord.state import ConnectionState
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

_SMALLEST_ID = 10**15  # ids are times in milliseconds, shifted; no other number that is sent is nearly as large
_JSON = "application/json"


def with_text_ids(body: Any) -> Any:
    """The same body with ids as strings."""
    if isinstance(body, Mapping):
        found = {key: with_text_ids(value) for key, value in cast("Mapping[str, Any]", body).items()}
        for file in found.get("attachments") or ():
            if "id" in file:
                file["id"] = str(file["id"])
        return found
    if isinstance(body, list | tuple):
        return [with_text_ids(value) for value in cast("list[Any]", body)]
    return str(body) if isinstance(body, int) and body >= _SMALLEST_ID else body


def _form_with_text_ids(form: Any) -> Any:
    """The parts of a form; a body beside files is JSON text already."""
    return [
        {**part, "value": json.dumps(with_text_ids(json.loads(part["value"])), separators=(",", ":"))}
        if part["name"] == "payload_json"
        else part
        for part in form or ()
    ]


class _Response(aiohttp.ClientResponse):
    """Names its type as discord.py looks for it: JSON without parameters, and nothing where the body is empty."""

    async def start(self, connection: Connection) -> Self:
        """Receive the headers."""
        await super().start(connection)
        if self.content_type == _JSON:
            headers = self._headers.copy()
            headers["Content-Type"] = "" if self.content_length == 0 else _JSON
            self._headers = type(self._headers)(headers)
            self._cache.pop("headers", None)
        return self


async def read_as_described(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """aiohttp's middleware for one request: its answer is read as JSON wherever its type says JSON."""
    request.response_class = _Response
    return await handler(request)


class DescribedHTTP(HTTPClient):
    """The client's own sender."""

    async def static_login(self, token: str) -> Any:
        """See `HTTPClient.static_login`. Whatever this task starts from now on answers interactions as described."""
        async_context.set(_InteractionAnswers())
        return await super().static_login(token)

    async def request(self, route: Route, *, files: Any = None, form: Any = None, **kwargs: Any) -> Any:
        """See `HTTPClient.request`."""
        if "json" in kwargs:
            kwargs["json"] = with_text_ids(kwargs["json"])
        return await super().request(
            route, files=files, form=_form_with_text_ids(form), middlewares=(read_as_described,), **kwargs
        )


class _InteractionAnswers(AsyncWebhookAdapter):
    """The sender for interactions, which go out by an address of their own."""

    async def request(
        self,
        route: Route,
        session: aiohttp.ClientSession,
        *,
        payload: dict[str, Any] | None = None,
        multipart: list[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> Any:
        """See `AsyncWebhookAdapter.request`."""
        return await super().request(
            route,
            cast("aiohttp.ClientSession", _DescribedSession(session)),
            payload=with_text_ids(payload),
            multipart=_form_with_text_ids(multipart),
            **kwargs,
        )


class _DescribedSession:
    """The one method of aiohttp's session that the sender for interactions uses."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        return self._session.request(method, url, middlewares=(read_as_described,), **kwargs)


class DescribedClient(discord.Client):
    """A client that sends so: it takes no sender of one's own, so that this one is put in place as its state is made."""

    def _get_state(self, **options: Any) -> ConnectionState[Any]:
        plain = self.http
        self.http = DescribedHTTP(
            self.loop,
            options.get("connector"),
            proxy=plain.proxy,
            proxy_auth=plain.proxy_auth,
            unsync_clock=not plain.use_clock,
            http_trace=plain.http_trace,
            max_ratelimit_timeout=plain.max_ratelimit_timeout,
        )
        return super()._get_state(**options)
