"""The media folder: made where it is missing, said in one line where it cannot be written, tidy after a discard."""

import os
import shutil
from pathlib import Path

import pytest

from bot.domain.errors import ProviderError, Unusable
from bot.domain.refusals.refusal import Refusal
from bot.media.files.folder import LocalMediaFolder
from tests.media.conftest import clip, opened, plain, stored


def test_a_missing_folder_is_made_with_its_parents_and_left_empty(tmp_path: Path) -> None:
    LocalMediaFolder(tmp_path / "data" / "media").prepare()
    LocalMediaFolder(tmp_path / "data" / "media").prepare()
    assert list((tmp_path / "data" / "media").iterdir()) == []


@pytest.mark.parametrize("below", ["file", "file/media", "file/a/b"])
def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_bytes(b"")  # root may write anywhere, but not below a file
    with pytest.raises(Unusable) as caught:
        LocalMediaFolder(tmp_path / below).prepare()
    assert str(caught.value).startswith(f"the media folder {tmp_path / below} cannot be written: ")
    assert "\n" not in str(caught.value)


async def test_an_image_is_checked_kept_fitted_and_discarded(tmp_path: Path) -> None:
    folder = LocalMediaFolder(tmp_path)
    checked = await folder.check_image(stored(plain(), "PNG"))
    await folder.keep_image("1-reference.png", checked.data)
    assert folder.path("1-reference.png").read_bytes() == checked.data
    fitted = await folder.fit_image("1-reference.png", "64x32")
    assert opened(fitted.read_bytes()).size == (64, 32)
    await folder.keep_image("11-reference.png", checked.data)
    await folder.discard("1-reference.png")
    assert os.listdir(tmp_path) == ["11-reference.png"]
    await folder.discard("1-reference.png")


async def test_many_files_go_with_what_was_made_from_them_and_one_that_cannot_go_holds_up_none(tmp_path: Path) -> None:
    folder = LocalMediaFolder(tmp_path)
    gone = [
        "1-reference.png",
        "1-reference-64x32.png",
        "1-reference-128x64.png",
        "2.mp4",
        "2-small.mp4",
        "2-small.mp4.part",
    ]
    stay = ["11-reference.png", "11-reference-64x32.png", "21.mp4"]
    for name in (*gone, *stay):
        (tmp_path / name).touch()
    (tmp_path / "3.mp4").mkdir()
    wanted = ["1-reference.png", "3.mp4", "2.mp4", "none.png"]
    assert await folder.discard_all(wanted) == ["1-reference.png", "2.mp4", "none.png"]
    assert sorted(os.listdir(tmp_path)) == sorted([*stay, "3.mp4"])
    shutil.rmtree(tmp_path)
    assert await folder.discard_all(["4.mp4"]) == ["4.mp4"]


async def test_an_image_that_is_gone_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await LocalMediaFolder(tmp_path).fit_image("none.png", "64x32")


async def test_what_is_no_image_or_no_video_is_refused(tmp_path: Path) -> None:
    folder = LocalMediaFolder(tmp_path)
    with pytest.raises(Refusal):
        await folder.check_image(b"GIF89a")
    folder.video_path("7").write_bytes(b"<html>")
    with pytest.raises(ProviderError):
        await folder.check_video(folder.video_path("7"))
    folder.video_path("8").write_bytes(clip())
    await folder.check_video(folder.video_path("8"))
    assert folder.video_path("8") == tmp_path / "8.mp4"
