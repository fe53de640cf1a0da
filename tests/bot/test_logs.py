"""What a traceback in the log shows."""

import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from bot import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_shows_where_it_broke_and_no_value_of_any_variable(
    form: Literal["console", "json"], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(form=form)

    def call(token: str) -> None:
        raise RuntimeError("broken" if token else "")

    try:
        call("a-secret-" + "token")
    except RuntimeError:
        structlog.stdlib.get_logger("test").exception("piece_failed")
        logging.getLogger("discord").exception("Ignoring exception")
    said = capsys.readouterr().err
    assert said.count("RuntimeError: broken") == 2
    assert "test_logs.py" in said
    assert "a-secret-token" not in said
