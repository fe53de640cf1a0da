"""A database copied as its files are at any moment, as a crash leaves them, is whole: it opens, and its books agree.

The moments are between any two instructions of SQLite's own machine (the same ones every time), and wherever a busy process
happens to be stopped.
"""

import asyncio
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.quota.ledger import Resolution
from bot.storage.opening import upgrade
from bot.storage.sqlite import database, schema
from bot.storage.sqlite.connection import Connection
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.storage.busy import TIGHT, job
from tests.storage.conftest import Opener
from tests.storage.earlier import fill
from tests.storage.life import Life
from tests.storage.sqlite_parts import sqlite

pytestmark = pytest.mark.sqlite_only("PostgreSQL looks after its own files")

LOST_IN_A_CRASH_OF_THE_MACHINE = "-shm"  # it is memory; a crash of the process alone leaves it


def copy(path: Path, image: Path, *, shared: bool) -> Path:
    """The files as they are now. shared: also the index of the log."""
    image.parent.mkdir(parents=True)
    for suffix in ("", "-wal", *([LOST_IN_A_CRASH_OF_THE_MACHINE] if shared else [])):
        if Path(f"{path}{suffix}").exists():
            shutil.copyfile(f"{path}{suffix}", f"{image}{suffix}")
    return image


class Camera:
    """Takes images of a database at random steps of SQLite's machine while it works. `images`: those that differ."""

    def __init__(self, path: Path, folder: Path, seed: int, *, every: int, most: int = 40) -> None:
        self.images: list[Path] = []
        self.taken = 0
        self._seen: set[bytes] = set()
        self._path = path
        self._folder = folder
        self._chance = random.Random(seed)
        self._every = every
        self._most = most

    def __call__(self) -> int:
        """SQLite calls this every few instructions, on the thread that writes; 0 lets it go on."""
        if self.taken < self._most and self._chance.randrange(self._every) == 0:
            image = copy(self._path, self._folder / str(self.taken) / "bot.db", shared=self._chance.random() < 0.5)
            self.taken += 1
            if (content := content_of(image)) not in self._seen:
                self._seen.add(content)
                self.images.append(image)
        return 0


def content_of(image: Path) -> bytes:
    """A digest of its files."""
    files = sorted(image.parent.iterdir())
    return hashlib.sha256(b"|".join(file.name.encode() + file.read_bytes() for file in files)).digest()


def integrity(image: Path) -> list[str]:
    with closing(sqlite3.connect(image)) as connection:
        return [text for [text] in connection.execute("PRAGMA integrity_check")]


def states(image: Path) -> dict[str, str]:
    with closing(sqlite3.connect(image)) as connection:
        return dict(connection.execute("SELECT id, state FROM generation"))


async def goes_on(image: Path) -> None:
    """A bot starts on it, migrates it where it must, and works."""
    assert integrity(image) == ["ok"]
    store = await SqlStore.open(image)
    try:
        life = Life(store)
        life._numbers = iter(range(1_000_000, 2_000_000))  # pyright: ignore[reportAttributeAccessIssue] - ids of its own
        life.later(days=40)
        await store.void_leases(now=life.now)
        done = await life.accept(life.new("carol"))
        await store.cancel(done.id, now=life.now)
        leased = "SELECT 1 FROM generation WHERE lease_owner IS NOT NULL OR state = 'submitting'"
        assert await store.db.read(leased) == []
    finally:
        await store.close()
    assert await differences(image) == []


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3))])
async def test_an_image_between_any_two_instructions_is_whole(
    opened: Opener, path: Path, tmp_path: Path, seed: int
) -> None:
    store = await opened(path)
    for pragma in TIGHT:
        await sqlite(store)._writer.fetch(f"PRAGMA {pragma}")
    life, chance = Life(store), random.Random(seed)
    camera = Camera(path, tmp_path / "images", seed, every=60)
    await sqlite(store)._writer.set_progress_handler(camera, 40)
    while camera.taken < 40:
        await job(life, chance.choice(["ann", "bob"]), chance.randrange(6))
        if chance.random() < 0.2:
            await store.forget("ann")
    for image in camera.images:
        assert await differences(image) == []
        await goes_on(image)


@pytest.mark.parametrize("images", [20, pytest.param(60, marks=pytest.mark.long)])
async def test_an_image_in_the_middle_of_a_migration_is_whole_and_is_brought_up_to_date(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: int
) -> None:
    await of_the_first_schema(path, tmp_path / "new.db", monkeypatch)
    camera = Camera(path, tmp_path / "images", seed=1, every=180 // images, most=images)
    original = schema.migrate

    async def migrate(connection: Connection, file: Path, *, saved: bool = False) -> None:
        await connection.execute("PRAGMA cache_size = 10")
        await connection.set_progress_handler(camera, 50)
        await original(connection, file, saved=saved)

    with monkeypatch.context() as patch:
        patch.setattr(database, "migrate", migrate)
        await upgrade(path)
    assert len(camera.images) > 10
    for image in camera.images:
        await goes_on(image)
        assert len(states(image)) == len(states(path)) + 1


async def of_the_first_schema(path: Path, new: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of the first schema with books in it."""
    store = await SqlStore.open(new)
    life = Life(store)
    await life.succeeded()
    await life.failed(Resolution.BILLED)
    await life.unknown()
    await store.close()
    with monkeypatch.context() as patch:
        first = schema.migrations()[:1]
        patch.setattr(schema, "migrations", lambda: first)
        await upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        fill(connection, new)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
async def test_an_image_of_a_process_that_was_stopped_anywhere_is_whole_and_has_all_it_said(
    path: Path, tmp_path: Path, seed: int
) -> None:
    images, said = await asyncio.to_thread(stopped_anywhere, path, tmp_path / "images", seed)
    for image, told in zip(images, said, strict=True):
        assert await differences(image) == []
        kept = states(image)
        assert {job_id: kept.get(job_id) for job_id in told} == told
        await goes_on(image)
    assert len(said[-1]) > len(said[0])


def stopped_anywhere(path: Path, folder: Path, seed: int) -> tuple[list[Path], list[dict[str, str]]]:
    """Images of a busy process, and which jobs it had called stored by then, in which state."""
    chance = random.Random(seed)
    images: list[Path] = []
    said: list[dict[str, str]] = []
    told: dict[str, str] = {}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.storage.busy", str(path), str(seed)], stdout=subprocess.PIPE
    ) as busy:
        assert busy.stdout is not None
        try:
            told.update([spoken(busy.stdout.readline())])
            os.set_blocking(busy.stdout.fileno(), False)
            rest = b""
            for number in range(25):
                time.sleep(chance.uniform(0, 0.04))
                busy.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, busy.pid, os.WSTOPPED)
                *lines, rest = (rest + (busy.stdout.read() or b"")).split(b"\n")
                told.update(map(spoken, lines))
                images.append(copy(path, folder / str(number) / "bot.db", shared=chance.random() < 0.5))
                said.append(dict(told))
                busy.send_signal(signal.SIGCONT)
        finally:
            busy.kill()
    return images, said


def spoken(line: bytes) -> tuple[str, str]:
    """A job's id and state."""
    job_id, state = line.decode().split()
    return job_id, state
