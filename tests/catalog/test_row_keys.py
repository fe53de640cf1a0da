"""The keys of a row say what a model can do; a broken one is refused at start, with its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.generation import Orientation
from bot.domain.provider import Order
from bot.domain.requests.video_options import Lack, VideoOptions
from tests.catalog.test_models_file import line_and_reason

Write = Callable[[str], Path]

ROW = """\
[[family]]
name = "Nobody's"

[[family.offer]]
model = "nobody-1"
format = "media"
seconds = { from = 3, to = 6 }
usd_per_second = 0.2
estimate = true
ratios = ["1:1", "4:3"]
end_image = true
shape_from_image = true
image_limits = { min_side = 300, max_ratio = 2.5, max_mb = 10 }
audio = "extra_body.sound"
seed = "options.seed"
negative = "extra_body.not"
extra = { tier = "720p", options = { fast = true } }
prompt_max = 20
"""
IMAGE, END = "https://cdn.example.com/first.png", "https://cdn.example.com/last.png"


def test_a_row_for_a_model_that_nobody_has_seen_is_sent_with_its_own_fields(models: Write) -> None:
    catalog = Catalog.read(models(ROW))
    options = VideoOptions(orientation=Orientation.SQUARE, seconds=5, sound=False, avoid="rain", seed=7)
    choice = catalog.first_fit(options)
    assert (choice.price_micros, choice.offer.estimate) == (1_000_000, True)
    assert choice.order("a cat") == Order(
        format=choice.offer.format,
        model="nobody-1",
        prompt="a cat",
        seconds=5,
        ratio="1:1",
        extra={
            "tier": "720p",
            "options": {"fast": True, "seed": 7},
            "extra_body": {"sound": False, "not": "rain"},
        },
    )


def test_what_is_not_asked_is_not_sent_and_a_picture_takes_the_place_of_the_shape(models: Write) -> None:
    catalog = Catalog.read(models(ROW))
    choice = catalog.resolve("nobody-1", VideoOptions(image=True, end_image=True, picture=(900, 1600)))
    assert choice.shape_from_image
    order = choice.order("a cat", image_url=IMAGE, end_image_url=END)
    assert (order.seconds, order.ratio, order.size) == (4, None, None)
    assert (order.image_url, order.end_image_url) == (IMAGE, END)
    assert order.extra == {"tier": "720p", "options": {"fast": True}}
    assert choice.orientation is Orientation.PORTRAIT, "it is that of the picture"


def test_a_shape_beside_a_picture_that_rules_it_is_no_reason_to_refuse(models: Write) -> None:
    catalog = Catalog.read(models(ROW))
    choice = catalog.resolve("nobody-1", VideoOptions(orientation=Orientation.PORTRAIT, image=True))
    assert choice.order("a cat", image_url=IMAGE).ratio is None


@pytest.mark.parametrize(
    ("options", "lack"),
    [
        (VideoOptions(orientation=Orientation.LANDSCAPE), Lack.SHAPE),
        (VideoOptions(seconds=7), Lack.LENGTH),
        (VideoOptions(prompt_length=21), Lack.PROMPT_LENGTH),
    ],
)
def test_what_a_row_does_not_name_it_lacks(models: Write, options: VideoOptions, lack: Lack) -> None:
    assert Catalog.read(models(ROW)).offers[0].lacks(options) == (lack,)


@pytest.mark.parametrize(
    ("key", "options", "lack"),
    [
        ("end_image = true", VideoOptions(image=True, end_image=True), Lack.END_IMAGE),
        ('audio = "extra_body.sound"', VideoOptions(sound=True), Lack.SOUND_ON),
        ('audio = "extra_body.sound"', VideoOptions(sound=False), Lack.SOUND_OFF),
        ('seed = "options.seed"', VideoOptions(seed=0), Lack.SEED),
        ('negative = "extra_body.not"', VideoOptions(avoid="rain"), Lack.AVOID),
    ],
)
def test_without_its_key_a_row_lacks_it(models: Write, key: str, options: VideoOptions, lack: Lack) -> None:
    assert Catalog.read(models(ROW)).offers[0].fits(options)
    assert Catalog.read(models(ROW.replace(f"{key}\n", ""))).offers[0].lacks(options) == (lack,)


def test_a_model_that_needs_a_picture_is_not_chosen_without_one(models: Write) -> None:
    catalog = Catalog.read(models(ROW + 'image = "required"\n'))
    [offer] = catalog.offers
    assert offer.lacks(VideoOptions()) == (Lack.NO_IMAGE,)
    assert offer.fits(VideoOptions(image=True))


BROKEN = [
    ("seconds = { from = 3, to = 6 }", "seconds = { from = 6, to = 3 }", "seconds"),
    ("seconds = { from = 3, to = 6 }", "seconds = { from = 0, to = 3 }", "seconds"),
    ("seconds = { from = 3, to = 6 }", "seconds = { from = 3 }", "seconds"),
    ("seconds = { from = 3, to = 6 }", "seconds = { from = 3, to = 6, by = 2 }", "seconds"),
    ("seconds = { from = 3, to = 6 }", "seconds = { from = 3, to = 100000 }", "seconds"),
    ("seconds = { from = 3, to = 6 }", "seconds = { from = 3.5, to = 6 }", "seconds"),
    ('ratios = ["1:1", "4:3"]', 'ratios = ["1:1", "21:9"]', "ratios"),
    ('ratios = ["1:1", "4:3"]', "ratios = []", "ratios"),
    ('ratios = ["1:1", "4:3"]', 'ratios = "1:1"', "ratios"),
    ('ratios = ["1:1", "4:3"]', "ratios = [1]", "ratios"),
    ("end_image = true", 'end_image = "perhaps"', "end_image"),
    ("end_image = true", "end_image = true\nimage = false", "end_image"),
    ("shape_from_image = true", 'image = "needed"', "image"),
    ("shape_from_image = true", "image = 1", "image"),
    ("max_ratio = 2.5", "max_ratio = 0.5", "max_ratio"),
    ("max_ratio = 2.5", "most_ratio = 2.5", "most_ratio"),
    ("max_mb = 10", "max_mb = 0", "max_mb"),
    ('audio = "extra_body.sound"', 'audio = "extra body"', "audio"),
    ('audio = "extra_body.sound"', "audio = true", "audio"),
    ('audio = "extra_body.sound"', 'audio = ""', "audio"),
    ('seed = "options.seed"', 'seed = "duration"', "seed"),
    ('seed = "options.seed"', 'seed = "image.seed"', "seed"),
    ('seed = "options.seed"', 'seed = "extra_body.sound"', "seed"),
    ('seed = "options.seed"', 'seed = "extra_body"', "seed"),
    ('seed = "options.seed"', 'seed = "a.b.c.d"', "seed"),
    ('negative = "extra_body.not"', 'negative = "options.seed"', "negative"),
    ('tier = "720p"', 'prompt = "other"', "extra"),
    ('tier = "720p"', "tier = [1, 2]", "extra"),
    ('tier = "720p"', "tier = {}", "extra"),
    ("fast = true", "seed = 3", "extra"),
    ("fast = true", "fast = 2026-11-30", "extra"),
    ("fast = true", "fast = nan", "extra"),
    ('seed = "options.seed"', 'seed = "image_url"', "seed"),
    ('negative = "extra_body.not"', 'negative = "size"', "negative"),
    ("usd_per_second = 0.2", "usd_per_second = 1e-8", "usd_per_second"),
    ("prompt_max = 20", "prompt_max = 0", "prompt_max"),
    ("estimate = true", 'estimate = "roughly"', "estimate"),
]


def test_a_broken_key_names_its_line(models: Write) -> None:
    for old, new, key in BROKEN:
        text = ROW.replace(old, new)
        assert text != ROW, old
        line, reason = line_and_reason(models, text)
        assert reason.partition(":")[0] == key, (new, reason)
        assert key in text.splitlines()[line - 1], (new, line, reason)


def test_a_key_of_the_media_format_is_refused_in_another(models: Write) -> None:
    plain = 'model = "a"\nformat = "task"\nseconds = [4]\nusd_per_second = 1\n'
    for key in ("end_image = true", 'sizes = { landscape = "1280*720", portrait = "720*1280" }', 'resolution = "720p"'):
        line, reason = line_and_reason(models, f'[[family]]\nname = "A"\n[[family.offer]]\n{plain}{key}\n')
        assert (line, reason.partition(":")[0]) == (8, key.split(" ", maxsplit=1)[0]), reason
    native = plain.replace("task", "openai") + 'sizes = { landscape = "1280x720", portrait = "720x1280" }\n'
    for key in ('seed = "seed"', "extra = { fast = true }", 'ratios = ["1:1"]'):
        line, reason = line_and_reason(models, f'[[family]]\nname = "A"\n[[family.offer]]\n{native}{key}\n')
        assert (line, reason.partition(":")[0]) == (9, key.split(" ", maxsplit=1)[0]), reason
    starred = native.replace("1280x720", "1280*720")
    assert line_and_reason(models, f'[[family]]\nname = "A"\n[[family.offer]]\n{starred}')[0] == 8
