"""What a report says is counted by the database, and an export is read in handfuls: the same as adding up row by row."""

import random
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.domain.generation import State
from bot.domain.quota.spending import UsageRow
from bot.domain.refusals.refusal import Refusal
from bot.storage.store import SqlStore
from bot.usecases.moderation.spending import last_days
from cogs.moderation.quota.csv_table import CsvTable
from tests.cogs.moderation.quota.conftest import NOW, added_up, row
from tests.storage.bare_jobs import put_jobs

GONE = {"generation_id": "", "channel_id": "", "member_id": "", "family": "", "model": "", "prompt": "", "fault": ""}


def some(number: int, chance: random.Random) -> list[UsageRow]:
    """Jobs of two weeks around a change of the clocks, in every state; of member 3 what was deleted."""
    return [
        row(
            generation_id=f"{at:020}",
            accepted_at=NOW - timedelta(days=25, minutes=chance.randrange(20_000)),
            member_id=str(chance.randrange(14)),
            family=f"Sora {chance.randrange(11)}",
            price_micros=chance.randrange(5) * 100_000,
            state=str(chance.choice(list(State))),
            estimate=chance.random() < 0.3,
        )
        for at in range(number)
    ]


def told(rows: Sequence[UsageRow]) -> list[UsageRow]:
    """What may be told of them."""
    return [replace(one, **GONE) if one.member_id == "3" else one for one in rows]  # type: ignore[arg-type]


async def test_the_sums_of_a_report_are_those_of_its_rows(tmp_path: Path) -> None:
    rows = some(600, random.Random(1))
    put_jobs(tmp_path / "bot.db", rows)
    store = await SqlStore.open(tmp_path / "bot.db")
    try:
        for days, zone in ((366, "Europe/Berlin"), (30, "Asia/Kathmandu"), (28, "America/New_York")):
            period = last_days(days, NOW, zone)
            inside = [one for one in told(rows) if one.accepted_at >= period.since]
            for members, models in ((10, 8), (100, 100)):
                found = await store.sums("guild", period.bounds, members=members, models=models)
                assert found == added_up(period, inside, members=members, models=models)
        assert len(inside) < len(rows)
        nothing = await store.sums("other", period.bounds, members=10, models=8)
        assert (nothing.days, nothing.members, nothing.member_count) == ({}, (), 0)
    finally:
        await store.close()


async def test_an_export_is_read_in_handfuls_and_misses_none(tmp_path: Path) -> None:
    rows = [
        replace(one, accepted_at=NOW - timedelta(days=number // 7))
        for number, one in enumerate(some(60, random.Random(2)))
    ]
    put_jobs(tmp_path / "bot.db", rows)
    store = await SqlStore.open(tmp_path / "bot.db")
    try:
        found: list[UsageRow] = []
        since = NOW - timedelta(days=6)
        while handful := await store.usage_rows("guild", since, after=found[-1] if found else None, limit=4):
            assert len(handful) <= 4
            found += handful
        expected = [one for day in range(6, -1, -1) for one in rows[day * 7 : day * 7 + 7]]
        assert [(one.accepted_at, one.price_micros, one.state) for one in found] == [
            (one.accepted_at, one.price_micros, one.state) for one in expected
        ]
        assert sorted(one.generation_id for one in found) == sorted(one.generation_id for one in told(expected))
    finally:
        await store.close()


def test_a_table_larger_than_discord_takes_is_packed_and_whole() -> None:
    with CsvTable(name="t.csv", zone=ZoneInfo("UTC"), most=100_000) as plain:
        plain.add([row(prompt=f"a cat {number}") for number in range(400)], {})
        whole = plain.finish().read()
    with CsvTable(name="t.csv", zone=ZoneInfo("UTC"), most=20_000) as packed:
        for start in range(0, 400, 50):
            packed.add([row(prompt=f"a cat {number}") for number in range(start, start + 50)], {})
        file = packed.finish()
        assert packed.name == "t.csv.zip"
        with zipfile.ZipFile(file) as archive:
            assert archive.namelist() == ["t.csv"]
            assert archive.read("t.csv") == whole
    assert len(whole) > 20_000


def test_a_table_that_is_too_large_even_so_is_refused_at_once_and_not_written_to_its_end() -> None:
    chance = random.Random(3)
    rows = [row(prompt="".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(2000))) for _ in range(10)]
    written = 0
    with CsvTable(name="t.csv", zone=ZoneInfo("UTC"), most=100_000) as table:
        try:
            while written < 1000:
                table.add(rows, {})
                written += 1
        except Refusal as error:
            assert error.code == "export_too_large"  # noqa: PT017 - how far it came is what counts
    assert 0 < written < 50
