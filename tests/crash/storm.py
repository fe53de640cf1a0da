"""A bot that is killed by SIGKILL again and again at random moments while several members' jobs run, and its accounts after.

The seed decides who asks for what, what UniAll and the kills do, and when; the machine decides how far the bot gets by then.
So a seed replays the same storm, not the same instruction.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.storage.verify import differences
from tests.crash.roads import cards
from tests.process.conftest import Studio, buttons, logs, said
from tests.standins.discord import DiscordStandIn, Invocation, Person
from tests.standins.process import BotProcess
from tests.standins.uniall import Act, slow, video
from tests.standins.uniall_server import ScriptedUniAll

STARTING = 0.25  # of the kills hit a process that has not come up yet
START_SECONDS = 0.8
LIFE_SECONDS = 1.2
ENDS = {"succeeded": "Done", "failed": "was not sent again", "cancelled": "Cancelled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How it went. unclear: given back, since UniAll's answer never came and its list did not have the job.

    unclear_billed: those of them that UniAll had begun; only where it does not list jobs.
    """

    kills: int
    asked: int
    accepted: int
    billed: int
    posted: int
    cancelled: int
    unclear: int
    unclear_billed: int
    lost: int
    billed_twice: int
    posted_twice: int

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {getattr(self, name)}" for name in self.__slots__)


@asynccontextmanager
async def open_studio(folder: Path) -> AsyncGenerator[Studio]:
    """Both stand-ins, and a bot that has not been started."""
    async with DiscordStandIn() as discord, ScriptedUniAll() as uniall:
        env = {
            "UNIALL_API_KEY": uniall.key,
            "DEFAULT_QUOTA": "unlimited",
            "POLL_MAX_SECONDS": "0.3",
            "MAX_IN_FLIGHT": "8",
        }
        studio = Studio(discord, uniall, folder, BotProcess(discord, folder, uniall_base_url=uniall.base_url, env=env))
        try:
            yield studio
        finally:
            if studio.bot.running:
                await studio.bot.kill()


class Storm:
    """One storm on one database. Every prompt is asked for once, so that it names its job."""

    def __init__(self, studio: Studio, *, seed: int, lists: bool, members: int = 4) -> None:
        self._studio = studio
        self._chance = random.Random(seed)
        self._people = [studio.person(f"member{number}") for number in range(members)]
        self._asked: list[Invocation] = []
        self._by_card: dict[str, Person] = {}
        self._kills = 0
        studio.uniall.lists_jobs = lists

    async def run(self, kills: int) -> Figures:
        """So many kills, then rest, then the accounts. Raises AssertionError where a promise is broken."""
        for number in range(kills):
            await self._live(starting=number > 0 and self._chance.random() < STARTING)
            await self._studio.bot.kill()
            self._kills += 1
            wrong = await differences(self._studio.bot.database)
            assert wrong == [], wrong
            self._nothing_twice()
        await self._studio.start()
        await self._studio.discord.wait_for(self._studio.database.at_rest, "everything at rest")
        assert await self._studio.bot.stop() == 0
        return await self._accounts()

    async def _live(self, *, starting: bool) -> None:
        """One life of the process, up to the moment of its death."""
        chance, studio = self._chance, self._studio
        if starting:
            await studio.bot.launch()
            await asyncio.sleep(chance.uniform(0, START_SECONDS))
            return
        await studio.start()
        studio.uniall.seconds = chance.uniform(0.05, 1)
        studio.uniall.next_submit[:] = [self._manner() for _ in range(8)]
        for _ in range(chance.randint(2, 6)):
            prompt = f"p{len(self._asked)}"
            self._asked.append(chance.choice(self._people).slash("sora", prompt=prompt))
            if chance.random() < 0.3:
                await asyncio.sleep(chance.uniform(0, 0.1))
        await asyncio.sleep(chance.uniform(0, LIFE_SECONDS / 2))
        if chance.random() < 0.3:
            self._press_cancel()
        await asyncio.sleep(chance.uniform(0, LIFE_SECONDS / 2))

    def _manner(self) -> Act:
        """How UniAll takes a submit: at once, slowly, or it begins the job and is slow to say so."""
        seconds = self._chance.choice([0.0, 0.2, 0.8])
        return self._chance.choice([slow(seconds), self._slow_to_answer(seconds)])

    def _slow_to_answer(self, seconds: float) -> Act:
        async def act(request: web.Request) -> web.StreamResponse:
            job = self._studio.uniall.add(request.path, await request.json())
            await asyncio.sleep(seconds)
            return web.json_response({"id": job.id, "status": "queued", "progress": 0})

        return act

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
        assert len(self._studio.posted()) == len(set(self._studio.posted()))

    async def _accounts(self) -> Figures:
        studio = self._studio
        assert await differences(studio.bot.database) == []
        assert studio.database.loose_ends() == []
        assert "Traceback" not in logs(studio.folder)
        self._nothing_twice()
        rows = studio.database.generations()
        jobs = {job.prompt: job.id for job in studio.uniall.jobs.values()}
        posted = set(studio.posted())
        lost: list[str] = []
        for row in rows:
            prompt, fault = row.prompt, row.fault
            seen = prompt in jobs and video(jobs[prompt], studio.uniall.size) in posted
            begun = prompt in jobs
            right = {
                "succeeded": seen and jobs.get(prompt) == row.job_id,
                "cancelled": not begun,
                "failed": fault == "unclear" and not seen and not (begun and studio.uniall.lists_jobs),
            }
            if not right[row.state]:
                lost.append(f"{prompt} is {row.state}, begun {begun}, posted {seen}, fault {fault}")
        kept = {row.interaction_id for row in rows}
        lost += [f"{one.id} had a card" for one in self._asked if _has_card(one) and one.id not in kept]
        lost += [f"{prompt} is billed, and unknown here" for prompt in jobs.keys() - {row.prompt for row in rows}]
        words = {message.id: said(message) for message in cards(studio)}
        lost += [
            f"the card of {row.prompt} is old"
            for row in rows
            if row.card_message_id and ENDS[row.state] not in words[row.card_message_id]
        ]
        assert lost == [], lost
        states = Counter(row.state for row in rows)
        assert (studio.used(), studio.used("operator")) == (
            states["succeeded"],
            states["succeeded"] + states["failed"],
        )
        return Figures(
            kills=self._kills,
            asked=len(self._asked),
            accepted=len(rows),
            billed=len(jobs),
            posted=len(posted),
            cancelled=states["cancelled"],
            unclear=states["failed"],
            unclear_billed=sum(row.state == "failed" and row.prompt in jobs for row in rows),
            lost=len(lost),
            billed_twice=len(studio.uniall.jobs) - len(jobs),
            posted_twice=len(studio.posted()) - len(posted),
        )


def _has_card(asked: Invocation) -> bool:
    """Whether the member has seen the card, not only "thinking…"."""
    return asked.original is not None and not asked.original.loading and not asked.original.ephemeral
