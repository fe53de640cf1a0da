"""The order of a waiting job: its pictures in the fields of its own format, at addresses that still work, or no order."""

import errno
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.errors import PostError
from bot.domain.generation import Generation, Image, Orientation, Reason
from bot.domain.messages.posts import CardPictures
from bot.domain.provider import Format, Order
from bot.storage.store import SqlStore
from bot.workers.jobs.submit_order import prepare_order
from tests.catalog.test_catalog_switching import offer
from tests.conftest import POSTGRESQL_LONG
from tests.storage.life import Life
from tests.workers.conftest import world

ENGINES = POSTGRESQL_LONG

PIXELS = {Orientation.LANDSCAPE: "1280*720", Orientation.PORTRAIT: "720*1280"}
CATALOG = Catalog(
    [
        offer("Media", "media", format=Format.MEDIA, sizes=PIXELS, end_image=True),
        offer("Following", "following", format=Format.MEDIA, sizes=PIXELS, end_image=True, shape_from_image=True),
        offer("Native", "native", format=Format.OPENAI, sizes={Orientation.LANDSCAPE: "1280x720"}),
    ]
)
FRESH = CardPictures(image="https://cdn/new/reference.png", end_image="https://cdn/new/end.png")
FIRST = Image(file="x-reference.png", media_type="image/png", url="https://cdn/old/reference.png")
LAST = Image(file="x-end.png", media_type="image/png", url="https://cdn/old/end.png")


def job(life: Life, family: str, **fields: Any) -> Generation:
    choice = next(one for one in CATALOG.offers if one.family == family)
    made = replace(life.new(micros=9_000_000), family=family, model=choice.model, format=choice.format)
    return replace(made, shape_from_image=choice.shape_from_image, **fields)


class Ports:
    """What the card and the media folder return."""

    def __init__(self, found: CardPictures | PostError, cut: Path | OSError = Path("cut.png")) -> None:
        self.found, self.cut, self.asked = found, cut, 0

    async def image_urls(self, generation: Generation) -> CardPictures:
        self.asked += 1
        if isinstance(self.found, PostError):
            raise self.found
        return self.found

    async def fit_image(self, name: str, size: str) -> Path:
        assert (name, size) == ("x-reference.png", "1280x720")
        if isinstance(self.cut, OSError):
            raise self.cut
        return self.cut


async def prepared(store: SqlStore, life: Life, generation: Generation, ports: Ports) -> Order | Reason | None:
    return await prepare_order(world(store, life, catalog=CATALOG, messenger=ports, media=ports), generation)


def of(order: Order | Reason | None) -> Order:
    assert isinstance(order, Order)
    return order


@pytest.mark.parametrize("family", ["Media", "Following"])
@pytest.mark.parametrize("minutes", [0, 60 * 24 * 3])
async def test_both_addresses_go_with_a_size_in_pixels_and_are_renewed_together(
    store: SqlStore, life: Life, family: str, minutes: int
) -> None:
    one, ports = job(life, family, image=FIRST, end_image=LAST), Ports(FRESH)
    life.later(minutes=minutes)
    sent = of(await prepared(store, life, one, ports))
    wanted = FRESH if minutes else CardPictures(image=FIRST.url, end_image=LAST.url)
    assert (sent.image_url, sent.end_image_url, sent.image_file) == (wanted.image, wanted.end_image, None)
    assert sent.size == (None if family == "Following" else "1280*720")
    assert ports.asked == bool(minutes)


async def test_one_address_that_ends_soon_renews_both(store: SqlStore, life: Life) -> None:
    soon = replace(LAST, url_until=life.now + timedelta(minutes=5))
    sent = of(await prepared(store, life, job(life, "Media", image=FIRST, end_image=soon), Ports(FRESH)))
    assert (sent.image_url, sent.end_image_url) == (FRESH.image, FRESH.end_image)


@pytest.mark.parametrize("found", [CardPictures(), replace(FRESH, image=None), replace(FRESH, end_image=None)])
async def test_nothing_is_sent_without_either_picture(store: SqlStore, life: Life, found: CardPictures) -> None:
    one = job(life, "Media", image=FIRST, end_image=LAST)
    life.later(days=1)
    assert await prepared(store, life, one, Ports(found)) is Reason.IMAGE_GONE


async def test_a_job_waits_while_discord_cannot_be_asked(store: SqlStore, life: Life) -> None:
    one = job(life, "Media", image=FIRST, end_image=LAST)
    life.later(days=1)
    assert await prepared(store, life, one, Ports(PostError("busy"))) is None


async def test_a_job_with_one_picture_never_gets_an_address_of_another(store: SqlStore, life: Life) -> None:
    one = job(life, "Media", image=FIRST)
    life.later(days=1)
    sent = of(await prepared(store, life, one, Ports(FRESH)))
    assert (sent.image_url, sent.end_image_url) == (FRESH.image, None)


async def test_only_the_native_format_takes_a_file_of_its_own_pixels(store: SqlStore, life: Life) -> None:
    one = job(life, "Native", image=FIRST)
    sent = of(await prepared(store, life, one, ports := Ports(FRESH)))
    assert (sent.image_file, sent.image_url, sent.size, ports.asked) == (Path("cut.png"), None, "1280x720", 0)
    assert await prepared(store, life, one, Ports(FRESH, OSError(errno.EINVAL, "no image"))) is Reason.IMAGE_GONE
    assert await prepared(store, life, one, Ports(FRESH, OSError(errno.EAGAIN, "no process"))) is None


async def test_a_model_that_takes_no_last_picture_is_sent_nothing_at_all(store: SqlStore, life: Life) -> None:
    one = job(life, "Native", image=FIRST, end_image=LAST)
    assert await prepared(store, life, one, ports := Ports(FRESH)) is Reason.MODEL_WITHDRAWN
    assert ports.asked == 0
