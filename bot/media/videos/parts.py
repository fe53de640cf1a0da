"""Reads what a video that is to be joined with others is made of, packet by packet, without decoding all of it."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bot.media.videos.encoding import CannotEncode, opened, rate_of, shown_size, turn_of

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One video. Times are seconds.

    size: pixels in a player. turn: degrees clockwise, as its container states. begins: when its first picture is shown.
    seconds: of its pictures. frames: how many there are. codec: of the pictures. picture, sound: all that must be the same
    for a copy; sound is None without any. copyable: its packets can be copied as they are. heard: when its sound begins
    and ends, counted from its first picture. rate, channels: of the sound.
    """

    path: Path
    size: tuple[int, int]
    turn: int
    begins: Fraction
    seconds: Fraction
    frames: int
    codec: str
    picture: tuple[object, ...]
    copyable: bool
    sound: tuple[object, ...] | None = None
    heard: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    rate: int = 0
    channels: int = 0


@dataclass
class _Span:
    """What the packets of one track cover."""

    first: Fraction | None = None
    end: Fraction = Fraction(0)
    count: int = 0
    whole: bool = True  # none is to be left out, and they are in order
    last: int | None = None

    def add(self, packet: "Packet", usual: Fraction) -> None:
        base = packet.time_base
        moment = packet.pts if packet.pts is not None else packet.dts
        at = (moment or 0) * base
        in_order = packet.dts is not None and (self.last is None or packet.dts > self.last)
        self.whole = self.whole and in_order and packet.pts is not None
        self.whole = self.whole and not packet.is_corrupt and not packet.is_discard
        self.last = packet.dts
        if not packet.is_discard:
            self.count += 1
            self.first = at if self.first is None else min(self.first, at)
            self.end = max(self.end, at + ((packet.duration or 0) * base or usual))


def inspected(path: Path) -> Part:
    """Read a video. Raises CannotEncode if it has no pictures, or too many; OSError or an error of FFmpeg."""
    from bot.media.videos.playable import MOST_PACKETS, MOST_PIXELS

    with opened(path) as (given, picture):
        context = picture.codec_context
        if context.width * context.height > MOST_PIXELS:
            raise CannotEncode(f"its picture has {context.width} × {context.height} pixels")
        turn = turn_of(next(given.decode(picture), None))
    with opened(path) as (given, picture):
        tone = given.streams.audio[0] if given.streams.audio else None
        shown, heard, usual = _Span(), _Span(), 1 / rate_of(picture)
        for packet in given.demux(*(stream for stream in (picture, tone) if stream)):
            if packet.dts is None and packet.pts is None:
                continue
            is_picture = packet.stream_index == picture.index
            (shown if is_picture else heard).add(packet, usual if is_picture else Fraction(0))
            if shown.count > MOST_PACKETS:
                raise CannotEncode("it has too many pictures")
        if shown.first is None:
            raise CannotEncode("there is no picture in it")
        audible = tone is not None and heard.first is not None
        return Part(
            path=path,
            size=shown_size(picture, turn),
            turn=turn,
            begins=shown.first,
            seconds=shown.end - shown.first,
            frames=shown.count,
            codec=picture.codec_context.name,
            picture=_same_picture(picture, turn),
            copyable=shown.whole,
            sound=_same_sound(tone) if tone and audible else None,
            heard=((heard.first or shown.first) - shown.first, heard.end - shown.first),
            rate=tone.codec_context.sample_rate if tone and audible else 0,
            channels=tone.codec_context.channels if tone and audible else 0,
        )


def _same_picture(picture: "VideoStream", turn: int) -> tuple[object, ...]:
    context = picture.codec_context
    return (
        *(context.name, context.width, context.height, context.pix_fmt, context.sample_aspect_ratio, turn),
        *(context.color_range, context.colorspace, context.color_primaries, context.color_trc),
        *(picture.time_base, bytes(context.extradata or b"")),
    )


def _same_sound(tone: "AudioStream") -> tuple[object, ...]:
    context = tone.codec_context
    return (
        *(context.name, context.sample_rate, context.layout.name, tone.time_base),
        bytes(context.extradata or b""),
    )
