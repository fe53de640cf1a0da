"""How much disk the database takes for each 10,000 jobs, and which tables take it.

    python -m benchmarks.growth [--jobs 2000] [--days 180]

Leads jobs through their whole life with the store's own steps, spread over members, servers and days, with ids and prompts
of real length: four of five videos are posted, the others fail. Then prints megabytes for each 10,000 jobs, as a copy
without free pages has them, by table with its indexes: as it was written, with the windows that are over folded, and with
prompts that are older than 90 days blanked besides.
"""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.generation import Generation
from bot.domain.quota.ledger import Resolution
from bot.storage.store import SqlStore
from bot.workers.upkeep.data_retention import WINDOWS_KEPT
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


async def _fill(path: Path, jobs: int, days: float) -> datetime:
    """Returns the time of the last job."""
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
        return life.now
    finally:
        await store.close()


async def _fold(path: Path, now: datetime) -> None:
    store = await SqlStore.open(path)
    try:
        await store.fold_windows(before=now - WINDOWS_KEPT)
    finally:
        await store.close()


async def _blank(path: Path, now: datetime) -> None:
    store = await SqlStore.open(path)
    try:
        await store.blank_prompts(until=now - timedelta(days=90))
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


def _show(what: str, shares: list[tuple[str, float]], jobs: int) -> None:
    total, scale = sum(size for _, size in shares), 10_000 / jobs / 1e6
    for name, size in [(what, total), *shares]:
        if size / total >= 0.01:
            print(f"{name:<24} {size * scale:>6.2f} MB for 10,000 jobs  {size / total:>6.1%}", flush=True)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2_000)
    parser.add_argument("--days", type=float, default=180)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "growth.db"
        now = asyncio.run(_fill(path, chosen.jobs, chosen.days))
        _show("as it was written", _shares(path), chosen.jobs)
        asyncio.run(_fold(path, now))
        _show("with windows folded", _shares(path), chosen.jobs)
        asyncio.run(_blank(path, now))
        _show("with prompts of 90 days", _shares(path), chosen.jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
