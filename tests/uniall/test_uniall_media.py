"""The media format, which all models but Sora speak; UniAll's pages are the measure."""

import json
from pathlib import Path
from types import MappingProxyType

import pytest

from bot.domain.errors import ProviderError
from bot.domain.provider import Accepted, Fault, Format, JobState, JobStatus, Order
from bot.uniall import UniAll
from bot.uniall.formats import body_of
from bot.uniall.network.shapes import Json
from bot.uniall.reading.answers import read_job
from bot.uniall.reading.listings import listed_jobs
from tests.tables import every_row
from tests.uniall.peer import MP4, Peer, Script, html, reply, video

IMAGE, LAST = "https://example.com/first.png", "https://example.com/last.png"
JOB = "task_7Qk"
FIRST, SECOND, THIRD = (f"/v1/{part}/{JOB}" for part in ("videos", "video/generations", "videos/generations"))
SUBMITTED: Json = {
    "id": JOB,
    "task_id": JOB,
    "object": "video.generation.job",
    "model": "wan2.6-video-1080p",
    "status": "in_progress",
    "progress": 5,
    "created_at": 1773984104,
}
RUNNING: Json = {**SUBMITTED, "raw_status": "RUNNING", "progress": 40, "error": None, "duration": 31}
NO_PATH = reply(404, {"error": {"message": f"Invalid URL (GET {FIRST})", "code": ""}})
UNKNOWN = reply(404, {"error": {"message": "No video", "type": "invalid_request_error", "code": None}})


def done(**changes: object) -> Json:
    """The poll reply of the Wan page; `duration` is elapsed time."""
    return {
        **SUBMITTED,
        "error": None,
        "status": "completed",
        "raw_status": "COMPLETED",
        "progress": 100,
        "duration": 89,
        **changes,
    }


def order(**changes: object) -> Order:
    return Order(format=Format.MEDIA, model="m", prompt="p", **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (order(seconds=10, size="1280*720"), {"duration": 10, "size": "1280*720"}),
        (order(seconds=3, ratio="1:1"), {"duration": 3, "aspect_ratio": "1:1"}),
        (
            order(seconds=5, image_url=IMAGE, end_image_url=LAST),
            {"duration": 5, "image": IMAGE, "last_image": LAST},
        ),
        (
            order(seconds=6, ratio="9:16", extra={"size": "720p", "seed": 7}),
            {"duration": 6, "aspect_ratio": "9:16", "size": "720p", "seed": 7},
        ),
        (
            order(extra=MappingProxyType({"extra_body": MappingProxyType({"seed": 0, "audio": False})})),
            {"extra_body": {"seed": 0, "audio": False}},
        ),
    ],
)
async def test_an_order_becomes_exactly_the_formats_fields_with_what_its_model_adds(
    gateway: Peer, client: UniAll, given: Order, body: Json
) -> None:
    gateway.on("/v1/video/generations", reply(200, SUBMITTED))
    outcome = await client.submit(given)
    assert isinstance(outcome, Accepted)
    assert (outcome.status.job_id, outcome.status.state, outcome.status.progress) == (JOB, JobState.RUNNING, 5)
    (seen,) = gateway.seen
    assert (seen.target, seen.headers["content-type"]) == ("/v1/video/generations", "application/json")
    assert seen.json() == {"model": "m", "prompt": "p", **body}


@pytest.mark.parametrize(
    "given",
    [
        order(resolution="720p"),
        order(image_file=Path("x"), image_type="image/png"),
        order(end_image_url=LAST),
        order(image_url=IMAGE, end_image_url=" "),
        order(ratio="16:9", size="1280*720"),
        order(size="1280*720", extra={"size": "720p"}),
        *(order(extra={name: "x"}) for name in ("model", "prompt", "duration", "aspect_ratio", "image", "last_image")),
        Order(format=Format.TASK, model="m", prompt="p", image_url=IMAGE, end_image_url=LAST),
        Order(format=Format.VIDEOS, model="m", prompt="p", image_url=IMAGE, end_image_url=LAST),
        Order(format=Format.OPENAI, model="m", prompt="p", extra={"seed": 1}),
        Order(format=Format.OPENAI, model="m", prompt="p", size="1280*720"),
    ],
)
async def test_a_field_that_the_format_lacks_or_has_itself_is_never_sent(given: Order) -> None:
    with pytest.raises(ValueError, match=r"order|format|image"):
        await body_of(given)


# ---- polling


@pytest.mark.parametrize("wrong", [NO_PATH, UNKNOWN, reply(405), reply(404), html(404)])
@pytest.mark.parametrize("right", [SECOND, THIRD])
async def test_a_job_is_followed_to_whichever_of_the_three_paths_knows_it(
    gateway: Peer, client: UniAll, wrong: Script, right: str
) -> None:
    for path in (FIRST, SECOND, THIRD):
        gateway.on(path, wrong)
    gateway.on(right, reply(200, RUNNING))
    for _ in range(3):
        status = await client.status(JOB, format=Format.MEDIA)
        assert (status.state, status.progress, status.video_url) == (JobState.RUNNING, 40, None)
    assert len(gateway.asked(right)) == 3
    assert len(gateway.asked(FIRST)) == 1


async def test_a_job_of_another_vendor_is_not_lost_because_its_neighbours_live_at_another_path(
    gateway: Peer, client: UniAll
) -> None:
    gateway.on("/v1/videos/task_1", reply(200, {**RUNNING, "id": "task_1", "task_id": "task_1"}))
    await client.status("task_1", format=Format.MEDIA)
    gateway.on(FIRST, UNKNOWN)
    gateway.on(SECOND, reply(200, RUNNING))
    assert (await client.status(JOB, format=Format.MEDIA)).state is JobState.RUNNING
    gateway.on(SECOND, UNKNOWN)
    with pytest.raises(ProviderError) as caught:
        await client.status(JOB, format=Format.MEDIA)
    assert caught.value.fault is Fault.NOT_FOUND
    assert len(gateway.asked(FIRST)) == 1, "where it was found before, a 404 speaks of the job"


# ---- results


@pytest.mark.parametrize(
    "where",
    [
        {"result": {"outputs": ["LINK"], "video_url": "LINK"}, "video_url": "LINK"},
        {"result": {"outputs": ["LINK"]}},
        {"result": {"video_url": "LINK"}},
        {"video_url": "LINK"},
    ],
)
async def test_a_finished_video_is_downloaded_from_wherever_the_answer_names_it(
    gateway: Peer, elsewhere: Peer, client: UniAll, tmp_path: Path, where: Json
) -> None:
    link = elsewhere.origin + "/out.mp4"
    named: Json = json.loads(json.dumps(where).replace("LINK", link))
    gateway.on(FIRST, reply(200, done(**named, thumbnail_url=elsewhere.origin + "/t.jpg", image=IMAGE, prompt=LAST)))
    elsewhere.on("/out.mp4", video())
    status = await client.status(JOB, format=Format.MEDIA)
    assert (status.state, status.video_url) == (JobState.SUCCEEDED, link)
    await client.download(status, tmp_path / "v.mp4", format=Format.MEDIA)
    assert (tmp_path / "v.mp4").read_bytes() == MP4
    assert "authorization" not in elsewhere.asked("/out.mp4")[0].headers


@pytest.mark.parametrize("path", [FIRST, SECOND, THIRD])
async def test_a_finished_job_without_a_link_still_has_its_content(
    gateway: Peer, client: UniAll, tmp_path: Path, path: str
) -> None:
    gateway.on(FIRST, reply(200, done(result={"outputs": []})))
    gateway.on(path + "/content", video())
    status = await client.status(JOB, format=Format.MEDIA)
    assert (status.state, status.video_url, client.names_links(Format.MEDIA)) == (JobState.SUCCEEDED, None, True)
    await client.download(status, tmp_path / "v.mp4", format=Format.MEDIA)
    assert (tmp_path / "v.mp4").read_bytes() == MP4


BLOCKED: Json = {"code": "moderation_blocked", "message": "No."}


@every_row(
    ("changes", "expected"),
    [
        ({"error": BLOCKED}, (JobState.FAILED, Fault.CONTENT_BLOCKED, "No.")),
        (
            {"error": BLOCKED, "result": {"outputs": [], "video_url": ""}},
            (JobState.FAILED, Fault.CONTENT_BLOCKED, "No."),
        ),
        ({"result": {"error": BLOCKED}}, (JobState.FAILED, Fault.CONTENT_BLOCKED, "No.")),
        ({"error": {"code": "generation_failed", "message": "Oops"}}, (JobState.FAILED, Fault.UPSTREAM_FAILED, "Oops")),
        ({"error": {"code": "server_error", "message": "Oops"}}, (JobState.FAILED, Fault.UPSTREAM_FAILED, "Oops")),
        ({"error": {"code": 500, "message": "Oops"}}, (JobState.FAILED, Fault.UPSTREAM_FAILED, "Oops")),
        # what may still be a video: nothing, a text without a code, a code that passes
        ({}, (JobState.SUCCEEDED, None, "")),
        ({"error": "seen by nobody"}, (JobState.SUCCEEDED, None, "")),
        ({"error": {"code": None, "message": "late"}}, (JobState.SUCCEEDED, None, "")),
        ({"error": {"code": "rate_limit_exceeded", "message": "busy"}}, (JobState.SUCCEEDED, None, "")),
        ({"error": {"code": 503, "message": "busy"}}, (JobState.SUCCEEDED, None, "")),
        ({"error": {"code": "fail_to_fetch_task", "message": "busy"}}, (JobState.SUCCEEDED, None, "")),
        # with a link there is a video, whatever else is said
        ({"error": BLOCKED, "video_url": "https://cdn.example/v.mp4"}, (JobState.SUCCEEDED, None, "")),
    ],
)
def test_a_job_that_is_done_without_a_link_has_failed_only_where_an_error_code_says_so(
    changes: Json, expected: tuple[JobState, Fault | None, str]
) -> None:
    for body in (done(**changes), {"code": "success", "message": "", "data": done(**changes)}):
        status = read_job(body, JOB).status
        assert (status.state, status.fault, status.detail) == expected


def test_where_no_link_is_ever_named_only_a_known_verdict_fails_a_job_that_is_done() -> None:
    def read(code: str) -> JobStatus:
        return read_job(done(error={"code": code, "message": "x"}), JOB, names_links=False).status

    assert read("moderation_blocked").state is JobState.FAILED
    assert read("watermark_skipped").state is JobState.SUCCEEDED


def test_a_listed_duration_is_no_length_and_a_raw_status_no_status() -> None:
    entries = [{**RUNNING, "prompt": "p", "raw_status": "FAILED"}, {**done(prompt="p"), "seconds": "10"}]
    jobs = listed_jobs({"object": "list", "data": entries})
    assert jobs is not None
    assert [(job.seconds, job.model, job.failed) for job in jobs] == [
        (None, "wan2.6-video-1080p", False),
        (10, "wan2.6-video-1080p", False),
    ]
