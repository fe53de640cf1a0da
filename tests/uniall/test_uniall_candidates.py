"""Every link is a candidate, and goes out byte by byte as it came."""

import json
from pathlib import Path

import pytest

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault, Format, JobState, JobStatus
from bot.uniall import UniAll
from bot.uniall.reading.answers import read_job
from bot.uniall.reading.links import links_in
from tests.uniall.peer import MP4, Peer, Script, html, moved, reply, video

LINK = "https://cdn.example/v.mp4"
COVER = "https://cdn.example/c.jpg"
SIGNED = "/a%2Fb%7Ec+d%20e;f//g/../h?X-Sig=ab%3d%3D&k=%2F%7E+;|{}\"'<>^`\\&empty=&=#"


def size_of(path: Path) -> int:
    return path.stat().st_size


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    "body",
    [
        {"url": [COVER, LINK]},
        {"output": [COVER, LINK]},
        {"videos": [{"cover": COVER, "url": LINK}]},
        {"data": {"cover_url": COVER, "data": [{"url": LINK}]}},
        {"thumbnail": COVER, "unsigned_urls": [LINK]},
        {"poster": COVER, "generations": [{"video": {"url": LINK}}]},
        {"outputs": [{"url": COVER}, {"url": LINK}]},
        {"url": COVER, "resultJson": json.dumps({"resultUrls": [LINK]})},
    ],
)
def test_every_link_is_a_candidate_and_a_cover_is_the_last(body: dict[str, object]) -> None:
    status = read_job({**body, "status": "completed"}, "gen_1").status
    assert status.video_urls == (LINK, COVER)
    assert status.video_url == LINK


def test_what_is_no_result_is_never_a_candidate() -> None:
    body = {
        "status": "succeeded",
        "urls": {"get": "https://api.example/p/1", "cancel": "https://api.example/p/1/cancel"},
        "webhook_url": "https://hook.example",
        "input": {"image_url": "https://cdn.example/in.mp4"},
        "output": LINK,
    }
    assert read_job(body, "gen_1").status.video_urls == (LINK,)


def test_of_a_list_of_jobs_only_the_one_asked_about_has_links() -> None:
    jobs = [{"id": "other", "status": "completed", "url": "https://cdn.example/other.mp4"}]
    body = {"data": [*jobs, {"id": "gen_1", "status": "completed", "url": LINK}]}
    assert read_job(body, "gen_1").status.video_urls == (LINK,)


NO_VIDEO: list[Script] = [
    reply(200, b"\xff\xd8\xff" + bytes(200), kind="image/jpeg"),
    html(200),
    reply(200, {"error": "no"}),
    html(403),
]


async def test_the_next_link_is_tried_where_one_is_no_video(
    elsewhere: Peer, client: UniAll, gateway: Peer, tmp_path: Path
) -> None:
    for place, script in enumerate(NO_VIDEO):
        elsewhere.on(f"/{place}", script)
    elsewhere.on("/v", video())
    links = tuple(f"{elsewhere.origin}/{name}" for name in (*range(len(NO_VIDEO)), "v"))
    # As the bot stores it: one link only, so that UniAll is asked for the others.
    gateway.on("/v1/videos/gen_1", reply(200, {"id": "gen_1", "status": "completed", "url": links}))
    for job in (
        JobStatus(job_id="gen_1", state=JobState.SUCCEEDED, video_url=links[0], video_urls=links),
        JobStatus(job_id="gen_1", state=JobState.SUCCEEDED, video_url=links[0]),
    ):
        done = await client.download(job, tmp_path / "v.mp4", format=Format.OPENAI)
        assert done.path.read_bytes() == MP4
    assert len(gateway.seen) == 1


async def test_a_file_that_fails_the_check_is_replaced_by_the_next_and_leaves_nothing(
    elsewhere: Peer, client: UniAll, tmp_path: Path
) -> None:
    longer = MP4 + bytes(5000)
    elsewhere.on("/long", video(longer))
    elsewhere.on("/v", video())
    looked: list[int] = []

    async def check(path: Path) -> None:
        looked.append(size_of(path))
        if looked[-1] == len(longer):
            raise ProviderError(Fault.RESULT_UNUSABLE, "sound only")

    links = (f"{elsewhere.origin}/long", f"{elsewhere.origin}/v")
    job = JobStatus(job_id="gen_1", state=JobState.SUCCEEDED, video_url=links[0], video_urls=links)
    done = await client.download(job, tmp_path / "v.mp4", format=Format.OPENAI, check=check)
    assert (done.path.read_bytes(), done.size, looked) == (MP4, len(MP4), [len(longer), len(MP4)])
    bad = JobStatus(job_id="gen_1", state=JobState.SUCCEEDED, video_url=links[0], video_urls=links[:1])
    with pytest.raises(ProviderError) as caught:
        await client.download(bad, tmp_path / "w.mp4", format=Format.OPENAI, check=check)
    assert caught.value.fault is Fault.RESULT_UNUSABLE
    assert names_in(tmp_path) == ["v.mp4"]


@pytest.mark.parametrize("tail", [SIGNED, "/v?", "/v?x=%zz&y=%", "/V%C3%BC/%e4%b8%ad", "/v?a=b?c=d&amp;e"])
async def test_a_signed_link_goes_out_byte_by_byte_as_it_came_also_over_redirects(
    elsewhere: Peer, client: UniAll, tmp_path: Path, tail: str
) -> None:
    sent = tail.rstrip("#")
    elsewhere.on(sent.partition("?")[0], video())
    elsewhere.on("/far", moved(elsewhere.origin + tail))
    elsewhere.on("/near", moved(tail))
    for link in (tail, "/far", "/near"):
        job = JobStatus(job_id="gen_1", state=JobState.SUCCEEDED, video_url=elsewhere.origin + link)
        await client.download(job, tmp_path / "v.mp4", format=Format.OPENAI)
    assert [seen.target for seen in elsewhere.seen] == [sent, "/far", sent, "/near", sent]


@pytest.mark.parametrize("place", [f"bytes 0-{len(MP4) - 1}/{len(MP4)}", f"bytes 0-{len(MP4) - 1}/*", None])
async def test_a_206_with_the_whole_file_is_the_file(
    elsewhere: Peer, client: UniAll, tmp_path: Path, place: str | None
) -> None:
    elsewhere.on("/v", reply(206, MP4, **({} if place is None else {"Content_Range": place})))
    job = JobStatus(job_id="gen_1", state=JobState.SUCCEEDED, video_url=elsewhere.origin + "/v")
    done = await client.download(job, tmp_path / "v.mp4", format=Format.OPENAI)
    assert done.path.read_bytes() == MP4
    assert len(elsewhere.seen) == 1


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("/files/v.mp4?a=%2F", "https://gateway.example/files/v.mp4?a=%2F"),
        ("//cdn.example/v.mp4", "https://cdn.example/v.mp4"),
    ],
)
def test_a_path_in_a_place_for_links_is_one_at_the_gateway(link: str, leads_to: str) -> None:
    body = {"id": "gen_1", "status": "completed", "output": {"url": link}, "note": "/etc/motd"}
    assert links_in(body, "gen_1", origin="https://gateway.example") == (leads_to,)
