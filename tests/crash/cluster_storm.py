"""Two gateways, a standby and two workers on one PostgreSQL and one bucket, while any of it dies, freezes or goes away.

At random: SIGKILL of any process, also of a gateway just while a member sees "thinking…"; SIGSTOP, often past the time after
which a silent process is dead; PostgreSQL stopped in order or at once; the bucket restarted, closed or silent. Meanwhile members
in servers of both shards ask, with and without an image, cancel, and press Again, until their quotas and the operator's budget
refuse them. The pauses of the bots are a tenth and the time until a silent process is dead is a fifth, so that minutes here are
what hours are there.

The seed decides what is done and when; the machine decides how far the bots get by then.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import psycopg

from bot.domain.errors import Unusable
from tests.crash.accounts import Accounts, Figures
from tests.crash.cluster import IDENTIFY_GAP, PROCESSES, STANDBY, Site
from tests.crash.storm import manner
from tests.process.conftest import buttons, picture
from tests.standins.discord import Invocation, Message, Person, Upload

MAX_IN_FLIGHT = 4
LONGEST = 12.0  # seconds of an outage or of a SIGSTOP: a fifth of a minute, twice the time until a process is dead
REST_WITHIN = 180.0
GESTURES = (3, 8)
SLOWNESS = (0.0, 0.5, 2.0)  # seconds that UniAll takes for a submit: many are under way when their process dies
BETWEEN = (0.3, 3.0)  # seconds between two faults
OPTIONS = ("slash", "image", "cancel", "again")
SHARES = (0.6, 0.15, 0.15, 0.1)
FAULTS = ("kill", "freeze", "database", "bucket", "defer")
ODDS = (0.6, 0.16, 0.1, 0.1, 0.04)
DEFERRED_WITHIN = 5.0  # seconds; a gateway that is away answers nobody
PICTURE = picture()


class ClusterStorm:
    """One storm on one database. quota, budget: videos a day, of a member and of the operator."""

    def __init__(self, site: Site, *, seed: int, lists: bool, quota: int, budget: int) -> None:
        self._site = site
        self._chance = random.Random(seed)
        self._quota, self._budget = quota, budget
        studio = site.studio
        names = [f"member{number}" for number in range(3)]
        self._people = [studio.discord.person(name, channel=room) for room in site.rooms for name in names]
        self._accounts = Accounts(studio=studio, rooms=site.rooms)
        self._asked: list[Invocation] = []
        self._cancelled: set[str] = set()
        self._outages: dict[str, asyncio.Task[None]] = {}
        self._deferred: list[Invocation] = []
        self._count = 0
        self._audits = 0
        studio.uniall.lists_jobs = lists
        studio.uniall.seconds = self._chance.uniform(0.2, 1.5)

    async def run(self, kills: int) -> Figures:
        """So many kills and what comes with them, then rest, then the accounts. Raises AssertionError."""
        await self._site.start()
        done = 0
        while done < kills:
            done += self._fault() == "kill"
            await self._live()
            await self._check()
        return await self._settle(kills)

    async def play(self, *faults: Callable[[], Coroutine[Any, Any, None]], kills: Sequence[str]) -> Figures:
        """All these faults at once while processes of these names are killed in turn, instead of random ones."""
        await self._site.start()
        await self._live()
        outages = [asyncio.create_task(fault()) for fault in faults]
        for name in kills:
            self._site.kill(self._chance, name)
            await self._live()
            await self._check()
        await asyncio.gather(*outages)
        return await self._settle(len(kills))

    def _fault(self) -> str:
        """One fault; an outage goes on while others come, but is alone of its kind."""
        chance, site = self._chance, self._site
        kind = chance.choices(FAULTS, ODDS)[0]
        seconds = chance.uniform(0.3, LONGEST)
        if kind == "kill":
            site.kill(chance)
        elif (running := self._outages.get(kind)) is None or running.done():
            outage = {
                "freeze": lambda: site.freeze(chance, seconds),
                "database": lambda: site.lose_database(chance.choice(["fast", "immediate"]), seconds),
                "bucket": lambda: site.lose_bucket(chance.choice(["restart", "closed", "silent"]), seconds),
                "defer": self._kill_while_deferred,
            }[kind]
            if running:
                running.result()
            self._outages[kind] = asyncio.create_task(outage())
        return kind

    async def _kill_while_deferred(self) -> None:
        """Kill the gateways of a shard while a member sees "thinking…", as the picture takes long."""
        person, site = self._chance.choice(self._people), self._site
        slow = site.studio.discord.fail_next("GET", f"^/ephemeral-attachments/{person.channel.id}/", "slow")
        asked = person.slash("sora", prompt=f"p{self._count}", image=Upload(filename="x.png", data=PICTURE))
        self._count += 1
        self._asked.append(asked)
        stored = "SELECT name FROM value WHERE name = ?"
        with suppress(TimeoutError, psycopg.Error):
            async with asyncio.timeout(DEFERRED_WITHIN):
                while not (asked.original and asked.original.loading):  # noqa: ASYNC110 - Discord is watched
                    await asyncio.sleep(0.05)
                while not site.studio.database.select(stored, f"reply:{asked.id}"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                self._deferred.append(asked)
                site.kill_gateways(site.rooms.index(person.channel))
        slow.stop()

    async def _live(self) -> None:
        """Members do something for a while."""
        chance, uniall = self._chance, self._site.uniall
        uniall.next_submit[:] = [manner(uniall, chance, SLOWNESS) for _ in range(8)]
        for _ in range(chance.randint(*GESTURES)):
            self._gesture()
            await asyncio.sleep(chance.uniform(0, 0.2))
        await asyncio.sleep(chance.uniform(*BETWEEN))

    def _gesture(self) -> None:
        chance = self._chance
        what = chance.choices(OPTIONS, SHARES)[0]
        person = chance.choice(self._people)
        if what == "cancel":
            found = [one for one in self._asked if one.original and "Cancel" in buttons(one.original)]
            if found:
                card = chance.choice(found[-4:])
                author = next(one for one in self._people if one.id == card.user.id)
                assert card.original
                author.press(card.original, "Cancel")
                self._cancelled.add(card.original.id)
        elif what == "again":
            results = [one for one in self._accounts.results() if self._may_press(person, one)]
            if results:
                self._asked.append(person.press(chance.choice(results), "Again"))
        else:
            options = {"image": Upload(filename="x.png", data=PICTURE)} if what == "image" else {}
            self._asked.append(person.slash("sora", prompt=f"p{self._count}", **options))
            self._count += 1

    @staticmethod
    def _may_press(person: Person, message: Message) -> bool:
        return message.channel is person.channel and "Again" in buttons(message)

    async def _check(self) -> None:
        """What holds at any moment."""
        self._site.check()
        self._accounts.nothing_posted_twice()
        self._bounds()
        if self._site.database_is_up:
            with suppress(Unusable, psycopg.Error):  # it went away meanwhile, or is slow to come back
                wrong = await self._site.studio.differences()
                assert wrong == [], wrong
                self._audits += 1

    def _bounds(self) -> None:
        uniall = self._site.uniall
        assert len(uniall.jobs) <= self._budget, f"{len(uniall.jobs)} jobs on a budget of {self._budget}"
        assert uniall.most_at_once <= MAX_IN_FLIGHT, f"{uniall.most_at_once} jobs at UniAll at once"
        closest = self._site.studio.discord.gateway.closest_identifies()
        assert closest >= IDENTIFY_GAP, f"two IDENTIFYs within {closest:.2f} s"

    async def _settle(self, kills: int) -> Figures:
        site, studio = self._site, self._site.studio
        await asyncio.gather(*self._outages.values())
        await self._until_rest()
        await site.stop()
        left = [studio.database.select(f"SELECT * FROM {table}") for table in ("process", "leader")]  # noqa: S608
        assert left == [[], []], left
        assert await studio.differences() == []
        site.done["audit of the ledger"] = self._audits + 1
        self._bounds()
        for log in studio.folder.rglob("run-*.err"):
            assert "Traceback" not in log.read_text(), f"{log}: {log.read_text()[-4000:]}"
        left_waiting = [one.id for one in self._deferred if one.original and one.original.loading]
        assert left_waiting == [], f'before "thinking…": {left_waiting}'
        for person in self._people:
            used, held = studio.spent(person)
            assert used <= self._quota, f"{person.user.name} used {used} of {self._quota}"
            assert held == 0
        assert studio.used("operator") <= self._budget
        return self._accounts.settle(
            asked=self._asked, cancelled=self._cancelled, kills=kills, lists=studio.uniall.lists_jobs
        )

    async def _until_rest(self) -> None:
        """Until nothing is left to do, every process is up, and only they have a row."""
        site, database = self._site, self._site.studio.database
        try:
            async with asyncio.timeout(REST_WITHIN):
                while not (
                    database.at_rest()
                    and await site.all_up()
                    and len(database.select("SELECT id FROM process")) == len(PROCESSES | STANDBY)
                ):
                    site.check()
                    await asyncio.sleep(0.2)
        except TimeoutError:
            found = [
                database.select("SELECT id, role, shards FROM process"),
                database.select("SELECT id, state, rendered_at, lease_owner FROM generation WHERE finished_at IS NULL"),
            ]
            last = "".join(f"\n{name}: {one.output()[-2000:]}" for name, one in site.cluster.members.items())
            raise AssertionError(f"no rest within {REST_WITHIN:g} s: {database.loose_ends()}, {found}{last}") from None
