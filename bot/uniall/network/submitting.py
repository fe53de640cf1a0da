"""Sends one request over httpx's own transport, on a fresh connection without keep-alive. Every submit uses it.

Promised: it is sent at most once. `Lost.left` is False only if two proofs agree: the exception means "no connection was
made" (or our own deadline fired), and httpcore's trace never saw a header being sent. An answer that the HTTP parser
refuses is rebuilt from its bytes (`bot.uniall.network.recording`). Source: `docs/sources.md`,
libraries.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from bot.uniall.formats import Body
from bot.uniall.network.exchange import CUT, HEADERS, LARGEST, Answer, Lost, Received, name_of, parsed
from bot.uniall.network.recording import RecordedTransport, Recording

# Under httpx's own transport these mean that no connection was made. The trace has to agree.
_NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class _Withheld(Exception):
    """The caller has changed its mind while the connection was made; nothing was sent."""


class _Trace:
    """httpcore's trace of one request: whether sending has begun. It begins only where `may_send` still says so."""

    def __init__(self, may_send: Callable[[], bool]) -> None:
        self._may_send = may_send
        self.began = False
        self.sent = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore before and after each step."""
        self.began = True
        if "send_request" in event:
            if not self.sent and not self._may_send():
                raise _Withheld
            self.sent = True


async def send_once(
    method: str,
    url: httpx.URL,
    body: Body | None,
    *,
    auth: httpx.Auth,
    context: ssl.SSLContext,
    connect: float,
    within: float,
    may_send: Callable[[], bool],
) -> Answer | Lost:
    """Send one request; connect and within are seconds. Raises only CancelledError.

    may_send: asked once the connection is there, right before the first byte: a handshake can take a while.
    """
    trace, received, recording = _Trace(may_send), Received(), Recording()
    client = httpx.AsyncClient(
        transport=RecordedTransport(recording, context),
        # Twice the connect time at most (TCP, then TLS): if our deadline cut a handshake, httpcore would leak the
        # socket.
        timeout=httpx.Timeout(within, connect=min(connect, within / 3)),
        trust_env=False,
        headers=HEADERS,
    )
    request = client.build_request(
        method,
        url,
        json=None if body is None else body.json,
        data=None if body is None else body.data,
        files=None if body is None else body.files,
        headers={"Connection": "close"},
        extensions={"trace": trace},
    )
    lost = Lost(detail="no answer")
    try:
        async with asyncio.timeout(within):
            try:
                await _send(client, request, received, auth)
            except _Withheld:
                lost = Lost(detail="withheld", left=False)
            except _NEVER_CONNECTED as error:
                lost = Lost(detail=name_of(error), left=trace.sent)
            except Exception as error:  # noqa: BLE001  whatever it is, the request may have been sent; that is returned, not raised
                lost = Lost(detail=name_of(error))
            if lost.left and not _tells(received.answer):
                await recording.read_on()
    except TimeoutError:
        # Our deadline. Without any trace nothing is known, not even that nothing was sent.
        lost = Lost(detail="no answer within the deadline", left=trace.sent or not trace.began)
    finally:
        await recording.close()
    return await _best(received.answer, recording, lost)


def _tells(answer: Answer | None) -> bool:
    """Return whether an answer came whole, or has JSON in it."""
    return answer is not None and (answer.trouble != CUT or bool(answer.found.values))


async def _best(answer: Answer | None, recording: Recording, lost: Lost) -> Answer | Lost:
    """Return the parser's answer, even if closing failed or the deadline fired after it; else the one in the recorded
    bytes.
    """
    if not _tells(answer) or (answer is not None and not answer.found.values):
        mended = recording.answer() if lost.left else None
        if mended is not None and (answer is None or mended.found.values):
            return await parsed(mended)
    return lost if answer is None else await parsed(answer)


async def _send(client: httpx.AsyncClient, request: httpx.Request, received: Received, auth: httpx.Auth) -> None:
    async with client:
        response = await client.send(request, auth=auth, stream=True, follow_redirects=False)
        try:
            await received.read(response, LARGEST)
        finally:
            await response.aclose()
