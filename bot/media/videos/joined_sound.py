"""The sound of joined videos: each part's at its place, copied where all have the same, else encoded with silence between."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from bot.media.videos.encoding import AAC_RATES
from bot.media.videos.parts import Part

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container.output import OutputContainer
    from av.packet import Packet

_COPIED = ("aac",)
_SHORTER = Fraction(1, 10)  # seconds by which a copied sound may be shorter than the pictures
_JITTER = Fraction(1, 50)  # seconds; smaller gaps come from rounding, and are not filled
_CHUNK = 1024  # samples
_BYTES = 2  # of one sample
_BIT_RATE = 128_000


def copied_sound(parts: Sequence[Part]) -> bool:
    """Return whether the sound of all parts can be copied: the same, and as long as the pictures."""
    first = parts[0].sound
    if first is None or first[0] not in _COPIED or any(part.sound != first for part in parts):
        return False
    return all(part.heard[0] <= _SHORTER and part.heard[1] >= part.seconds - _SHORTER for part in parts)


class SoundTrack:
    """The one track of sound. Copied where `resampler` is None."""

    def __init__(self, stream: "AudioStream", resampler: "AudioResampler | None", rate: int, layout: str) -> None:
        self._stream = stream
        self._resampler = resampler
        self._rate, self._layout = rate, layout
        self._width = _BYTES * (1 if layout == "mono" else 2)
        self._written = 0  # samples
        self._end: Fraction | None = None  # of the last copied packet

    @classmethod
    def of(cls, out: "OutputContainer", parts: Sequence[Part], template: "AudioStream | None") -> "SoundTrack":
        """Add the track. template: the stream whose like is copied; None to encode."""
        if template is not None:
            return cls(out.add_stream_from_template(template), None, 0, "")  # pyright: ignore[reportUnknownMemberType]
        rates, channels = ({getattr(part, name) for part in parts if part.sound} for name in ("rate", "channels"))
        rate = next(iter(rates)) if len(rates) == 1 and rates <= set(AAC_RATES) else AAC_RATES[0]
        layout = "mono" if channels == {1} else "stereo"
        stream = out.add_stream("aac", rate=rate, layout=layout)  # pyright: ignore[reportUnknownMemberType]
        stream.bit_rate = _BIT_RATE
        return cls(stream, _resampler(rate, layout), rate, layout)

    def take(self, out: "OutputContainer", packet: "Packet", part: Part, start: Fraction) -> None:
        """Take a packet of a part's sound. start: when the part begins."""
        from av.audio.frame import AudioFrame

        if self._resampler is None:
            self._copy(out, packet, part, start)
            return
        for frame in packet.decode():
            if isinstance(frame, AudioFrame):
                at = (frame.pts or 0) * (frame.time_base or Fraction(1)) - part.begins
                for piece in self._resampler.resample(frame):
                    self._place(out, piece, start + at, start + part.seconds)
                    at += Fraction(piece.samples, self._rate)

    def _copy(self, out: "OutputContainer", packet: "Packet", part: Part, start: Fraction) -> None:
        """Copy a packet, unless it lies over the one before, or over the next part."""
        base = packet.time_base
        at = (packet.dts or 0) * base - part.begins + start
        if packet.is_discard or at >= start + part.seconds or (self._end is not None and at < self._end - base):
            return
        if self._end is None and at < 0:
            return  # what an encoder needs before the first sound
        ticks = round(at / base)
        self._end = at + (packet.duration or 0) * base
        packet.dts = packet.pts = ticks
        packet.stream = self._stream
        out.mux_one(packet)

    def _place(self, out: "OutputContainer", frame: "AudioFrame", at: Fraction, end: Fraction) -> None:
        """Write samples at their time: what lies before the last ones, or after the end of the part, is cut."""
        ahead = round(at * self._rate) - self._written
        if ahead > _JITTER * self._rate:
            self._silence(out, ahead)
        skipped = -ahead if ahead < -_JITTER * self._rate else 0
        most = round(end * self._rate) - self._written
        data = bytes(frame.planes[0])[: frame.samples * self._width]
        self._write(out, data[skipped * self._width :][: max(0, most) * self._width])

    def _silence(self, out: "OutputContainer", samples: int) -> None:
        for first in range(0, samples, _CHUNK):
            self._write(out, bytes(min(_CHUNK, samples - first) * self._width))

    def _write(self, out: "OutputContainer", data: bytes) -> None:
        from av.audio.frame import AudioFrame

        samples = len(data) // self._width
        if not samples:
            return
        frame = AudioFrame(format="s16", layout=self._layout, samples=samples)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._written, Fraction(1, self._rate)
        plane = frame.planes[0]
        plane.update(data.ljust(plane.buffer_size, b"\0"))
        self._written += samples
        out.mux(self._stream.encode(frame))

    def end_part(self, out: "OutputContainer", at: Fraction) -> None:
        """Fill up with silence until the part ends."""
        if self._resampler is None:
            return
        for frame in self._resampler.resample(None):
            self._place(out, frame, Fraction(self._written, self._rate), at)
        self._silence(out, max(0, round(at * self._rate) - self._written))
        self._resampler = _resampler(self._rate, self._layout)

    def end(self, out: "OutputContainer") -> None:
        """Write what the encoder still holds."""
        if self._resampler is not None:
            out.mux(self._stream.encode(None))


def _resampler(rate: int, layout: str) -> "AudioResampler":
    from av.audio.resampler import AudioResampler

    return AudioResampler(format="s16", layout=layout, rate=rate)
