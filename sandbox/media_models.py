"""What each model of the media format takes, as its own page states it.

Written down from UniAll's pages (`docs/sources.md`), and independent of the bot's models file: it is a second opinion
on it. Where two pages disagree, only what both name is taken. Left out is what the bot's formats cannot send: models and
fields that work on other videos, on reference pictures or on a list of contents.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Check = Callable[[object], bool]

WIDE, TALL, SQUARE = "16:9", "9:16", "1:1"
THREE_RATIOS = (WIDE, TALL, SQUARE)
LARGEST_SEED = 2_147_483_647


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _switch(value: object) -> bool:
    return isinstance(value, bool)


def _share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _seed_from(least: int) -> Check:
    return lambda value: type(value) is int and least <= value <= LARGEST_SEED


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _list(value: object) -> bool:
    return isinstance(value, list) and value != []


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The pictures that a model takes: pixels of the shorter side, the longer side by the shorter, bytes."""

    min_side: int = 1
    max_ratio: float = 1000.0
    max_bytes: int = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaModel:
    """One model's page.

    seconds: its lengths; default_seconds: without `duration`, None where that is required. ratios: of `aspect_ratio`.
    sizes: pixels of `size`, by ratio. tier: what `size` may say besides. picture: what it takes; required, last:
    whether it needs one, and takes one to end with. follows_picture: the page says that the shape of a video with a
    picture is the picture's, or is not assured. top, nested: its other fields, in the request and in its `extra_body`.
    sound: whether the video has sound; sound_field: what switches it in `extra_body`.
    """

    seconds: tuple[int, ...]
    default_seconds: int | None = None
    seconds_as_text: bool = False
    ratios: tuple[str, ...] = ()
    sizes: Mapping[str, str] = field(default_factory=dict[str, str])
    tier: tuple[str, ...] = ()
    picture: Picture = Picture()
    required: bool = False
    last: bool = False
    follows_picture: bool = True
    prompt_max: int = 32_000
    top: Mapping[str, Check] = field(default_factory=dict[str, Check])
    nested: Mapping[str, Check] = field(default_factory=dict[str, Check])
    sound: bool = True
    sound_field: str | None = None


def _span(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


def _kling(*, sound: bool) -> MediaModel:
    return MediaModel(
        seconds=_span(3, 15),
        default_seconds=5,
        ratios=THREE_RATIOS,
        picture=Picture(min_side=300, max_bytes=10 * 1024 * 1024),
        last=True,
        prompt_max=2500,
        nested={
            "negative_prompt": lambda value: _text(value) and len(str(value)) <= 2500,
            "cfg_scale": _share,
            "shot_type": _one_of("customize", "intelligent"),
            "multi_prompt": _list,
            "element_list": _list,
        },
        sound=sound,
    )


def _happy_horse(tier: str) -> MediaModel:
    return MediaModel(
        seconds=_span(3, 15),
        ratios=(*THREE_RATIOS, "4:3", "3:4"),
        tier=(tier,),
        picture=Picture(min_side=300, max_ratio=2.5, max_bytes=10 * 1024 * 1024),
        prompt_max=2500,
        top={"seed": _seed_from(0)},
    )


_WAN_FIELDS: Mapping[str, Check] = {
    "negative_prompt": lambda value: _text(value) and len(str(value)) <= 500,
    "seed": _seed_from(-1),
    "shot_type": _one_of("single", "multi"),
    "audio": lambda value: isinstance(value, str) and value.startswith(("http://", "https://")),  # to follow; no switch
}


def _wan(wide: str, tall: str) -> MediaModel:
    return MediaModel(seconds=(5, 10, 15), sizes={WIDE: wide, TALL: tall}, prompt_max=1500, nested=_WAN_FIELDS)


def _wan_flash(*, sound: bool) -> MediaModel:
    return MediaModel(seconds=_span(5, 15), required=True, prompt_max=1500, nested=_WAN_FIELDS, sound=sound)


def _seedance(tier: str) -> MediaModel:
    return MediaModel(
        seconds=_span(5, 15),
        default_seconds=5,
        ratios=THREE_RATIOS,
        tier=(tier,),
        last=True,
        follows_picture=False,
        nested={
            "generate_audio": _switch,
            "seed": _seed_from(-1),
            "watermark": _switch,
            "camera_fixed": _switch,
            "return_last_frame": _switch,
            "operation": _one_of("first_last_frame"),
        },
        sound_field="generate_audio",
    )


def _vidu() -> MediaModel:
    return MediaModel(
        seconds=_span(1, 16),
        seconds_as_text=True,
        ratios=THREE_RATIOS,
        picture=Picture(max_ratio=4.0),
        last=True,
        prompt_max=5000,
        nested={"audio": _switch, "bgm": _switch},
        sound_field="audio",
    )


def _veo(tier: str) -> MediaModel:
    return MediaModel(
        seconds=(4, 6, 8),
        default_seconds=8,
        ratios=(WIDE, TALL),
        tier=(tier,),
        last=True,
        follows_picture=False,
        nested={"generate_audio": _switch, "negative_prompt": _text, "seed": _seed_from(0)},
        sound_field="generate_audio",
    )


MEDIA_MODELS: Mapping[str, MediaModel] = {
    **{
        f"kling-v3-{grade}-{name}": _kling(sound=name == "audio")
        for grade in ("std", "pro")
        for name in ("audio", "silent")
    },
    **{f"happy-horse-{tier}": _happy_horse(tier) for tier in ("720p", "1080p")},
    "wan2.6-video-720p": _wan("1280*720", "720*1280"),
    "wan2.6-video-1080p": _wan("1920*1080", "1080*1920"),
    **{
        f"wan2.6-i2v-flash-{tier}-{name}": _wan_flash(sound=name == "audio")
        for tier in ("720p", "1080p")
        for name in ("audio", "silent")
    },
    **{f"seedance2.0-{tier}": _seedance(tier) for tier in ("480p", "720p", "1080p")},
    **{f"seedance2.0-{kind}-{tier}": _seedance(tier) for kind in ("fast", "mini") for tier in ("480p", "720p")},
    **{f"viduq3{grade}-{tier}": _vidu() for grade in ("t", "p") for tier in ("540p", "720p", "1080p")},
    "grok-imagine": MediaModel(
        seconds=(6, 10), ratios=THREE_RATIOS, tier=("480p", "720p"), follows_picture=False, prompt_max=4096
    ),
    **{f"veo3.1-{kind}video-{tier}": _veo(tier) for kind in ("", "fast-") for tier in ("720p", "1080p", "4k")},
}
