"""Media jobs over the wire: the bot's own client from the submit to the file, and what the sandbox shows on the way."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.generation import Orientation
from bot.domain.provider import Accepted, Fault, Format, JobState, JobStatus, Refused
from bot.domain.requests.video_options import VideoOptions
from bot.uniall import UniAll
from sandbox.media_models import MEDIA_MODELS
from sandbox.render import frame_size
from sandbox.session import Session
from sandbox.uniall import DEFAULT_KEY, UniAllStandIn
from tests.sandbox.conftest import FAST, Client, picture, probe

PATH = "/v1/video/generations"
IMAGE, LAST = "https://cdn.simcord.invalid/a.png", "https://cdn.simcord.invalid/b.png"
PICTURE = (900, 600)


@pytest.fixture
async def client(uniall: Client) -> AsyncIterator[UniAll]:
    files = {IMAGE: picture(*PICTURE), LAST: picture(*PICTURE)}
    uniall.standin.pictures = files.get
    async with UniAll(key=DEFAULT_KEY, base_url=uniall.standin.base_url, allow_local_media=True) as opened:
        yield opened


async def made(client: UniAll, family: str, options: VideoOptions, prompt: str = "A red fox") -> JobStatus:
    """The end of the job that a member's request becomes."""
    choice = Catalog.read().resolve(family, options)
    order = choice.order(
        prompt, image_url=IMAGE if options.image else None, end_image_url=LAST if options.end_image else None
    )
    outcome = await client.submit(order)
    assert isinstance(outcome, Accepted), outcome
    assert outcome.status.job_id.startswith("task_")
    assert (outcome.status.state, outcome.status.progress) == (JobState.RUNNING, 5)
    return await client.wait(outcome.status.job_id, format=Format.MEDIA, poll_min=0.05, poll_max=0.1)


@pytest.mark.parametrize(
    ("family", "options", "seconds", "size", "sound"),
    [
        ("Vidu Q3 Turbo 720p", VideoOptions(seconds=1, orientation=Orientation.SQUARE), 1, (480, 480), ["aac"]),
        ("Vidu Q3 Turbo 720p", VideoOptions(seconds=1, sound=False), 1, (640, 360), []),
        ("Happy-Horse 720p", VideoOptions(seconds=3, orientation=Orientation.FOUR_BY_THREE), 3, (560, 420), ["aac"]),
        ("Wan 2.6 1080p", VideoOptions(seconds=5, orientation=Orientation.PORTRAIT, seed=7), 5, (360, 640), ["aac"]),
        ("Kling 3 Std", VideoOptions(seconds=3, image=True, end_image=True, sound=False), 3, (588, 392), []),
    ],
)
async def test_a_media_job_goes_from_the_submit_to_a_file_of_its_own_length_shape_and_sound(
    client: UniAll,
    tmp_path: Path,
    family: str,
    options: VideoOptions,
    seconds: int,
    size: tuple[int, int],
    sound: list[str],
) -> None:
    done = await made(client, family, options)
    assert done.state is JobState.SUCCEEDED
    assert done.video_url is not None
    await client.download(done, tmp_path / "fox.mp4", format=Format.MEDIA)
    seen = probe((tmp_path / "fox.mp4").read_bytes())
    assert (seen["seconds"], seen["frames"], seen["size"], seen["sound"]) == (seconds, seconds * 12, size, sound)


def test_every_shape_has_its_own_pixels_and_an_endless_one_the_longest_that_a_model_takes() -> None:
    ratios = {shape: tuple(map(int, shape.ratio.split(":"))) for shape in Orientation}
    sizes = {shape: frame_size((wide, high)) for shape, (wide, high) in ratios.items()}
    assert all(sizes[shape][0] * high == sizes[shape][1] * wide for shape, (wide, high) in ratios.items())
    assert frame_size((4000, 100)) == (960, 240)
    assert frame_size((1, 1000)) == (240, 960)


async def test_answers_are_those_of_the_pages_and_the_list_has_a_duration_that_is_none(uniall: Client) -> None:
    fields = {"model": "wan2.6-video-720p", "prompt": "[stall]", "duration": 10, "size": "1280*720"}
    status, job = await uniall.post(PATH, fields)
    assert (status, job["status"], job["progress"], job["task_id"]) == (200, "in_progress", 5, job["id"])
    _, polled = await uniall.get(f"/v1/videos/{job['id']}")
    assert (polled["status"], polled["raw_status"], polled["error"]) == ("in_progress", "IN_PROGRESS", None)
    assert polled["duration"] < 10, "elapsed time"
    _, listed = await uniall.get("/v1/videos")
    assert (listed["data"][0]["seconds"], listed["data"][0]["duration"] < 10) == ("10", True)
    assert uniall.standin.submits[0].format == "media"


@pytest.mark.parametrize("family", ["Grok Imagine", "Vidu Q3 Turbo 720p"])
async def test_a_blocked_video_is_blocked_content_also_where_the_gateway_calls_it_completed(
    client: UniAll, family: str
) -> None:
    ended = await made(client, family, VideoOptions(), "A fox [blocked]")
    assert (ended.state, ended.fault) == (JobState.FAILED, Fault.CONTENT_BLOCKED)


async def test_a_video_without_a_link_is_fetched_as_content(client: UniAll, tmp_path: Path) -> None:
    done = await made(client, "Vidu Q3 Turbo 720p", VideoOptions(seconds=1), "A fox [no link]")
    assert (done.state, done.video_url) == (JobState.SUCCEEDED, None)
    await client.download(done, tmp_path / "fox.mp4", format=Format.MEDIA)
    assert probe((tmp_path / "fox.mp4").read_bytes())["seconds"] == 1


async def test_a_picture_that_a_model_does_not_take_is_refused_for_good(uniall: Client, client: UniAll) -> None:
    small = {IMAGE: picture(299, 299)}
    uniall.standin.pictures = small.get
    order = Catalog.read().resolve("Happy-Horse 720p", VideoOptions(image=True)).order("A fox", image_url=IMAGE)
    outcome = await client.submit(order)
    assert isinstance(outcome, Refused)
    assert (outcome.fault, outcome.detail) == (Fault.BAD_REQUEST, "image is smaller than 300 pixels")
    assert not uniall.standin.accepted


async def test_the_list_of_models_has_every_id_of_the_shipped_catalogue(client: UniAll) -> None:
    listed = await client.models()
    catalog = Catalog.read()
    assert {offer.model for offer in catalog.offers} | set(MEDIA_MODELS) <= listed
    assert catalog.listed(listed) == frozenset()


async def test_the_stand_in_sees_the_pictures_that_members_upload(session: Session) -> None:
    stored = session.server.env.backend.cdn.store_attachment(1, 2, "a.png", picture(*PICTURE), None)
    assert session.uniall.pictures(stored["url"]) == picture(*PICTURE)
    assert session.uniall.pictures("https://example.com/a.png") is None


async def test_a_body_of_odd_values_is_a_refusal(uniall: Client) -> None:
    odd: list[object] = [None, [], {}, "", 1.5, True, "x" * 5, [{"url": "x"}]]
    names = ("model", "prompt", "duration", "aspect_ratio", "size", "image", "last_image", "extra_body", "seed")
    for name in names:
        for value in odd:
            fields = {"model": "happy-horse-720p", "prompt": "[stall]", "duration": 3, name: value}
            status, body = await uniall.post(PATH, cast("dict[str, object]", fields))
            assert status in (200, 400, 503), (name, value, body)
            assert status != 200 or name == "prompt"


async def test_a_stand_in_that_is_given_no_pictures_takes_them_as_they_are() -> None:
    async with (
        UniAllStandIn(seconds=FAST) as standin,
        UniAll(key=DEFAULT_KEY, base_url=standin.base_url, allow_local_media=True) as opened,
    ):
        order = Catalog.read().resolve("Kling 3 Std", VideoOptions(image=True)).order("[stall]", image_url=IMAGE)
        assert isinstance(await opened.submit(order), Accepted)
        [job] = standin.jobs.values()
        assert (job.order.shape, job.order.has_image) == ((16, 9), True)
