"""Every known shape of an answer, and JSON that nobody has ever sent."""

import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.provider import Accepted, Fault, Format, JobState, JobStatus, Outcome
from bot.uniall.download.containers import video_type
from bot.uniall.download.resume import validator_of
from bot.uniall.formats import is_id, poll_paths
from bot.uniall.network.exchange import Answer
from bot.uniall.network.jsontext import parse
from bot.uniall.network.pace import LONGEST_HINT, asked_wait
from bot.uniall.network.shapes import Json
from bot.uniall.privacy import Redactor
from bot.uniall.reading.answers import job_id_in, names_a_status, read_job
from bot.uniall.reading.faults import poll_fault, read_error
from bot.uniall.reading.links import LINKS
from bot.uniall.reading.listings import listed_jobs, model_ids
from bot.uniall.reading.outcome import outcome_of
from bot.uniall.reading.status_words import STATES
from tests.tables import every_row

LINK = "https://cdn.example/output.mp4"
NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def job(body: object) -> JobStatus:
    return read_job(body, "gen_1").status


# ---- status


@every_row(("state", "word"), [(state, word) for state, words in STATES.items() for word in sorted(words)])
def test_every_listed_word_has_its_normal_form_in_any_case(state: JobState, word: str) -> None:
    for spelling in (word, word.upper(), f"  {word.title()}\n"):
        assert job({"status": spelling}).state is state


@pytest.mark.parametrize("body", [{"status": "unknown"}, {"status": "rendering"}, {"status": None}, {"status": 5}, {}])
def test_a_status_that_nobody_knows_is_running_and_no_end(body: object) -> None:
    assert job(body).state is JobState.RUNNING


def test_only_a_word_that_is_in_no_list_is_told_for_the_log() -> None:
    assert read_job({"status": "Rendering"}, "x").unlisted == "Rendering"
    assert read_job({"status": "queued"}, "x").unlisted is None
    assert read_job({}, "x").unlisted is None


@every_row(
    ("body", "state"),
    [
        ({"code": "success", "data": {"task_id": "t", "status": "IN_PROGRESS"}}, JobState.RUNNING),
        ({"code": 200, "data": {"id": "t", "status": "SUCCESS", "data": {"status": "running"}}}, JobState.SUCCEEDED),
        ({"data": {"status": "queued", "data": {"status": "completed"}}}, JobState.QUEUED),
        ({"data": {"data": {"status": "failed"}}}, JobState.FAILED),
        ({"data": {"data": {"data": {"status": "failed"}}}}, JobState.FAILED),
        ({"status": "success", "data": {"id": "t", "status": "processing"}}, JobState.RUNNING),
        ({"id": "t", "status": "in_progress", "data": {"id": "u", "status": "completed"}}, JobState.RUNNING),
        ({"id": "t", "status": "completed", "data": {"url": LINK}}, JobState.SUCCEEDED),
        ({"code": 0, "data": {"task_id": "k", "task_status": "succeed"}}, JobState.SUCCEEDED),
        ({"code": "success", "data": [{"status": "failed"}]}, JobState.FAILED),
    ],
)
def test_the_outer_job_of_a_wrapped_body_is_believed(body: object, state: JobState) -> None:
    assert job(body).state is state


def test_completed_at_and_duration_mean_nothing() -> None:
    status = job({"id": "x", "status": "in_progress", "completed_at": 1770405483, "duration": 89, "video_url": LINK})
    assert (status.state, status.video_url, status.progress) == (JobState.RUNNING, None, None)


# ---- progress


@every_row(
    ("value", "progress"),
    [
        (50, 50),
        ("50%", 50),
        ("50", 50),
        (50.9, 50),
        (" 7 % ", 7),
        (0, 0),
        (-5, 0),
        (250, 100),
        (10**400, None),
        ("", None),
        ("half", None),
        (None, None),
        (True, None),
        ([50], None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_progress_is_a_whole_number_to_a_hundred_or_nothing(value: object, progress: int | None) -> None:
    assert job({"status": "running", "progress": value}).progress == progress


def test_progress_is_found_inside_an_envelope() -> None:
    assert job({"code": "success", "data": {"status": "running", "progress": "30%"}}).progress == 30


# ---- links


def at(place: tuple[str | int, ...], value: object) -> Json:
    body: object = value
    for step in reversed(place):
        body = {step: body} if isinstance(step, str) else [body]
    assert isinstance(body, dict)
    return body  # type: ignore[return-value]


@every_row("place", LINKS)
@every_row("depth", [0, 1, 2, 3])
def test_a_link_is_found_in_every_place_and_depth_of_a_job_that_succeeded_and_of_no_other(
    place: tuple[str | int, ...], depth: int
) -> None:
    for word, link in (("completed", LINK), ("failed", None), ("in_progress", None), ("expired", None)):
        body: Json = {**at(place, LINK), "status": word}
        for _ in range(depth):
            body = {"code": "success", "data": body}
        assert job(body).video_url == link


def test_the_first_place_wins_and_what_is_no_web_address_is_passed_over() -> None:
    body: Json = {"status": "completed", "video_url": "video.mp4", "url": "ftp://x/y", "result_url": "task failed"}
    body |= {"output": {"url": LINK}, "metadata": {"url": "https://cdn.example/other.mp4"}}
    assert job(body).video_url == LINK


def test_an_address_in_fail_reason_is_the_video_on_success_and_a_reason_on_failure() -> None:
    wrapped: Json = {"code": "success", "data": {"status": "SUCCESS", "fail_reason": LINK}}
    assert job(wrapped).video_url == LINK
    failed = job({"code": "success", "data": {"status": "FAILURE", "fail_reason": LINK, "result_url": LINK}})
    assert (failed.video_url, failed.state) == (None, JobState.FAILED)


@pytest.mark.parametrize("value", ["https://", "http:///x", "https://[bad", "javascript:x", "https://a b/c", {}, ["x"]])
def test_what_only_looks_like_an_address_is_none(value: object) -> None:
    assert job({"status": "completed", "video_url": value}).video_url is None


def test_a_job_may_succeed_without_any_link() -> None:
    assert job({"id": "x", "status": "completed", "progress": 100}) == JobStatus(
        job_id="gen_1", state=JobState.SUCCEEDED, progress=100
    )


# ---- failures


@pytest.mark.parametrize(
    ("body", "fault", "detail"),
    [
        ({"error": {"code": "moderation_blocked", "message": "No."}}, Fault.CONTENT_BLOCKED, "No."),
        ({"error": {"code": "internal_error", "message": "Oops"}}, Fault.UPSTREAM_FAILED, "Oops"),
        ({"error": "task failed"}, Fault.UPSTREAM_FAILED, "task failed"),
        ({"error": None}, Fault.UPSTREAM_FAILED, ""),
        ({"fail_reason": "timeout"}, Fault.UPSTREAM_FAILED, "timeout"),
        ({"message": "worker gone"}, Fault.UPSTREAM_FAILED, "worker gone"),
        (
            {"fail_reason": '{"error": {"code": "content_policy_violation", "message": "Policy"}}'},
            Fault.CONTENT_BLOCKED,
            "Policy",
        ),
        (
            {"error": {"code": "fail_to_fetch_task", "message": '{"code": "sentinel_block", "message": "S"}'}},
            Fault.CONTENT_BLOCKED,
            "S",
        ),
        ({"error": {"code": "rate_limit_exceeded", "message": "busy"}}, Fault.UPSTREAM_FAILED, "busy"),
    ],
)
def test_a_failed_job_has_a_fault_and_its_reason(body: Json, fault: Fault, detail: str) -> None:
    for whole in ({**body, "status": "failed"}, {"code": "success", "data": {**body, "status": "FAILURE"}}):
        status = job(whole)
        assert (status.state, status.fault, status.detail) == (JobState.FAILED, fault, detail)


def test_an_expired_job_is_expired_whatever_else_it_says() -> None:
    assert job({"status": "expired", "error": {"code": "moderation_blocked"}}).fault is Fault.EXPIRED


# ---- lists


def test_a_list_of_jobs_keeps_what_is_told_and_leaves_out_entries_without_an_id() -> None:
    body = {
        "object": "list",
        "data": [
            {"id": "v1", "model": "sora-2", "prompt": "fox", "seconds": "8", "created_at": 1770405483, "duration": 89},
            {"task_id": "v2"},
            {"id": "v3", "model": "sora2"},  # the family: it may be of any of its models
            {"object": "video"},
            "v4",
            None,
        ],
    }
    jobs = listed_jobs(body)
    assert jobs is not None
    assert [(j.job_id, j.model, j.prompt, j.seconds, j.created_at) for j in jobs] == [
        ("v1", "sora-2", "fox", 8, 1770405483),
        ("v2", None, None, None, None),
        ("v3", None, None, None, None),
    ]


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}, "x", None, {"error": "no"}])
def test_what_is_no_list_is_none(body: object) -> None:
    assert listed_jobs(body) is None
    assert model_ids(body) is None


# ---- waiting


@every_row(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"openai-poll-after-ms": "10000"}, 10.0),
        ({"retry-after": "soon", "openai-poll-after-ms": "2000"}, 2.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "86400"}, LONGEST_HINT),
        ({"retry-after": "Sat, 21 Nov 2099 12:00:30 GMT"}, LONGEST_HINT),
        ({"retry-after": "Sat, 99 Nov 99999999999999999 99:99:99 GMT"}, None),
    ],
)
def test_a_wait_that_is_asked_for_is_read_and_kept_within_an_hour(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert asked_wait(headers, now=NOW) == seconds


@given(st.text(max_size=60))
def test_no_header_makes_the_reading_of_waits_raise(text: str) -> None:
    for name in ("retry-after", "retry-after-ms", "openai-poll-after-ms"):
        wait = asked_wait({name: text}, now=NOW)
        assert wait is None or 0 <= wait <= LONGEST_HINT


# ---- containers


@every_row(
    ("head", "kind"),
    [
        (b"\x00\x00\x00\x18ftypisom" + bytes(12), "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  " + bytes(8), "video/quicktime"),
        (b"\x1aE\xdf\xa3" + bytes(10) + b"B\x82\x84webm", "video/webm"),
        (b"\x1aE\xdf\xa3" + bytes(10) + b"B\x82\x88matroska", "video/x-matroska"),
        (b"\x1aE\xdf\xa3" + bytes(60), None),
        (b"\x00\x00\x00\x1cftypavif" + bytes(12), None),
        (b"\x00\x00\x00\x1cftypheic" + bytes(12), None),
        (b"\x00\x00\x00\x1cftypM4A " + bytes(12), None),
        (b"<!DOCTYPE html><html>", None),
        (b'{"error": "not ready"}', None),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), None),
        (b"\x00\x00\x00\x18ftyp", None),
        (b"", None),
    ],
)
def test_a_video_is_known_by_its_first_bytes(head: bytes, kind: str | None) -> None:
    assert video_type(head) == kind


# ---- resuming

DATE = "Sat, 21 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"etag": '"v1"', "last-modified": DATE}, '"v1"'),
        ({"last-modified": DATE}, DATE),
        ({"etag": 'W/"v1"', "last-modified": DATE}, None),
        ({"etag": "v1"}, None),
        ({"last-modified": "yesterday"}, None),
        ({}, None),
    ],
)
def test_only_a_strong_validator_allows_a_resumption(headers: dict[str, str], validator: str | None) -> None:
    assert validator_of(headers) == validator


# ---- anything at all

IN_LINKS = sorted({key for place in LINKS for key in place if isinstance(key, str)})
IN_JOBS = [
    "id",
    "task_id",
    "generation_id",
    "request_id",
    "status",
    "task_status",
    "data",
    "progress",
    "success",
    "seconds",
]
IN_ERRORS = ["error", "code", "message", "type", "fail_reason"]
KEYS = st.sampled_from([*IN_LINKS, *IN_JOBS, *IN_ERRORS])
WORDS = st.sampled_from(
    ["completed", "FAILED", "queued", "success", "expired", LINK, '{"error": {"code": "x"}}', "\ud800"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS | st.just(10**400)
ANYTHING = st.recursive(
    LEAVES,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inside, max_size=6),
    max_leaves=30,
)


def outcome(status: int, body: bytes) -> Outcome:
    return outcome_of(Answer(status=status, headers=httpx.Headers(), body=body), Redactor("sk-secret-key"))


@given(ANYTHING)
def test_no_json_makes_the_reading_of_a_job_raise(body: object) -> None:
    status = read_job(body, "gen_1", tidy=Redactor("sk-secret-key")).status
    assert status.progress is None or 0 <= status.progress <= 100
    assert status.video_url is None or status.state is JobState.SUCCEEDED
    assert (status.fault is not None) == (status.state in (JobState.FAILED, JobState.EXPIRED))
    assert len(status.detail) <= 300
    names_a_status(body)
    listed_jobs(body)
    model_ids(body)


@given(ANYTHING, st.integers(200, 599))
def test_no_json_makes_the_reading_of_an_error_raise(body: object, status: int) -> None:
    assert poll_fault(status, read_error(body)) in Fault


@given(ANYTHING)
def test_an_id_that_is_found_can_be_polled(body: object) -> None:
    found = job_id_in(body)
    if found is not None:
        for form in ("task", "videos", "openai"):
            assert all(path.isascii() for path in poll_paths(Format(form), found))


@given(ANYTHING, st.integers(200, 599))
def test_no_answer_makes_a_submit_raise(body: object, status: int) -> None:
    found = outcome(status, json.dumps(body).encode("utf-8", "surrogatepass"))
    assert not isinstance(found, Accepted) or is_id(found.status.job_id)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_parser_raise(raw: bytes) -> None:
    assert json.dumps(parse(raw))


def test_deep_and_long_json_is_no_json() -> None:
    assert parse(b"[" * 1_000_000) is None
    assert parse(b"9" * 10_000) is None
    assert parse('{"data":' * 50_000) is None


@given(st.text())
def test_an_id_is_escaped_whole(text: str) -> None:
    if is_id(text):
        (path,) = poll_paths(Format.OPENAI, text)
        assert path.startswith("/v1/videos/")
        assert not set(path.removeprefix("/v1/videos/")) & set("/?#\\ ")
