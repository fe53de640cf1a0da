"""The report and the export, black-box: a picture and a table of what was really made."""

import csv
import io

import pytest
from PIL import Image

from tests.cogs.moderation.quota.conftest import DEFAULT, Desk
from tests.process.conftest import said

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = {"DEFAULT_QUOTA": DEFAULT}

HOSTILE = '=HYPERLINK("http://e.vil";"x")\r\n=1+1, "quoted"'


async def test_the_report_is_a_picture_with_its_numbers_beside_it(desk: Desk) -> None:
    assert await desk.film(desk.mia)
    await desk.quota("server", limit=10, unit="usd", per="month")
    # Each picture is drawn by a process of its own; sizes for other numbers of days: `test_quota_picture`.
    card = await desk.card(desk.ann, "quota report", days=366)
    assert "1 video made for $0.272, 0 running for $0.00, 0 failed or cancelled" in said(card)
    assert "**Top members**\n1. Mia · $0.272 · 1 video" in said(card)
    [file] = card.attachments
    image = Image.open(io.BytesIO(file.data))
    assert image.format == "PNG"
    assert file.filename in str(card.components)
    assert 1000 <= image.width <= 1600
    assert 600 <= image.height <= 1600
    assert len(file.data) < 500_000
    for days in (0, 367):
        assert "Choose 1 to 366 days." in await desk.quota("report", days=days)
        assert "Choose 1 to 366 days." in await desk.quota("export", days=days)


@pytest.mark.long  # a process that draws costs seconds of a core at its start
async def test_a_report_of_nothing_is_a_picture_too(desk: Desk) -> None:
    empty = await desk.card(desk.ann, "quota report")
    assert "### Use of the last 30 days\nNothing was made in this time." in said(empty)
    assert len(empty.attachments) == 1


async def test_the_export_opens_in_a_spreadsheet_and_runs_nothing(desk: Desk) -> None:
    assert await desk.film(desk.mia, HOSTILE)
    assert await desk.film(desk.mia, "a dog")
    card = await desk.card(desk.ann, "quota export", days=1)
    assert "### 2 videos of the last day\nTimes are those of UTC." in said(card)
    [file] = card.attachments
    assert file.filename.endswith(".csv")
    assert file.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"), newline="")))
    shown = '\'=HYPERLINK("http://e.vil";"x")\n\'=1+1, "quoted"'
    assert [row["prompt"] for row in rows] == [shown, "a dog"]
    assert [row["price_usd"] for row in rows] == ["0.272000", "0.272000"]
    assert {row["used_usd"] for row in rows} == {"0.272000"}
    assert {row["member"] for row in rows} == {f"<@{desk.mia.id}>"}
    assert {row["name"] for row in rows} == {"Mia"}
    assert {row["state"] for row in rows} == {"succeeded"}
    assert all(row["accepted"].endswith("+00:00") for row in rows)
