"""A stand-in over a real socket, and a client that holds its key."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import aiohttp
import av
import pytest
from PIL import Image

from sandbox.render import render_clip
from sandbox.session import Session, open_session
from sandbox.uniall import DEFAULT_KEY, UniAllStandIn
from tests.sandbox.tiny_bot import TinyApp

FAST = 0.2
T = TypeVar("T")
Json = dict[str, Any]


class Client:
    """The few calls a test makes; answers are (status, decoded body)."""

    def __init__(self, standin: UniAllStandIn, session: aiohttp.ClientSession) -> None:
        self.standin = standin
        self.session = session

    async def post(self, path: str, fields: Json) -> tuple[int, Json]:
        async with self.session.post(self.standin.base_url + path, json=fields) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> tuple[int, Json]:
        async with self.session.get(self.standin.base_url + path) as answer:
            return answer.status, await answer.json(content_type=None)

    async def read(self, address: str, **headers: str) -> tuple[int, bytes]:
        """The bytes behind an address, asked for without the key unless given."""
        if address.startswith("/"):
            address = self.standin.base_url + address
        async with aiohttp.ClientSession() as stranger, stranger.get(address, headers=headers) as answer:
            return answer.status, await answer.read()

    async def until(self, path: str, *words: str) -> Json:
        """Poll until the status is one of the words."""
        async with asyncio.timeout(150):  # a busy machine renders a clip of twenty seconds for a minute
            while True:
                status, body = await self.get(path)
                inner = body.get("data") or body
                if status == 200 and inner["status"] in words:
                    return inner
                await asyncio.sleep(0.03)

    async def finished_clip(self, path: str, fields: Json) -> bytes:
        """Submit, wait, fetch the link."""
        _, job = await self.post(path, fields)
        done = await self.until(f"/v1/videos/{job['id']}", "completed")
        status, clip = await self.read(done["video_url"])
        assert status == 200
        return clip


@cache
def rendered(*, prompt: str, seconds: int, shape: tuple[int, int], label: str, sound: bool) -> bytes:
    """The clip of this order, rendered once: it is the same each time (`test_render`), and takes up to three seconds."""
    return render_clip(prompt=prompt, seconds=seconds, shape=shape, label=label, sound=sound)


@pytest.fixture(autouse=True)
def _clips_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    monkeypatch.setattr("sandbox.uniall.render_clip", rendered)


@pytest.fixture
async def uniall() -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {DEFAULT_KEY}"}
    async with UniAllStandIn(seconds=FAST) as standin, aiohttp.ClientSession(headers=headers) as session:
        yield Client(standin, session)


async def eventually(look: Callable[[], Awaitable[T]]) -> T:
    """What `look` answers once it is something."""
    async with asyncio.timeout(150):
        while not (seen := await look()):  # noqa: ASYNC110 - what is waited for lies behind a socket
            await asyncio.sleep(0.05)
    return seen


def tiny(uniall: UniAllStandIn, folder: Path) -> TinyApp:
    del folder
    return TinyApp(uniall.base_url)


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    """A running sandbox with the tiny bot. In a task of its own: SimCord's clock is a context variable, and a fixture is
    torn down in another context than it was set up in."""
    opened: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def hold() -> None:
        async with open_session(tiny, seconds=FAST) as running:
            opened.set_result(running)
            await done.wait()

    holder = asyncio.create_task(hold())
    await asyncio.wait((holder, opened), return_when=asyncio.FIRST_COMPLETED)
    if holder.done():
        holder.result()
    yield opened.result()
    done.set()
    await holder


def probe(clip: bytes) -> Json:
    """What PyAV sees: codec, pixels, rate, seconds, sound, and the middle picture."""
    with av.open(io.BytesIO(clip), "r") as opened:
        picture = opened.streams.video[0]
        frames = [cast("Image.Image", frame.to_image()) for frame in opened.decode(picture)]  # pyright: ignore[reportUnknownMemberType]
        return {
            "codec": picture.codec_context.name,
            "pixels": picture.codec_context.pix_fmt,
            "size": (picture.width, picture.height),
            "rate": picture.average_rate,
            "seconds": (opened.duration or 0) / 1_000_000,
            "frames": len(frames),
            "sound": [stream.codec_context.name for stream in opened.streams.audio],
            "middle": frames[len(frames) // 2],
        }


def picture(width: int, height: int) -> bytes:
    """A PNG of that size."""
    stored = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(stored, "PNG")
    return stored.getvalue()
