"""What a member had deleted stays deleted when an older database comes back, however it comes back."""
# ruff: noqa: ASYNC240 - a test may touch its own files between two awaits

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.generation import Generation, Image, State
from bot.storage.backup import backup, restore
from bot.storage.privacy import deletion_list
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.storage.conftest import Opener
from tests.storage.life import Life

pytestmark = pytest.mark.sqlite_only("an older file comes back; a server that was put back: postgres/test_restored.py")

SECRET = "Zanzibar quokkas juggle"
PICTURE = Image(file="gen-reference.png", media_type="image/png", url="https://cdn/quokka.png")
LAST = Image(file="gen-end.png", media_type="image/png", url="https://cdn/quokka-end.png")


def wanted(life: Life, member: str = "ann") -> Generation:
    """A job whose words are to be found again in any file that has them."""
    return replace(life.new(member, image=PICTURE), prompt=SECRET, end_image=LAST, avoid=f"no {SECRET}")


def remains(folder: Path) -> list[str]:
    """The files that have the words, or the address of the picture."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return sorted(file.name for file in files if any(word in file.read_bytes() for word in (b"quokka", b"Zanzibar")))


async def asked(life: Life) -> Generation:
    """Such a job with its card."""
    job = await life.accept(wanted(life))
    await life.show(job)
    return job


async def lived(life: Life) -> None:
    """Jobs in every state, an open form, and somebody else's job."""
    await life.posted(await asked(life))
    await life.undeliverable(await asked(life))
    await life.submitted(await asked(life))
    await life.unknown()
    await life.accept(wanted(life))
    await life.store.keep_draft(life.draft(prompt=SECRET))
    await life.accept(life.new("bob"))


async def test_a_restored_backup_has_no_word_of_what_was_deleted_since_not_even_of_a_job_under_way(
    store: SqlStore, life: Life, path: Path, tmp_path: Path, opened: Opener
) -> None:
    old, new = tmp_path / "backups" / "old.db", tmp_path / "backups" / "new.db"
    await lived(life)
    await backup(path, old)
    await store.forget("ann", now=life.later(hours=1))
    await store.list_forgotten()
    await backup(path, new)
    await store.close()
    assert remains(old.parent) == ["new.db", "old.db"]  # what ran when it was deleted is still needed there

    for file in (old, new, old):  # as often as it takes
        for left in tmp_path.glob("bot.db*"):
            left.unlink()
        await restore(file, path, now=life.now)
        assert remains(tmp_path) == ["new.db", "old.db"]
        assert await differences(path) == []
    again = await opened(path)
    assert (await again.stored("ann")).generations == 0
    assert (await again.stored("bob")).generations == 1
    assert await again.to_discard() == ["gen-end.png", "gen-reference.png", "v.mp4"]
    assert {job.state for job in await again.unclear()} == {State.UNKNOWN}  # nothing is sent without its words


async def test_an_older_database_put_back_by_hand_forgets_what_it_does_not_know_of_at_its_start(
    store: SqlStore, life: Life, path: Path, tmp_path: Path, opened: Opener
) -> None:
    media = tmp_path / "elsewhere"
    await lived(life)
    await store.db.scrub()
    shutil.copy(path, tmp_path / "copy")
    store.lists = (media,)
    await store.forget("ann", now=life.now)
    await store.list_forgotten()
    await store.close()
    shutil.move(tmp_path / "copy", path)
    assert remains(tmp_path) == ["bot.db"]
    again = await SqlStore.open(path, lists=[media])
    try:
        assert remains(tmp_path) == []
        assert await again.claim_submit(life.claim(), most=100, now=life.later(days=1)) is not None  # Bob's
        assert await again.claim_submit(life.claim(), most=100, now=life.now) is None
    finally:
        await again.close()


async def test_what_is_asked_after_a_deletion_is_kept_also_by_a_clock_that_went_back(
    store: SqlStore, life: Life, path: Path, opened: Opener
) -> None:
    await store.forget("ann", now=life.now)
    await store.list_forgotten()
    life.later(hours=-1)
    kept = await life.accept(wanted(life))
    await store.close()
    assert await Life(await opened(path)).reload(kept) == kept


async def test_what_was_dated_ahead_of_the_clock_is_forgotten_as_well(
    store: SqlStore, life: Life, path: Path, tmp_path: Path
) -> None:
    await life.failed()
    await backup(path, tmp_path / "old.db")
    await store.forget("ann", now=life.later(hours=-1))
    await store.list_forgotten()
    await store.close()
    path.unlink()
    await restore(tmp_path / "old.db", path, now=life.now)
    assert b"a cat on a roof" not in path.read_bytes()


def test_a_list_that_a_crash_has_cut_off_keeps_what_comes_after(tmp_path: Path) -> None:
    deletion_list.keep([tmp_path], {"1": 5})
    with (tmp_path / deletion_list.NAME).open("a") as file:
        file.write('{"member": "2", "unt')
    deletion_list.keep([tmp_path], {"1": 7, "3": 1})
    assert deletion_list.read([tmp_path, tmp_path / "none"]) == {"1": 7, "3": 1}
    assert (tmp_path / deletion_list.NAME).stat().st_mode & 0o077 == 0
