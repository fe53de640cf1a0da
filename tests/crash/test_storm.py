"""Killed at random moments, many times: 0 lost, 0 billed twice, 0 posted twice, the ledger balanced after each.

`STORM_SEED=7 STORM_KILLS=30 pytest tests/crash/test_storm.py` is another storm, and a longer one. A failure prints its seed.
`python -m benchmarks.kill_storm` is the long one.
"""

import os
from pathlib import Path

import pytest

from tests.crash.storm import Storm, open_studio

SEED = int(os.environ.get("STORM_SEED", "20261121"))
KILLS = os.environ.get("STORM_KILLS")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("lists", "kills"),
    [
        pytest.param(True, 3, id="listed"),
        pytest.param(True, 12, id="listed-long", marks=pytest.mark.long),
        pytest.param(False, 12, id="unlisted-long", marks=pytest.mark.long),
    ],
)
async def test_a_storm_of_kills_loses_nothing_and_does_nothing_twice(tmp_path: Path, lists: bool, kills: int) -> None:
    print(f"STORM_SEED={SEED}")
    async with open_studio(tmp_path) as studio:
        figures = await Storm(studio, seed=SEED, lists=lists).run(int(KILLS or kills))
    print(figures)
    assert figures.accepted > 0
    assert (figures.lost, figures.billed_twice, figures.posted_twice) == (0, 0, 0)
    assert figures.unclear_billed == 0 or not lists
