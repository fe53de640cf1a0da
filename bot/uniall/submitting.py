"""One submit over the network.

Promised: the request is sent at most once, on a fresh connection of httpx's own transport that is not kept alive, and
`Lost.left` is False only with two proofs that agree: the exception is one that means "no connection was made" (or our
own deadline fired), and httpcore's trace never saw a header being sent. Rests on `facts/libraries.md`, "exception names
prove nothing", and `facts/video-api.md`, section 7.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from bot.uniall.exchange import HEADERS, SMALL_BODY, Answer, Lost, name_of, read_answer
from bot.uniall.formats import Body

# Under httpx's own transport these mean that no connection was made. The trace has to agree.
_NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class _Trace:
    """httpcore's trace of one submit: whether the request began to be sent, and the answer as far as it came."""

    def __init__(self) -> None:
        self.began = False
        self.sent = False
        self.answer: Answer | None = None

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore before and after each step."""
        self.began = True
        if "send_request" in event:
            self.sent = True


async def post_once(
    url: httpx.URL, body: Body, *, auth: httpx.Auth, context: ssl.SSLContext, connect: float, within: float
) -> Answer | Lost:
    """Send one request; connect and within are seconds. Raises only CancelledError."""
    trace = _Trace()
    client = httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(
            verify=context, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        ),
        # Twice at most (TCP, then TLS), so that our own deadline never cuts a handshake: httpcore would leak the socket.
        timeout=httpx.Timeout(within, connect=min(connect, within / 3)),
        trust_env=False,
        headers=HEADERS,
    )
    request = client.build_request(
        "POST",
        url,
        json=body.json,
        data=body.data,
        files=body.files,
        headers={"Connection": "close"},
        extensions={"trace": trace},
    )
    lost = Lost(detail="no answer")
    try:
        async with asyncio.timeout(within), client:
            await _send(client, request, trace, auth)
    except _NEVER_CONNECTED as error:
        lost = Lost(detail=name_of(error), left=trace.sent)
    except TimeoutError:
        # Our deadline. Without any trace at all nothing is known, not even that nothing was sent.
        lost = Lost(detail="no answer within the deadline", left=trace.sent or not trace.began)
    except Exception as error:  # noqa: BLE001  whatever it is: the request may be out, and that must be told, not thrown
        lost = Lost(detail=name_of(error))
    # Also where closing the connection failed, or the deadline fired after the answer came: the answer is what counts.
    return trace.answer or lost


async def _send(client: httpx.AsyncClient, request: httpx.Request, trace: _Trace, auth: httpx.Auth) -> None:
    response = await client.send(request, auth=auth, stream=True, follow_redirects=False)
    try:
        trace.answer = Answer(
            status=response.status_code, headers=response.headers, body=None, trouble="the answer was cut short"
        )
        trace.answer = await read_answer(response, SMALL_BODY)
    finally:
        await response.aclose()
