"""What an order becomes on the wire; UniAll's two pages are the measure."""

from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from bot.domain.provider import Accepted, Format, Order
from bot.uniall import UniAll
from tests.uniall.peer import Peer, Seen, reply

IMAGE = "https://example.com/reference.png"


async def sent(gateway: Peer, client: UniAll, order: Order) -> Seen:
    for path in ("/v1/video/generations", "/v1/videos/generations", "/v1/videos"):
        gateway.on(path, reply(200, {"id": "x", "status": "queued"}))
    assert isinstance(await client.submit(order), Accepted)
    (seen,) = gateway.seen
    assert seen.method == "POST"
    return seen


@pytest.mark.parametrize(
    ("order", "path", "body"),
    [
        (
            Order(format=Format.TASK, model="sora2-portrait-12s", prompt="A cat", image_url=IMAGE),
            "/v1/video/generations",
            {"model": "sora2-portrait-12s", "prompt": "A cat", "image_url": IMAGE},
        ),
        (
            Order(format=Format.TASK, model="sora2-pro-720p", prompt="日本語 🦊", seconds=8, ratio="9:16"),
            "/v1/video/generations",
            {"model": "sora2-pro-720p", "prompt": "日本語 🦊", "duration": 8, "aspect_ratio": "9:16"},
        ),
        (
            Order(format=Format.VIDEOS, model="sora2", prompt="p", seconds=4, ratio="16:9", resolution="720p"),
            "/v1/videos/generations",
            {
                "model": "sora2",
                "generation_mode": "text_to_video",
                "prompt": "p",
                "duration": 4,
                "aspect_ratio": "16:9",
                "resolution": "720p",
                "video_count": 1,
            },
        ),
        (
            Order(
                format=Format.VIDEOS,
                model="sora2",
                prompt="p",
                seconds=4,
                ratio="16:9",
                resolution="720p",
                image_url=IMAGE,
            ),
            "/v1/videos/generations",
            {
                "model": "sora2",
                "generation_mode": "reference_image_to_video",
                "prompt": "p",
                "image_url": IMAGE,
                "duration": 4,
                "aspect_ratio": "16:9",
                "resolution": "720p",
                "video_count": 1,
            },
        ),
        (
            Order(format=Format.OPENAI, model="sora-2", prompt="p", seconds=12, size="1280x720"),
            "/v1/videos",
            {"model": "sora-2", "prompt": "p", "seconds": "12", "size": "1280x720"},
        ),
    ],
)
async def test_an_order_becomes_exactly_its_formats_request(
    gateway: Peer, client: UniAll, order: Order, path: str, body: dict[str, object]
) -> None:
    seen = await sent(gateway, client, order)
    assert seen.target == path
    assert seen.json() == body
    assert {key: type(value) for key, value in seen.json().items()} == {k: type(v) for k, v in body.items()}
    assert seen.headers["content-type"] == "application/json"


def parts_of(seen: Seen) -> dict[str, Any]:
    raw = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode() + seen.body
    message: Any = BytesParser().parsebytes(raw)
    return {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}


async def test_an_image_travels_as_a_file_of_its_type_under_a_name_of_ours(
    gateway: Peer, client: UniAll, tmp_path: Path
) -> None:
    image = tmp_path / 'se"cret\nname.exe'
    image.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff--boundary")
    order = Order(
        format=Format.OPENAI,
        model="sora-2",
        prompt='Line one\r\nline "two" – naïve',
        seconds=8,
        size="720x1280",
        image_file=image,
        image_type="image/png",
    )
    seen = await sent(gateway, client, order)
    assert seen.headers["content-type"].startswith("multipart/form-data")
    parts = parts_of(seen)
    assert set(parts) == {"model", "prompt", "seconds", "size", "input_reference"}
    texts = {name: part.get_payload(decode=True) for name, part in parts.items()}
    assert texts["seconds"] == b"8"
    assert texts["size"] == b"720x1280"
    assert texts["prompt"] == order.prompt.encode()
    assert texts["input_reference"] == image.read_bytes()
    assert parts["input_reference"].get_content_type() == "image/png"
    assert parts["input_reference"].get_filename() == "reference.png"
    assert b"cret" not in seen.body


@pytest.mark.parametrize(
    "order",
    [
        Order(format=Format.TASK, model="m", prompt="p", resolution="720p"),
        Order(format=Format.TASK, model="m", prompt="p", size="1280x720"),
        Order(format=Format.TASK, model="m", prompt="p", image_file=Path("x"), image_type="image/png"),
        Order(format=Format.VIDEOS, model="m", prompt="p", size="1280x720"),
        Order(format=Format.VIDEOS, model="m", prompt="p", image_file=Path("x"), image_type="image/png"),
        Order(format=Format.OPENAI, model="m", prompt="p", ratio="16:9"),
        Order(format=Format.OPENAI, model="m", prompt="p", resolution="720p"),
        Order(format=Format.OPENAI, model="m", prompt="p", image_url=IMAGE),
        Order(format=Format.OPENAI, model="m", prompt="p", image_file=Path("x")),
        Order(format=Format.OPENAI, model="m", prompt="p", image_type="image/png"),
        Order(format=Format.OPENAI, model="m", prompt="p", image_file=Path("x"), image_type="image/gif\r\nX: y"),
        Order(format=Format.VIDEOS, model="m", prompt="p", image_url=" "),
        Order(format=Format.TASK, model="m", prompt=" \n"),
        Order(format=Format.TASK, model="", prompt="p"),
    ],
)
async def test_an_order_that_mixes_formats_is_a_programming_error_and_sends_nothing(
    gateway: Peer, client: UniAll, order: Order
) -> None:
    with pytest.raises(ValueError, match=r"an order|format|image"):
        await client.submit(order)
    assert gateway.connections == 0


async def test_an_image_that_is_gone_is_told_before_anything_is_sent(
    gateway: Peer, client: UniAll, tmp_path: Path
) -> None:
    order = Order(format=Format.OPENAI, model="m", prompt="p", image_file=tmp_path / "gone.png", image_type="image/png")
    with pytest.raises(FileNotFoundError):
        await client.submit(order)
    assert gateway.connections == 0
