"""A bot that is killed by SIGKILL again and again at random moments while several members' jobs run, and its accounts after.

The seed decides who asks for what, what UniAll and the kills do, and when; the machine decides how far the bot gets by then.
So a seed replays the same storm, not the same instruction.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from aiohttp import web

from tests.crash.accounts import Accounts, Figures
from tests.process.clean import logs
from tests.process.conftest import Studio, buttons, studio_in
from tests.standins.discord import Invocation
from tests.standins.uniall import Act, slow
from tests.standins.uniall_server import ScriptedUniAll

STARTING = 0.25  # of the kills hit a process that has not come up yet
START_SECONDS = 0.8
LIFE_SECONDS = 1.2


def open_studio(folder: Path) -> AbstractAsyncContextManager[Studio]:
    """Both stand-ins, and a bot that has not been started."""
    return studio_in(folder, MAX_IN_FLIGHT="8")


def manner(uniall: ScriptedUniAll, chance: random.Random, slowness: Sequence[float] = (0.0, 0.2, 0.8)) -> Act:
    """How UniAll takes a submit: at once, slowly, or it begins the job and is slow to say so."""
    seconds = chance.choice(slowness)

    async def slow_to_answer(request: web.Request) -> web.StreamResponse:
        job = uniall.add(request.path, await request.json())
        await asyncio.sleep(seconds)
        return web.json_response({"id": job.id, "status": "queued", "progress": 0})

    return chance.choice([slow(seconds), slow_to_answer])


class Storm:
    """One storm on one database. Every prompt is asked for once, so that it names its job."""

    def __init__(self, studio: Studio, *, seed: int, lists: bool, members: int = 4) -> None:
        self._studio = studio
        self._chance = random.Random(seed)
        self._people = [studio.person(f"member{number}") for number in range(members)]
        self._asked: list[Invocation] = []
        self._accounts = Accounts(studio=studio, rooms=[studio.discord.channel])
        self._kills = 0
        studio.uniall.lists_jobs = lists

    async def run(self, kills: int) -> Figures:
        """So many kills, then rest, then the accounts. Raises AssertionError where a promise is broken."""
        for number in range(kills):
            await self._live(starting=number > 0 and self._chance.random() < STARTING)
            if number == 0:  # however slow the machine is, there is something to lose
                await self._studio.discord.wait_for(self._studio.database.generations, "an accepted request")
            await self._studio.bot.kill()
            self._kills += 1
            wrong = await self._studio.differences()
            assert wrong == [], wrong
            self._nothing_twice()
        await self._studio.start()
        await self._studio.discord.wait_for(self._studio.database.at_rest, "everything at rest")
        assert await self._studio.bot.stop() == 0
        return await self._settle()

    async def _live(self, *, starting: bool) -> None:
        """One life of the process, up to the moment of its death."""
        chance, studio = self._chance, self._studio
        if starting:
            await studio.bot.launch()
            await asyncio.sleep(chance.uniform(0, START_SECONDS))
            return
        await studio.start()
        studio.uniall.seconds = chance.uniform(0.05, 1)
        studio.uniall.next_submit[:] = [manner(studio.uniall, chance) for _ in range(8)]
        for _ in range(chance.randint(2, 6)):
            prompt = f"p{len(self._asked)}"
            self._asked.append(chance.choice(self._people).slash("sora", prompt=prompt))
            if chance.random() < 0.3:
                await asyncio.sleep(chance.uniform(0, 0.1))
        await asyncio.sleep(chance.uniform(0, LIFE_SECONDS / 2))
        if chance.random() < 0.3:
            self._press_cancel()
        await asyncio.sleep(chance.uniform(0, LIFE_SECONDS / 2))

    def _press_cancel(self) -> None:
        found = [one for one in self._asked if one.original and "Cancel" in buttons(one.original)]
        if found:
            one = self._chance.choice(found)
            assert one.original
            author = next(person for person in self._people if person.id == one.user.id)
            author.press(one.original, "Cancel")

    def _nothing_twice(self) -> None:
        billed = Counter(job.prompt for job in self._studio.uniall.jobs.values())
        assert max(billed.values(), default=1) == 1, billed.most_common(1)
        self._accounts.nothing_posted_twice()

    async def _settle(self) -> Figures:
        studio = self._studio
        assert await studio.differences() == []
        assert "Traceback" not in logs(studio.folder)
        self._nothing_twice()
        return self._accounts.settle(asked=self._asked, kills=self._kills, lists=studio.uniall.lists_jobs)
