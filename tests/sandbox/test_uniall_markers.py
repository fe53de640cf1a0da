"""Each marker in a prompt makes the stand-in misbehave as MARKERS says."""

import asyncio
import time

import aiohttp
import pytest

from sandbox.answers import Job
from sandbox.checks import SandboxOrder
from sandbox.uniall import MARKERS
from tests.sandbox.conftest import FAST, Client, Json

PATH = "/v1/video/generations"


def task(prompt: str) -> Json:
    return {"model": "sora2-landscape-4s", "prompt": prompt}


async def test_every_marker_is_described() -> None:
    assert all(marker == f"[{marker[1:-1].lower()}]" and text for marker, text in MARKERS.items())


@pytest.mark.parametrize(("marker", "code"), [("[fail]", "internal_error"), ("[blocked]", "moderation_blocked")])
async def test_failing_markers_fail_the_job_after_it_started(uniall: Client, marker: str, code: str) -> None:
    status, job = await uniall.post(PATH, task(f"a cat {marker.upper()}"))
    assert (status, job["status"]) == (200, "queued")
    failed = await uniall.until(f"/v1/videos/{job['id']}", "failed")
    assert failed["error"]["code"] == code
    assert "video_url" not in failed


async def test_refused_marker_refuses_at_submit(uniall: Client) -> None:
    status, body = await uniall.post(PATH, task("[refused]"))
    assert (status, body["code"]) == (400, "invalid_request")
    assert not uniall.standin.accepted


async def test_busy_marker_turns_the_first_try_away(uniall: Client) -> None:
    async with uniall.session.post(uniall.standin.base_url + PATH, json=task("[busy] [stall]")) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    assert (await uniall.post(PATH, task("[busy] [stall]")))[0] == 200
    assert (await uniall.post(PATH, task("[busy] other")))[0] == 429


async def test_stall_marker_never_finishes(uniall: Client) -> None:
    _, job = await uniall.post(PATH, task("[stall]"))
    await asyncio.sleep(FAST * 2)
    _, body = await uniall.get(f"/v1/videos/{job['id']}")
    assert (body["status"], body["progress"]) == ("in_progress", 50)


async def test_slow_marker_takes_half_a_minute() -> None:
    order = SandboxOrder(format="task", model="sora2-landscape-4s", prompt="[slow]", seconds=4)
    started = time.monotonic() - 15
    job = Job(id="gen_1", order=order, length=FAST, started=started)
    assert 0.5 <= job.share <= (time.monotonic() - started) / 30


async def test_no_link_marker_leaves_content_as_the_only_way(uniall: Client) -> None:
    _, job = await uniall.post(PATH, task("[no link]"))
    done = await uniall.until(f"/v1/videos/{job['id']}", "completed")
    assert "http" not in str(done)
    status, clip = await uniall.read(f"/v1/videos/{job['id']}/content", Authorization="Bearer sandbox-key")
    assert (status, clip[4:8]) == (200, b"ftyp")


async def test_5xx_marker_breaks_every_second_poll_and_recovers(uniall: Client) -> None:
    _, job = await uniall.post(PATH, task("[5xx] [stall]"))
    seen: list[int] = []
    for _ in range(8):
        async with uniall.session.get(f"{uniall.standin.base_url}/v1/videos/{job['id']}") as answer:
            seen.append(answer.status)
            assert answer.content_type == ("application/json" if answer.status == 200 else "text/html")
    assert seen == [502, 200, 502, 200, 502, 200, 200, 200]


async def test_cut_marker_accepts_the_job_and_loses_the_answer(uniall: Client) -> None:
    with pytest.raises(aiohttp.ClientError):
        await uniall.post(PATH, task("[cut] [stall]"))
    assert [submit.status for submit in uniall.standin.accepted] == [0]
    _, body = await uniall.get("/v1/videos?limit=20")
    assert [job["prompt"] for job in body["data"]] == ["[cut] [stall]"]


async def test_junk_marker_leads_to_a_page_instead_of_a_video(uniall: Client) -> None:
    _, job = await uniall.post(PATH, task("[junk]"))
    done = await uniall.until(f"/v1/videos/{job['id']}", "completed")
    status, page = await uniall.read(done["video_url"])
    assert (status, page[:9]) == (200, b"<!doctype")
