"""The pictures of a request: both are kept, in the limits of the model that makes the video, or nothing is spent."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.catalog.catalog import Catalog
from bot.catalog.offers import Choice
from bot.domain.generation import Generation, Image, Orientation
from bot.domain.provider import Format
from bot.domain.refusals.models import PictureShape
from bot.domain.refusals.refusal import AtMost, Refusal
from bot.domain.requests.pictures import PictureLimits
from bot.domain.requests.request import ReadImage, RequestContext
from bot.domain.requests.video_options import VideoOptions
from bot.media.files.folder import LocalMediaFolder
from bot.storage.store import SqlStore
from bot.usecases.requests.accept import Requests
from bot.usecases.requests.generation_request import AcceptedCard, GenerationRequest
from tests.catalog.test_catalog_switching import offer
from tests.media.conftest import halves, opened, stored
from tests.process.database import Rows
from tests.storage.empty import put_empty
from tests.storage.life import Life
from tests.workers.conftest import world

STRICT = PictureLimits(min_side=300, max_ratio=2.5, max_mb=10)
SHAPES = (Orientation.LANDSCAPE, Orientation.PORTRAIT, Orientation.SQUARE)
CATALOG = Catalog(
    [
        offer("Plain", "plain-{}", image=False),
        offer("Strict", "strict", format=Format.MEDIA, end_image=True, image_limits=STRICT, orientations=SHAPES),
        offer(
            "Following",
            "following",
            format=Format.MEDIA,
            shape_from_image=True,
            end_image=True,
            image_limits=PictureLimits(max_ratio=4),
            negative="extra_body.negative_prompt",
        ),
        *(
            offer("Encoded", f"encoded-{shape}", orientations=(shape,), encoded=True)
            for shape in (Orientation.LANDSCAPE, Orientation.PORTRAIT)
        ),
    ]
)


class Desk:
    """Requests over a real store and a real media folder."""

    def __init__(self, store: SqlStore, database: Path, folder: Path) -> None:
        self.life, self.rows, self.folder = Life(store), Rows(database), folder
        self.media = LocalMediaFolder(folder)
        self.requests = Requests(world(store, self.life, media=self.media, catalog=CATALOG))

    async def ask(self, **request: Any) -> AcceptedCard:
        context = RequestContext(ask_id=self.life.fresh("ask"), guild_id="guild", channel_id="4", member_id="ann")
        values: dict[str, Any] = {"context": context, "prompt": "a cat"}
        return await self.requests.accept(GenerationRequest(**(values | request)))

    async def refused(self, **request: Any) -> Refusal:
        """The refusal: nothing is stored, and no file is left."""
        before = sorted(self.folder.iterdir())
        with pytest.raises(Refusal) as caught:
            await self.ask(**request)
        assert sorted(self.folder.iterdir()) == before
        assert self.rows.generations() == []
        return caught.value

    def there(self, image: Image | None) -> tuple[int, int]:
        """The pixels of a picture that is stored."""
        assert image
        return opened((self.folder / image.file).read_bytes()).size


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = put_empty(tmp_path / "bot.db")
    store = await SqlStore.open(database)
    (folder := tmp_path / "media").mkdir()
    yield Desk(store, database, folder)
    await store.close()


def picture(width: int = 400, height: int = 300, kind: str = "PNG") -> ReadImage:
    async def read() -> bytes:
        return stored(halves(width, height), kind)

    return read


async def unread() -> bytes:
    raise AssertionError("a picture is read although the request is refused without it")


async def test_both_pictures_are_checked_kept_and_given_to_the_card_each_with_its_own_cover(desk: Desk) -> None:
    card = await desk.ask(
        model="Strict", image=picture(), end_image=picture(150, 100, "JPEG"), end_spoiler=True, spoiler=False
    )
    one = await desk.life.reload(card.generation)
    assert one.image is not None
    assert one.end_image is not None
    assert (one.image.file, one.image.spoiler) == (f"{one.id}-reference.png", False)
    assert (one.end_image.file, one.end_image.spoiler) == (f"{one.id}-end.jpg", True)
    assert (desk.there(one.image), desk.there(one.end_image)) == ((400, 300), (450, 300))
    assert (card.image, card.end_image) == tuple(
        (desk.folder / image.file).read_bytes() for image in (one.image, one.end_image)
    )


async def test_a_shape_that_a_model_does_not_take_is_refused_with_the_numbers_and_who_takes_it(desk: Desk) -> None:
    for end in (False, True):
        pictures = {"end_image": picture(960, 300)} if end else {}
        refusal = await desk.refused(model="Strict", image=picture() if end else picture(960, 300), **pictures)
        payload = refusal.payload
        assert isinstance(payload, PictureShape)
        assert (payload.code, payload.model, payload.ratio, payload.most) == ("image_too_wide", "Strict", 3.2, 2.5)
        assert (payload.end, [other.name for other in payload.others]) == (
            end,
            ["Following"] if end else ["Following", "Encoded"],
        )
    tall = await desk.refused(model="Following", image=picture(100, 500))
    assert isinstance(tall.payload, PictureShape)
    assert (tall.code, [other.name for other in tall.payload.others]) == ("image_too_high", ["Encoded"])


async def test_what_discord_says_of_a_shape_refuses_before_the_picture_is_read_and_decides_nothing_else(
    desk: Desk,
) -> None:
    wide = VideoOptions(picture=(3200, 1000))
    assert (await desk.refused(model="Strict", image=unread, options=wide)).code == "image_too_wide"
    narrow = VideoOptions(picture=(100, 100))
    assert (await desk.refused(model="Strict", image=picture(960, 300), options=narrow)).code == "image_too_wide"


async def test_where_no_model_is_named_one_that_takes_the_picture_makes_it(desk: Desk) -> None:
    for said in (None, (960, 300), (300, 300)):
        card = await desk.ask(any_model=True, image=picture(960, 300), options=VideoOptions(picture=said))
        assert card.generation.family == "Following"
        assert desk.there(card.generation.image) == (960, 300)


@pytest.mark.parametrize("said", [None, (300, 400), (400, 300)])
async def test_the_shape_is_that_of_the_picture_as_it_was_read_whatever_discord_said(
    desk: Desk, said: tuple[int, int] | None
) -> None:
    options = VideoOptions(picture=said)
    for model, shape in (("Encoded", Orientation.PORTRAIT), ("Following", Orientation.THREE_BY_FOUR)):
        made = (await desk.ask(model=model, image=picture(300, 400), options=options)).generation
        assert (made.orientation, made.shape_from_image) == (shape, model == "Following")
        assert made.model == ("encoded-portrait" if model == "Encoded" else "following")
    asked = replace(options, orientation=Orientation.LANDSCAPE)
    made = (await desk.ask(model="Encoded", image=picture(300, 400), options=asked)).generation
    assert made.model == "encoded-landscape"


async def test_a_picture_of_an_earlier_version_is_encoded_again_only_where_the_new_model_needs_it(desk: Desk) -> None:
    data = stored(halves(150, 100), "JPEG", quality=40)
    earlier = Image(file="x-reference.jpg", media_type="image/jpeg", spoiler=True)

    async def read() -> bytes:
        return data

    def of(family: str) -> Choice:
        return CATALOG.resolve(family, VideoOptions(orientation=Orientation.LANDSCAPE, image=True))

    async def again(family: str) -> tuple[Generation, bytes | None]:
        card = await desk.ask(choice=of(family), image=read, same_image=earlier)
        return card.generation, card.image

    for family in ("Encoded", "Following"):
        made, shown = await again(family)
        assert shown == data
    made, shown = await again("Strict")
    assert desk.there(made.image) == (450, 300)
    assert made.image
    assert (made.image.kept, made.image.spoiler) == (True, True)


async def test_what_to_avoid_is_cleaned_and_filtered_like_a_prompt(desk: Desk) -> None:
    made = (
        await desk.ask(model="Following", image=picture(), options=VideoOptions(avoid=" <@9>\x00 in rain "))
    ).generation
    assert made.avoid == "@someone in rain"
    assert (await desk.ask(model="Plain", options=VideoOptions(avoid="\u2800 "))).generation.avoid is None


async def test_what_to_avoid_is_refused_where_it_is_too_long_or_banned(desk: Desk) -> None:
    long = await desk.refused(model="Following", image=unread, options=VideoOptions(avoid="x" * 501))
    assert isinstance(long.payload, AtMost)
    await desk.life.configure(lambda settings: replace(settings, terms=frozenset({"rain"})))
    assert (await desk.refused(model="Following", image=unread, options=VideoOptions(avoid="rain"))).code == "filtered"


async def test_a_picture_to_end_with_needs_one_to_start_from(desk: Desk) -> None:
    assert (await desk.refused(model="Strict", end_image=unread)).code == "end_image_alone"
