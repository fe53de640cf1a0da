"""Fetching: the file is a whole video or absent, from an allowed address, and the key stays at home."""

import hashlib
from pathlib import Path

import pytest

from bot.domain.errors import ProviderError
from bot.domain.provider import Downloaded, Fault, Format
from bot.uniall import UniAll
from tests.uniall.conftest import KEY, build
from tests.uniall.fetching import BIG, CONTENT, FILE, entries, fault_of, fetch, job
from tests.uniall.peer import MP4, WEBM, Peer, Script, close, head, html, moved, raw, reply, video


async def test_a_video_arrives_whole_with_its_size_type_and_digest(
    elsewhere: Peer, client: UniAll, tmp_path: Path
) -> None:
    elsewhere.on(FILE, video(BIG))
    steps: list[tuple[int, int | None]] = []
    done = await client.download(
        job(elsewhere.origin + FILE),
        tmp_path / "v.mp4",
        format=Format.TASK,
        on_bytes=lambda now, total: steps.append((now, total)),
    )
    assert done == Downloaded(
        path=tmp_path / "v.mp4", size=len(BIG), media_type="video/mp4", sha256=hashlib.sha256(BIG).hexdigest()
    )
    assert done.path.read_bytes() == BIG
    assert entries(tmp_path) == [done.path]
    assert steps[-1] == (len(BIG), len(BIG))
    assert steps == sorted(steps)
    (seen,) = elsewhere.seen
    assert seen.headers["accept-encoding"] == "identity"


async def test_a_webm_under_another_name_is_a_webm(elsewhere: Peer, client: UniAll, tmp_path: Path) -> None:
    elsewhere.on(FILE, video(WEBM, chunked=True))
    done = await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert (done.media_type, done.size) == ("video/webm", len(WEBM))


async def test_the_key_goes_to_content_at_the_gateway(gateway: Peer, client: UniAll, tmp_path: Path) -> None:
    gateway.on(CONTENT, video())
    await fetch(client, None, tmp_path / "v.mp4")
    assert [seen.headers.get("authorization") for seen in gateway.seen] == [f"Bearer {KEY}"]


async def test_the_key_never_goes_to_a_foreign_link(
    gateway: Peer, elsewhere: Peer, client: UniAll, tmp_path: Path
) -> None:
    elsewhere.on(FILE, video())
    await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert KEY not in repr(elsewhere.seen)
    assert gateway.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_key_never_goes_over_a_redirect(
    gateway: Peer, elsewhere: Peer, client: UniAll, tmp_path: Path, status: int
) -> None:
    gateway.on(CONTENT, moved(elsewhere.origin + "/back", status))
    elsewhere.on("/back", moved(gateway.origin + "/v1/files/1", status))
    gateway.on("/v1/files/1", video())
    await fetch(client, None, tmp_path / "v.mp4")
    assert KEY not in repr(elsewhere.seen)
    assert [seen.headers.get("authorization") for seen in gateway.seen] == [f"Bearer {KEY}", None]


async def test_the_same_host_on_another_port_is_another_origin(
    gateway: Peer, elsewhere: Peer, client: UniAll, tmp_path: Path
) -> None:
    elsewhere.on(CONTENT, video())
    await fetch(client, elsewhere.origin + CONTENT, tmp_path / "v.mp4")
    assert "authorization" not in elsewhere.seen[0].headers


async def test_no_cookie_is_ever_carried(elsewhere: Peer, gateway: Peer, client: UniAll, tmp_path: Path) -> None:
    for standin in (gateway, elsewhere):
        standin.on("/a", reply(302, Location="/b", Set_Cookie="session=1; Path=/"))
        standin.on("/b", video())
        await fetch(client, standin.origin + "/a", tmp_path / "v.mp4")
        assert all("cookie" not in seen.headers for seen in standin.seen)


async def test_a_link_at_the_gateways_own_origin_is_as_trusted_as_the_gateway(
    gateway: Peer, strict: UniAll, tmp_path: Path
) -> None:
    gateway.on(FILE, video())
    assert (await fetch(strict, gateway.origin + FILE, tmp_path / "v.mp4")).size == len(MP4)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "user@127.0.0.1",
    ],
)
async def test_no_spelling_of_a_private_address_is_fetched_or_redirected_to(
    gateway: Peer, elsewhere: Peer, strict: UniAll, tmp_path: Path, host: str, scheme: str
) -> None:
    elsewhere.unread = close
    link = f"{scheme}://{host}:{elsewhere.port}{FILE}"
    assert await fault_of(strict, link, tmp_path / "v.mp4") is Fault.RESULT_UNUSABLE
    gateway.on(CONTENT, moved(link))
    assert await fault_of(strict, None, tmp_path / "v.mp4") is Fault.RESULT_UNUSABLE
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "link", ["ftp://example.com/v", "file:///etc/passwd", "https://", "https://h:999999/", "::", ""]
)
async def test_what_is_no_web_link_is_unusable(strict: UniAll, tmp_path: Path, link: str) -> None:
    assert await fault_of(strict, link, tmp_path / "v.mp4") is Fault.RESULT_UNUSABLE


async def test_redirects_come_to_an_end(elsewhere: Peer, client: UniAll, tmp_path: Path) -> None:
    elsewhere.on(FILE, moved(FILE))
    assert await fault_of(client, elsewhere.origin + FILE, tmp_path / "v.mp4") is Fault.RESULT_UNUSABLE
    assert len(elsewhere.seen) == 6


@pytest.mark.parametrize(
    "script",
    [
        reply(200, b"<!DOCTYPE html><html>Sign in</html>", kind="video/mp4"),
        reply(200, {"error": "not ready"}, kind="video/mp4"),
        reply(200, b"\x89PNG\r\n\x1a\n" + bytes(100), kind="video/mp4"),
        reply(200, b"", kind="video/mp4"),
        reply(200, b"\x00\x00", kind="video/mp4"),
        raw(head(200, Content_Encoding="gzip", Content_Length=10) + b"\x1f\x8b" + bytes(8)),
    ],
)
async def test_what_does_not_begin_like_a_video_is_unusable_whatever_it_is_called(
    elsewhere: Peer, client: UniAll, tmp_path: Path, script: Script
) -> None:
    elsewhere.on(FILE, script)
    assert await fault_of(client, elsewhere.origin + FILE, tmp_path / "v.mp4") is Fault.RESULT_UNUSABLE
    assert len(elsewhere.seen) == 1


async def test_a_video_that_says_it_is_over_the_limit_is_not_begun(
    gateway: Peer, elsewhere: Peer, tmp_path: Path
) -> None:
    elsewhere.on(FILE, video(BIG))
    steps: list[int] = []
    async with build(gateway, allow_local_media=True, max_video_bytes=len(BIG) - 1) as client:
        with pytest.raises(ProviderError):
            await client.download(
                job(elsewhere.origin + FILE),
                tmp_path / "v.mp4",
                format=Format.TASK,
                on_bytes=lambda now, total: steps.append(now),
            )
    assert steps == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_video_over_the_limit_is_not_read_to_its_end(
    gateway: Peer, elsewhere: Peer, tmp_path: Path, chunked: bool
) -> None:
    elsewhere.on(FILE, video(BIG, chunked=chunked))
    async with build(gateway, allow_local_media=True, max_video_bytes=len(BIG) - 1) as client:
        assert await fault_of(client, elsewhere.origin + FILE, tmp_path / "v.mp4") is Fault.RESULT_UNUSABLE
    async with build(gateway, allow_local_media=True, max_video_bytes=len(BIG)) as client:
        assert (await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")).size == len(BIG)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_a_link_that_is_over_is_expired_so_that_a_fresh_one_is_asked_for(
    elsewhere: Peer, client: UniAll, tmp_path: Path, status: int
) -> None:
    elsewhere.on(FILE, reply(status, b"<Error>AccessDenied</Error>", kind="application/xml"))
    assert await fault_of(client, elsewhere.origin + FILE, tmp_path / "v.mp4") is Fault.EXPIRED
    assert len(elsewhere.seen) == 1


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (reply(400, {"error": {"message": "not completed", "code": "invalid_request"}}), Fault.RESULT_MISSING),
        (reply(400), Fault.RESULT_MISSING),
        (reply(400, {"code": "task_not_exist"}), Fault.NOT_FOUND),
        (reply(401), Fault.AUTH),
        (reply(403), Fault.FORBIDDEN),
        (reply(404), Fault.NOT_FOUND),
        (reply(410), Fault.EXPIRED),
        (reply(501), Fault.WRONG_FORMAT),
        (html(502), Fault.TRANSIENT),
        (reply(429), Fault.RATE_LIMITED),
    ],
)
async def test_content_that_cannot_be_had_has_its_fault(
    gateway: Peer, client: UniAll, tmp_path: Path, script: Script, fault: Fault
) -> None:
    gateway.on(CONTENT, script)
    assert await fault_of(client, None, tmp_path / "v.mp4") is fault


@pytest.mark.parametrize(
    ("form", "second"),
    [(Format.TASK, "/v1/video/generations/gen_1/content"), (Format.VIDEOS, "/v1/videos/generations/gen_1/content")],
)
async def test_content_is_asked_for_at_the_formats_own_path_too(
    gateway: Peer, client: UniAll, tmp_path: Path, form: Format, second: str
) -> None:
    gateway.on(second, video())
    assert (await fetch(client, None, tmp_path / "v.mp4", form)).size == len(MP4)
    assert [seen.path for seen in gateway.seen] == [CONTENT, second]
