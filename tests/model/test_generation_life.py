"""Any order of requests, answers, crashes and late writes: the books agree, nothing is sent or posted twice.

The real SQLite store is driven beside a model that only knows in which state each generation should be. A crash is what
SIGKILL leaves: the files as they are at that moment, also in the middle of a transaction, opened again elsewhere.
The same every time; with `--hypothesis-seed=N` the orders of that seed.
"""

import asyncio
import random
import shutil
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.quota import Scope
from bot.storage.database import rows
from bot.storage.store import SqliteStore
from bot.storage.verify import differences
from tests.model.driver import Driver
from tests.model.killing import killed_within, leave_as_killed

T = TypeVar("T")

SEEDED = any(argument.startswith("--hypothesis-seed") for argument in sys.argv)
numbers = st.integers(0, 10_000)  # each taken modulo what there is to choose from


class GenerationLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="life-"))
        self.openings = 0
        self.path = self.folder / "0" / "bot.db"
        self.driver = Driver(self.open())
        self.books = self.driver.books

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def open(self) -> SqliteStore:
        store = self.run(SqliteStore.open(self.path))
        # A killed process loses nothing by this; only a power cut would.
        self.run(rows(store.db._writer, "PRAGMA synchronous = OFF"))
        return store

    def teardown(self) -> None:
        self.run(self.driver.store.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        for member in ("ann", "bob", "ann"):
            self.run(self.driver.accept(member, 4, None))

    @rule(
        member=st.sampled_from(["ann", "bob"]),
        seconds=st.sampled_from([4, 8]),
        again=st.none() | numbers,
        parent=st.none() | numbers,
    )
    def accept(self, member: str, seconds: int, again: int | None, parent: int | None) -> None:
        self.run(self.driver.accept(member, seconds, again, parent))

    @precondition(lambda self: self.books.jobs)
    @rule(pick=numbers)
    def cancel(self, pick: int) -> None:
        self.run(self.driver.cancel(pick))

    @precondition(lambda self: self.driver.steps())
    @rule(turns=st.integers(5, 20), seed=numbers)
    def work(self, turns: int, seed: int) -> None:
        """So many steps of a working bot, drawn from one number: long lists would leave no room for long lives."""
        chance = random.Random(seed)
        for _ in range(turns):
            if steps := self.driver.steps():
                self.run(chance.choice(steps)(chance.randrange(1_000)))

    more_work = work  # as a rule of its own, so that bots mostly work

    @rule(member=st.sampled_from(["ann", "bob"]), how=numbers)
    def moderate(self, member: str, how: int) -> None:
        self.run(self.driver.moderate(member, how))

    @rule(hours=st.sampled_from([0.01, 0.2, 1, 13]))
    def time_passes(self, hours: float) -> None:
        self.driver.life.later(hours=hours)

    @precondition(lambda self: self.books.lost)
    @rule(pick=numbers, how=numbers)
    def write_late(self, pick: int, how: int) -> None:
        self.run(self.driver.write_late(pick, how))

    @rule(within=st.none() | st.integers(1, 9), pick=numbers)
    def crash(self, within: int | None, pick: int) -> None:
        """Between two writes, or before the nth statement of one: then nothing of it was ever there."""
        self.openings += 1
        image = self.folder / str(self.openings) / "bot.db"
        if within is None:
            leave_as_killed(self.path, image)
        else:
            self.run(killed_within(self.driver.store, within, self.path, image, self.driver.write_in_vain(pick)))
        self.run(self.driver.store.close())
        self.path = image
        self.run(self.driver.restart(self.open()))

    @invariant()
    def the_books_agree(self) -> None:
        assert self.run(differences(self.path)) == []

    @invariant()
    def everything_stands_where_it_should(self) -> None:
        read = self.driver.store.db.read
        jobs = self.run(read("SELECT id, state, lease_owner FROM generation"))
        assert {row["id"]: (row["state"], row["lease_owner"]) for row in jobs} == {
            key: (job.state, job.claim and job.claim.owner) for key, job in self.books.jobs.items()
        }
        posts = self.run(read("SELECT generation_id, state, attempts, lease_owner FROM delivery"))
        assert {row["generation_id"]: (row["state"], row["attempts"], row["lease_owner"]) for row in posts} == {
            key: (post.state, post.attempts, post.claim and post.claim.owner) for key, post in self.books.posts.items()
        }
        assert len(posts) == len(self.books.posts)

    @invariant()
    def no_job_was_sent_twice(self) -> None:
        assert all(job.sent <= 1 for job in self.books.jobs.values())

    @invariant()
    def uses_are_those_of_today_s_jobs(self) -> None:
        life = self.driver.life
        today = [job for job in self.books.jobs.values() if job.accepted.accepted_at.date() == life.now.date()]
        for scope, member in ((Scope.MEMBER, "ann"), (Scope.MEMBER, "bob"), (Scope.GUILD, ""), (Scope.OPERATOR, "")):
            counts = [
                job.counts(scope) for job in today if scope is not Scope.MEMBER or job.accepted.member_id == member
            ]
            expected = sum(used for used, _ in counts), sum(held for _, held in counts)
            assert self.run(life.tally(scope, member)) == expected

    @invariant()
    def grants_are_what_is_not_spent(self) -> None:
        for member, left in self.books.granted.items():
            assert self.run(self.driver.life.granted(member=member)) == left


TestGenerationLife = pytest.mark.timeout(600)(GenerationLife.TestCase)  # a failure is made small before it is shown
TestGenerationLife.settings = settings(
    max_examples=50,
    stateful_step_count=25,
    derandomize=not SEEDED,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
