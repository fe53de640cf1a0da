"""The fields of UniAll's models. Those besides Sora's are what each page names, taken neither from the catalogue nor from
the sandbox.

A page lists the places of its fields, as `extra_body.seed`. A test of a model that nobody has seen adds a page of its own:

    uniall.pages["new-1"] = Page(lengths=(4, 8), places=frozenset({"seed"}))
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.standins.shapes import Json, JsonObject, is_object

MODELS = (
    *(f"sora2-{shape}-{seconds}s" for shape in ("landscape", "portrait") for seconds in (4, 8, 12)),
    *("sora2-pro-720p", "sora2-pro-1080p", "sora2-pro-true-1080p", "sora2", "sora-2", "sora-2-pro"),
)
_BOTH = ("model", "prompt")
_FIELDS = {  # of Sora's models, at each path
    "/v1/video/generations": {*_BOTH, "duration", "aspect_ratio", "image_url"},
    "/v1/videos/generations": {
        *(*_BOTH, "duration", "aspect_ratio", "image_url"),
        *("resolution", "generation_mode", "video_count"),
    },
    "/v1/videos": {*_BOTH, "seconds", "size", "input_reference"},
}
RATIOS = ("16:9", "9:16", "1:1")
_ALWAYS = frozenset({"model", "prompt", "duration", "image"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A model of the media format.

    lengths: of `duration`, which must be sent. ratios: of `aspect_ratio`; sizes: of `size`. shape_with_image: whether a shape
    may stand beside an image. places: of all other fields.
    """

    lengths: tuple[int, ...]
    ratios: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    image_required: bool = False
    shape_with_image: bool = False
    places: frozenset[str] = frozenset()

    def fault(self, fields: JsonObject) -> str | None:
        """What is wrong with a request, None where nothing is."""
        sent = _places(fields)
        known = _ALWAYS | self.places
        known |= {"aspect_ratio"} if self.ratios else frozenset()
        known |= {"size"} if self.sizes else frozenset()
        if foreign := sorted(set(sent) - known):
            return f"no such field: {foreign[0]}"
        if empty := [place for place, value in sent.items() if value is None or value == ""]:
            return f"empty: {empty[0]}"
        if type(sent.get("duration")) is not int or sent["duration"] not in self.lengths:
            return f"duration {sent.get('duration')!r}"
        if "aspect_ratio" in sent and sent["aspect_ratio"] not in self.ratios:
            return f"aspect_ratio {sent['aspect_ratio']!r}"
        if "size" in sent and sent["size"] not in self.sizes:
            return f"size {sent['size']!r}"
        if self.image_required and "image" not in sent:
            return "image is required"
        if "last_image" in sent and "image" not in sent:
            return "last_image without image"
        shaped = "aspect_ratio" in sent or "*" in str(sent.get("size"))
        if shaped and "image" in sent and not self.shape_with_image:
            return "a shape beside an image"
        return None


def _places(fields: JsonObject, above: str = "") -> JsonObject:
    found: JsonObject = {}
    for name, value in fields.items():
        place = f"{above}{name}"
        inside: Json = value
        found |= _places(inside, f"{place}.") if is_object(inside) and inside else {place: value}
    return found


def _all(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


_WAN = frozenset({"extra_body.seed", "extra_body.negative_prompt", "extra_body.shot_type"})
_KLING = Page(
    lengths=_all(3, 15),
    ratios=RATIOS,
    places=frozenset({"last_image", "extra_body.negative_prompt", "extra_body.cfg_scale", "extra_body.shot_type"}),
)
_HAPPY_HORSE = Page(lengths=_all(3, 15), ratios=(*RATIOS, "4:3", "3:4"), places=frozenset({"seed"}))
_FLASH = Page(lengths=_all(5, 15), image_required=True, places=_WAN)
_SEEDANCE = Page(
    lengths=_all(5, 15),
    ratios=RATIOS,
    places=frozenset({"last_image", "extra_body.generate_audio", "extra_body.seed"}),
)
_VIDU = Page(lengths=_all(1, 16), ratios=RATIOS, places=frozenset({"last_image", "extra_body.audio", "extra_body.bgm"}))

PAGES: dict[str, Page] = {
    "kling-v3-std-silent": _KLING,
    "kling-v3-std-audio": _KLING,
    "kling-v3-pro-silent": _KLING,
    "kling-v3-pro-audio": _KLING,
    "happy-horse-720p": _HAPPY_HORSE,
    "happy-horse-1080p": _HAPPY_HORSE,
    "wan2.6-video-720p": Page(lengths=(5, 10, 15), sizes=("1280*720", "720*1280"), places=_WAN),
    "wan2.6-video-1080p": Page(lengths=(5, 10, 15), sizes=("1920*1080", "1080*1920"), places=_WAN),
    "wan2.6-i2v-flash-720p-audio": _FLASH,
    "wan2.6-i2v-flash-720p-silent": _FLASH,
    "wan2.6-i2v-flash-1080p-audio": _FLASH,
    "wan2.6-i2v-flash-1080p-silent": _FLASH,
    "seedance2.0-720p": _SEEDANCE,
    "seedance2.0-fast-720p": _SEEDANCE,
    "seedance2.0-fast-480p": _SEEDANCE,
    "viduq3t-720p": _VIDU,
    "viduq3t-1080p": _VIDU,
    "viduq3p-720p": _VIDU,
    "viduq3p-1080p": _VIDU,
    "grok-imagine": Page(lengths=(6, 10), ratios=RATIOS, sizes=("480p", "720p"), shape_with_image=True),
    "veo3.1-fast-video-720p": Page(
        lengths=(4, 6, 8),
        ratios=("16:9", "9:16"),
        sizes=("720p",),
        shape_with_image=True,
        places=frozenset(
            {"last_image", "extra_body.generate_audio", "extra_body.negative_prompt", "extra_body.seed"},
        ),
    ),
}


def fault_of(path: str, fields: JsonObject, pages: Mapping[str, Page] = PAGES) -> str | None:
    """What is wrong with the fields of a submit. A model that nobody has a page of takes everything."""
    model = str(fields.get("model"))
    if page := pages.get(model):
        return page.fault(fields) if path == "/v1/video/generations" else f"{model} is not served here"
    foreign = set(fields) - _FIELDS[path] if model in MODELS else None
    return f"no such field: {sorted(foreign)[0]}" if foreign else None
