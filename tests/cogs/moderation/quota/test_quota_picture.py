"""The picture of a report: a PNG of a sensible size whatever was spent and whatever members are called."""

import asyncio
import io
import sys
from datetime import date, timedelta

import pytest
from PIL import Image

from bot.domain.quota.limits import LimitUsage, Per, Unit
from bot.domain.quota.spending import DELETED
from bot.usecases.moderation.spending import last_days, summary
from cogs._ui.wording import in_language, words
from cogs.moderation.quota.picture import PictureNames, _member, draw, plain
from cogs.moderation.quota.picture_dates import day_ticks
from tests.cogs.conftest import COGS
from tests.cogs.moderation.quota.conftest import NOW, added_up, pool, row
from tests.tables import sampled

NAMES = [
    r"$\frac{$",
    "Mia",
    "桜ミア",
    "🎬🎬",
    "Bob 🎬",
    "$x^2$",
    "$",
    r"\frac{",
    "مريم",
    "a" * 300,
    "",
    "\u202eevil\n",
    "x_1^{",
    "ไทย",
]


def picture(days: int, jobs: int, pools: tuple[LimitUsage, ...] = (), *, locale: str = "en-US") -> Image.Image:
    """The picture of so many jobs by so many members; it warns of nothing, because warnings are errors here."""
    rows = [
        row(
            accepted_at=NOW - timedelta(days=number * 7 % days),
            member_id=str(number % len(NAMES)),
            family=f"Sora {number % 4}",
            state=("succeeded", "failed", "submitted")[number % 3],
        )
        for number in range(jobs)
    ]
    names = PictureNames(
        server=NAMES[jobs % len(NAMES)], members={str(n): name for n, name in enumerate(NAMES)}, locale=locale
    )
    period = last_days(days, NOW, "UTC")
    data = draw(summary(period, added_up(period, rows), pools), names)
    assert len(data) < 400_000
    image = Image.open(io.BytesIO(data))
    assert image.format == "PNG"
    return image


@pytest.mark.parametrize(("days", "jobs"), sampled([(30, 0), (1, 1), (7, 40), (366, 400)], [(30, 0), (366, 400)]))
def test_it_has_a_sensible_size(days: int, jobs: int) -> None:
    width, height = picture(days, jobs).size
    assert width == 1210
    assert 600 <= height <= 1300


def test_pools_may_be_empty_full_over_or_closed() -> None:
    pools = (pool(0), pool(5, used=9), pool(5, Unit.SECONDS, Per.DAY, held=5), pool(10**12))
    assert picture(30, 30, pools).height > picture(30, 30).height


async def test_several_are_drawn_at_once_in_threads() -> None:
    images = await asyncio.gather(*(asyncio.to_thread(picture, 30, jobs) for jobs in (3, 30)))
    assert {image.width for image in images} == {1210}


def test_it_is_in_the_readers_language_with_a_font_that_has_every_character_of_it() -> None:
    english = picture(7, 3)
    assert picture(7, 3, locale="zh-CN").tobytes() != english.tobytes()
    with in_language("zh-CN"):  # the language comes with the names, not from whoever draws
        assert picture(7, 3).tobytes() == english.tobytes()
    texts = (COGS / "locales" / "zh-CN" / "quota.ftl").read_text("utf-8")
    wanted = {character for character in texts if character.isprintable() and character not in "⚠ℹ️"}
    assert {character for character in wanted if not plain(character, 2)} <= {" "}
    assert plain("小明的视频工作室", 20) == "小明的视频工作室"


def test_it_never_uses_the_global_state_of_pyplot() -> None:
    picture(7, 3)
    assert "matplotlib.pyplot" not in sys.modules


def test_a_name_in_letters_that_no_font_has_is_shown_without_them() -> None:
    assert plain("Bob 🫠\u202e\n", 20) == "Bob"
    assert plain("\U000e0001", 20) == ""
    assert plain("a" * 30, 20) == "a" * 19 + "…"


@pytest.mark.parametrize("number", [1, 5, 14, 15, 30, 92, 93, 200, 366])
def test_the_axis_of_days_has_few_labels_and_they_say_which_day(number: int) -> None:
    days = [date(2026, 11, 20) - timedelta(days=back) for back in range(number)][::-1]
    ticks = day_ticks(words(), days)
    assert 1 <= len(ticks) <= 14
    assert all(label and 0 <= place < number for place, label in ticks)


def test_what_was_deleted_is_one_row_that_names_nobody() -> None:
    assert _member(words(), DELETED, {"": "Mia"}) == "deleted data"
    gone = [row(member_id="", family="", accepted_at=NOW - timedelta(days=number)) for number in range(3)]
    period = last_days(7, NOW, "UTC")
    spending = summary(period, added_up(period, [*gone, row()]), [])
    assert Image.open(io.BytesIO(draw(spending, PictureNames(server="S", members={})))).height > 600
