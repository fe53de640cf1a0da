"""Which links to a video may be given to members: those that they can open, and for a while yet."""

import base64
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.domain.errors import ProviderError
from bot.uniall.download.sharing import forbids, opens
from bot.uniall.network.verbatim import Link
from tests.tables import every_row

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
LINK = "https://cdn.example.com/v.mp4"


def encoded(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def signed(seconds: int) -> list[str]:
    """Links that end so many seconds from now, in every form that is read."""
    at, end = AT + seconds, NOW + timedelta(seconds=seconds)
    begun = (NOW - timedelta(hours=1)).strftime("%Y%m%dT%H%M%SZ")
    lasts = 3600 + seconds
    return [
        *(f"{name}-Date={begun}&{name}-Expires={lasts}" for name in ("X-Amz", "X-Goog", "X-Tos", "x-oss")),
        *(f"{name}={at}" for name in ("Expires", "expires", "exp", "e", "x-expires", "deadline")),
        f"expires={at}000",
        f"ex={at:x}&is=1&hm=2",
        f"txTime={at:X}",
        f"se={end:%Y-%m-%dT%H:%M:%SZ}&sig=a".replace(":", "%3A"),
        f"auth_key={at}-0-0-0123",
        f"hdnts=st={AT - 9}~exp={at}~acl=/*~hmac=0",
        f"Policy={encoded({'Statement': [{'Condition': {'DateLessThan': {'AWS:EpochTime': at}}}]})}",
        f"token={encoded({'alg': 'x'})}.{encoded({'exp': at})}.sig",
    ]


def reason(link: str) -> str | None:
    return forbids(httpx.URL(link), own_host="api.uniall.ai", now=NOW)


@every_row("query", [*signed(-1), *signed(60)])
def test_a_link_that_is_over_or_nearly_so_is_never_shared(query: str) -> None:
    assert reason(f"{LINK}?{query}") == "the link is over, or soon will be"


@every_row("query", ["", *signed(3600), "Expires=3600", "e=mc2", "t=1", "token=a.b.c", "X-Amz-Expires=9"])
def test_a_link_that_lasts_or_says_nothing_of_its_end_may_be_shared(query: str) -> None:
    assert reason(f"{LINK}?{query}") is None


@every_row(
    "link",
    [
        "https://api.uniall.ai/v1/videos/a/content",
        "https://API.uniall.ai.:443/files/a.mp4",
        "https://api.uniall.ai:8443/files/a.mp4",
        "http://cdn.example.com/v.mp4",
        "https://127.0.0.1/v.mp4",
        "https://10.0.0.8/v.mp4",
        "https://[::1]/v.mp4",
        "https://2130706433/v.mp4",
        "https://169.254.169.254/v.mp4",
        "https://localhost/v.mp4",
        "https://minio/v.mp4",
        "https://minio.media.local/v.mp4",
        "https://cdn.corp.internal/v.mp4",
        "https://user:word@cdn.example.com/v.mp4",
        "ftp://cdn.example.com/v.mp4",
    ],
)
def test_a_link_that_members_have_no_way_to_is_never_shared(link: str) -> None:
    assert reason(link) is not None


def answering(*answers: tuple[int, str] | Exception) -> Callable[[Link], Awaitable[httpx.Response]]:
    left = list(answers)

    async def begin(link: Link) -> httpx.Response:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, to = answer
        request = httpx.Request("GET", link.url)
        return httpx.Response(status, headers={"location": to} if to else {}, request=request)

    return begin


@pytest.mark.parametrize(
    ("answers", "shared"),
    [
        ([(200, "")], True),
        ([(206, "")], True),
        ([(302, "/moved.mp4"), (206, "")], True),
        ([(401, "")], False),
        ([(403, "")], False),
        ([(404, "")], False),
        ([(302, "http://10.0.0.1/v.mp4")], False),
        ([(302, "/round")] * 9, False),
    ],
)
async def test_a_link_is_tried_without_the_key_before_it_is_shared(
    answers: list[tuple[int, str]], shared: bool
) -> None:
    assert await opens(Link.of(LINK), answering(*answers)) is shared


@pytest.mark.parametrize("trouble", [(503, ""), httpx.ConnectError("no")])
async def test_a_link_that_does_not_answer_now_is_not_known_to_be_dead(trouble: tuple[int, str] | Exception) -> None:
    with pytest.raises(ProviderError):
        await opens(Link.of(LINK), answering(trouble))
