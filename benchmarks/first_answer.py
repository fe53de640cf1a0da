"""How long a member waits for the first answer to `/sora`, against a bot that only says hello.

At fifty commands a second, sent by the clock (an open loop, so that a slow answer does not make the next question wait), from
thousands of members in several servers and channels: the time from writing INTERACTION_CREATE to the gateway's socket until
the head of the callback has been read. Then as many as can be: sixty-four members who ask again once they have been answered.
Sora Bot keeps each job on the disk before it answers; the rows are counted afterwards. The other bot (`standins/bare_bot.py`)
answers with a plain message and keeps nothing. Both run as processes on the same stand-in, in turns, each round anew.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.backlog import Backlogs
from benchmarks.processes import Failed, JsonObject, Process, Stage, stage
from benchmarks.table import Row, compared, median, ms, percentile

SORA: JsonObject = {"command": "sora", "options": {"prompt": "a cat on roof {n} in the rain"}}
BACKLOGS = (20, 1_000, 10_000)
MOST_P50, MOST_P99, LEAST_SATURATED = 3.0, 8.0, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured. Seconds of each load; outstanding: members of the closed loop."""

    rounds: int = 3
    rate: float = 50.0
    warm: float = 1.0
    paced: float = 6.0
    flooded: float = 4.0
    outstanding: int = 64
    backlogs: tuple[int, ...] = BACKLOGS


@dataclass(slots=True)
class Figures:
    """One value for each round. cpu, standin: processor seconds of the bot and of the stand-in for one command.

    late: the most seconds that a command was sent after its time; deferred: how many were answered with "thinking…" first.
    """

    p50: list[float] = field(default_factory=list[float])
    p99: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])
    rate: list[float] = field(default_factory=list[float])
    standin: list[float] = field(default_factory=list[float])
    late: float = 0.0
    deferred: int = 0


async def measure(stage: Stage, bot: Process, figures: Figures, scale: Scale, *, flood: bool) -> int:
    """Run the loads on a bot; returns how many commands were answered."""
    warm = await stage.load("pace", **SORA, rate=20, seconds=scale.warm)
    before, discord = bot.cpu(), stage.discord.cpu()
    found = await stage.load("pace", **SORA, rate=scale.rate, seconds=scale.paced)
    _whole(found, "at a pace")
    figures.deferred += found["kinds"].get("type 5", 0)
    figures.cpu.append((bot.cpu() - before) / found["sent"])
    figures.standin.append((stage.discord.cpu() - discord) / found["sent"])
    figures.p50.append(percentile(found["first"], 0.5))
    figures.p99.append(percentile(found["first"], 0.99))
    figures.late = max(figures.late, found["late"])
    answered = len(warm["whole"]) + len(found["whole"])
    if flood:
        found = await stage.load("flood", **SORA, outstanding=scale.outstanding, seconds=scale.flooded)
        _whole(found, "saturated")
        figures.rate.append(len(found["whole"]) / found["seconds"])
        answered += len(found["whole"])
    return answered


def _whole(found: JsonObject, how: str) -> None:
    """Raise Failed where a command was lost or refused."""
    refused = sum(count for kind, count in found["kinds"].items() if "ephemeral" in kind)
    if found["lost"] or refused:
        raise Failed(f"{how}: {found['lost']} of {found['sent']} commands lost, {refused} refused: {found['kinds']}")


async def run(folder: Path, backlogs: Backlogs, scale: Scale) -> list[Row]:
    """The rows."""
    bare, found = Figures(), {count: Figures() for count in scale.backlogs}
    database = folder / "first-answer.db"
    async with stage(folder) as on:
        for _ in range(scale.rounds):
            async with on.bare_bot() as bot:
                await measure(on, bot, bare, scale, flood=True)
            for count in scale.backlogs:
                await backlogs.copy(count, database)
                async with on.sora_bot(database) as bot:
                    answered = await measure(on, bot, found[count], scale, flood=count == scale.backlogs[0])
                _durable(database, count + answered)
    return list(_rows(scale, bare, found))


def _durable(database: Path, least: int) -> None:
    """Raise Failed where an answered job is not in the file."""
    with closing(sqlite3.connect(database)) as connection:
        [count] = connection.execute("SELECT count(*) FROM generation").fetchone()
    if count < least:
        raise Failed(f"{least} jobs were accepted, and {count} are in the database")


def _rows(scale: Scale, bare: Figures, found: dict[int, Figures]) -> Any:
    for count, figures in found.items():
        at = f"{scale.rate:g}/s, {count:,} waiting"
        yield compared(f"{at}: p50", figures.p50, bare.p50, most=MOST_P50)
        yield compared(f"{at}: p99", figures.p99, bare.p99, most=MOST_P99)
        yield compared(f"{at}: CPU of a command", figures.cpu, bare.cpu)
        if figures.deferred:
            yield Row(what=f"{at}: answered with “thinking…” first", value=f"{figures.deferred:,}")
        if figures.rate:
            what = f"saturated, {scale.outstanding} outstanding: accepts"
            yield compared(what, figures.rate, bare.rate, "/s", least=LEAST_SATURATED)
    yield Row(what="CPU of a command in the stand-in, for the bare bot", value=ms(median(bare.standin)))
    late = max(figures.late for figures in (bare, *found.values()))
    yield Row(what="the latest that a command was sent after its time", value=f"{late * 1000:.1f} ms")


async def timeline(folder: Path, backlogs: Backlogs, scale: Scale) -> list[Row]:
    """How long each step of a command takes on its way, in both bots; one round at a pace on the shortest backlog."""
    database = await backlogs.copy(scale.backlogs[0], folder / "timeline.db")
    files = folder / "bare-marks.json", folder / "marks.json"
    figures = Figures(), Figures()
    async with stage(folder) as on:
        for bot, found in zip(
            (on.bare_bot(marks=files[0]), on.sora_bot(database, marks=files[1])), figures, strict=True
        ):
            async with bot as process:
                await measure(on, process, found, scale, flood=False)
    bare, sora = (json.loads(file.read_text()) for file in files)
    for steps, found in ((bare, figures[0]), (sora, figures[1])):
        steps["answered, and the ways there and back"] = median(found.p50) * 1000 - sum(steps.values())
    rows = [Row(what=f"until {step}", value=f"{took:.2f} ms", beside=_step(bare, step)) for step, took in sora.items()]
    return [*rows, Row(what="all of it (p50)", value=ms(median(figures[1].p50)), beside=ms(median(figures[0].p50)))]


def _step(steps: dict[str, float], name: str) -> str:
    return f"{steps[name]:.2f} ms" if name in steps else ""
