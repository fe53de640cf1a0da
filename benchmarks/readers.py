"""Every command that only reads, and `/sora`, with a million jobs behind it.

The database is that of `million_jobs.py`: one server, five thousand members, one of them with a fourteenth of all jobs and a
family of five thousand versions. It is built unless the temporary folder has one of today. One bot runs on a copy of it; the
member with most jobs and a moderator ask each command a few times. Times are until the last answer (a page, a picture, a file);
the longest stall of the event loop is the bot's own metric, by its processor time.
"""

import asyncio
import re
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.million_jobs import GUILD, HEAVY, built
from benchmarks.processes import Failed, JsonObject, Stage
from benchmarks.standins import payloads
from benchmarks.table import Row, median, ms, percentile

MODERATOR = "1500000000000000001"
MOST_STALL = 0.05


def _command(command: str, times: int = 10, *, asker: str = MODERATOR, **options: Any) -> JsonObject:
    return {"command": command, "options": options, "asker": asker, "times": times}


COMMANDS = (
    _command("usage", asker=HEAVY),
    _command("history", asker=HEAVY),
    _command("history", asker=HEAVY, find="roof 7"),
    _command("history", asker=HEAVY, find="no such words"),
    _command("defaults", asker=HEAVY),
    _command("style list", asker=HEAVY),
    _command("privacy show", 3, asker=HEAVY),
    _command("help", asker=HEAVY),
    _command("sora", asker=HEAVY, prompt="a dog {n}"),
    _command("quota list"),
    _command("quota show", member=HEAVY),
    _command("quota log"),
    _command("quota log", member=HEAVY),
    _command("config show"),
    _command("quota report", 2, days=366),
    _command("quota export", 2, days=30),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured. place: where the database is kept until tomorrow."""

    jobs: int = 1_000_000
    place: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    commands: tuple[JsonObject, ...] = COMMANDS


async def run(folder: Path, scale: Scale) -> list[Row]:
    """The rows."""
    if payloads.guild_id(0) != GUILD:
        raise Failed("the stand-in has no server with these jobs")
    database = folder / "readers.db"
    await asyncio.to_thread(shutil.copyfile, await built(scale.place, scale.jobs), database)
    async with processes.stage(folder) as on, on.sora_bot(database, {"METRICS_LISTEN": "127.0.0.1:0"}) as bot:
        await asyncio.sleep(2)
        before = await _stall(on, bot.log)
        rows = [Row(what="start: longest stall of the loop, by CPU", value=ms(before))]
        stall = before
        for wanted in scale.commands:
            asked, stall = await _asked(on, wanted), await _stall(on, bot.log)
            rows.append(replace(asked, beside=f"longest stall so far {ms(stall)}"))
        what = f"longest stall of the loop under all of them, with {scale.jobs:,} jobs, by CPU"
        rows.append(Row(what=what, value=ms(stall), aim=f"≤ {ms(MOST_STALL)}", within=stall <= MOST_STALL))
        rows.append(Row(what="peak memory after all of them", value=f"{bot.memory(peak=True):.0f} MB"))
    database.unlink()
    return rows


async def _asked(on: Stage, wanted: JsonObject) -> Row:
    """One command, a few times, one after the other."""
    times: list[float] = []
    for _ in range(wanted["times"]):
        found = await on.load("pace", rate=1_000, seconds=0.001, **wanted)
        if found["lost"]:
            raise Failed(f"/{wanted['command']} was not answered")
        times += found["whole"]
    given: JsonObject = wanted["options"]
    options = "".join(f" {name}" if name == "member" else f" {name}: {value}" for name, value in given.items())
    return Row(
        what=f"/{wanted['command']}{options}: p50, slowest", value=f"{ms(median(times))}, {ms(percentile(times, 1))}"
    )


async def _stall(on: Stage, log: Path) -> float:
    """The longest stall of the last minutes, in processor seconds of the loop's own thread."""
    served = re.search(r'"address": "([^"]+)", "port": (\d+), "event": "metrics_served"', log.read_text())  # noqa: ASYNC240
    if served is None:
        raise Failed("the bot serves no metrics")
    async with on.session.get(f"http://{served[1]}:{served[2]}/metrics") as answer:
        page = await answer.text()
    found = re.search(r"^sora_bot_loop_longest_stall_cpu_seconds (\S+)", page, re.M)
    if found is None:
        raise Failed("the bot has no metric of stalls")
    return float(found[1])
