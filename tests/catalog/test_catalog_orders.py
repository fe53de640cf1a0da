"""Every model id of the issue, from what a member types to the fields that UniAll gets."""

from pathlib import Path

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.generation import Orientation
from bot.domain.provider import Format, Order
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import UnknownModel
from bot.domain.requests.video_options import VideoOptions
from tests.catalog.conftest import no_fit
from tests.errors import refused
from tests.tables import every_row

LANDSCAPE, PORTRAIT = Orientation.LANDSCAPE, Orientation.PORTRAIT
ENCODED = [(f"sora2-{shape}-{length}s", shape, length) for shape in (LANDSCAPE, PORTRAIT) for length in (4, 8, 12)]
PRO = [("sora2-pro-720p", 816_000), ("sora2-pro-1080p", 1_360_000), ("sora2-pro-true-1080p", 1_904_000)]
RATIOS = [(LANDSCAPE, "16:9"), (PORTRAIT, "9:16")]
IMAGE = "https://cdn.example.com/cat.png"


def order(
    catalog: Catalog,
    model: str | None,
    orientation: Orientation | None = None,
    seconds: int | None = None,
    *,
    image: bool = False,
) -> Order:
    choice = catalog.resolve(model, VideoOptions(orientation=orientation, seconds=seconds, image=image))
    return choice.order("a cat", image_url=IMAGE if image else None, image_file=Path("cat.png") if image else None)


@pytest.mark.parametrize(("model", "orientation", "seconds"), ENCODED)
def test_sora_2_sends_the_id_that_says_shape_and_length_and_neither_beside_it(
    shipped: Catalog, model: str, orientation: Orientation, seconds: int
) -> None:
    expected = Order(format=Format.TASK, model=model, prompt="a cat")
    assert order(shipped, "Sora 2", orientation, seconds) == expected


@pytest.mark.parametrize(("model", "orientation", "seconds"), ENCODED)
def test_a_raw_id_brings_its_own_shape_and_length(
    shipped: Catalog, model: str, orientation: Orientation, seconds: int
) -> None:
    choice = shipped.resolve(model)
    assert (choice.offer.model, choice.orientation, choice.seconds) == (model, orientation, seconds)
    assert choice.price_micros == seconds * 68_000
    assert order(shipped, model) == Order(format=Format.TASK, model=model, prompt="a cat")


@pytest.mark.parametrize(("model", "orientation", "seconds"), ENCODED)
def test_a_raw_id_may_be_asked_with_the_shape_and_length_it_has(
    shipped: Catalog, model: str, orientation: Orientation, seconds: int
) -> None:
    assert order(shipped, model, orientation, seconds).model == model


@pytest.mark.parametrize(("orientation", "ratio"), RATIOS)
@pytest.mark.parametrize("seconds", [16, 20])
def test_lengths_that_no_id_says_go_in_the_videos_format(
    shipped: Catalog, orientation: Orientation, ratio: str, seconds: int
) -> None:
    expected = Order(
        format=Format.VIDEOS, model="sora2", prompt="a cat", seconds=seconds, ratio=ratio, resolution="720p"
    )
    assert order(shipped, "Sora 2", orientation, seconds) == expected


@pytest.mark.parametrize("seconds", [4, 8, 12, 16, 20])
def test_the_raw_id_sora2_makes_every_length(shipped: Catalog, seconds: int) -> None:
    expected = Order(
        format=Format.VIDEOS, model="sora2", prompt="a cat", seconds=seconds, ratio="9:16", resolution="720p"
    )
    assert order(shipped, "sora2", PORTRAIT, seconds) == expected


@every_row(("model", "price"), PRO)
@every_row(("orientation", "ratio"), RATIOS)
@every_row("seconds", [4, 8, 12, 16, 20])
def test_pro_ids_go_in_the_task_format_with_length_and_ratio(
    shipped: Catalog, model: str, price: int, orientation: Orientation, ratio: str, seconds: int
) -> None:
    expected = Order(format=Format.TASK, model=model, prompt="a cat", seconds=seconds, ratio=ratio)
    assert order(shipped, model, orientation, seconds) == expected
    assert shipped.resolve(model).price_micros == price


@every_row(
    ("model", "orientation", "size"),
    [
        ("sora-2", LANDSCAPE, "1280x720"),
        ("sora-2", PORTRAIT, "720x1280"),
        ("sora-2-pro", LANDSCAPE, "1280x720"),
        ("sora-2-pro", PORTRAIT, "720x1280"),
        ("Sora 2 Pro 1024p", LANDSCAPE, "1792x1024"),
        ("Sora 2 Pro 1024p", PORTRAIT, "1024x1792"),
    ],
)
@every_row("seconds", [4, 8, 12])
def test_openai_ids_send_pixels_instead_of_a_ratio(
    shipped: Catalog, model: str, orientation: Orientation, size: str, seconds: int
) -> None:
    sent = "sora-2" if model == "sora-2" else "sora-2-pro"
    expected = Order(format=Format.OPENAI, model=sent, prompt="a cat", seconds=seconds, size=size)
    assert order(shipped, model, orientation, seconds) == expected


@pytest.mark.parametrize(
    ("family", "model"),
    [
        ("Sora 2 Pro 720p", "sora2-pro-720p"),
        ("Sora 2 Pro 1080p", "sora2-pro-1080p"),
        ("Sora 2 Pro true 1080p", "sora2-pro-true-1080p"),
        ("sORA 2", "sora2-landscape-4s"),
        ("  Sora 2 ", "sora2-landscape-4s"),
        (" SORA2-PRO-720P", "sora2-pro-720p"),
    ],
)
def test_a_family_is_known_in_any_case_and_spacing(shipped: Catalog, family: str, model: str) -> None:
    assert order(shipped, family).model == model


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_who_says_nothing_gets_the_first_family_in_landscape_for_four_seconds(
    shipped: Catalog, nothing: str | None
) -> None:
    assert order(shipped, nothing).model == "sora2-landscape-4s"


def test_who_says_one_thing_gets_the_default_for_the_other(shipped: Catalog) -> None:
    assert order(shipped, None, PORTRAIT).model == "sora2-portrait-4s"
    assert order(shipped, None, None, 12).model == "sora2-landscape-12s"


@pytest.mark.parametrize("model", ["sora2-portrait-8s", "sora2", "sora2-pro-1080p"])
def test_an_image_goes_as_an_address_in_the_formats_that_take_one(shipped: Catalog, model: str) -> None:
    sent = order(shipped, model, image=True)
    assert (sent.image_url, sent.image_file, sent.image_type) == (IMAGE, None, None)


def test_an_image_goes_as_a_file_in_the_openai_format(shipped: Catalog) -> None:
    sent = order(shipped, "sora-2", image=True)
    assert (sent.image_url, sent.image_file, sent.image_type) == (None, Path("cat.png"), "image/png")


@pytest.mark.parametrize(
    ("model", "orientation", "seconds", "fits"),
    [
        ("sora2-portrait-12s", LANDSCAPE, None, {(("portrait",), (12,))}),
        ("sora2-portrait-12s", None, 8, {(("portrait",), (12,))}),
        ("sora2-landscape-4s", PORTRAIT, 4, {(("landscape",), (4,))}),
        ("sora-2", None, 16, {(("landscape", "portrait"), (4, 8, 12))}),
        ("Sora 2 Pro 1080p", None, 5, {(("landscape", "portrait"), (4, 8, 12, 16, 20))}),
    ],
)
def test_a_contradiction_is_refused_and_names_what_would_fit(
    shipped: Catalog, model: str, orientation: Orientation | None, seconds: int | None, fits: set[object]
) -> None:
    refusal = no_fit(lambda: shipped.resolve(model, VideoOptions(orientation=orientation, seconds=seconds)))
    assert refusal.model == model
    assert {(option.orientations, option.seconds) for option in refusal.options} == fits


@pytest.mark.parametrize(
    "model", ["sora3", "Sora", "sora2-landscape-16s", "sora2-{orientation}-{seconds}s", "__init__"]
)
def test_an_unknown_model_is_refused_and_names_the_families(shipped: Catalog, model: str) -> None:
    names = tuple(shipped.families())
    refusal = refused(lambda: shipped.resolve(model))
    assert refusal.payload == UnknownModel(RefusalCode.MODEL_UNKNOWN, model=model, names=names, prices=shipped.prices())


def test_names_are_the_families_and_then_every_id_once(shipped: Catalog) -> None:
    shipped.listed({*(model for model, _, _ in ENCODED), "sora2", "sora-2-pro", "wan2.6-video-720p"})
    assert shipped.names() == [
        *("Sora 2", "Wan 2.6 720p", "Sora 2 Pro 720p", "Sora 2 Pro 1024p"),
        *(model for model, _, _ in ENCODED),
        *("sora2", "wan2.6-video-720p", "sora-2-pro"),
    ]
