"""Two gateways, a standby and two workers: whatever of it dies, freezes or goes away, nothing is lost or done twice.

`STORM_SEED=7 STORM_KILLS=30 pytest tests/crash/test_cluster_storm.py` is a random storm instead of this short one.
`python -m benchmarks.kill_storm --cluster` is the long one.
"""

import os
import random
import signal
from pathlib import Path

import pytest

pytest.importorskip("obstore", reason="a cluster needs the extra 'cluster'")

from tests.crash.cluster import open_site
from tests.crash.cluster_storm import MAX_IN_FLIGHT, ClusterStorm
from tests.standins.bucket import S3Server, weed
from tests.storage.postgres.server import PostgresServer

SEED = int(os.environ.get("STORM_SEED", "20261201"))
KILLS = os.environ.get("STORM_KILLS")


@pytest.mark.long
@pytest.mark.timeout(900 if KILLS else 400)
async def test_a_cluster_whose_parts_die_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, postgres: PostgresServer, s3: S3Server
) -> None:
    print(f"STORM_SEED={SEED}")
    quota = 12 if KILLS else 3
    settings = {
        "DEFAULT_QUOTA": f"{quota} videos per day",
        "OPERATOR_BUDGET": f"{5 * quota} videos per day",
        "MAX_IN_FLIGHT": str(MAX_IN_FLIGHT),
    }
    async with open_site(tmp_path, postgres, s3, str(weed()), **settings) as site:
        storm = ClusterStorm(site, seed=SEED, lists=True, quota=quota, budget=5 * quota)
        chance = random.Random(SEED)
        if KILLS:
            figures = await storm.run(int(KILLS))
        else:
            figures = await storm.play(
                lambda: site.freeze(chance, 7),
                lambda: site.lose_database("immediate", 1),
                lambda: site.lose_bucket("closed", 1),
                kills=("gateway", "worker"),
            )
    print(figures, dict(site.done))
    assert figures.accepted > 0
    assert site.done[f"ended with {-signal.SIGKILL}"] > 0
