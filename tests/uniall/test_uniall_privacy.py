"""The key is shown to UniAll and to nobody else; what UniAll says is one short line."""

import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.domain.errors import ProviderError
from bot.domain.provider import Format, JobState, JobStatus, Order, Refused
from bot.uniall import UniAll
from bot.uniall.privacy import Redactor
from tests.tables import every_row
from tests.uniall.conftest import KEY, build, endless
from tests.uniall.peer import Peer, Script, close, hang, head, html, raw, reply, reset

ORDER = Order(format=Format.OPENAI, model="m", prompt="p")
ECHO = {"error": {"message": f"Incorrect API key provided:\n{KEY}, or {KEY[3:]}.", "code": "invalid_request"}}


def test_no_repr_shows_the_key(gateway: Peer) -> None:
    client = build(gateway)
    shown = [client, *vars(client).values(), *vars(client._gateway).values()]
    assert KEY[3:] not in repr(shown)
    assert repr(client) == f"UniAll(base_url='{gateway.origin}')"


@pytest.mark.parametrize("key", ["", " ", "sk-abc def", "sk-abc\n", "sk-ключ", "sk-\x00", "sk-\x7f"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ValueError, match="key") as caught:
        UniAll(key=key)
    assert not key.strip() or key.strip() not in str(caught.value)


@pytest.mark.parametrize(
    "base", ["https://api.uniall.ai", "https://api.uniall.ai/", "http://127.0.0.1:8000", "https://[::1]:8443"]
)
def test_an_origin_is_taken_with_or_without_its_slash(base: str) -> None:
    assert UniAll(key=KEY, base_url=base)._gateway.at("/v1/models") == base.rstrip("/") + "/v1/models"


@every_row(
    ("base", "word"),
    [
        ("https://api.uniall.ai/v1", "/v1"),
        ("https://api.uniall.ai/v1/", "/v1"),
        ("https://api.uniall.ai/api/v1", "/v1"),
        ("https://api.uniall.ai/api", "path"),
        ("https://api.uniall.ai?x=1", "query"),
        ("https://me:pw@api.uniall.ai", "user"),
        ("ftp://api.uniall.ai", "http"),
        ("api.uniall.ai", "http"),
        ("https://", "http"),
        ("", "http"),
        ("https://[bad", "URL"),
        ("https://api.uniall.ai:99999", "port"),
    ],
)
def test_what_is_no_origin_is_refused_with_the_reason(base: str, word: str) -> None:
    with pytest.raises(ValueError, match="URL") as caught:
        UniAll(key=KEY, base_url=base)
    assert word in str(caught.value)
    assert caught.value.__cause__ is None
    assert "pw" not in str(caught.value)


BREAKING: list[Any] = [
    close,
    reset,
    endless(hang),
    html(502),
    raw(f"{KEY} is junk\r\n\r\n".encode()),
    raw(head(200, Content_Length=90) + KEY.encode()),
    reply(400, ECHO),
    reply(401, ECHO),
    reply(200, ECHO),
    reply(200, KEY.encode()),
]


@pytest.mark.parametrize("script", BREAKING)
async def test_no_message_no_log_line_and_no_chained_exception_shows_the_key(
    gateway: Peer, client: UniAll, tmp_path: Path, script: Script
) -> None:
    for path in ("/v1/videos", "/v1/videos/x", "/v1/videos/x/content", "/v1/models"):
        gateway.on(path, script)
    job = JobStatus(job_id="x", state=JobState.SUCCEEDED)
    with capture_logs() as logs:
        outcome = await client.submit(ORDER)
        for call in (
            client.status("x", format=Format.OPENAI),
            client.models(),
            client.download(job, tmp_path / "v.mp4", format=Format.OPENAI),
        ):
            with pytest.raises(ProviderError) as caught:
                await call
            error: BaseException | None = caught.value
            assert KEY[3:] not in "".join(traceback.format_exception(error))
            while error is not None:
                assert isinstance(error, ProviderError), (
                    "no exception of the network is chained: it carries the request"
                )
                error = error.__cause__ or error.__context__
    assert KEY[3:] not in repr(outcome) + repr(logs)


async def test_a_detail_is_what_uniall_said_in_one_short_line(gateway: Peer, client: UniAll) -> None:
    said = "First\r\n\tsecond \x1b[31mred\x1b[0m \u202e" + "long " * 200
    gateway.on("/v1/videos", reply(400, {"code": "invalid_request", "message": said, "data": None}))
    outcome = await client.submit(ORDER)
    assert isinstance(outcome, Refused)
    assert outcome.detail.startswith("First second [31mred[0m long long")
    assert len(outcome.detail) <= 300
    assert outcome.detail.isprintable()


@given(st.text(), st.text(), st.integers(0, 25_000))
def test_no_text_around_the_key_lets_it_through(before: str, after: str, pad: int) -> None:
    shown = Redactor(KEY)(before + " " * pad + KEY + after)
    assert KEY[3:] not in shown
    assert "verysecret" not in shown or "verysecret" in before + after
    assert len(shown) <= 300
    assert shown.isprintable()


@pytest.mark.parametrize(
    "said",
    [
        " " * 19_988 + KEY + " and more",  # would be cut in the middle of the key
        KEY[:10] + "\u200b" + KEY[10:],  # becomes the key by cleaning
    ],
)
def test_neither_cutting_nor_cleaning_brings_the_key_back(said: str) -> None:
    assert "very" not in Redactor(KEY)(said)
