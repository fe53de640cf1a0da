"""Any order of requests, answers, deletions, crashes and late writes: the books agree, nothing is sent or posted twice.

The real store is driven beside a model that only knows in which state each generation should be. A crash is, with SQLite,
what SIGKILL leaves: the files as they are at that moment, also in the middle of a transaction, opened again elsewhere.
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
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain.messages.delivery import DeliveryState
from bot.domain.moderation.audit import AuditAction
from bot.domain.quota.limits import Per, Scope
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.model.driver import GOES_WELL, Driver
from tests.model.keeping import Keeping
from tests.model.killing import killed_within, leave_as_killed
from tests.storage.empty import put_empty
from tests.storage.life import MANY, VIDEO, at_most
from tests.storage.postgres.server import PostgresServer
from tests.storage.sqlite_parts import sqlite

T = TypeVar("T")

SEEDED = any(argument.startswith("--hypothesis-seed") for argument in sys.argv)
numbers = st.integers(0, 10_000)  # each taken modulo what there is to choose from


class GenerationLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()  # a Runner sets a signal handler for every single call
        self.folder = Path(tempfile.mkdtemp(prefix="life-"))
        self.openings = 0
        self.path = self.folder / "0" / "bot.db"
        self.driver = Driver(self.open())
        self.books = self.driver.books
        self.keeping = Keeping(self.driver)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def open(self) -> SqlStore:
        store = self.run(SqlStore.open(put_empty(self.path)))
        # A killed process loses nothing by this; only a power cut would.
        self.run(sqlite(store)._writer.fetch("PRAGMA synchronous = OFF"))
        return store

    def teardown(self) -> None:
        self.run(self.driver.store.close())
        self.run(self.loop.shutdown_default_executor())
        self.loop.close()
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
    @rule(turns=st.integers(5, 20), seed=numbers, luck=st.booleans())
    def work(self, turns: int, seed: int, luck: bool) -> None:
        """So many steps of a working bot, drawn from one number: long lists would leave no room for long lives.

        With luck every call goes well, so that posts are made, and there is something to delete.
        """
        chance = random.Random(seed)
        for _ in range(turns):
            if chance.random() < 0.2:
                if not self.run(chance.choice(self.keeping.steps())(chance.randrange(1_000))):
                    self.die()
            elif steps := self.driver.steps():
                self.run(chance.choice(steps)(GOES_WELL if luck else chance.randrange(1_000)))

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

    @rule(
        within=st.none() | st.integers(1, 9),
        pick=numbers,
        what=st.sampled_from(["settle", "settle", "delete", "forget"]),
    )
    def crash(self, within: int | None, pick: int, what: str) -> None:
        """Between two writes, or before the nth statement of one: then nothing of it was ever there."""
        if within is None:
            self.die()
        elif what == "settle":
            self.die(within, self.keeping.write_in_vain(pick, what))
        else:  # these have no more statements before they are stored
            self.die(within % 3 + 1, self.keeping.write_in_vain(pick, what))

    def die(self, within: int = 0, write: Coroutine[Any, Any, None] | None = None) -> None:
        self.openings += 1
        image = self.folder / str(self.openings) / "bot.db"
        if write is None:
            leave_as_killed(self.path, image)
        else:
            self.run(killed_within(self.driver.store, within, self.path, image, write))
        self.run(self.driver.store.close())
        self.path = image
        self.run(self.driver.restart(self.open()))

    def audited(self) -> list[str]:
        return self.run(differences(self.path))

    @invariant()
    def the_books_agree(self) -> None:
        assert self.audited() == []

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
    def only_what_is_to_be_forgotten_is_gone(self) -> None:
        read, files, gone = self.driver.store.db.read, self.driver.outside.files, self.books.forgotten()
        for row in self.run(read("SELECT id, prompt, image_file FROM generation")):
            image = self.books.jobs[row["id"]].accepted.image
            if row["id"] in gone:
                assert (row["prompt"], row["image_file"]) == ("", None)
            else:
                assert (row["prompt"] != "", row["image_file"]) == (True, image and image.file)
                assert image is None or image.file in files
        listed = {row["file"] for row in self.run(read("SELECT file FROM discard"))}
        images = {f"{key}.png" for key in gone}
        kept = {key for key, post in self.books.posts.items() if post.state is DeliveryState.UNDELIVERABLE} & gone
        assert files & images <= listed <= images | ({VIDEO.file} if kept else set())

    @invariant()
    def what_was_deleted_is_not_at_discord_and_logged_once(self) -> None:
        read, removed = self.driver.store.db.read, {key for key, post in self.books.posts.items() if post.removed}
        found = self.run(read("SELECT generation_id FROM delivery WHERE removed_at IS NOT NULL"))
        assert {row["generation_id"] for row in found} == removed
        assert not self.driver.outside.messages & {f"m-{key}" for key in removed}
        [[lines]] = self.run(read("SELECT count(*) FROM change WHERE did = ?", (AuditAction.RESULT_REMOVED,)))
        assert lines == self.books.removals

    @invariant()
    def no_job_was_sent_twice(self) -> None:
        assert all(job.sent <= 1 for job in self.books.jobs.values())

    @invariant()
    def uses_are_those_of_today_s_jobs(self) -> None:
        life = self.driver.life
        today = [job for job in self.books.jobs.values() if job.accepted.accepted_at.date() == life.now.date()]
        for member, scopes in (("ann", (Scope.MEMBER, Scope.GUILD, Scope.OPERATOR)), ("bob", (Scope.MEMBER,))):
            limits = [at_most(MANY, per=Per.DAY, scope=scope) for scope in scopes]
            uses = self.run(life.uses(member, limits=limits))
            for scope, use in zip(scopes, uses, strict=True):
                counts = [
                    job.counts(scope) for job in today if scope is not Scope.MEMBER or job.accepted.member_id == member
                ]
                assert use.used == sum(used for used, _ in counts)
                assert use.held == sum(held for _, held in counts)

    @invariant()
    def grants_are_what_is_not_spent(self) -> None:
        for member, left in self.books.granted.items():
            assert self.run(self.driver.life.granted(member=member)) == left


class LifeOnServer(GenerationLife):
    """The same on PostgreSQL. A process that dies leaves its committed writes there: what it was writing, the server forgets
    (`tests/storage/postgres/test_lost_connections.py`).
    """

    server: PostgresServer

    def open(self) -> SqlStore:
        if self.openings == 0:
            self.address = self.run(self.server.take())
        return self.run(SqlStore.open(self.address))

    def teardown(self) -> None:
        super().teardown()
        asyncio.run(self.server.give_back(self.address))

    def die(self, within: int = 0, write: Coroutine[Any, Any, None] | None = None) -> None:
        if write is not None:
            write.close()
        self.openings += 1
        self.run(self.driver.store.close())
        self.run(self.driver.restart(self.open()))

    def audited(self) -> list[str]:
        return self.run(differences(self.address))


LIVES = settings(
    stateful_step_count=25,
    derandomize=not SEEDED,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.timeout(600)  # a failure is made small before it is shown
@pytest.mark.parametrize("lives", [12, pytest.param(80, marks=pytest.mark.long)])
def test_any_order_of_steps_keeps_the_books_and_does_nothing_twice(lives: int) -> None:
    run_state_machine_as_test(GenerationLife, settings=settings(LIVES, max_examples=lives))


@pytest.mark.long
@pytest.mark.timeout(600)
def test_any_order_of_steps_does_so_on_postgresql(postgres: PostgresServer) -> None:
    machine = type("OnServer", (LifeOnServer,), {"server": postgres})
    run_state_machine_as_test(machine, settings=settings(LIVES, max_examples=8))
