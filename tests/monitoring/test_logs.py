"""What a log shows: where it broke and how, and never a word that a member typed, whoever repeats it."""

import asyncio
import errno
import io
import json
import logging
import sqlite3
import sys
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog

from bot.domain.errors import PostError, ProviderError
from bot.domain.provider import Fault, Format, Order, Refused
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.monitoring import logs

PROMPT = 'Zanzibar quokkas juggle 夜の灯台 "forever"'
WORDS = ("Zanzibar", "quokkas", "juggle", "夜", "forever", "\\u591c")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


Form = Literal["console", "json"]
each_form = pytest.mark.parametrize("form", ["console", "json"])


def log() -> Any:
    """A logger that no earlier configuration is cached in."""
    return structlog.stdlib.get_logger("test")


def broken(token: str) -> None:
    """Fails as a chain of two, with a secret among its variables."""
    try:
        raise KeyError(PROMPT)
    except KeyError as error:
        raise RuntimeError(f"cannot do {PROMPT} with {len(token)}") from error


@each_form
def test_a_traceback_shows_where_it_broke_and_neither_a_variable_nor_what_the_error_says(
    form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(form=form)
    try:
        broken("a-secret-" + "token")
    except RuntimeError:
        log().exception("piece_failed")
        logging.getLogger("discord").exception("Ignoring exception in %s", PROMPT)
    said = capsys.readouterr().err
    assert said.count("RuntimeError") >= 2
    assert said.count("KeyError") >= 2
    assert "test_logs.py" in said
    assert "in broken" in said
    for word in (*WORDS, "a-secret-token"):
        assert word not in said


@each_form
def test_no_word_of_a_prompt_is_shown_however_it_comes(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(form=form, level="DEBUG")
    order = Order(format=Format.TASK, model="sora-2", prompt=PROMPT)
    refused = Refused(fault=Fault.CONTENT_BLOCKED, detail=PROMPT)
    for value in (PROMPT, PROMPT[:20], json.dumps(PROMPT), "夜の灯台", [PROMPT], {"a": PROMPT}, order, refused):
        for key in ("detail", "error", "said", "value"):
            log().info("told", **{key: value})
    for word in ("Zanzibar", "quokkas"):
        log().info("told", job_id=word, request_id=word)
    for error in (ValueError(PROMPT), ProviderError(Fault.TRANSIENT, PROMPT), OSError(errno.ENOSPC, PROMPT)):
        log().warning("failed", error=error)
    logging.getLogger("discord.gateway").warning("Unknown OP code %s.", PROMPT)
    logging.getLogger("libav.mp4").error("title is %s", PROMPT)
    logging.getLogger("libav.mp4").error(f"title is {PROMPT}")
    logging.getLogger("aiosqlite").debug("executing %s", PROMPT)
    logging.getLogger("anybody").info(PROMPT)
    asyncio.run(never_looked_at())
    said = capsys.readouterr().err
    assert said.count("told") == 34
    for word in WORDS:
        assert word not in said, said
    assert PROMPT not in f"{order!r}{refused!r}"


async def never_looked_at() -> None:
    """asyncio logs what nobody has looked at, with what it says."""
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "future": PROMPT}
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "x"), "OSError: No space left on device"),
        (ProviderError(Fault.RATE_LIMITED, "x"), "rate_limited"),
        (PostError("Discord 403 50001"), "Discord 403 50001"),
        (Refusal(RefusalCode.DISK_FULL), "disk_full"),
        (sqlite3.OperationalError("near x"), "OperationalError: no code"),
        (ConnectionError("x"), "ConnectionError"),
    ],
)
def test_an_error_is_told_by_its_type_and_its_code(error: BaseException, said: str) -> None:
    assert logs.described(error) == said


@each_form
def test_codes_numbers_ids_and_the_sentences_of_the_project_are_shown(
    form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(form=form)
    log().warning(
        "operator_told", cause="off sora-2", text="UniAll has no funds.", fault=Fault.AUTH, bytes=3, late=None
    )
    log().info("found", job="task_0123abc", model="sora2-pro", error="No space left on device")
    said = capsys.readouterr().err
    for shown in ("UniAll has no funds.", "auth", "3", "task_0123abc", "sora2-pro", "No space left", "off sora-2"):
        assert shown in said


class _FullPipe(io.StringIO):
    """Takes no line but the one about a lost line."""

    def write(self, text: str, /) -> int:
        if "lost" not in text:
            raise BlockingIOError(errno.EAGAIN, PROMPT)
        return super().write(text)


@each_form
def test_a_line_that_cannot_be_written_is_dropped_and_that_is_said(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure(form=form)
    pipe = _FullPipe()
    monkeypatch.setattr(sys, "stderr", pipe)
    log().info("told", number=1)
    assert pipe.getvalue() == "a line of the log is lost (BlockingIOError)\n"
