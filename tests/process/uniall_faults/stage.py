"""A bot with many jobs at once, each with a fault of UniAll of its own."""

import asyncio
from dataclasses import dataclass, field

from tests.process.conftest import Studio
from tests.process.stage import Played, play
from tests.standins.uniall import Script

HTML = "<!DOCTYPE html><html><title>502 Bad Gateway</title></html>"

JOB = b'{"id": "job-lost", "status": "queued", "progress": 0, "created_at": 1790000000}'

TOO_LARGE = 65 * 2**20  # bytes: more than the bot reads of an answer
NO_VIDEO = 4 * 2**20  # bytes: more than it looks at to tell that something is no video


@dataclass(slots=True)
class Stage:
    """A bot and the jobs on it, by the name of their fault."""

    studio: Studio
    jobs: dict[str, Played] = field(default_factory=dict[str, Played])


async def play_all(stage: Stage, scripts: dict[str, Script]) -> None:
    """All at once, each as a member of its own."""
    played = await asyncio.gather(*(play(stage.studio, name, script) for name, script in scripts.items()))
    stage.jobs.update(zip(scripts, played, strict=True))
