"""discord.py's HTTP client, corrected to follow Discord's own API description.

discord.py writes some ids as numbers (`allowed_mentions.users`, `message_reference`, `attachments`) where the
description has strings, and reads a body as JSON only if its content type has no parameters. Both of its HTTP senders
are subclassed: the client's own, and the one for replies to interactions. SimCord replaces both with its own.
"""

import json
from typing import Any, Self, cast
from urllib.parse import urlencode

import aiohttp
import discord
from aiohttp.connector import Connection
from discord.http import HTTPClient, Route
from discord.state import ConnectionState
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bot.gateway.broken_answers import pauses, through_breaks

_SMALLEST_ID = 10**15  # ids are shifted millisecond times; no other number that is sent is nearly as large
_JSON = "application/json"


class Described(dict[str, Any]):
    """A body that follows the description already."""


def with_text_ids(body: Any) -> Any:
    """Return the same body with ids as strings."""
    if isinstance(body, Described):
        return body
    if isinstance(body, dict):
        found: dict[str, Any] = {
            # Most values are text: each call less counts, since a card has a hundred values.
            key: value if isinstance(value, str) else with_text_ids(value)
            for key, value in cast("dict[str, Any]", body).items()
        }
        for file in found.get("attachments") or ():
            if "id" in file:
                file["id"] = str(file["id"])
        return found
    if isinstance(body, list | tuple):
        return [with_text_ids(value) for value in cast("list[Any]", body)]
    return str(body) if isinstance(body, int) and body >= _SMALLEST_ID else body


def _form_with_text_ids(form: Any) -> Any:
    """Return the parts of a form; a body beside files is already JSON text."""
    return [
        {**part, "value": json.dumps(with_text_ids(json.loads(part["value"])), separators=(",", ":"))}
        if part["name"] == "payload_json"
        else part
        for part in form or ()
    ]


class _Response(aiohttp.ClientResponse):
    """Returns the content type in the form that discord.py expects: JSON without parameters, and none for an empty
    body.
    """

    async def start(self, connection: Connection) -> Self:
        """Receive the headers."""
        await super().start(connection)
        if self._headers.get("Content-Type") == _JSON and self.content_length != 0:  # as Discord mostly answers
            return self
        if self.content_type == _JSON:
            headers = self._headers.copy()
            headers["Content-Type"] = "" if self.content_length == 0 else _JSON
            self._headers = type(self._headers)(headers)
            self._cache.pop("headers", None)
        return self


async def read_as_described(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """aiohttp middleware for one request: read the answer as JSON if its content type says JSON."""
    request.response_class = _Response
    return await handler(request)


class DescribedHTTP(HTTPClient):
    """The client's own sender."""

    async def static_login(self, token: str) -> Any:
        """See `HTTPClient.static_login`.

        Replies to interactions that this task starts from now on follow the description too.
        """
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
    """The sender for replies to interactions, which have an address of their own."""

    async def request(
        self,
        route: Route,
        session: aiohttp.ClientSession,
        *,
        payload: dict[str, Any] | None = None,
        multipart: list[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> Any:
        """See `AsyncWebhookAdapter.request`. An answer whose connection breaks is sent again."""
        described = cast("aiohttp.ClientSession", _DescribedSession(session))
        payload, multipart = with_text_ids(payload), _form_with_text_ids(multipart)
        send = super().request
        begun = False

        async def attempt() -> Any:
            nonlocal begun
            if begun:
                for file in kwargs.get("files") or ():
                    file.reset()
            begun = True
            return await send(route, described, payload=payload, multipart=multipart, **kwargs)

        return await through_breaks(attempt, pauses(route.method, route.path, payload))


class _DescribedSession:
    """The one method of aiohttp's session that the sender for interactions uses."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def request(self, method: str, url: str, *, params: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """See `ClientSession.request`.

        The parameters go into the address here: aiohttp would add them to it twice.
        """
        address = f"{url}?{urlencode(params)}" if params else url
        return self._session.request(method, address, middlewares=(read_as_described,), **kwargs)


class DescribedClient(discord.Client):
    """A client with these senders.

    discord.py accepts no custom sender, so it is replaced when the client's state is created.
    """

    def _get_state(self, **options: Any) -> ConnectionState[Any]:
        self.use_described_http(**options)
        return super()._get_state(**options)

    def use_described_http(self, **options: Any) -> None:
        """Replace the plain sender, before the state is created."""
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
