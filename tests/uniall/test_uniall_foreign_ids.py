"""An id is followed wherever a gateway puts it, in whatever is left of its answer; and nobody else's id is taken for it."""

import gzip
import json
import zlib

import pytest

from bot.domain.provider import Accepted, Fault, Format, Order, Refused, RetryLater, Unclear
from bot.uniall import UniAll
from bot.uniall.network.jsontext import documents
from tests.uniall.peer import Line, Peer, Script, head, html, raw, reply

PATH = "/v1/video/generations"
ORDER = Order(format=Format.TASK, model="sora2-landscape-4s", prompt="A red fox")
BODY = b'{"id": "task_1", "status": "queued"}'
HUGE = "9" * 40


@pytest.mark.parametrize(
    "body",
    [
        {"taskId": "task_1"},
        {"TaskId": "task_1", "RequestId": "r"},
        {"data": [{"id": "task_1"}]},
        {"task": {"id": "task_1"}, "request_id": "r"},
        {"id": "req", "task": {"id": "task_1", "status": "queued"}},
        {"output": {"task_id": "task_1", "task_status": "PENDING"}, "request_id": "r"},
        {"result": {"generationId": "task_1"}},
        {"data": {"data": {"data": {"id": "task_1"}}}},
        {"code": 0, "data": "task_1"},
        {"data": '{"task_id": "task_1"}'},
        {"model": {"id": "m"}, "user": {"id": "u"}, "trace_id": "t", "data": {"job": {"id": "task_1"}}},
        {"id": None, "task_id": "", "data": {"task_id": "task_1"}},
        *({holder: {"jobId": "task_1"}} for holder in ("prediction", "payload", "body", "content", "render")),
        *({"code": 0, holder: [{"id": "task_1"}]} for holder in ("tasks", "jobs", "videos", "items", "generations")),
        *({"model": {"id": "m"}, key: "task_1"} for key in ("operationId", "render_id", "prediction_id", "workId")),
        {"request_id": "r", "status": "success", "data": {"jobs": [{"taskId": "task_1"}]}},
        *({"data": {key: ["task_1"]}} for key in ("ids", "task_ids")),
        {"data": ["task_1"]},
        {"id": "task_1", "videos": [{"id": "v"}], "content": {"id": "c"}},
    ],
)
async def test_the_jobs_id_is_followed_from_every_place(gateway: Peer, client: UniAll, body: object) -> None:
    gateway.on(PATH, reply(200, body))
    outcome = await client.submit(ORDER)
    assert isinstance(outcome, Accepted)
    assert outcome.status.job_id == "task_1"


@pytest.mark.parametrize(
    ("body", "job_id"),
    [
        (b'{"id": %s}' % HUGE.encode(), HUGE),
        (b'{"id": "%s"}' % (b"M" * 1800), "M" * 1800),
        (b'{"id": 12345678901234567890123.0}', "12345678901234567890123"),
        (b'{"id": 1.2345678901234567890123e22}', "12345678901234567890123"),
        (b'{"balance": %s, "id": "task_1"}' % (b"9" * 5000), "task_1"),
        (b'{"ok": true}{"id": "task_1"}', "task_1"),
        (b'{"id": "task_1", "prompt": "\xff\xfe\xc3"}', "task_1"),
        (b'\xef\xbb\xbf{"id": "task_1"}', "task_1"),
        ('{"id": "task_1"}'.encode("utf-16"), "task_1"),
        (b')]}\'\n{"id": "task_1"}', "task_1"),
        (b'data: {"id": "task_1"}\n\ndata: [DONE]\n\n', "task_1"),
        (b'[2026-11-30 12:00] slow {"id": "task_1"}', "task_1"),
        (b"{'id': 'task_1', 'error': None,}", "task_1"),
        (b'{"model": {"id": "m"}, "id": "task_1", "status": "que', "task_1"),
        (b'{"id": "task_1", "pad": "' + b"x" * 2_000_000 + b'"}', "task_1"),
        (gzip.compress(BODY, mtime=0), "task_1"),
        (zlib.compress(BODY), "task_1"),
    ],
)
async def test_an_id_keeps_every_digit_and_is_read_from_what_is_hardly_json(
    gateway: Peer, client: UniAll, body: bytes, job_id: str
) -> None:
    gateway.on(PATH, reply(200, body))
    outcome = await client.submit(ORDER)
    assert isinstance(outcome, Accepted)
    assert outcome.status.job_id == job_id


async def never_ended(line: Line) -> None:
    await line.send(head(200, Transfer_Encoding="chunked") + b"%x\r\n" % len(BODY) + BODY + b"\r\n")
    await line.reader.read()


@pytest.mark.parametrize(
    "script",
    [
        raw(head(200, Content_Length=500) + BODY),
        raw(head(200, Content_Length=999_999_999) + BODY),
        raw(head(200, Content_Length=4) + BODY),
        raw(head(200, Transfer_Encoding="chunked") + BODY),
        raw(head(200, Content_Encoding="gzip", Content_Length=len(BODY)) + BODY),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n" + BODY),
        raw(b"HTTP/1.1 103 Early\r\n\r\nHTTP/2 200\r\nX Y: broken\r\n\r\n" + BODY),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 150_000 + b"\r\n\r\n" + BODY),
        never_ended,
    ],
)
async def test_whole_json_counts_however_its_answer_is_framed(gateway: Peer, client: UniAll, script: Script) -> None:
    gateway.on(PATH, script)
    outcome = await client.submit(ORDER)
    assert isinstance(outcome, Accepted)
    assert (outcome.status.job_id, len(gateway.seen)) == ("task_1", 1)


@pytest.mark.parametrize(
    "script",
    [
        reply(500, {"id": "task_1", "status": "queued"}),
        reply(429, {"error": {"message": "slow", "type": "t", "code": "rate_limit_exceeded"}, "task_id": "task_1"}),
        reply(401, {"error": {"message": "no", "type": "t", "code": "invalid_api_key"}, "data": {"taskId": "task_1"}}),
        reply(504, {"object": "video", "id": "task_1"}),
    ],
)
async def test_an_error_that_carries_a_job_is_followed_and_never_sent_again(
    gateway: Peer, client: UniAll, script: Script
) -> None:
    gateway.on(PATH, script)
    outcome = await client.submit(ORDER)
    assert isinstance(outcome, Accepted)
    assert outcome.status.job_id == "task_1"


@pytest.mark.parametrize(
    "script",
    [
        reply(200, {"model": {"id": "m"}, "user": {"id": "u_1"}, "trace_id": "t"}),
        reply(200, {"error": {"message": "no", "code": "odd", "request_id": "r", "id": "e_1"}}),
        reply(502, {"id": "req_1", "status": "error", "message": "bad gateway"}),
        reply(200, b'{"code": "success", "id": "req_1", "data": {"task_id": "task'),
        reply(200, b'<!doctype html><script>{"id": "task_1", "status": "queued"}</script>'),
        # What a malformed answer says proves nothing: it is never a reason to send again.
        raw(b"HTTP/1.1 429 Slow\r\nX Y: broken\r\n\r\n"),
        raw(head(503, Content_Length=900) + b'{"error": {"code": "model_not_found", "message": "m"}}'),
        reply(200, b'junk {"error": {"code": "insufficient_user_quota"}}'),
    ],
)
async def test_what_is_not_the_jobs_id_leaves_it_unclear(gateway: Peer, client: UniAll, script: Script) -> None:
    gateway.on(PATH, script)
    assert isinstance(await client.submit(ORDER), Unclear)
    assert len(gateway.seen) == 1


# ---- who said it


def shaped(code: str | None, message: str = "no") -> object:
    return {"error": {"message": message, "type": "new_api_error", "code": code}}


@pytest.mark.parametrize(
    ("script", "coded"),
    [
        (reply(401, shaped("")), True),
        (reply(403, shaped("access_denied")), True),
        (reply(403, {"code": "insufficient_user_quota", "message": "m", "data": None}), True),
        (reply(429, shaped("rate_limit_exceeded")), True),
        (html(403), False),
        (html(401), False),
        (html(429), False),
        (reply(401), False),
        (reply(404, b"no such page", kind="text/plain"), False),
        (reply(403, {"message": "Forbidden"}), False),
        (reply(401, {"detail": "Not authenticated"}), False),
        (reply(403, {"error": {"code": 403, "message": "m", "status": "PERMISSION_DENIED"}}), False),
        (reply(403, {"error": "Forbidden", "status": 403, "path": "/"}), False),
    ],
)
async def test_only_the_apis_own_error_is_coded(gateway: Peer, client: UniAll, script: Script, coded: bool) -> None:
    gateway.on(PATH, script)
    outcome = await client.submit(ORDER)
    assert isinstance(outcome, Refused | RetryLater)
    assert outcome.coded is coded


def litellm(status: int, inner: object, *, python: bool = False) -> Script:
    text = repr(inner) if python else json.dumps(inner)
    message = f"litellm.BadRequestError: OpenAIException - {text}. Received Model Group=sora-2"
    return reply(status, {"error": {"message": message, "type": None, "param": None, "code": str(status)}})


@pytest.mark.parametrize("python", [False, True])
@pytest.mark.parametrize(
    ("status", "code", "kind", "fault"),
    [
        (400, "moderation_blocked", Refused, Fault.CONTENT_BLOCKED),
        (403, "insufficient_user_quota", RetryLater, Fault.INSUFFICIENT_FUNDS),
        (404, "model_not_found", Refused, Fault.MODEL_UNAVAILABLE),
        # A member's prompt may be quoted: it speaks for this job only.
        (400, "invalid_api_key", Refused, Fault.BAD_REQUEST),
        (400, "insufficient_user_quota", Refused, Fault.BAD_REQUEST),
    ],
)
async def test_the_apis_json_is_read_behind_a_prefix(
    gateway: Peer, client: UniAll, status: int, code: str, kind: type, fault: Fault, python: bool
) -> None:
    gateway.on(PATH, litellm(status, {"error": {"message": "it's so", "code": code}}, python=python))
    outcome = await client.submit(ORDER)
    assert isinstance(outcome, Refused | RetryLater)
    assert (type(outcome), outcome.fault) == (kind, fault)


async def test_a_known_code_outweighs_what_its_message_quotes(gateway: Peer, client: UniAll) -> None:
    quoted = {"error": {"code": "insufficient_user_quota", "message": "m"}}
    gateway.on(PATH, reply(403, shaped("sensitive_words_detected", f"the prompt was {json.dumps(quoted)}")))
    outcome = await client.submit(ORDER)
    assert isinstance(outcome, Refused)
    assert outcome.fault is Fault.CONTENT_BLOCKED


def test_deep_and_endless_text_is_given_up_soon() -> None:
    for text in (b"[" * 500_000, b'{"a":' * 100_000, b"{" * 500_000, b"[1 " * 200_000):
        assert not documents(text).clean
