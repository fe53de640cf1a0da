"""A job ends when the answer says so, in whatever words and place; and an answer that is not clear ends nothing."""

import json
from typing import Any

import pytest

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault, Format, JobState
from bot.uniall import UniAll
from bot.uniall.reading.answers import read_job
from bot.uniall.reading.listings import listed_jobs
from tests.tables import every_row
from tests.uniall.peer import Line, Peer, Script, head, html, raw, reply

PATH = "/v1/videos/gen_1"
LINK = "https://cdn.example/v.mp4"


def state(body: object) -> JobState:
    return read_job(body, "gen_1").status.state


@every_row(
    "word",
    [
        *(
            "aborted",
            "rejected",
            "timed_out",
            "Timed Out",
            "timedOut",
            "TIMED-OUT",
            "TASK_STATUS_FAILED",
            "JobState.FAILED",
        ),
        *(
            "render_failed",
            "failed_with_error",
            "ERROR_INTERNAL",
            "abortedByUser",
            "upstream error",
            "interrupted",
            "生成失败",
        ),
        *("deleted", "terminated", "killed", "stopped", "Content Moderated", "blocked", "errored"),
    ],
)
def test_every_kin_of_failed_is_an_end(word: str) -> None:
    assert state({"status": word}) is JobState.FAILED


@every_row(
    "body",
    [
        *({key: "failed"} for key in ("state", "task_status", "taskStatus", "job_status", "Status")),
        *({key: {"state": "aborted"}} for key in ("task", "data", "output", "result", "status")),
        {"data": [{"status": "rejected"}]},
        {"code": 200, "data": {"task": {"jobStatus": "killed"}}},
        {"id": "req", "status": "success", "data": {"id": "gen_1", "status": "failed"}},
        {"status": "success", "state": "failed"},
        {"status": "success", "tasks": [{"id": "other", "status": "done"}, {"id": "gen_1", "status": "failed"}]},
        {"code": 0, "jobs": [{"state": "failed"}]},
        {"data": [{"id": "other", "status": "queued"}, {"id": "gen_1", "status": "failed"}]},
        {"id": "gen_1", "error": {"code": "internal_error", "message": "x"}},
        {"data": {"task_id": "gen_1"}, "error": {"code": "generation_failed"}},
        {"error": {"code": "task_timeout", "task_id": "gen_1"}},
        {"code": "odd_end", "message": "x", "data": {"id": "gen_1"}},
    ],
)
def test_an_end_is_found_wherever_it_is_said(body: object) -> None:
    assert state(body) is JobState.FAILED


@every_row(
    "body",
    [
        {"status": "upscaling"},
        *({"status": word} for word in ("retrying_after_error", "not_failed", "failed_retrying", "error_correction")),
        {"status": "we are sorry that the last try has failed"},
        {"status": 2, "progress": 40, "video_url": LINK},
        {"id": "gen_1", "done": False, "url": LINK},
        {"id": "gen_1", "url": LINK},
        {"status": "ready"},
        {"id": "gen_1", "status": "in_progress", "error": {"code": "internal_error"}},
        *(
            {"id": "gen_1", "error": {"code": code}}
            for code in (
                *("rate_limit_exceeded", "insufficient_user_quota", "invalid_api_key", "task_not_exist", 503, 429),
                *("do_request_failed", "service_unavailable", ""),
            )
        ),
        {"error": {"code": "internal_error"}},
        {"id": "other", "error": {"code": "internal_error"}},
        {"data": [{"id": "other", "status": "failed"}, {"id": "gen_1", "status": "running"}]},
        {"id": "gen_1", "status": "completed", "state": "processing"},
    ],
)
def test_what_is_not_clearly_an_end_is_running(body: object) -> None:
    assert state(body) is JobState.RUNNING


@pytest.mark.parametrize(
    "body",
    [
        {"id": "gen_1", "video_url": LINK},
        {"id": "gen_1", "done": True, "response": {"url": LINK}},
        {"data": {"id": "gen_1", "status": 3, "progress": "100%", "url": LINK}},
        {"status": "已完成", "url": LINK},
    ],
)
def test_a_job_without_a_known_word_is_done_where_its_answer_says_so_and_has_a_link(body: object) -> None:
    status = read_job(body, "gen_1").status
    assert (status.state, status.video_url) == (JobState.SUCCEEDED, LINK)


def test_moderation_is_the_content_and_ready_is_done_with_a_link() -> None:
    assert read_job({"status": "Request Moderated"}, "x").status.fault is Fault.CONTENT_BLOCKED
    assert state({"status": "Ready", "result": {"sample": LINK}}) is JobState.SUCCEEDED
    # A file beside the job is no job: its id hides no end.
    assert (
        state({"code": 200, "id": "gen_1", "status": "completed", "output": {"id": "f", "url": LINK}}).value
        == "succeeded"
    )


DONE = json.dumps({"id": "gen_1", "status": "completed", "video_url": LINK}).encode()


def padded(megabytes: int) -> Script:
    async def script(line: Line) -> None:
        begin, end = DONE[:-1] + b',"b64":"', b'"}'
        await line.send(head(200, Content_Length=len(begin) + (megabytes << 20) + len(end)) + begin)
        for _ in range(megabytes):
            await line.send(b"x" * (1 << 20))
        await line.send(end)

    return script


@pytest.mark.parametrize(
    "script",
    [
        raw(head(200, Content_Length=900) + DONE),
        raw(head(200, Transfer_Encoding="chunked") + b"%x\r\n" % len(DONE) + DONE + b"\r\n"),
        raw(head(200, Transfer_Encoding="chunked") + DONE),
        raw(b"HTTP/1.1 200 OK\r\n" + b"Content-Length: %d\r\n" % len(DONE) * 2 + b"\r\n" + DONE),
        raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(300)) + b"\r\n" + DONE),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n" + DONE),
        raw(b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 200 OK\r\nX Y: odd\r\n\r\n" + DONE),
        reply(200, DONE, kind="text/html; charset=bogus"),
        reply(200, DONE, Content_Encoding="gzip"),
        reply(200, b'{"id": "gen_1", "status": "in_progress"}\n' + DONE),
        padded(48),
    ],
)
async def test_a_poll_reads_what_a_submit_reads(gateway: Peer, client: UniAll, script: Script) -> None:
    gateway.on(PATH, script)
    status = await client.status("gen_1", format=Format.OPENAI)
    assert (status.state, status.video_url) == (JobState.SUCCEEDED, LINK)


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        *((html(status), Fault.TRANSIENT) for status in (401, 403, 404)),
        *((reply(status), Fault.TRANSIENT) for status in (401, 402, 403, 404, 410)),
        (reply(401, {"detail": "no"}), Fault.TRANSIENT),
        (reply(404, {"message": "no Route matched"}), Fault.TRANSIENT),
        (reply(200, {"id": "gen_1", "status": "not_found"}), Fault.NOT_FOUND),
        (
            reply(
                400, {"error": {"message": 'litellm.X: Y - {"code": "task_not_exist", "message": "m"}', "code": "400"}}
            ),
            Fault.NOT_FOUND,
        ),
    ],
)
async def test_a_proxys_page_says_nothing_of_key_or_job(
    gateway: Peer, client: UniAll, script: Script, fault: Fault
) -> None:
    gateway.on(PATH, script)
    with pytest.raises(ProviderError) as caught:
        await client.status("gen_1", format=Format.OPENAI)
    assert caught.value.fault is fault


JUNK: tuple[Any, ...] = (
    *(-5, 0, 10**30, float("nan"), float("inf")),
    *("soon", "", True, [], {}, "9999-99-99"),
)


@every_row(
    ("created", "seconds"),
    [
        (1_770_405_483, 1_770_405_483),
        (1_770_405_483_123, 1_770_405_483),
        (1_770_405_483_123_456, 1_770_405_483),
        ("1770405483123456789", 1_770_405_483),
        (1_770_405_483.9, 1_770_405_483),
        ("2026-02-06T19:18:03Z", 1_770_405_483),
        ("Fri, 06 Feb 2026 19:18:03 GMT", 1_770_405_483),
        *((junk, None) for junk in JUNK),
    ],
)
def test_a_foreign_time_becomes_seconds_between_2000_and_2100_or_nothing(created: Any, seconds: int | None) -> None:
    jobs = listed_jobs({"data": [{"id": "v1", "created_at": created, "seconds": 10**30}]})
    assert jobs is not None
    assert (jobs[0].created_at, jobs[0].seconds) == (seconds, None)
