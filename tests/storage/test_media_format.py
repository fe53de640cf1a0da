"""A job of any model is stored whole: its format, its shape, and what only some models can be asked for."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.generation import Image, Orientation, State
from bot.domain.provider import Format
from bot.storage.opening import upgrade
from bot.storage.sqlite import schema
from tests.conftest import POSTGRESQL_LONG
from tests.storage.conftest import Opener
from tests.storage.life import Life

ENGINES = POSTGRESQL_LONG


async def test_a_media_job_is_read_as_it_was_accepted(life: Life) -> None:
    asked = replace(
        life.new(seconds=10, model="kling-v3-std-audio"),
        family="Kling 3 Std",
        format=Format.MEDIA,
        orientation=Orientation.SQUARE,
        image=Image(file="a.png", media_type="image/png"),
        end_image=Image(file="b.webp", media_type="image/webp", kept=True, spoiler=True),
        shape_from_image=True,
        sound=False,
        avoid="rain",
        seed=2_147_483_647,
        estimate=True,
    )
    kept = await life.reload(await life.accept(asked))
    for name in (
        "format",
        "orientation",
        "image",
        "end_image",
        "shape_from_image",
        "sound",
        "avoid",
        "seed",
        "estimate",
    ):
        assert getattr(kept, name) == getattr(asked, name), name


async def test_a_media_job_of_every_shape_goes_through_its_whole_life(life: Life) -> None:
    for shape in Orientation:
        asked = await life.accept(replace(life.new(), format=Format.MEDIA, orientation=shape))
        done = await life.succeeded(asked)
        assert (done.state, done.format, done.orientation) == (State.SUCCEEDED, Format.MEDIA, shape)


@pytest.mark.sqlite_only("PostgreSQL came after them")
async def test_a_database_from_before_keeps_its_jobs_and_takes_media_jobs_but_no_unknown_ones(
    path: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = schema.migrations()
    number = next(place for place, script in enumerate(before) if "'media''" in script)
    monkeypatch.setattr(schema, "migrations", lambda: before[:number])
    await upgrade(path)
    with closing(sqlite3.connect(path)) as old:
        names = [row[1] for row in old.execute("PRAGMA table_info(generation)")]
        needed = {
            **{"id": "g" * 20, "interaction_id": "i", "guild_id": "g", "channel_id": "c", "member_id": "m"},
            **{"prompt": "p", "family": "Sora 2", "model": "sora-2", "format": "task", "orientation": "portrait"},
            **{"seconds": 4, "price_micros": 1, "state": "reserved", "accepted_at": 1, "due_at": 1},
            **{"root_id": "g" * 20, "version": 1},
        }
        row = {name: value for name, value in needed.items() if name in names}
        marks = ", ".join("?" * len(row))
        with old:
            old.execute(f"INSERT INTO generation ({', '.join(row)}) VALUES ({marks})", list(row.values()))  # noqa: S608
    monkeypatch.setattr(schema, "migrations", lambda: before)

    life = Life(await opened(path))
    kept = await life.store.generation("g" * 20)
    assert kept is not None
    assert (kept.format, kept.orientation, kept.estimate, kept.end_image) == (
        Format.TASK,
        Orientation.PORTRAIT,
        False,
        None,
    )
    media = await life.accept(replace(life.new(), format=Format.MEDIA, orientation=Orientation.FOUR_BY_THREE))
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for column, value in (("format", "gif"), ("orientation", "round")):
            with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
                other.execute(f"UPDATE generation SET {column} = ? WHERE id = ?", (value, media.id))  # noqa: S608
            other.rollback()
