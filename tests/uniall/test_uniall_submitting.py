"""What a submit says of itself after everything a network and a gateway can do to it."""

import asyncio
import json
import socket

import httpx
import pytest
from structlog.testing import capture_logs

from bot.domain.provider import (
    Accepted,
    Fault,
    Format,
    JobState,
    NeverLeft,
    Order,
    Outcome,
    Refused,
    RetryLater,
    Unclear,
)
from bot.uniall import UniAll
from bot.uniall.network import submitting
from tests.uniall.conftest import KEY, build, endless
from tests.uniall.peer import Line, Peer, Script, close, hang, head, html, moved, raw, reply, reset

PATH = "/v1/video/generations"
ORDER = Order(format=Format.TASK, model="sora2-landscape-4s", prompt="A red fox")
QUEUED = {"id": "gen_1", "object": "video.generation.job", "model": "sora2", "status": "queued", "progress": 0}


async def submit(gateway: Peer, client: UniAll, script: Script) -> Outcome:
    gateway.on(PATH, script)
    return await client.submit(ORDER)


async def test_an_answer_with_an_id_is_accepted(gateway: Peer, client: UniAll) -> None:
    outcome = await submit(gateway, client, reply(200, QUEUED))
    assert isinstance(outcome, Accepted)
    assert (outcome.status.job_id, outcome.status.state) == ("gen_1", JobState.QUEUED)


@pytest.mark.parametrize(
    ("body", "job_id"),
    [
        ({"id": "video_1", "status": "queued"}, "video_1"),
        ({"task_id": "task_1"}, "task_1"),
        ({"code": "success", "message": "", "data": {"task_id": "task_2", "status": "submitted"}}, "task_2"),
        ({"code": 200, "data": {"data": {"id": "gen_3", "status": "queued"}}}, "gen_3"),
        ({"code": "success", "data": {"id": 77, "task_id": "task_4", "status": "SUBMITTED"}}, "task_4"),
        ({"request_id": "xai_5"}, "xai_5"),
        ({"request_id": "req", "data": {"generation_id": "gen_6"}}, "gen_6"),
        ({"code": "success", "request_id": "req", "data": {"id": "gen_7"}}, "gen_7"),
        ({"id": "req", "code": "success", "data": {"task_id": "task_8", "status": "queued"}}, "task_8"),
        ({"id": "task_9", "status": "queued", "data": {"id": "upstream", "status": "queued"}}, "task_9"),
        ({"id": "gen_10", "status": "queued", "error": None}, "gen_10"),
        ({"id": 123456, "status": "queued"}, "123456"),
    ],
)
async def test_the_id_is_found_wherever_relays_put_it(gateway: Peer, client: UniAll, body: object, job_id: str) -> None:
    outcome = await submit(gateway, client, reply(202, body))
    assert isinstance(outcome, Accepted)
    assert outcome.status.job_id == job_id


async def test_an_accepted_job_that_says_failed_at_once_is_still_accepted(gateway: Peer, client: UniAll) -> None:
    body = {"id": "gen_1", "status": "failed", "error": {"code": "moderation_blocked", "message": "no"}}
    outcome = await submit(gateway, client, reply(200, body))
    assert isinstance(outcome, Accepted)
    assert (outcome.status.state, outcome.status.fault) == (JobState.FAILED, Fault.CONTENT_BLOCKED)


async def test_an_id_counts_whatever_content_type_it_comes_with(gateway: Peer, client: UniAll) -> None:
    assert isinstance(await submit(gateway, client, reply(200, QUEUED, kind="text/html")), Accepted)


async def test_each_submit_travels_on_its_own_connection(gateway: Peer, client: UniAll) -> None:
    for _ in range(3):
        await submit(gateway, client, reply(200, QUEUED))
    assert gateway.connections == 3
    assert {seen.headers["connection"] for seen in gateway.seen} == {"close"}
    assert {seen.headers["authorization"] for seen in gateway.seen} == {f"Bearer {KEY}"}


# ---- the network


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


async def test_a_refused_connection_never_left() -> None:
    async with UniAll(key=KEY, base_url=f"http://127.0.0.1:{free_port()}") as client:
        assert await client.submit(ORDER) == NeverLeft(detail="ConnectError")


async def test_a_name_that_does_not_resolve_never_left() -> None:
    async with UniAll(key=KEY, base_url="http://nowhere.invalid", connect_timeout=5) as client:
        assert isinstance(await client.submit(ORDER), NeverLeft)


async def test_a_tls_handshake_that_fails_never_left(gateway: Peer) -> None:
    gateway.unread = raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    base = gateway.origin.replace("http://", "https://")
    async with UniAll(key=KEY, base_url=base) as client:
        assert isinstance(await client.submit(ORDER), NeverLeft)


async def test_a_tls_handshake_that_hangs_never_left_by_either_deadline(gateway: Peer) -> None:
    gateway.unread = hang
    base = gateway.origin.replace("http://", "https://")
    for connect, within in ((0.1, 5.0), (5.0, 0.1)):
        async with UniAll(key=KEY, base_url=base, connect_timeout=connect, submit_timeout=within) as client:
            assert isinstance(await client.submit(ORDER), NeverLeft)


async def cut_headers(line: Line) -> None:
    await line.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le")
    await line.shut()


async def dribble(line: Line) -> None:
    await line.send(head(200, Content_Length=1000))
    while True:
        await line.send(b" ")
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "script",
    [
        close,
        reset,
        endless(hang),
        endless(dribble),
        cut_headers,
        raw(b"I am no HTTP server\r\n\r\n"),
        raw(b"\x00\xff\x16\x03\x01" * 40),
        raw(head(200, Content_Type="application/json", Content_Length=500) + b'{"id": "gen_1"'),
        raw(head(200, Transfer_Encoding="chunked") + b'e\r\n{"id": "gen_1"\r\n'),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n{}"),
    ],
)
async def test_what_breaks_after_the_request_was_read_is_unclear(gateway: Peer, client: UniAll, script: Script) -> None:
    assert isinstance(await submit(gateway, client, script), Unclear)
    assert len(gateway.asked(PATH)) == 1, "never sent twice"


async def test_a_header_that_was_sent_outweighs_the_name_of_the_exception(
    gateway: Peer, client: UniAll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitting, "_NEVER_CONNECTED", (httpx.HTTPError,))
    for script in (close, reset, raw(b"junk\r\n\r\n")):
        assert isinstance(await submit(gateway, client, script), Unclear)


@pytest.mark.parametrize("script", [close, reset, endless(hang)])
async def test_a_connection_that_was_made_and_then_broke_is_unclear(
    gateway: Peer, client: UniAll, script: Script
) -> None:
    gateway.unread = script
    assert isinstance(await client.submit(ORDER), Unclear)
    assert gateway.connections == 1


async def test_a_peer_that_never_reads_a_long_request_is_unclear(gateway: Peer) -> None:
    gateway.unread = hang
    order = Order(format=Format.TASK, model="m", prompt="x" * 12_000_000)
    # Long enough for a busy machine to have begun to send so much.
    async with build(gateway, submit_timeout=3.0) as patient:
        assert isinstance(await patient.submit(order), Unclear)


async def test_an_id_that_came_counts_although_the_connection_was_reset_after_it(gateway: Peer, client: UniAll) -> None:
    async def answer_and_reset(line: Line) -> None:
        await reply(200, QUEUED)(line)
        await asyncio.sleep(0.02)
        await reset(line)

    assert isinstance(await submit(gateway, client, answer_and_reset), Accepted)


async def test_cancelling_a_submit_cancels_it(gateway: Peer, client: UniAll) -> None:
    arrived = asyncio.Event()

    async def arrive(line: Line) -> None:
        arrived.set()
        await hang(line)

    gateway.on(PATH, arrive)
    task = asyncio.create_task(client.submit(ORDER))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# ---- what the gateway answers


def error(code: object, message: str = "said so") -> dict[str, object]:
    return {"error": {"message": message, "type": "new_api_error", "code": code}}


def task_error(code: object, message: str = "said so") -> dict[str, object]:
    return {"code": code, "message": message, "data": None}


NESTED = json.dumps({"error": {"code": "moderation_blocked", "message": "Blocked"}})


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (reply(400, task_error("invalid_request")), Fault.BAD_REQUEST),
        (reply(400, error("model_price_error")), Fault.BAD_REQUEST),
        (reply(400, {"success": False, "message": "no"}), Fault.BAD_REQUEST),
        (reply(400, error("moderation_blocked")), Fault.CONTENT_BLOCKED),
        (reply(400, task_error("fail_to_fetch_task", NESTED)), Fault.CONTENT_BLOCKED),
        (reply(500, task_error("fail_to_fetch_task", NESTED)), Fault.CONTENT_BLOCKED),
        (reply(500, error("content_policy_violation")), Fault.CONTENT_BLOCKED),
        (reply(403, error("sensitive_words_detected")), Fault.CONTENT_BLOCKED),
        (reply(200, error("sentinel_block")), Fault.CONTENT_BLOCKED),
        (reply(451), Fault.CONTENT_BLOCKED),
        (reply(403, error("access_denied")), Fault.FORBIDDEN),
        (html(403), Fault.FORBIDDEN),
        (reply(404, error("", "Invalid URL (POST /v1/video/generations)")), Fault.WRONG_FORMAT),
        (reply(405), Fault.WRONG_FORMAT),
        (reply(501, task_error("not_implemented")), Fault.WRONG_FORMAT),
        (reply(404, error("model_not_found")), Fault.MODEL_UNAVAILABLE),
        (reply(413), Fault.TOO_LARGE),
        (html(413), Fault.TOO_LARGE),
        (reply(422, {"detail": [{"msg": "field required"}]}), Fault.BAD_REQUEST),
        (reply(200, {"code": 400, "message": "bad"}), Fault.BAD_REQUEST),
        (raw(head(400, Content_Length=500) + b"{"), Fault.BAD_REQUEST),
        endless(raw(head(400, Content_Length=500) + b"{", shut=False), Fault.BAD_REQUEST),
    ],
)
async def test_a_proven_refusal_is_refused_with_its_fault(
    gateway: Peer, client: UniAll, script: Script, fault: Fault
) -> None:
    outcome = await submit(gateway, client, script)
    assert isinstance(outcome, Refused)
    assert outcome.fault is fault
    assert outcome.quota_back
    assert outcome.detail


@pytest.mark.parametrize(
    ("script", "fault", "after"),
    [
        (reply(401, error("invalid_api_key")), Fault.AUTH, None),
        (reply(401), Fault.AUTH, None),
        (reply(402), Fault.INSUFFICIENT_FUNDS, None),
        (reply(403, error("insufficient_user_quota")), Fault.INSUFFICIENT_FUNDS, None),
        (reply(403, task_error("pre_consume_token_quota_failed")), Fault.INSUFFICIENT_FUNDS, None),
        (reply(429), Fault.RATE_LIMITED, None),
        (reply(429, Retry_After="7"), Fault.RATE_LIMITED, 7.0),
        (reply(429, task_error("fail_to_fetch_task"), retry_after_ms=1500, Retry_After=9), Fault.RATE_LIMITED, 1.5),
        (reply(429, error("insufficient_quota")), Fault.INSUFFICIENT_FUNDS, None),
        (reply(503, error("model_not_found"), Retry_After=30), Fault.MODEL_UNAVAILABLE, 30.0),
        (reply(200, error("insufficient_user_quota")), Fault.INSUFFICIENT_FUNDS, None),
        (reply(200, {"code": 429, "message": "slow down"}), Fault.RATE_LIMITED, None),
    ],
)
async def test_a_documented_refusal_for_now_may_be_sent_again(
    gateway: Peer, client: UniAll, script: Script, fault: Fault, after: float | None
) -> None:
    outcome = await submit(gateway, client, script)
    assert isinstance(outcome, RetryLater)
    assert (outcome.fault, outcome.after) == (fault, after)


@pytest.mark.parametrize(
    "script",
    [
        html(502),
        html(504),
        html(524),
        html(503),
        reply(500),
        reply(500, task_error("do_request_failed")),
        reply(500, task_error("get_channel_failed")),
        reply(500, task_error("invalid_response")),
        reply(500, task_error("internal_error")),
        reply(500, task_error("fail_to_fetch_task", "upstream is down")),
        reply(500, error("model_not_found")),
        reply(503, error("overloaded")),
        reply(400, task_error("do_request_failed")),
        reply(404, task_error("get_channel_failed")),
        reply(408),
        reply(409, error("conflict")),
        reply(499),
        reply(501),
        reply(200),
        reply(204),
        reply(200, b"not json"),
        reply(200, b'{"id": "gen_1"'),
        reply(200, []),
        reply(200, {}),
        reply(200, {"status": "queued"}),
        reply(200, {"id": "", "status": "queued"}),
        reply(200, {"id": None, "data": {"id": []}}),
        reply(200, {"id": ".."}),
        reply(200, {"id": "\ud800"}),
        reply(200, task_error("do_request_failed")),
        reply(200, task_error("something_new")),
        reply(200, {"error": "broken", "request_id": "req_of_the_error"}),
        reply(200, {"status": "failed", "fail_reason": "who knows"}),
        html(200),
        moved("https://elsewhere.example/v1/videos", 307),
        moved("/v1/videos", 303),
    ],
)
async def test_an_answer_that_proves_nothing_is_unclear(gateway: Peer, client: UniAll, script: Script) -> None:
    outcome = await submit(gateway, client, script)
    assert isinstance(outcome, Unclear)
    assert outcome.detail
    assert len(gateway.seen) == 1, "neither repeated nor redirected"


async def test_the_request_id_is_logged(gateway: Peer, client: UniAll) -> None:
    with capture_logs() as logs:
        await submit(gateway, client, reply(200, QUEUED, X_Oneapi_Request_Id="2026-abc"))
    assert logs[-1]["event"] == "submit_answered"
    assert (logs[-1]["request_id"], logs[-1]["job_id"]) == ("2026-abc", "gen_1")


async def test_two_hundred_submits_at_once_are_two_hundred_jobs(gateway: Peer) -> None:
    gateway.on(PATH, reply(200, QUEUED))
    async with build(gateway) as client:
        outcomes = await asyncio.gather(*(client.submit(ORDER) for _ in range(200)))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert len(gateway.seen) == 200


async def test_a_submit_that_may_no_longer_be_sent_once_the_connection_is_there_never_left(gateway: Peer) -> None:
    gateway.on(PATH, reply(200, QUEUED))
    may = [True, False]
    async with build(gateway, may_send=lambda: may[0]) as client:
        assert isinstance(await client.submit(ORDER), Accepted)
        del may[0]
        assert await client.submit(ORDER) == NeverLeft(detail="withheld")
    assert len(gateway.seen) == 1
