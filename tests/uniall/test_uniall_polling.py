"""Polling: whatever goes wrong is an error that may pass, never a status; and waiting for an end."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault, Format, JobState, JobStatus
from bot.uniall import UniAll
from bot.uniall.network.pace import wait_for_end
from tests.uniall.conftest import build, endless
from tests.uniall.peer import Line, Peer, Script, close, hang, head, html, moved, raw, reply, reset

PATH = "/v1/videos/gen_1"
RUNNING = {"id": "gen_1", "status": "in_progress", "progress": 40}
DONE = {"id": "gen_1", "status": "completed", "progress": 100, "video_url": "https://cdn.example/v.mp4"}
REFUSED_KEY = reply(401, {"error": {"message": "Invalid token", "type": "new_api_error", "code": ""}})
FORBIDDEN = reply(403, {"error": {"message": "no access", "type": "new_api_error", "code": "access_denied"}})
UNKNOWN = reply(404, {"error": {"message": "No video", "type": "invalid_request_error", "code": None}})
INVALID_URL = reply(404, {"error": {"message": "Invalid URL (GET /v1/videos/gen_1)", "code": ""}})


async def fault_of(gateway: Peer, client: UniAll, script: Script, form: Format = Format.OPENAI) -> ProviderError:
    gateway.on(PATH, script)
    with pytest.raises(ProviderError) as caught:
        await client.status("gen_1", format=form)
    return caught.value


async def test_a_job_is_told_as_it_stands(gateway: Peer, client: UniAll) -> None:
    gateway.on(PATH, reply(200, RUNNING, openai_poll_after_ms=15000))
    assert await client.status("gen_1", format=Format.OPENAI) == JobStatus(
        job_id="gen_1", state=JobState.RUNNING, progress=40, poll_after=15.0
    )


async def test_an_odd_id_stays_one_segment_of_the_path(gateway: Peer, client: UniAll) -> None:
    gateway.on("/v1/videos/a%2Fb%3Fc%20%C3%A9%25", reply(200, DONE))
    status = await client.status("a/b?c é%", format=Format.OPENAI)
    assert (status.job_id, status.state) == ("a/b?c é%", JobState.SUCCEEDED)


@pytest.mark.parametrize("job_id", ["", " ", ".", "..", "\ud800", "x" * 2_001])
async def test_what_cannot_be_an_id_is_never_asked_for(gateway: Peer, client: UniAll, job_id: str) -> None:
    with pytest.raises(ValueError, match="id"):
        await client.status(job_id, format=Format.TASK)
    assert gateway.connections == 0


async def dribble(line: Line) -> None:
    await line.send(head(200, Content_Type="application/json", Content_Length=1000))
    while True:
        await line.send(b" ")
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "script",
    [
        close,
        reset,
        endless(hang),
        raw(b"junk junk\r\n\r\n"),
        raw(b"\x00\xff\x16\x03\x01" * 40),
        raw(head(200, Content_Length=500) + b'{"status": "failed"}'),
        raw(head(200, Transfer_Encoding="chunked") + b'14\r\n{"status": "failed"}\r\n'),
        raw(head(200, Content_Encoding="gzip", Content_Length=4) + b"junk"),
        endless(dribble),
        html(200),
        html(502),
        html(503),
        html(504),
        reply(200),
        reply(200, b""),
        reply(200, b'{"status": "fail'),
        reply(200, b'"failed"'),
        reply(200, b"null"),
        reply(200, b'{"status": "failed"}', kind="text/html; charset=utf-8"),
        reply(200, b"\x00\x00\x00\x18ftypisom", kind="video/mp4"),
        reply(200, {"error": {"code": "odd", "message": "no"}}),
        reply(200, {"success": False, "message": "no"}),
        reply(204),
        moved("/v1/videos/gen_2"),
        reply(500, {"code": "do_request_failed", "message": "x"}),
        reply(500, {"status": "failed"}),
        reply(503, {"error": {"code": "model_not_found"}}),
        reply(524),
        reply(408),
    ],
)
async def test_every_broken_answer_may_pass(gateway: Peer, client: UniAll, script: Script) -> None:
    assert (await fault_of(gateway, client, script)).fault is Fault.TRANSIENT


@pytest.mark.parametrize("chunked", [False, True])
async def test_an_answer_of_a_hundred_megabytes_is_not_read_to_its_end(
    gateway: Peer, client: UniAll, chunked: bool
) -> None:
    sent = 0

    async def huge(line: Line) -> None:
        nonlocal sent
        length: dict[str, str | int] = {"Transfer_Encoding": "chunked"} if chunked else {"Content_Length": 100 << 20}
        await line.send(head(200, Content_Type="application/json", **length))
        for _ in range(1600):
            await line.send(b"10000\r\n" + b" " * 65536 + b"\r\n" if chunked else b" " * 65536)
            sent += 65536

    assert (await fault_of(gateway, client, huge)).fault is Fault.TRANSIENT
    assert sent < 90 << 20


async def test_a_gateway_that_cannot_be_reached_may_pass(gateway: Peer) -> None:
    async with UniAll(key="k", base_url="http://127.0.0.1:1") as client:
        with pytest.raises(ProviderError) as caught:
            await client.status("gen_1", format=Format.TASK)
    assert caught.value.fault is Fault.TRANSIENT


@pytest.mark.endless
async def test_a_peer_that_never_answers_is_given_up_at_the_deadline(gateway: Peer, client: UniAll) -> None:
    gateway.unread = hang
    with pytest.raises(ProviderError) as caught:
        await client.status("gen_1", format=Format.TASK)
    assert caught.value.fault is Fault.TRANSIENT


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (REFUSED_KEY, Fault.AUTH),
        (reply(401, {"error": {"code": "insufficient_user_quota"}}), Fault.INSUFFICIENT_FUNDS),
        (reply(403, {"error": {"code": "pre_consume_token_quota_failed"}}), Fault.INSUFFICIENT_FUNDS),
        (FORBIDDEN, Fault.FORBIDDEN),
        (reply(400, {"code": "task_not_exist", "message": "task_not_exist", "data": None}), Fault.NOT_FOUND),
        (reply(200, {"code": "task_not_exist", "message": "task_not_exist", "data": None}), Fault.NOT_FOUND),
        (reply(404, {"error": {"message": "No video", "code": None}}), Fault.NOT_FOUND),
        (INVALID_URL, Fault.WRONG_FORMAT),
        (reply(405), Fault.WRONG_FORMAT),
        (reply(501, {"code": "not_implemented", "message": "x"}), Fault.WRONG_FORMAT),
        (reply(429), Fault.RATE_LIMITED),
        (reply(400), Fault.BAD_REQUEST),
    ],
)
async def test_a_refused_poll_has_its_fault(gateway: Peer, client: UniAll, script: Script, fault: Fault) -> None:
    assert (await fault_of(gateway, client, script)).fault is fault


async def test_the_wait_that_a_refusal_asks_for_is_passed_on(gateway: Peer, client: UniAll) -> None:
    assert (await fault_of(gateway, client, reply(429, Retry_After=17))).retry_after == 17.0
    assert (await fault_of(gateway, client, reply(503, Retry_After=3))).retry_after == 3.0


# ---- paths


@pytest.mark.parametrize(
    ("form", "second"),
    [(Format.TASK, "/v1/video/generations/gen_1"), (Format.VIDEOS, "/v1/videos/generations/gen_1")],
)
@pytest.mark.parametrize("wrong", [INVALID_URL, reply(501), reply(405), reply(404), html(404)])
async def test_the_formats_own_path_is_asked_where_the_first_is_wrong_and_remembered(
    gateway: Peer, client: UniAll, form: Format, second: str, wrong: Script
) -> None:
    gateway.on(PATH, wrong)
    gateway.on(second, reply(200, RUNNING))
    for _ in range(3):
        assert (await client.status("gen_1", format=form)).state is JobState.RUNNING
    assert (len(gateway.asked(PATH)), len(gateway.asked(second))) == (1, 3)


async def test_a_passing_error_is_no_reason_to_ask_elsewhere(gateway: Peer, client: UniAll) -> None:
    assert (await fault_of(gateway, client, reply(500), Format.TASK)).fault is Fault.TRANSIENT
    known = reply(400, {"code": "task_not_exist", "message": "x", "data": None})
    assert (await fault_of(gateway, client, known, Format.TASK)).fault is Fault.NOT_FOUND
    assert {seen.path for seen in gateway.seen} == {PATH}


async def test_a_job_nobody_knows_on_any_path_is_not_found_and_no_path_at_all_is_a_wrong_format(
    gateway: Peer, client: UniAll
) -> None:
    assert (await fault_of(gateway, client, UNKNOWN, Format.TASK)).fault is Fault.NOT_FOUND
    assert (await fault_of(gateway, client, INVALID_URL, Format.TASK)).fault is Fault.WRONG_FORMAT


async def test_on_a_path_that_worked_a_404_speaks_of_the_job(gateway: Peer, client: UniAll) -> None:
    gateway.on(PATH, reply(200, RUNNING))
    await client.status("gen_1", format=Format.TASK)
    assert (await fault_of(gateway, client, UNKNOWN, Format.TASK)).fault is Fault.NOT_FOUND
    assert {seen.path for seen in gateway.seen} == {PATH}


async def test_an_unlisted_status_is_logged_once_without_the_word(gateway: Peer, client: UniAll) -> None:
    gateway.on(PATH, reply(200, {"id": "gen_1", "status": "Upscaling"}))
    with capture_logs() as logs:
        for _ in range(3):
            assert (await client.status("gen_1", format=Format.TASK)).state is JobState.RUNNING
    assert [(log["event"], log["length"], "word" in log) for log in logs] == [("status_unlisted", 9, False)]


async def test_three_hundred_polls_run_at_once(gateway: Peer) -> None:
    waiting = 0
    everyone = asyncio.Event()

    async def together(line: Line) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 300:
            everyone.set()
        await everyone.wait()
        await reply(200, RUNNING)(line)

    gateway.on(PATH, together)
    async with build(gateway) as client:
        statuses = await asyncio.gather(*(client.status("gen_1", format=Format.TASK) for _ in range(300)))
    assert len(statuses) == 300


# ---- waiting for the end


async def test_waiting_polls_until_the_end_and_through_what_passes(gateway: Peer, client: UniAll) -> None:
    gateway.on(PATH, close, reply(200, RUNNING), html(502), reply(429), reply(404), reply(401), reply(200, DONE))
    seen: list[JobState] = []

    def note(status: JobStatus) -> None:
        seen.append(status.state)

    status = await client.wait("gen_1", format=Format.OPENAI, on_status=note, poll_min=0.01, poll_max=0.02)
    assert status.state is JobState.SUCCEEDED
    assert seen == [JobState.RUNNING, JobState.SUCCEEDED]


@pytest.mark.parametrize("word", ["failed", "expired", "cancelled"])
async def test_waiting_ends_with_a_job_that_ends_badly(gateway: Peer, client: UniAll, word: str) -> None:
    gateway.on(PATH, reply(200, {"status": word}))
    status = await client.wait("gen_1", format=Format.OPENAI, poll_min=0.01)
    assert status.state in (JobState.FAILED, JobState.EXPIRED)
    assert len(gateway.seen) == 1


@pytest.mark.parametrize(("script", "fault"), [(REFUSED_KEY, Fault.AUTH), (FORBIDDEN, Fault.FORBIDDEN)])
async def test_waiting_gives_up_on_a_key_that_is_refused_three_times_in_a_row(
    gateway: Peer, client: UniAll, script: Script, fault: Fault
) -> None:
    gateway.on(PATH, script, script, reply(200, RUNNING), script)
    with pytest.raises(ProviderError) as caught:
        await client.wait("gen_1", format=Format.OPENAI, poll_min=0.01, poll_max=0.01)
    assert caught.value.fault is fault
    assert len(gateway.seen) == 6


async def test_waiting_has_a_deadline_of_its_own(gateway: Peer, client: UniAll) -> None:
    gateway.on(PATH, reply(200, RUNNING))
    with pytest.raises(TimeoutError):
        await client.wait("gen_1", format=Format.OPENAI, poll_min=0.01, timeout=0.15)


async def test_an_error_of_the_callback_is_the_callers(gateway: Peer, client: UniAll) -> None:
    gateway.on(PATH, reply(200, RUNNING))

    def broken(status: JobStatus) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await client.wait("gen_1", format=Format.OPENAI, on_status=broken)


async def gaps(answers: Sequence[JobStatus | ProviderError], clock: Callable[[], float] = lambda: 0.0) -> list[float]:
    """The pauses that waiting makes between these answers."""
    found: list[float] = []
    queue = iter(answers)

    async def poll() -> JobStatus:
        answer = next(queue)
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    await wait_for_end(poll, on_status=None, poll_min=5, poll_max=60, clock=clock, sleep=sleep)
    return found


def running(**more: float) -> JobStatus:
    return JobStatus(job_id="x", state=JobState.RUNNING, **more)  # type: ignore[arg-type]


END = JobStatus(job_id="x", state=JobState.SUCCEEDED)


async def test_gaps_grow_with_jitter_from_the_least_to_the_most() -> None:
    found = await gaps([running()] * 40 + [END])
    assert all(5 <= gap <= 60 for gap in found)
    assert found[0] < 8
    assert found[-1] == 60
    assert found[10] > found[0]
    assert await gaps([running()] * 5 + [END]) != found[:5]


async def test_a_longer_wait_that_is_asked_for_is_kept_and_a_shorter_one_is_not() -> None:
    busy = ProviderError(Fault.RATE_LIMITED, retry_after=200)
    found = await gaps([running(poll_after=120), busy, running(poll_after=0.5), END])
    assert found[:2] == [120, 200]
    assert found[2] >= 5


async def test_a_job_that_nobody_knows_for_two_minutes_is_lost() -> None:
    now = iter([0.0, 0.0, 60.0, 119.0, 121.0])
    times: list[float] = []

    def clock() -> float:
        times.append(next(now))
        return times[-1]

    with pytest.raises(ProviderError) as caught:
        await gaps([ProviderError(Fault.NOT_FOUND)] * 5 + [END], clock)
    assert caught.value.fault is Fault.NOT_FOUND
    assert times[-1] == 121.0


# ---- lists


async def test_models_are_the_ids_of_the_list(gateway: Peer, client: UniAll) -> None:
    body = {"object": "list", "data": [{"id": "sora2"}, {"id": "sora2-pro-720p"}, {"name": "?"}, None]}
    gateway.on("/v1/models", reply(200, body))
    assert await client.models() == {"sora2", "sora2-pro-720p"}


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (REFUSED_KEY, Fault.AUTH),
        (html(502), Fault.TRANSIENT),
        (html(200), Fault.TRANSIENT),
        (reply(200, {"error": "no"}), Fault.TRANSIENT),
        endless(hang, Fault.TRANSIENT),
        (moved("/elsewhere"), Fault.TRANSIENT),
    ],
)
async def test_models_that_cannot_be_had_are_an_error_and_never_an_empty_list(
    gateway: Peer, client: UniAll, script: Script, fault: Fault
) -> None:
    gateway.on("/v1/models", script)
    with pytest.raises(ProviderError) as caught:
        await client.models()
    assert caught.value.fault is fault


async def test_recent_jobs_are_asked_for_newest_first(gateway: Peer, client: UniAll) -> None:
    gateway.on("/v1/videos", reply(200, {"data": [{"id": "v1", "prompt": "fox"}], "has_more": True}))
    jobs = await client.recent()
    assert jobs is not None
    assert [job.job_id for job in jobs] == ["v1"]
    assert [seen.target for seen in gateway.seen] == ["/v1/videos?limit=100&order=desc"]


@pytest.mark.parametrize(
    "script", [INVALID_URL, reply(405), reply(501), reply(400), reply(200, {"id": "x"}), reply(200, {"error": "no"})]
)
async def test_an_api_that_cannot_list_jobs_says_none(gateway: Peer, client: UniAll, script: Script) -> None:
    gateway.on("/v1/videos", script)
    assert await client.recent() is None


@pytest.mark.parametrize(
    "script", [html(502), reply(429), reply(401), endless(hang), html(200), reply(200, b'{"data": [')]
)
async def test_a_list_that_fails_for_now_is_an_error_and_never_none(
    gateway: Peer, client: UniAll, script: Script
) -> None:
    gateway.on("/v1/videos", script)
    with pytest.raises(ProviderError):
        await client.recent()


async def test_a_long_list_is_read_whole(gateway: Peer, client: UniAll) -> None:
    gateway.on("/v1/videos", reply(200, {"data": [{"id": f"v{n}", "prompt": "x" * 32_000} for n in range(100)]}))
    jobs = await client.recent()
    assert jobs is not None
    assert len(jobs) == 100
