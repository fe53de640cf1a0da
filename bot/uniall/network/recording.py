"""Records the raw bytes of one exchange, beside what the HTTP parser makes of them.

Promised: an answer is not lost because its headers are malformed. If the parser fails, the connection is read further,
within bounds, and the answer is rebuilt from the bytes. Such an answer is marked as repaired.
"""

import re
import ssl
from collections.abc import Iterable
from typing import Any, cast

import httpcore
import httpx

from bot.uniall.network.exchange import LARGEST, NETWORK_ERRORS, Answer, decompressed

_KEPT = 1024 * 1024  # bytes kept of an answer that the parser can read
_SILENCE = 2.0  # seconds without a byte after which no more is expected
_CHUNK = 64 * 1024
_STATUS = re.compile(rb"\s*HTTP/[\d.]+[ \t]+(\d{3})(?!\d)[^\n]*\n")
_END = re.compile(rb"\r?\n\r?\n")
_SIZE = re.compile(rb"\s*([0-9a-fA-F]{1,8})[^\n]*\n")


class Recording(httpcore.AsyncNetworkBackend):
    """A network backend of httpcore that keeps its connection open until `close`."""

    def __init__(self) -> None:
        self._backend = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())
        self._stream: httpcore.AsyncNetworkStream | None = None
        self.received = bytearray()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect as httpcore does."""
        stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return self.keep(stream)

    async def sleep(self, seconds: float) -> None:
        """Sleep as httpcore does."""
        await self._backend.sleep(seconds)

    def keep(self, stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
        """Record this stream from its first byte."""
        self._stream = stream
        self.received.clear()
        return _Recorded(stream, self)

    async def read_on(self) -> None:
        """Read further, until the peer ends the connection or goes silent."""
        stream = self._stream
        if stream is None or len(self.received) >= _KEPT:
            return
        try:
            while len(self.received) < LARGEST:
                data = await stream.read(_CHUNK, timeout=_SILENCE)
                if not data:
                    return
                self.received += data
        except (httpcore.NetworkError, httpcore.TimeoutException, *NETWORK_ERRORS):
            return

    async def close(self) -> None:
        """Close the connection."""
        stream, self._stream = self._stream, None
        if stream is not None:
            try:
                await stream.aclose()
            except (httpcore.NetworkError, *NETWORK_ERRORS):
                return

    def answer(self) -> Answer | None:
        """Return the answer in the recorded bytes, or None if they are not HTTP."""
        return mended(bytes(self.received))


class _Recorded(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream, recording: Recording) -> None:
        self._stream = stream
        self._recording = recording

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max_bytes, timeout)
        if len(self._recording.received) < _KEPT:
            self._recording.received += data
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Do nothing: `Recording.close` closes the connection."""

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return self._recording.keep(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class RecordedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport on a recording."""

    def __init__(self, recording: Recording, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context, max_connections=1, max_keepalive_connections=0, network_backend=recording
        )


def mended(raw: bytes) -> Answer | None:
    """Return the answer in raw bytes, however malformed its headers; None without a status line."""
    while True:
        status = _STATUS.match(raw)
        end = None if status is None else _END.search(raw, status.end() - 2)
        if status is None or end is None:
            return None
        if not status[1].startswith(b"1"):
            break
        raw = raw[end.end() :]
    lines = raw[status.end() : end.start()].splitlines()
    pairs = [(name.strip(), value.strip()) for line in lines for name, colon, value in [line.partition(b":")] if colon]
    headers = httpx.Headers([pair for pair in pairs if pair[0]])
    body = raw[end.end() :]
    if "chunked" in headers.get("transfer-encoding", "").casefold():
        body = _joined(body)
    plain = decompressed(body, headers.get("content-encoding", ""))
    named = dict(headers.items())
    return Answer(status=int(status[1]), headers=named, body=plain, trouble="the answer is malformed", mended=True)


def _joined(body: bytes) -> bytes:
    """Join the chunks of a body, as far as they go. A body that is not chunked is returned unchanged."""
    parts: list[bytes] = []
    at = 0
    while (size := _SIZE.match(body, at)) is not None and int(size[1], 16) > 0:
        parts.append(body[size.end() : size.end() + int(size[1], 16)])
        at = size.end() + int(size[1], 16)
    return b"".join(parts) or body
