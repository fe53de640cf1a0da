"""`--once` drives one /sora as a member runs it, tells each step, and leaves one checked video behind."""

import asyncio
from pathlib import Path

import pytest

from sandbox.errors import FailedError
from sandbox.once import drive_once
from sandbox.session import Session, open_session
from sandbox.uniall import UniAllStandIn
from tests.sandbox.conftest import FAST, probe
from tests.sandbox.tiny_bot import TinyApp


async def test_once_saves_the_posted_video_and_tells_every_step(session: Session, tmp_path: Path) -> None:
    said: list[str] = []
    path = await drive_once(session, "A paper boat", tmp_path / "new" / "folder", said.append)

    assert path.parent == tmp_path / "new" / "folder"
    seen = probe(await asyncio.to_thread(path.read_bytes))
    assert (seen["seconds"], seen["size"]) == (4, (640, 360))
    steps = [line.split("s  ", 1)[1].split(":")[0] for line in said]
    assert [step for step in dict.fromkeys(steps) if step != "card"] == [
        "UniAll stand-in at http",
        "Aliya runs /sora prompt",
        "UniAll",
        "posted",
        "checked",
    ]
    assert any(line.endswith("card: Waiting") or line.endswith("card: Rendering") for line in said)
    assert session.uniall.submits[0].fields["prompt"] == "A paper boat"


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("nothing", "/sora was refused: Ask for something."),
        ("[fail]", "Failed · The upstream channel could not finish this video."),
        ("[refused]", "Failed · the prompt asks to be refused"),
    ],
)
async def test_once_fails_with_what_the_member_reads(
    session: Session, tmp_path: Path, prompt: str, reason: str
) -> None:
    with pytest.raises(FailedError) as failed:
        await drive_once(session, prompt, tmp_path, print)
    assert str(failed.value) == reason
    assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir()))


async def test_a_video_that_never_comes_is_a_failure(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.once.LONGEST_WAIT", 0.5)
    with pytest.raises(FailedError, match="no video within"):
        await drive_once(session, "[stall]", tmp_path, print)


async def test_nothing_outlives_the_session() -> None:
    apps: list[TinyApp] = []
    folders: list[Path] = []

    def make(uniall: UniAllStandIn, folder: Path) -> TinyApp:
        apps.append(TinyApp(uniall.base_url))
        folders.append(folder)
        (folder / "media").mkdir()
        return apps[0]

    tasks = asyncio.all_tasks()
    async with open_session(make, seconds=FAST):
        assert await asyncio.to_thread(folders[0].is_dir)
    assert apps[0].closed
    assert not await asyncio.to_thread(folders[0].exists)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
