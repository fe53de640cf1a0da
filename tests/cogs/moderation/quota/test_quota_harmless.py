"""No cell of the export is run by a spreadsheet, whichever list separator it divides the lines at."""

import csv
import io
import unicodedata
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cogs.moderation.quota.csv_table import COLUMNS, CsvTable, harmless
from tests.cogs.moderation.quota.conftest import row
from tests.tables import every_row

FORMULA = "cmd|' /C calc'!A0"
BEGINS = [
    *("=", "+", "-", "@", " =", "\u00a0=", "\u3000=", "\t=", "\r=", "\n=", "\u200b=", "\ufeff@", "\u202e=", "\x00="),
    *("\uff1d", "\uff0b", "\uff0d", "\uff20", " \uff1d", "\ufe62", "\ufe63", "\ufe6b", "\u207c", "\u208b", "\u2212"),
    *('"=', '""=', '" "=', "\u201c=", '"\u200b=', '\n\n"=', "\u2800=", "\u3164="),
]
SEPARATORS = [*(",", ";", "\t", "|", "; ", ',"', ';"', '";"', "\r\n", "\n", "\r", "\u2028", "\x0b", "\x85", "\uff1b")]
TYPED = ("prompt", "fault", "model", "model_id", "name", "id", "state")
NUMBERS = ("seconds", "price_usd", "used_usd")


def exported(text: str) -> bytes:
    """A table in which everything that is a text says this."""
    given_row = row(prompt=text, fault=text, family=text, model=text, generation_id=text, state=text)
    with CsvTable(name="t.csv", zone=ZoneInfo("UTC"), most=10**6) as table:
        table.add([given_row], {given_row.member_id: text})
        return table.finish().read()


def runs(cell: str) -> bool:
    """Whether a spreadsheet may take a cell for a formula: by its first sign that can be seen and is no quote."""
    shown = next((sign for sign in cell if sign not in '"\u201c' and unicodedata.category(sign)[0] not in "CZ"), "")
    return unicodedata.normalize("NFKC", shown)[:1] in ("=", "+", "-", "@", "\u2212") if shown else False


def cells(data: bytes, separator: str) -> list[str]:
    """Every cell as two kinds of spreadsheet see it: one that knows quotes, and one that only divides."""
    text = data.decode("utf-8-sig")
    found = [cell for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in line]
    return found + [cell for line in text.splitlines() for cell in line.split(separator)]


@every_row("begin", BEGINS)
def test_no_cell_runs_with_any_separator(begin: str) -> None:
    for before in ("", *(f"a cat{separator}" for separator in SEPARATORS)):
        data = exported(f"{before}{begin}{FORMULA}")
        for divider in ",;\t|":
            assert [cell for cell in cells(data, divider) if runs(cell)] == []


@given(st.text(st.sampled_from('=+-@,;\t\r\n|" \u200b\uff1d\uff1b\u2212ab1'), max_size=12))
def test_no_text_of_these_signs_runs(text: str) -> None:
    data = exported(text)
    for divider in ",;\t|":
        assert [cell for cell in cells(data, divider) if runs(cell)] == []


@given(st.text(max_size=60))
def test_a_text_keeps_all_that_it_says(text: str) -> None:
    assert harmless(text).replace("'", "") == text.replace("'", "")


@every_row("text", ["", "a cat", "1+1=2", "'=1", "🎬 –", "桜", "a, b; c", "2 - 1", "\u2800", "a\nb", "x@y"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_numbers_stay_numbers_and_ids_stay_readable() -> None:
    [line] = csv.DictReader(io.StringIO(exported("a").decode("utf-8-sig"), newline=""))
    assert tuple(line) == COLUMNS
    assert [float(line[name]) for name in NUMBERS] == [4.0, 0.272, 0.0]
    assert line["member"] == "<@500000000000000000>"
    assert line["accepted"] == "2026-11-20T12:00:00+00:00"
