"""A worker that dies, hangs or draws nothing costs the moderator one sentence, and leaves no process behind."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from bot.domain.refusals.refusal import Refusal
from bot.usecases.moderation.spending import last_days, summary
from cogs.moderation.quota import drawing
from cogs.moderation.quota.picture import PictureNames
from tests.cogs.moderation.quota.conftest import NOW, added_up, row

PERIOD = last_days(7, NOW, "UTC")
SPENDING, NAMES = summary(PERIOD, added_up(PERIOD, [row()]), []), PictureNames(server="S", members={})
NOTED = "import os, pathlib; pathlib.Path({note!r}).write_text(str(os.getpid()));"


@pytest.mark.parametrize(
    "work",
    [
        "os.kill(os.getpid(), 9)",  # as the system does where memory is short
        "raise MemoryError",
        "pass",
        "import time; time.sleep(600)",
        "os.close(0); print('half a picture', flush=True); os._exit(3)",
    ],
)
async def test_what_cannot_be_drawn_is_refused_and_its_worker_is_gone(
    work: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "pid"
    monkeypatch.setattr(drawing, "_WORKER", NOTED.format(note=str(note)) + work)
    monkeypatch.setattr(drawing, "DEADLINE", 5.0 if "sleep" not in work else 1.0)
    with pytest.raises(Refusal, match="report_not_drawn"):
        await drawing.drawn(SPENDING, NAMES)
    if note.exists():  # a busy machine may not even have started it
        with pytest.raises(ProcessLookupError):
            os.kill(int(note.read_text()), 0)


async def test_a_machine_that_starts_no_process_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Refusal, match="report_not_drawn"):
        await drawing.drawn(SPENDING, NAMES)


async def test_one_is_drawn_at_a_time_and_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    at_work: list[int] = []
    go_on = asyncio.Event()

    async def held(numbers: bytes) -> tuple[int, bytes, bytes]:
        at_work.append(len(numbers))
        await go_on.wait()
        return 0, b"png", b""

    monkeypatch.setattr(drawing, "_work", held)
    drawn = [asyncio.create_task(drawing.drawn(SPENDING, NAMES)) for _ in range(drawing.MOST_WAITING + 1)]
    await asyncio.sleep(0)
    with pytest.raises(Refusal, match="report_not_drawn"):
        await drawing.drawn(SPENDING, NAMES)
    assert len(at_work) == 1
    go_on.set()
    assert set(await asyncio.gather(*drawn)) == {b"png"}
    assert await drawing.drawn(SPENDING, NAMES) == b"png"
