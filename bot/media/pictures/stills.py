"""Makes small stills of stored videos and pictures.

It decodes foreign bytes: call it in a worker (`bot.media.workers.worker_pool`).
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PIL import Image

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

SIDE = 240  # pixels of the longer side
QUALITY = 80
_AT = 0.5  # seconds into the video: the very first picture may be black
_MOST = 40  # pictures that are decoded at most


def of_image(path: Path) -> bytes:
    """Return a still of a picture as JPEG. Raises OSError where it is none."""
    with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as image:
        image.draft("RGB", (SIDE, SIDE))
        return _small(image.convert("RGBA") if "transparency" in image.info or "A" in image.getbands() else image)


def of_video(path: Path) -> bytes:
    """Return a still of a video as JPEG. Raises ProviderError RESULT_UNUSABLE or FFmpegError where it has none."""
    from bot.media.videos import containers, playable

    with path.open("rb") as file:
        announced = containers.read(file, path.stat().st_size)
    with playable.opened(path, announced) as (given, picture):
        shown: VideoFrame | None = None
        for number, frame in enumerate(given.decode(picture)):
            shown = frame
            at = cast("float | None", frame.time)
            if number >= _MOST or (at is not None and at >= _AT):
                break
        if shown is None:
            raise containers.unusable("there is no picture in it")
        plane = shown.reformat(format="rgb24").planes[0]
        size = (shown.width, shown.height)
        return _small(Image.frombuffer("RGB", size, bytes(plane), "raw", "RGB", plane.line_size, 1))


def _small(image: Image.Image) -> bytes:
    image.thumbnail((SIDE, SIDE))
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
