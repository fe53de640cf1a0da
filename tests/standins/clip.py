"""A second of real video, as small as it can be: for every stand-in whose videos are looked at."""

import io
from fractions import Fraction
from functools import cache

import av
from av.video.frame import VideoFrame


@cache
def second() -> bytes:
    """A whole MP4 of 64×48 and twelve pictures."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        # The `Unknown`s that pyright meets here are untyped keywords in the stubs of PyAV.
        stream = container.add_stream("libx264", rate=12, options={"preset": "ultrafast"})  # pyright: ignore[reportUnknownMemberType]
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(12):
            frame = VideoFrame(64, 48, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([index * 20]) * plane.buffer_size)
            frame.pts, frame.time_base = index, Fraction(1, 12)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
