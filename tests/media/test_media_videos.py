"""A finished file is a whole video, whatever it is called and whatever a proxy made of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault
from bot.media.videos import playable
from tests.media.conftest import clip

Keep = Callable[[bytes], Path]
LAYOUTS = {"media first": "", "index first": "faststart", "in fragments": "frag_keyframe+empty_moov"}
layouts = pytest.mark.parametrize("flags", LAYOUTS.values(), ids=list(LAYOUTS))


def boxes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Where each box of an MP4 begins, and its kind."""
    at = 0
    while at < len(data):
        yield at, data[at + 4 : at + 8]
        at += int.from_bytes(data[at : at + 4], "big")


WHOLE = "whole"


def said(path: Path) -> str:
    """What is wrong with a file, or `WHOLE`."""
    try:
        playable.check(path)
    except ProviderError as error:
        return error.detail if error.fault is Fault.RESULT_UNUSABLE else str(error.fault)
    return WHOLE


@layouts
def test_a_whole_mp4_passes(keep: Keep, flags: str) -> None:
    assert said(keep(clip(flags=flags))) == WHOLE


@pytest.mark.parametrize("kind", ["webm", "matroska", "mov"])
def test_a_whole_video_of_another_container_passes(keep: Keep, kind: str) -> None:
    assert said(keep(clip(kind))) == WHOLE


@layouts
@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_video_cut_anywhere_is_refused(keep: Keep, flags: str, tenth: int) -> None:
    whole = clip(flags=flags)
    assert said(keep(whole[: len(whole) * tenth // 10])) == "the video is cut short"


@pytest.mark.parametrize("flags", ["", "faststart"])
def test_a_video_that_lacks_its_last_byte_is_refused(keep: Keep, flags: str) -> None:
    assert said(keep(clip(flags=flags)[:-1])) == "the video is cut short"


def test_a_few_bytes_after_a_whole_video_do_no_harm(keep: Keep) -> None:
    assert said(keep(clip() + b"\r\n")) == WHOLE


def test_a_video_that_ends_after_its_heading_is_refused(keep: Keep) -> None:
    whole = clip(flags="faststart")
    at = {kind: at for at, kind in boxes(whole)}
    assert said(keep(whole[: at[b"moov"]])) == "the video is cut short"


def test_a_box_that_runs_to_the_end_of_the_file_passes(keep: Keep) -> None:
    whole = clip(flags="faststart")
    at = next(at for at, kind in boxes(whole) if kind == b"mdat")
    assert said(keep(whole[:at] + bytes(4) + whole[at + 4 :])) == WHOLE


def test_a_box_with_a_size_of_64_bits_is_measured(keep: Keep) -> None:
    whole = clip(flags="faststart")
    at = next(at for at, kind in boxes(whole) if kind == b"free")  # eight bytes, for just that
    large = whole[:at] + b"\x00\x00\x00\x01mdat" + (len(whole) - at).to_bytes(8, "big") + whole[at + 16 :]
    assert said(keep(large)) == WHOLE
    assert said(keep(large[:-5])) == "the video is cut short"


def test_a_box_smaller_than_its_own_head_is_refused(keep: Keep) -> None:
    whole = clip(flags="faststart")
    at = next(at for at, kind in boxes(whole) if kind == b"mdat")
    assert said(keep(whole[:at] + b"\x00\x00\x00\x04" + whole[at + 4 :])) == "the video is damaged"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"ftyp",
        b"<!doctype html><title>Link expired</title><p>This link has expired.</p>",
        b'{"error": {"message": "expired"}}',
        b"a text that is long enough to be anything at all",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        bytes(4096),
    ],
)
def test_what_is_no_video_is_refused_whatever_it_is_called(keep: Keep, data: bytes) -> None:
    assert said(keep(data)) == "not a video"


def test_a_file_that_is_gone_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        playable.check(tmp_path / "none.mp4")
