"""Every row of the shipped catalogue beside two stand-ins that know each model's page: what a row lists is taken by both,
and what it does not list is refused by the row and by both."""

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from PIL import Image

from bot.catalog import models_file
from bot.catalog.offer_row import OfferRow
from bot.catalog.offers import Choice, Offer, offers_of
from bot.domain.generation import Orientation
from bot.domain.provider import Format
from bot.domain.requests.video_options import Lack, VideoOptions
from bot.uniall.formats import body_of
from sandbox.checks import RefusedError, SandboxOrder
from sandbox.orders import read_order
from tests.sandbox.conftest import Json
from tests.standins.media_pages import fault_of
from tests.tables import every_row

FIRST, LAST = "https://example.com/first.png", "https://example.com/last.png"
PATHS = {"/v1/video/generations": "task", "/v1/videos/generations": "videos", "/v1/videos": "openai"}
PLAIN = VideoOptions()


def picture(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


PICTURE = picture(1200, 900)


def shipped() -> dict[str, list[Offer]]:
    """Every offer of every row by family, those that are switched off included."""
    rows: list[tuple[str, OfferRow]] = [(family.name, row) for family in models_file.read() for row in family.offer]
    found: dict[str, list[Offer]] = {}
    for family, row in rows:
        found.setdefault(family, []).extend(offers_of(family, replace(row, enabled=True)))
    return found


OFFERS = shipped()
MEDIA = [offer for offers in OFFERS.values() for offer in offers if offer.format is Format.MEDIA]


def wishes(offer: Offer) -> Iterator[VideoOptions]:
    """Everything that the row says it makes, in all combinations."""
    pictures = [(True, end) for end in {False, offer.end_image}] if offer.image else []
    if not offer.image_required:
        pictures.append((False, False))
    sounds = {None, True, False} if offer.audio else {None, offer.sound}
    seeds = {None} if offer.seed is None else {None, 0, 2_147_483_647}
    avoided = {None} if offer.negative is None else {None, "rain"}
    for shape, seconds, (image, end), sound, seed, avoid in product(
        (None, *offer.orientations), (None, *offer.seconds), pictures, sounds, seeds, avoided
    ):
        yield VideoOptions(
            orientation=shape,
            seconds=seconds,
            image=image,
            end_image=end,
            picture=(1200, 900) if image else None,
            sound=sound,
            seed=seed,
            avoid=avoid,
            prompt_length=5,
        )


async def request_of(offer: Offer, options: VideoOptions, file: Path) -> tuple[str, Json, bytes | None]:
    """The path, the fields and the uploaded picture that this becomes."""
    choice = Choice.of(offer, options)
    size = offer.size(choice.orientation) if offer.format is Format.OPENAI else None
    if options.image and size:
        file.write_bytes(picture(*map(int, size.split("x"))))  # noqa: ASYNC240 - a test's own file
    order = choice.order(
        "a fox",
        image_url=FIRST if options.image else None,
        image_file=file if options.image and size else None,
        end_image_url=LAST if options.end_image else None,
    )
    body = await body_of(order)
    image = body.files["input_reference"][1] if body.files else None
    return body.path, dict(body.json or body.data or {}), image


def read(path: str, fields: Json, image: bytes | None = None) -> SandboxOrder:
    return read_order(PATHS[path], fields, image, 0.0, {"image": PICTURE, "last_image": PICTURE})


def refused_by_both(fields: Json) -> bool:
    path = "/v1/video/generations"
    with pytest.raises(RefusedError) as refused:
        read(path, fields)
    assert refused.value.status == 400, f"{refused.value} {fields}"
    return fault_of(path, fields) is not None


@pytest.mark.parametrize("family", OFFERS)
async def test_everything_that_a_row_lists_is_taken_as_it_was_meant(family: str, tmp_path: Path) -> None:
    for offer in OFFERS[family]:
        for options in wishes(offer):
            assert not offer.lacks(options), options
            path, fields, image = await request_of(offer, options, tmp_path / "picture.png")
            assert fault_of(path, fields) is None, (fault_of(path, fields), fields)
            order = read(path, fields, image)
            choice = Choice.of(offer, options)
            assert (order.model, order.format, order.seconds) == (offer.model, offer.format, choice.seconds)
            assert order.has_image is options.image
            if choice.shape_from_image:
                assert order.shape == (1200, 900)
            else:
                width, height = map(int, choice.orientation.ratio.split(":"))
                assert order.size is not None or order.shape == (width, height)
            if options.sound is not None or offer.sound is not None:
                assert order.sound is (offer.sound if options.sound is None else options.sound)


def body_with(offer: Offer, **changes: object) -> Json:
    """A request that the model takes, then changed."""
    fields: Json = {"model": offer.model, "prompt": "a fox", "duration": offer.seconds[-1]}
    if offer.image_required:
        fields["image"] = FIRST
    return {**fields, **changes}


@every_row("offer", MEDIA)
def test_what_a_row_does_not_list_is_refused_by_the_row_and_by_its_page(offer: Offer) -> None:
    base = VideoOptions(image=offer.image_required)

    def lacks(lack: Lack, **asked: object) -> bool:
        return lack in offer.lacks(replace(base, **asked))  # type: ignore[arg-type]

    assert read("/v1/video/generations", body_with(offer)).seconds == offer.seconds[-1]
    for seconds in {0, *range(1, 22)} - {*offer.seconds}:
        assert lacks(Lack.LENGTH, seconds=seconds)
        assert refused_by_both(body_with(offer, duration=seconds))
    for shape in {*Orientation} - {*offer.orientations}:
        assert lacks(Lack.SHAPE, orientation=shape) or offer.image_required
        assert refused_by_both(body_with(offer, aspect_ratio=shape.ratio))
    if not offer.end_image:
        assert lacks(Lack.END_IMAGE, image=True, end_image=True)
        assert refused_by_both(body_with(offer, image=FIRST, last_image=LAST))
    if offer.seed is None:
        assert lacks(Lack.SEED, seed=7)
    if offer.negative is None:
        assert lacks(Lack.AVOID, avoid="rain")
        assert refused_by_both(body_with(offer, negative_prompt="rain"))
        assert refused_by_both(body_with(offer, extra_body={"negative_prompt": "rain"}))
    for place in ("seed", "extra_body.seed"):
        if offer.seed != place:
            value = {"extra_body": {"seed": 7}} if "." in place else {"seed": 7}
            assert refused_by_both(body_with(offer, **value)), f"a seed at {place}"
    for name in ("audio", "generate_audio"):
        if offer.audio != f"extra_body.{name}":
            assert refused_by_both(body_with(offer, extra_body={name: True}))
        assert refused_by_both(body_with(offer, **{name: True}))
    if offer.image_required:
        assert Lack.NO_IMAGE in offer.lacks(PLAIN)
        fields = body_with(offer)
        del fields["image"]
        assert refused_by_both(fields)
    if offer.prompt_max:
        assert lacks(Lack.PROMPT_LENGTH, prompt_length=offer.prompt_max + 1)
        with pytest.raises(RefusedError, match="longer than"):
            read("/v1/video/generations", body_with(offer, prompt="x" * (offer.prompt_max + 1)))


@every_row("offer", MEDIA)
def test_the_fields_of_other_formats_are_no_fields_of_a_media_model(offer: Offer) -> None:
    foreign = {"image_url": FIRST, "resolution": "720p", "seconds": "5", "generation_mode": "text_to_video"}
    for name, value in foreign.items():
        assert refused_by_both(body_with(offer, **{name: value}))
    assert refused_by_both(body_with(offer, size="1280x720"))
    for path in ("/v1/videos/generations", "/v1/videos"):
        assert fault_of(path, body_with(offer)) is not None
        with pytest.raises(RefusedError):
            read(path, body_with(offer))


def test_pixels_and_a_ratio_do_not_stand_together_and_neither_stands_beside_a_picture_that_decides() -> None:
    for offer in MEDIA:
        for size in offer.sizes.values():
            assert refused_by_both(body_with(offer, size=size, aspect_ratio="16:9"))
            assert refused_by_both(body_with(offer, size=size, image=FIRST))


@pytest.mark.parametrize(
    ("model", "pixels", "reason"),
    [
        ("happy-horse-720p", (299, 299), "smaller than 300 pixels"),
        ("happy-horse-720p", (800, 300), "2.5 times"),
        ("kling-v3-std-audio", (1200, 299), "smaller than 300 pixels"),
        ("viduq3t-720p", (1000, 200), "4 times"),
    ],
)
def test_a_picture_outside_the_limits_of_a_row_is_refused_by_its_page(
    model: str, pixels: tuple[int, int], reason: str
) -> None:
    [offer] = [offer for offer in MEDIA if offer.model == model]
    limits = offer.image_limits
    assert limits is not None
    short, long = sorted(pixels)
    assert short < limits.min_side or (limits.max_ratio is not None and long > limits.max_ratio * short)
    with pytest.raises(RefusedError, match=reason):
        read_order("task", body_with(offer, image=FIRST), None, 0.0, {"image": picture(*pixels)})
