"""`sora-bot db copy` and `db restored`: what they say, and their exit codes."""

import asyncio
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.storage.store import SqlStore
from tests.storage.life import Life
from tests.storage.postgres.server import PostgresServer


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


async def lived(path: Path) -> None:
    store = await SqlStore.open(path)
    await Life(store).succeeded()
    await store.close()


def test_a_copy_says_what_it_copied_and_that_the_old_file_has_had_its_day(
    postgres: PostgresServer, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(lived(folder / "old.db"))
    address = asyncio.run(postgres.bare())
    assert main(["db", "copy", "sqlite:///old.db", address]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "generation: 1 rows" in said
    assert said[-1].startswith("set DATABASE_URL to the new address, and never start a bot on old.db again")
    monkeypatch.setenv("DATABASE_URL", address)
    assert main(["db", "verify"]) == 0
    assert main(["db", "copy", "old.db", address]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert main(["db", "restored"]) == 0
    assert "are in doubt and are never sent again" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ["copy", "postgresql://u:secret@h/d", "sqlite:///new.db"],
            2,
            "goes from sqlite:///path/to/file.db to postgresql://",
        ),
        (["copy", "old.db", "postgresql://u:secret@h"], 2, "DATABASE_URL"),
        (["copy", "old.db", "postgresql://u:secret@127.0.0.1:1/d"], 1, "there is no database old.db"),
        (["restored"], 1, "is for PostgreSQL"),
    ],
)
def test_what_cannot_be_done_is_one_line_without_the_password(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    assert main(["db", *words]) == code
    [line] = capsys.readouterr().err.splitlines()
    assert said in line
    assert "secret" not in line


def test_a_server_that_is_not_there_is_one_line_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(lived(folder / "old.db"))
    assert main(["db", "copy", "old.db", "postgresql://u:secret@127.0.0.1:1/d"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "secret" not in line
