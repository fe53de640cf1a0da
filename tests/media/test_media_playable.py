"""A video is one when it plays from its beginning to its end; in which making, and how long it was to be, does not matter."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault
from bot.media.videos import playable
from tests.media.films import PIECES, crowded, film, later, media_at, pieces, still, tone, turned, without, zeroed

Keep = Callable[[bytes], Path]
LAG = (("auto-alt-ref", "1"), ("lag-in-frames", "16"))
WEBM = {"codec": "libvpx", "kind": "webm"}

WHOLE: dict[str, Callable[[], bytes]] = {
    "index last": film,
    "index first": lambda: film(flags="faststart"),
    "in pieces": lambda: film(flags=PIECES),
    "in pieces, the first in its index": lambda: film(flags="frag_keyframe"),
    "in pieces with an index in front": lambda: film(flags=f"{PIECES}+global_sidx"),
    "in segments": lambda: film(flags="dash+frag_keyframe"),
    "in pieces, live": lambda: film(flags=PIECES, live=True),
    "in pieces, and told to write no end": lambda: film(flags=f"{PIECES}+skip_trailer"),
    "in pieces until it is whole": lambda: film(flags="hybrid_fragmented+frag_keyframe"),
    "in pieces that begin after ten seconds": lambda: film(flags=PIECES, begins=120),
    "WebM": lambda: film(**WEBM),
    "WebM that begins after ten seconds": lambda: film(**WEBM, begins=120),
    "WebM that does not say how long it is": lambda: film(**WEBM, live=True),
    "WebM with pictures that show nothing": lambda: film(**WEBM, options=LAG, pictures=48),
    "VP9": lambda: film("libvpx-vp9", "webm", options=LAG, pictures=48),
    "AV1": lambda: film("libsvtav1", options=(("preset", "12"),), pictures=12),
    "HEVC": lambda: film("libx265", options=(("x265-params", "log-level=none"),)),
    "MPEG-4": lambda: film("mpeg4"),
    "Matroska": lambda: film(kind="matroska"),
    "QuickTime": lambda: film(kind="mov"),
    "ten bits": lambda: film(pixels="yuv420p10le"),
    "odd sides": lambda: film(size=(65, 49), pixels="yuv444p"),
    "uneven": lambda: film(uneven=True),
    "uneven WebM": lambda: film(**WEBM, uneven=True),
    "pictures out of order": lambda: film(options=(("bf", "3"),)),
    "no whole key frame": lambda: film(options=(("x264-params", "intra-refresh=1"),), every=250),
    "a sound that goes on": lambda: film(sound=4.0),
    "a sound that goes on in WebM": lambda: film(**WEBM, sound=4.0),
    "a cover first": lambda: film(cover=True),
    "turned": lambda: turned(film()),
    "a second": lambda: film(pictures=12),
}


def without_film(data: bytes) -> bytes:
    """Only the first of two tracks, in an index that is as long as before."""
    second = data.rindex(b"trak")
    return data[:second] + b"free" + data[second + 4 :]


def _to_the_end(part: float) -> bytes:
    whole = film(flags="faststart")
    at = media_at(whole)
    return (whole[:at] + bytes(4) + whole[at + 4 :])[: at + int((len(whole) - at) * part)]


def _noise() -> bytes:
    whole = film(flags="faststart")
    at = media_at(whole) + 8
    return whole[:at] + random.Random(7).randbytes(len(whole) - at)


SPOILT: dict[str, Callable[[], bytes]] = {
    "no index": lambda: without(film(), b"moov"),
    "a segment without its head": lambda: without(film(flags="dash+frag_keyframe"), b"moov"),
    "sound alone": tone,
    "an index that says ten times as long": lambda: later(film(), b"mdhd"),
    "a head that says ten times as long": lambda: later(film(), b"mvhd").replace(b"edts", b"free"),
    "no media": lambda: film(flags="faststart")[: media_at(film(flags="faststart"))] + b"\0\0\0\x08mdat",
    "media to the end, cut": lambda: _to_the_end(0.5),
    "media to the end, nearly whole": lambda: _to_the_end(0.97),
    "one piece of several": lambda: pieces(film(flags=PIECES), lambda n: n == 1),
    "one piece, with the index of all": lambda: pieces(film(flags=PIECES), lambda n: n == 1, end=True),
    "one piece of those in the index in front": lambda: pieces(film(flags=f"{PIECES}+global_sidx"), lambda n: n == 1),
    "one segment of several": lambda: pieces(film(flags="dash+frag_keyframe"), lambda n: n == 1),
    "the first of what follows": lambda: pieces(film(flags="frag_keyframe"), lambda n: n == 0),
    "a later piece": lambda: pieces(film(flags=PIECES), lambda n: n == 3, end=True),
    "a later segment": lambda: pieces(film(flags="dash+frag_keyframe"), lambda n: n == 3),
    "a third of a WebM": lambda: film(**WEBM)[: len(film(**WEBM)) // 3],
    "the end of a WebM is missing, and it begins after ten seconds": lambda: film(**WEBM, begins=120)[:-9000],
    "one piece of several that begin after ten seconds": lambda: pieces(
        film(flags=PIECES, begins=120), lambda n: n == 1, end=True
    ),
    "a recording in pieces that was never made whole": lambda: film(flags="hybrid_fragmented")[:-2000],
    "a third of a live WebM": lambda: film(**WEBM, live=True)[: len(film(**WEBM, live=True)) // 3],
    "a third of a Matroska": lambda: film(kind="matroska")[: len(film(kind="matroska")) // 3],
    **{
        f"zeros in {name}": lambda make=make: zeroed(make())
        for name, make in {
            "H.264": film,
            "WebM": lambda: film(**WEBM),
            "VP9": lambda: film("libvpx-vp9", "webm"),
            "AV1": lambda: film("libsvtav1", options=(("preset", "12"),), pictures=12),
            "HEVC": lambda: film("libx265", options=(("x265-params", "log-level=none"),)),
        }.items()
    },
    "zeros at its end": lambda: zeroed(film(flags="faststart"), at=0.9),
    "noise in place of its media": _noise,
    **{f"a {kind}": lambda kind=kind: still(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "AVIF")},
    "one picture": lambda: film(pictures=1),
    "a cover alone": lambda: without_film(film(cover=True)),
    "a page with the head of an MP4": lambda: film()[:36] + b"<html>" + b"no such video" * 99,
    "a playlist": lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "a list of files": lambda: b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "a picture of four dots": lambda: film(size=(2, 2)),
    "2,000 tracks": lambda: crowded(film(flags="faststart"), 2000),
    "a million boxes": lambda: film()[:36] + b"\0\0\0\x08free" * 1_000_000,
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_video_that_plays_to_its_end_is_taken_whatever_it_is_made_of(keep: Keep, name: str) -> None:
    lasts = playable.check(keep(WHOLE[name]()))
    assert lasts == pytest.approx(2.0, abs=0.1) or name.split()[0] in ("uneven", "WebM", "VP9", "AV1", "a")
    assert lasts > 0.9


@pytest.mark.parametrize("name", SPOILT)
def test_what_does_not_play_to_the_end_that_it_announces_is_refused(keep: Keep, name: str) -> None:
    with pytest.raises(ProviderError) as caught:
        playable.check(keep(SPOILT[name]()))
    assert caught.value.fault is Fault.RESULT_UNUSABLE
    assert caught.value.detail


def test_a_picture_larger_than_any_screen_is_refused_before_it_is_decoded(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playable, "MOST_SIDE", 60)
    with pytest.raises(ProviderError) as caught:
        playable.check(keep(film()))
    assert caught.value.fault is Fault.RESULT_UNUSABLE
    assert "64 × 48 pixels" in caught.value.detail


def test_a_long_one_is_decoded_in_parts_and_still_to_its_end(keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[float] = []
    feed = playable._Decoder.feed

    def watched(decoder: playable._Decoder, packet: Any) -> None:
        decoded.append(1)
        feed(decoder, packet)

    monkeypatch.setattr(playable._Decoder, "feed", watched)
    monkeypatch.setattr(playable, "ALL_OF_IT", 0)
    monkeypatch.setattr(playable, "PARTS", 2)
    monkeypatch.setattr(playable, "PART", 4)
    assert playable.check(keep(film(pictures=240))) == pytest.approx(20.0, abs=0.1)
    assert len(decoded) < 60
    with pytest.raises(ProviderError):
        playable.check(keep(zeroed(film(pictures=240), 0.02, 0.37)))


def test_a_codec_that_nobody_here_knows_is_delivered_rather_than_lost(keep: Keep) -> None:
    unknown = film(flags="faststart").replace(b"avc1", b"xyz9")
    assert playable.check(keep(unknown)) == pytest.approx(2.0, abs=0.1)
    with pytest.raises(ProviderError):
        playable.check(keep(unknown[: len(unknown) // 2]))


@pytest.mark.parametrize(
    "says", ["#EXTM3U\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile other.mp4\n"]
)
@pytest.mark.parametrize("head", ["", "\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "\x1aE\xdf\xa3"])
def test_a_list_of_videos_is_none_even_where_they_are_there(keep: Keep, tmp_path: Path, says: str, head: str) -> None:
    """Nothing in a file can make FFmpeg open another one."""
    (tmp_path / "other.mp4").write_bytes(film())
    with pytest.raises(ProviderError):
        playable.check(keep(head.encode("latin-1") + says.encode()))
