"""The stand-in takes a job in each format, says how it goes, and hands out a real clip of the asked shape."""

import asyncio
import threading
from typing import Any

import aiohttp
import pytest

from sandbox.media_models import MEDIA_MODELS
from sandbox.orders import MODELS
from sandbox.uniall import UniAllStandIn
from tests.sandbox.conftest import Client, Json, picture, probe, rendered

TASK: Json = {"model": "sora2-portrait-4s", "prompt": "A cat running through grass"}
VIDEOS: Json = {
    "model": "sora2",
    "generation_mode": "text_to_video",
    "prompt": "A cinematic product reveal",
    "duration": 4,
    "aspect_ratio": "16:9",
    "resolution": "720p",
    "video_count": 1,
}
OPENAI: Json = {"model": "sora-2", "prompt": "A calm sea", "seconds": "4", "size": "1280x720"}


async def test_task_format_answers_as_its_page_shows(uniall: Client) -> None:
    status, job = await uniall.post("/v1/video/generations", TASK)

    assert status == 200
    assert job["id"].startswith("gen_")
    expected = {"object": "video.generation.job", "model": "sora2", "status": "queued", "progress": 0, "seconds": "4"}
    assert expected.items() <= job.items()
    done = await uniall.until(f"/v1/videos/{job['id']}", "completed")
    assert done["model"] == "sora2-portrait-4s"
    assert done["progress"] == 100
    assert done["video_url"] == f"{uniall.standin.base_url}/files/{job['id']}.mp4"


async def test_status_goes_from_queued_over_running_to_completed_and_progress_never_falls() -> None:
    headers = {"Authorization": "Bearer sandbox-key"}
    async with UniAllStandIn(seconds=600) as standin, aiohttp.ClientSession(headers=headers) as session:
        client = Client(standin, session)
        _, job = await client.post("/v1/video/generations", TASK)
        seen: list[tuple[str, int]] = []
        while not seen or seen[-1][0] != "completed":
            _, body = await client.get(f"/v1/videos/{job['id']}")
            seen.append((body["status"], body["progress"]))
            standin.jobs[job["id"]].started -= 60  # as if a minute had gone
            await asyncio.sleep(0.01)
    words = [word for word, _ in seen]
    assert sorted(set(words), key=words.index) == ["queued", "in_progress", "completed"]
    assert [progress for _, progress in seen] == sorted(progress for _, progress in seen)
    assert len({progress for _, progress in seen}) > 5


@pytest.mark.parametrize(
    ("path", "done"), [("/v1/videos/generations/", "succeeded"), ("/v1/video/generations/", "SUCCESS")]
)
async def test_other_poll_paths_tell_the_same_in_their_own_words(uniall: Client, path: str, done: str) -> None:
    _, job = await uniall.post("/v1/videos/generations", VIDEOS)
    answer = await uniall.until(path + job["id"], done)
    link = answer.get("result_url") or answer["result"]["video_url"]
    assert link == f"{uniall.standin.base_url}/files/{job['id']}.mp4"
    assert answer["progress"] in (100, "100%")


async def test_openai_format_never_shows_a_link_and_serves_content_with_the_key(uniall: Client) -> None:
    _, job = await uniall.post("/v1/videos", OPENAI)
    content = f"/v1/videos/{job['id']}/content"
    early, _ = await uniall.get(content)
    done = await uniall.until(f"/v1/videos/{job['id']}", "completed")

    assert early == 400
    assert "http" not in str(done)
    assert (await uniall.read(content))[0] == 401
    status, clip = await uniall.read(content, Authorization="Bearer sandbox-key")
    assert status == 200
    status, part = await uniall.read(content, Authorization="Bearer sandbox-key", Range="bytes=100-199")
    assert (status, part) == (206, clip[100:200])


async def test_openai_format_takes_a_form_with_an_image_of_the_right_pixels(uniall: Client) -> None:
    form = aiohttp.FormData(OPENAI)
    form.add_field("input_reference", picture(1280, 720), filename="sea.png", content_type="image/png")
    async with uniall.session.post(uniall.standin.base_url + "/v1/videos", data=form) as answer:
        assert answer.status == 200
    assert uniall.standin.submits[-1].image == picture(1280, 720)
    assert uniall.standin.submits[-1].fields == OPENAI


@pytest.mark.parametrize(
    ("path", "fields", "seconds", "size"),
    [
        ("/v1/video/generations", TASK, 4, (360, 640)),
        ("/v1/video/generations", {"model": "sora2-landscape-8s", "prompt": "x"}, 8, (640, 360)),
        pytest.param(
            *("/v1/videos/generations", {**VIDEOS, "duration": 20, "aspect_ratio": "9:16"}, 20, (360, 640)),
            marks=pytest.mark.long,
        ),
    ],
)
async def test_clip_has_exactly_the_asked_length_and_shape(
    uniall: Client, path: str, fields: Json, seconds: int, size: tuple[int, int]
) -> None:
    seen = probe(await uniall.finished_clip(path, fields))
    assert (seen["codec"], seen["pixels"], seen["rate"]) == ("h264", "yuv420p", 12)
    assert (seen["seconds"], seen["frames"]) == (seconds, seconds * 12)
    assert seen["size"] == size
    assert seen["sound"] == ["aac"]


async def test_link_needs_no_key_names_its_length_and_serves_parts(uniall: Client) -> None:
    _, job = await uniall.post("/v1/video/generations", TASK)
    done = await uniall.until(f"/v1/videos/{job['id']}", "completed")
    async with aiohttp.ClientSession() as stranger, stranger.get(done["video_url"]) as answer:
        whole = await answer.read()
        assert answer.content_type == "video/mp4"
        assert answer.headers["Content-Length"] == str(len(whole))
    assert await uniall.read(done["video_url"], Range=f"bytes={len(whole) - 5}-") == (206, whole[-5:])


async def test_models_lists_every_id_it_serves(uniall: Client) -> None:
    _, body = await uniall.get("/v1/models")
    ids = [row["id"] for row in body["data"]]
    assert ids == list(MODELS)
    assert len(set(ids)) == 12 + len(MEDIA_MODELS)


async def test_list_of_jobs_is_newest_first_with_prompts_and_pages(uniall: Client) -> None:
    for number in range(3):
        await uniall.post("/v1/videos", {**OPENAI, "prompt": f"[stall] {number}"})
    _, first = await uniall.get("/v1/videos?limit=2")
    _, rest = await uniall.get(f"/v1/videos?limit=2&after={first['last_id']}")
    assert [job["prompt"] for job in first["data"]] == ["[stall] 2", "[stall] 1"]
    assert first["has_more"] is True
    assert [job["prompt"] for job in rest["data"]] == ["[stall] 0"]
    assert rest["has_more"] is False


async def test_journal_keeps_every_submit_and_tells_the_billed_ones_apart(uniall: Client) -> None:
    await uniall.post("/v1/video/generations", {**TASK, "prompt": "[stall]"})
    await uniall.post("/v1/video/generations", {**TASK, "duration": 12})
    assert [submit.status for submit in uniall.standin.submits] == [200, 400]
    assert [submit.fields["prompt"] for submit in uniall.standin.accepted] == ["[stall]"]


async def test_polls_are_answered_while_clips_are_rendered(uniall: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    polled = threading.Event()

    def held(**order: Any) -> bytes:
        clip = rendered(**order)
        assert polled.wait(60), "no poll was answered meanwhile"
        return clip

    monkeypatch.setattr("sandbox.uniall.render_clip", held)
    _, job = await uniall.post("/v1/videos/generations", VIDEOS)
    seen: list[str] = []
    while not seen or seen[-1] not in ("completed", "failed"):
        _, now = await uniall.get(f"/v1/videos/{job['id']}")
        seen.append(now["status"])
        if now["status"] == "in_progress":
            polled.set()
        await asyncio.sleep(0.02)
    assert seen[-1] == "completed"


async def test_completed_at_stays_and_a_deleted_job_is_gone_with_errors_as_openai_has_them(uniall: Client) -> None:
    _, job = await uniall.post("/v1/videos", OPENAI)
    path = f"/v1/videos/{job['id']}"
    done = await uniall.until(path, "completed")
    kept = uniall.standin.jobs[job["id"]]
    assert kept.completed is not None
    kept.completed -= 100  # as if it had been done for a while
    _, again = await uniall.get(path)
    assert again["completed_at"] == done["completed_at"] - 100
    async with uniall.session.delete(uniall.standin.base_url + path) as answer:
        assert (answer.status, await answer.json()) == (
            200,
            {"id": job["id"], "object": "video.deleted", "deleted": True},
        )
    async with uniall.session.delete(uniall.standin.base_url + path) as answer:
        assert answer.status == 404
        assert (await answer.json())["error"]["code"] == "task_not_exist"
