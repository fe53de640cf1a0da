"""Is anything lost, billed twice or posted twice when the bot is killed a hundred times while members' jobs run?

    python -m benchmarks.kill_storm [--kills 100] [--seed 1] [--round 20]

The real process between a Discord and a UniAll on loopback, killed by SIGKILL at random moments, a quarter of them while it
starts; after each kill the ledger is audited. Rounds of twenty kills on one database each, in turns with and without a list
of jobs at UniAll; at the end of a round everything must come to rest and every job be accounted for. About five minutes.
Needs what the tests need. The same seed is the same storm.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.storm import Figures, Storm, open_studio


async def run(kills: int, seed: int, size: int) -> list[Figures]:
    """All rounds; raises AssertionError where a promise is broken."""
    found: list[Figures] = []
    while (left := kills - sum(figures.kills for figures in found)) > 0:
        number, lists = len(found), len(found) % 2 == 0
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            async with open_studio(Path(folder)) as studio:
                found.append(await Storm(studio, seed=seed + number, lists=lists).run(min(size, left)))
        manner = "UniAll lists its jobs" if lists else "UniAll lists no jobs"
        print(f"round {number + 1}, {manner}: {found[-1]} ({time.perf_counter() - began:.0f} s)", flush=True)
    return found


def main() -> int:
    """Exit 0 when nothing was lost and nothing done twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, default=20)
    chosen = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the stand-ins' clients die in mid-request
    print(f"{chosen.kills} kills, seed {chosen.seed}", flush=True)
    try:
        found = asyncio.run(run(chosen.kills, chosen.seed, chosen.round))
    except AssertionError as error:
        print(f"broken: {error}")
        return 1
    names = Figures.__slots__
    total = Figures(**{name: sum(getattr(figures, name) for figures in found) for name in names})
    print(f"in all: {total}; the ledger balanced after each kill")
    return 0


if __name__ == "__main__":
    sys.exit(main())
