"""Measures Sora Bot side by side with what it is compared with, in one run, and prints a table.

    python -m benchmarks [PART …] [--rounds 3] [--markdown] [--waiting 20,1000] [--timeline]

Without a name all parts run, within ten minutes. Ratios are medians over rounds in which both sides take their turn, so that
whatever else the machine does hits both. A part that fails is shown as failed, and the exit code is then 1. Needs Linux and
what the tests need. Of several processes: `python -m benchmarks.scaling` and `python -m benchmarks.kill_storm --cluster`.
"""

import argparse
import asyncio
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import deliveries, first_answer, polls, readers, reserves, starting, waiting, word_filter
from benchmarks.backlog import Backlogs
from benchmarks.processes import Failed
from benchmarks.table import Row, numbers, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asks for, and where files may be put."""

    folder: Path
    backlogs: Backlogs
    rounds: int
    waiting: tuple[int, ...] = first_answer.BACKLOGS
    timeline: bool = False


async def _first_answer(wanted: Wanted) -> list[Row]:
    scale = first_answer.Scale(rounds=wanted.rounds, backlogs=wanted.waiting)
    part = first_answer.timeline if wanted.timeline else first_answer.run
    return await part(wanted.folder, wanted.backlogs, scale)


async def _cpu(wanted: Wanted) -> list[Row]:
    return await waiting.cpu(wanted.folder, wanted.backlogs, waiting.Scale(rounds=wanted.rounds))


async def _claims(wanted: Wanted) -> list[Row]:
    return await waiting.claims(wanted.folder, wanted.backlogs, waiting.Scale())


async def _ticks(wanted: Wanted) -> list[Row]:
    return await waiting.ticks(wanted.folder, wanted.backlogs, waiting.Scale())


async def _reserves(wanted: Wanted) -> list[Row]:
    return await reserves.run(wanted.folder, reserves.Scale(rounds=wanted.rounds))


async def _polls(wanted: Wanted) -> list[Row]:
    return await polls.run(wanted.folder, wanted.backlogs, polls.Scale(rounds=wanted.rounds))


async def _deliveries(wanted: Wanted) -> list[Row]:
    return await deliveries.run(wanted.folder, wanted.backlogs, deliveries.Scale(rounds=wanted.rounds))


async def _starting(wanted: Wanted) -> list[Row]:
    return await starting.run(wanted.folder, starting.Scale(rounds=wanted.rounds))


async def _readers(wanted: Wanted) -> list[Row]:
    return await readers.run(wanted.folder, readers.Scale())


async def _word_filter(_: Wanted) -> list[Row]:
    kinds = list(word_filter.medians(5))
    many = max(of_many for _, of_many, _ in kinds)
    one = next(of_one for _, of_many, of_one in kinds if of_many == many)
    what = "the slowest kind of prompt, against 500 terms and against one"
    return [Row(what=what, value=f"{many:.1f} ms", beside=f"{one:.1f} ms", ratio=many / one)]


PARTS: dict[str, tuple[str, Callable[[Wanted], Awaitable[list[Row]]]]] = {
    "first_answer": ("First answer to /sora, against a bare discord.py bot", _first_answer),
    "cpu": ("The whole bot with many waiting jobs", _cpu),
    "claims": ("A claim of the fair queue", _claims),
    "ticks": ("A tick of the loops, all jobs at UniAll", _ticks),
    "reserves": ("Reserves of the store", _reserves),
    "polls": ("Polls of the whole bot", _polls),
    "deliveries": ("Posts of finished videos, against a bare discord.py bot", _deliveries),
    "starting": ("Before it does anything, against a bare discord.py bot", _starting),
    "word_filter": ("The word filter", _word_filter),
    "readers": ("Commands with a million jobs", _readers),
}


async def measure(names: Sequence[str], wanted: Wanted) -> tuple[list[tuple[str, Sequence[Row]]], bool]:
    """The rows of these parts, and whether all of them could be measured."""
    groups: list[tuple[str, Sequence[Row]]] = []
    whole = True
    for name in names:
        title, part = PARTS[name]
        began = time.perf_counter()
        print(f"{title} …", file=sys.stderr, flush=True)
        try:
            rows: Sequence[Row] = await part(wanted)
        except (Failed, AssertionError, OSError, TimeoutError) as error:
            rows, whole = [Row(what="failed", value=str(error) or type(error).__name__, within=False)], False
        for row in rows:
            print(f"  {row.what}: {row.value}", file=sys.stderr, flush=True)
        groups.append((f"{title} ({time.perf_counter() - began:.0f} s)", rows))
    return groups, whole


def machine() -> str:
    """When and on what this was measured."""
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {versions}"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("parts", nargs="*", metavar="PART", help=f"any of: {', '.join(PARTS)}")
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument(
        "--waiting",
        type=numbers,
        default=first_answer.BACKLOGS,
        metavar="N,N",
        help="first_answer only: how many jobs wait already",
    )
    made.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    made.add_argument(
        "--timeline",
        action="store_true",
        help="first_answer only: one round, and how long each step of a command takes",
    )
    return made


def main(words: Sequence[str] | None = None) -> int:
    """Exit 0 where every part could be measured; a bound that does not hold is marked in the table."""
    options = parser()
    chosen = options.parse_args(words)
    names = list(chosen.parts or PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        options.error(f"no such part: {', '.join(unknown)}")
    if chosen.timeline and names != ["first_answer"]:
        options.error("--timeline is for first_answer alone")
    with tempfile.TemporaryDirectory(prefix="sora-bot-benchmarks-") as folder:
        path = Path(folder)
        wanted = Wanted(
            folder=path,
            backlogs=Backlogs(path),
            rounds=chosen.rounds,
            waiting=chosen.waiting,
            timeline=chosen.timeline,
        )
        groups, whole = asyncio.run(measure(names, wanted))
    print(machine())
    show(groups, markdown=chosen.markdown)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
