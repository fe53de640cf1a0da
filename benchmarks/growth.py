"""How much disk the database takes for each 10,000 jobs, and which tables take it.

    python -m benchmarks.growth [--jobs 2000] [--days 30]

Leads jobs through their whole life with the store's own steps, spread over members, servers and days, with ids and prompts
of real length: four of five videos are posted, the others fail. Then prints megabytes for each 10,000 jobs, as a copy
without free pages has them, by table with its indexes.
"""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bot.domain.generation import Generation
from bot.domain.quota.ledger import Resolution
from bot.storage.store import SqlStore
from tests.storage.life import Life

MEMBERS, GUILDS = 200, 5
PROMPT = "a cat on a roof in the rain, seen from below, with neon signs behind it and soft light, slow pan to the left"


class _Life(Life):
    """A life whose ids are as long as real ones."""

    def fresh(self, kind: str) -> str:
        number = int(super().fresh("0"))
        return f"{number:020d}" if kind == "gen" else f"18{number:017d}"

    def job(self, number: int) -> Generation:
        return replace(
            self.new(f"16{number * 7919 % MEMBERS:017d}", f"17{number % GUILDS:017d}", channel=f"15{number % 9:017d}"),
            prompt=f"{PROMPT}, {number}",
            model="sora2-landscape-4s",
        )


async def _fill(path: Path, jobs: int, days: float) -> None:
    store = await SqlStore.open(path)
    try:
        life = _Life(store)
        for number in range(jobs):
            life.later(days=days / jobs)
            job = await life.accept(life.job(number))
            if number % 5:
                await life.posted(job, message=f"14{number:017d}", channel=job.channel_id)
            else:
                polled, claim = await life.polling(job)
                await store.fail(polled.id, claim, fault="lost", detail="", resolution=Resolution.VOID, now=life.now)
    finally:
        await store.close()


def _shares(path: Path) -> list[tuple[str, float]]:
    """Return the bytes of each table with its indexes, in a compact copy; the largest first."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
        return connection.execute(
            "SELECT tbl_name, sum(pgsize) AS size FROM dbstat JOIN sqlite_schema USING (name)"
            " GROUP BY tbl_name ORDER BY size DESC"
        ).fetchall()


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2_000)
    parser.add_argument("--days", type=float, default=30)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "growth.db"
        asyncio.run(_fill(path, chosen.jobs, chosen.days))
        shares = _shares(path)
        total = sum(size for _, size in shares)
        scale = 10_000 / chosen.jobs / 1e6
        for name, size in [("all tables", total), *shares]:
            if size / total >= 0.005:
                print(f"{name:<20} {size * scale:>6.2f} MB for 10,000 jobs  {size / total:>6.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
