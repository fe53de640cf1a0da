"""An S3 bucket of finished videos and reference images, through obstore (the extra `cluster`).

Promised: an object is whole or absent, and is there in the size that was sent before a put returns. Every call ends
within its deadline. A bucket that does not serve for now is MediaUnavailable; an object is missing only where the bucket
itself says so, never because a proxy, or a bucket that is gone, answers 404. No error quotes a response: it may contain
a key's id.
"""

import asyncio
import errno
import os
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from bot.domain.errors import MediaUnavailable
from bot.domain.processes.media_inventory import KeptFile
from bot.media.files.budget import kept_file

if TYPE_CHECKING:
    from obstore import ListStream, ObjectMeta
    from obstore.store import S3Config

CONNECT = timedelta(seconds=3)
STALLED = timedelta(seconds=15)  # without a byte of a response
RETRIES = 2
RETRY_WITHIN = timedelta(seconds=10)
SMALL = 15.0  # seconds for a call that transfers no file
LISTING = 60.0
PICTURE = 30.0  # for an upload that a member waits for
TRANSFER = 300.0
PART = 8 * 2**20  # bytes of one request of a large upload
PARTS_AT_ONCE = 2
UPLOADS_AT_ONCE = 4  # each holds its parts in memory
CHUNK = 2**20  # bytes of one write of a download
PAGE = 1000  # objects in one page of a list, of S3 itself
# obstore's threads hand over the end of a call some moments after its future is done. If the interpreter ends meanwhile,
# the process aborts (PyO3/pyo3-async-runtimes#40).
HANDED_OVER = 0.05

_CODE = re.compile(r"<Code>(\w+)</Code>|\(code: (\w+)\)")
_STATUS = re.compile(r"status code: (\d{3})")
_REFUSED = {
    "InvalidAccessKeyId": "it does not accept AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "it does not accept AWS_SECRET_ACCESS_KEY",
    "InvalidToken": "it does not accept AWS_SESSION_TOKEN",
    "ExpiredToken": "it no longer accepts AWS_SESSION_TOKEN",
    "AccessDenied": "it does not allow this key to list, read, write and delete",
    "AuthorizationHeaderMalformed": "it is not in AWS_REGION",
    "PermanentRedirect": "it is not in AWS_REGION",
    "NoSuchBucket": "there is no such bucket",
    "401": "it does not accept these AWS_ credentials",
    "403": "it does not accept these AWS_ credentials",
}
"""What only the operator can fix, by the code of the response, else its status."""


class BucketRefused(MediaUnavailable):
    """The bucket does not serve this bot, until its operator has fixed something."""

    code = "media_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAddress:
    """Where a bucket is, and with what to open it. None: as every S3 tool finds it, e.g. by the machine's role."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    key_id: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


class Bucket:
    """Objects by name under the address's prefix.

    watch: called after each call, with None, or with the reason for which the bucket did not serve.
    """

    def __init__(self, address: BucketAddress) -> None:
        self.address = address
        self.watch: Callable[[str | None], None] = _nobody
        self._uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)
        given: S3Config = {}
        if address.region:
            given["region"] = address.region
        if address.endpoint:
            given["endpoint"] = address.endpoint
            given["virtual_hosted_style_request"] = False
        if address.key_id and address.secret:
            given["access_key_id"], given["secret_access_key"] = address.key_id, address.secret
        if address.session_token:
            given["session_token"] = address.session_token
        self._store = S3Store(
            address.bucket,
            prefix=address.prefix or None,
            config=given,
            client_options={
                "root_certificate": Path(certifi.where()).read_bytes(),  # a small image may have none of its own
                "allow_http": (address.endpoint or "").startswith("http://"),
                "connect_timeout": CONNECT,
                "read_timeout": STALLED,
                "timeout": timedelta(seconds=TRANSFER),
            },
            retry_config={"max_retries": RETRIES, "retry_timeout": RETRY_WITHIN},
        )

    async def put(self, name: str, content: Path | bytes) -> None:
        """Store a file, or bytes, as an object. Raises MediaUnavailable; OSError where the file cannot be read."""
        size = len(content) if isinstance(content, bytes) else (await asyncio.to_thread(content.stat)).st_size
        file = isinstance(content, Path)
        async with self._uploads if file else nullcontext(), self._call(TRANSFER if file else PICTURE):
            await obstore.put_async(
                self._store, name, content, chunk_size=PART, max_concurrency=PARTS_AT_ONCE, use_multipart=size > PART
            )
        if (there := await self.size(name)) != size:
            raise MediaUnavailable(f"{name} has {there} bytes there instead of {size}")

    async def size(self, name: str) -> int | None:
        """The bytes of an object; None where there is none. Raises MediaUnavailable."""
        async with self._call(SMALL):
            try:
                return (await obstore.head_async(self._store, name))["size"]
            except FileNotFoundError:
                return None

    async def download(self, name: str, to: Path, begin: Callable[[int], object]) -> None:
        """Write the whole of an object to a file. begin: called in a thread with its size before the file is opened.

        Raises FileNotFoundError where it is missing, MediaUnavailable, OSError of the disk, and whatever `begin` raises.
        """
        async with self._call(TRANSFER):
            found = await obstore.get_async(self._store, name)
            size, passed = found.meta["size"], 0
            await asyncio.to_thread(begin, size)
            file = await asyncio.to_thread(to.open, "wb", buffering=0)
            try:
                async for chunk in found.stream(min_chunk_size=CHUNK):
                    passed += await asyncio.to_thread(file.write, chunk)
            finally:
                file.close()
        if passed != size:
            raise MediaUnavailable(f"{name} was cut after {passed} of {size} bytes")

    async def delete(self, names: Sequence[str]) -> None:
        """Delete objects; one that is gone is skipped. Raises MediaUnavailable, and then any of them may be left."""
        if names:
            async with self._call(LISTING):
                await obstore.delete_async(self._store, names)

    async def files(self) -> list[KeptFile]:
        """Every object that is a file of the bot; written_at is by the bucket's clock. Raises MediaUnavailable."""
        found: list[KeptFile] = []
        async with self._call(LISTING):
            async for page in self._pages(PAGE):
                files = (kept_file(one["path"], one["size"], one["last_modified"]) for one in page)
                found += [file for file in files if file]
        return found

    async def probe(self) -> None:
        """Write, read, list and delete an object. Raises MediaUnavailable.

        It writes first: some servers make a bucket with its first object.
        """
        name = f"probe-{secrets.token_hex(8)}"
        try:
            await self.put(name, b"sora-bot")
            async with self._call(SMALL):
                await (await obstore.get_async(self._store, name)).bytes_async()
                async for _ in self._pages(1):
                    break
            await self.delete([name])
        except FileNotFoundError:
            raise MediaUnavailable("what was just written is not there") from None
        finally:
            await asyncio.sleep(HANDED_OVER)

    async def close(self) -> None:
        """Let the calls that were cancelled end."""
        await asyncio.sleep(HANDED_OVER)

    def _pages(self, size: int) -> "ListStream[Sequence[ObjectMeta]]":
        return obstore.list(self._store, chunk_size=size)  # pyright: ignore[reportUnknownMemberType] - it may be of arrow

    @asynccontextmanager
    async def _call(self, seconds: float) -> AsyncGenerator[None]:
        """One call, with its faults as those of this module. They are raised without obstore's own text."""
        trouble: OSError | None = None
        try:
            async with asyncio.timeout(seconds):
                yield
        except MediaUnavailable as error:
            trouble = error
        except FileNotFoundError as error:
            if _reason(str(error)) == "NoSuchKey":
                trouble = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            else:
                trouble = _unavailable(str(error))
        except BaseError as error:
            trouble = _unavailable(str(error))
        except TimeoutError:
            trouble = MediaUnavailable(f"no answer within {seconds:.0f} s")
        self.watch(trouble.why if isinstance(trouble, MediaUnavailable) else None)
        if trouble:
            raise trouble from None


def _unavailable(text: str) -> MediaUnavailable:
    """Return the fault for an error text of obstore, of which only the code or the status is passed on."""
    reason = _reason(text)
    if why := _REFUSED.get(reason):
        return BucketRefused(why)
    if "configured region" in text:  # a redirect without an address
        return BucketRefused(_REFUSED["PermanentRedirect"])
    return MediaUnavailable(f"it answers {reason}" if reason else "it cannot be reached")


def _reason(text: str) -> str:
    found = _CODE.search(text) or _STATUS.search(text)
    return next(filter(None, found.groups()), "") if found else ""


def _nobody(_: str | None) -> None:
    """Nobody watches."""
