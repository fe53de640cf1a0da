"""The stand-in refuses what UniAll's pages call an error, in new-api's shapes, and bills nothing for it."""

import aiohttp
import pytest

from sandbox.uniall import UniAllStandIn
from tests.sandbox.conftest import Client, Json, picture

TASK: Json = {"model": "sora2-landscape-4s", "prompt": "a cat"}
VIDEOS: Json = {"model": "sora2", "prompt": "a cat"}
OPENAI: Json = {"model": "sora-2", "prompt": "a cat", "seconds": "4", "size": "1280x720"}
A, B, C = "/v1/video/generations", "/v1/videos/generations", "/v1/videos"
PUBLIC = "https://example.com/cat.png"

REFUSED: dict[str, tuple[str, Json, str]] = {
    "ratio against the id": (A, {**TASK, "aspect_ratio": "9:16"}, "invalid_request"),
    "duration against the id": (A, {**TASK, "duration": 8}, "invalid_request"),
    "duration as text against the id": (A, {**TASK, "duration": "8"}, "invalid_request"),
    "duration outside the set": (A, {"model": "sora2-pro-720p", "prompt": "x", "duration": 5}, "invalid_request"),
    "duration as true": (A, {"model": "sora2-pro-720p", "prompt": "x", "duration": True}, "invalid_request"),
    "ratio outside the set": (A, {**TASK, "aspect_ratio": "1:1"}, "invalid_request"),
    "videos field in task": (A, {**TASK, "resolution": "720p"}, "invalid_request"),
    "openai field in task": (A, {**TASK, "seconds": "4"}, "invalid_request"),
    "openai field in videos": (B, {**VIDEOS, "size": "1280x720"}, "invalid_request"),
    "task field in openai": (C, {**OPENAI, "duration": 4}, "invalid_request"),
    "task model in openai": (C, {**OPENAI, "model": "sora2-landscape-4s"}, "invalid_request"),
    "openai model in task": (A, {**TASK, "model": "sora-2"}, "invalid_request"),
    "no model": (A, {"prompt": "x"}, "missing_model"),
    "blank prompt": (A, {**TASK, "prompt": " \n"}, "invalid_request"),
    "no prompt": (A, {"model": "sora2-landscape-4s"}, "invalid_request"),
    "endless prompt": (A, {**TASK, "prompt": "x" * 32_001}, "invalid_request"),
    "image in a data address": (A, {**TASK, "image_url": "data:image/png;base64,AAAA"}, "invalid_request"),
    "image on loopback": (A, {**TASK, "image_url": "http://127.0.0.1/a.png"}, "invalid_request"),
    "image on a private network": (A, {**TASK, "image_url": "https://10.0.0.8/a.png"}, "invalid_request"),
    "image on localhost": (A, {**TASK, "image_url": "https://localhost/a.png"}, "invalid_request"),
    "expired Discord image": (
        A,
        {**TASK, "image_url": "https://cdn.discordapp.com/attachments/1/2/a.png?ex=650000aa&is=64ffffaa&hm=0"},
        "invalid_request",
    ),
    "duration as text in videos": (B, {**VIDEOS, "duration": "4"}, "invalid_request"),
    "two videos": (B, {**VIDEOS, "video_count": 2}, "invalid_request"),
    "1080p of the plain model": (B, {**VIDEOS, "resolution": "1080p"}, "invalid_request"),
    "image in text mode": (B, {**VIDEOS, "generation_mode": "text_to_video", "image_url": PUBLIC}, "invalid_request"),
    "reference mode without image": (
        B,
        {**VIDEOS, "generation_mode": "reference_image_to_video"},
        "invalid_request",
    ),
    "unheard-of mode": (B, {**VIDEOS, "generation_mode": "video_to_video"}, "invalid_request"),
    "seconds as a number": (C, {**OPENAI, "seconds": 4}, "invalid_request"),
    "seconds outside the set": (C, {**OPENAI, "seconds": "20"}, "invalid_request"),
    "pro size of the plain model": (C, {**OPENAI, "size": "1792x1024"}, "invalid_size"),
    "reference with both keys": (
        C,
        {**OPENAI, "input_reference": {"image_url": PUBLIC, "file_id": "file_1"}},
        "invalid_request",
    ),
}


@pytest.mark.parametrize(("path", "fields", "code"), REFUSED.values(), ids=REFUSED)
async def test_refuses(uniall: Client, path: str, fields: Json, code: str) -> None:
    status, body = await uniall.post(path, fields)
    assert (status, body["code"], body["data"]) == (400, code, None)
    assert body["message"]
    assert not uniall.standin.jobs


ACCEPTED: dict[str, tuple[str, Json]] = {
    "ratio and duration that repeat the id": (A, {**TASK, "aspect_ratio": "16:9", "duration": "4"}),
    "pro with both": (A, {"model": "sora2-pro-true-1080p", "prompt": "", "aspect_ratio": "9:16", "duration": 16}),
    "image at a public address": (A, {**TASK, "image_url": PUBLIC}),
    "image at SimCord's address": (A, {**TASK, "image_url": "https://cdn.simcord.invalid/attachments/1/2/a.png"}),
    "reference mode with image": (
        B,
        {**VIDEOS, "generation_mode": "reference_image_to_video", "image_url": PUBLIC},
    ),
    "reference by address": (C, {**OPENAI, "input_reference": {"image_url": PUBLIC}}),
    "pro size": (C, {**OPENAI, "model": "sora-2-pro", "size": "1024x1792"}),
}


@pytest.mark.parametrize(("path", "fields"), ACCEPTED.values(), ids=ACCEPTED)
async def test_accepts(uniall: Client, path: str, fields: Json) -> None:
    status, body = await uniall.post(path, {**fields, "prompt": "[stall]"})
    assert status == 200, body


async def test_unknown_model_has_no_channel(uniall: Client) -> None:
    status, body = await uniall.post(A, {**TASK, "model": "sora2-landscape-6s"})
    assert (status, body["error"]["code"]) == (503, "model_not_found")


async def test_image_of_other_pixels_than_the_size_is_refused(uniall: Client) -> None:
    form = aiohttp.FormData(OPENAI)
    form.add_field("input_reference", picture(720, 1280), filename="a.png", content_type="image/png")
    async with uniall.session.post(uniall.standin.base_url + C, data=form) as answer:
        body = await answer.json()
    assert answer.status == 400
    assert body["message"] == "Inpaint image must match the requested width and height"


@pytest.mark.parametrize("path", ["/v1/models", "/v1/videos", "/v1/videos/gen_x", "/v1/videos/gen_x/content"])
async def test_wrong_key_is_refused_everywhere(uniall: Client, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer sk-other"}):
        status, body = await uniall.read(path, **headers)
        assert status == 401
        assert b'"type": "new_api_error"' in body


async def test_keys_are_a_choice() -> None:
    headers = {"Authorization": "Bearer sk-mine"}
    async with (
        UniAllStandIn(keys=["sk-mine"]) as standin,
        aiohttp.ClientSession(headers=headers) as session,
        session.get(standin.base_url + "/v1/models") as answer,
    ):
        assert answer.status == 200


async def test_unknown_job_and_unknown_path_have_their_own_shapes(uniall: Client) -> None:
    assert await uniall.get("/v1/videos/gen_none") == (
        400,
        {"code": "task_not_exist", "message": "task_not_exist", "data": None},
    )
    status, body = await uniall.get("/v1/videos/gen_none/content")
    assert (status, body["error"]["code"]) == (404, "task_not_exist")
    status, body = await uniall.get("/v1/nothing")
    assert (status, body["error"]["message"]) == (404, "Invalid URL (GET /v1/nothing)")


async def test_body_that_is_no_json_object_is_refused(uniall: Client) -> None:
    for raw in (b"{", b"[]"):
        headers = {"Content-Type": "application/json"}
        async with uniall.session.post(uniall.standin.base_url + A, data=raw, headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, "invalid_json")
