"""Takes one step on the real store and the same step in the model, and compares what the store answers."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bot.domain.errors import IllegalTransition, LostLease
from bot.domain.generation import Generation, Image, State, soft_deadline
from bot.domain.messages.delivery import DeliveryState
from bot.domain.messages.posts import PostedMessage
from bot.domain.provider import JobState, JobStatus
from bot.domain.queue.claims import Claim
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Per, Scope, Unit
from bot.domain.quota.rules import Subject
from bot.domain.refusals.refusal import Refusal
from bot.storage.store import SqlStore
from tests.model.books import Books, Job
from tests.model.outside import Outside
from tests.storage.conformance.leases import ON_SENDING, ON_SUBMITTED, ON_SUBMITTING
from tests.storage.life import Life, at_most, terms

MOST = 2  # in flight
A_DAY = 6
GOES_WELL = 3  # the number with which every step goes well
TERMS = terms(
    at_most(A_DAY, per=Per.DAY),
    at_most(9, per=Per.HOUR, scope=Scope.GUILD),
    at_most(60, Unit.SECONDS, scope=Scope.OPERATOR),
    most_open=5,
)
Step = Callable[[int], Coroutine[Any, Any, None]]  # the number chooses between the ways a step may go


class Driver:
    """store: the real one; books: what should be in it; outside: what a crash leaves as it is."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.outside = Outside()
        self.life = Life(store)
        self.books = Books()

    async def restart(self, store: SqlStore) -> None:
        """The process died, and another one starts on what it left."""
        self.store = self.life.store = store
        await store.void_leases(now=self.life.now)
        self.books.restart()

    def steps(self) -> list[Step]:
        """What a running bot could do next."""
        states = {job.state for job in self.books.jobs.values()}
        steps: list[Step] = []
        if State.RESERVED in states:
            steps += [self.claim_submit]
        if states & {State.UNKNOWN, State.SUBMITTING}:
            steps += [self.reconcile]
        if any(job.state is State.SUBMITTED and not job.rendered for job in self.books.jobs.values()):
            steps += [self.claim_poll]
        if any(job.rendered for job in self.books.jobs.values()):
            steps += [self.claim_fetch]
        for job_id, job in self.books.jobs.items():
            if job.claim is not None:
                answer = self.answer_fetch if job.rendered else self.answer_poll
                steps.append(partial(self.answer_submit if job.state is State.SUBMITTING else answer, job_id))
        for job_id, post in self.books.posts.items():
            if post.claim is not None:
                steps.append(partial(self.answer_delivery, job_id))
        if any(post.state is DeliveryState.QUEUED for post in self.books.posts.values()):
            steps += [self.claim_delivery]
        if any(post.state is not DeliveryState.SENT for post in self.books.posts.values()):
            steps += [self.requeue]
        return steps

    async def accept(self, member: str, seconds: int, again: int | None, parent: int | None = None) -> None:
        """again: the interaction of an earlier job, once more. parent: a new version of an earlier job."""
        known = list(self.books.jobs.values())
        repeated = again is not None and bool(known)
        new = known[(again or 0) % len(known)].accepted if repeated else await self._new(member, seconds)
        if parent is not None and known and not repeated:
            new = replace(new, parent_id=known[parent % len(known)].accepted.id)
        now = self.life.later(milliseconds=1)
        covered = self.books.left(new.member_id, A_DAY, now) < 1
        granted = self.books.granted.get(new.member_id, 0)
        try:
            placed = await self.store.accept(new, TERMS, now=now)
        except Refusal:
            assert not repeated
            self.outside.files.discard(f"{new.id}.png")
            return
        assert placed.fresh != repeated
        if placed.fresh:
            assert granted >= covered, "the member's limit was passed"
            assert not (covered and self.books.rule == 0)
            assert (placed.generation.root_id, placed.generation.version) == self.books.number(new)
            self.books.jobs[new.id] = Job(placed.generation, covered=covered)
            self.books.granted[new.member_id] = granted - covered
            if new.image:
                await self.life.show(new)

    async def _new(self, member: str, seconds: int) -> Generation:
        """All but every fourth have an image, whose copy lies in the media folder."""
        new = self.life.new(member, seconds=seconds)
        if len(self.books.jobs) % 4 == 3:
            return new
        new = replace(new, image=Image(file=f"{new.id}.png", media_type="image/png"))
        self.outside.files.add(f"{new.id}.png")
        return new

    async def moderate(self, member: str, how: int) -> None:
        """One change by a moderator."""
        match how % 5:
            case 0 | 1:
                amount = how % 7 - 3
                before, after = await self.life.grant(amount, member=member)
                assert before == self.books.granted.get(member, 0)
                assert after == max(0, before + amount)
                self.books.granted[member] = after
            case 2:
                await self.life.reset(member)
                for job in self.books.today(member, self.life.now):
                    job.cleared = job.cleared or job.resolution is Resolution.POST
            case 3:
                self.books.rule = how % 4
                await self.life.set_rule(Subject.EVERYONE, how % 4)
            case _:
                self.books.rule = None
                for rule in await self.store.rules("guild"):
                    await self.life.remove_rule(rule)

    async def cancel(self, pick: int) -> None:
        job_id, job = list(self.books.jobs.items())[pick % len(self.books.jobs)]
        if job.state is State.RESERVED:
            await self.store.cancel(job_id, now=self.life.now)
            self.books.end(job_id, State.CANCELLED, Resolution.VOID)
        else:
            with pytest.raises(IllegalTransition):
                await self.store.cancel(job_id, now=self.life.now)

    async def claim_submit(self, _: int) -> None:
        flying = sum(job.flying for job in self.books.jobs.values())
        claim = self.life.claim()
        got = await self.store.claim_submit(claim, most=MOST, now=self.life.now)
        if got is None:
            assert flying >= MOST
            return
        assert flying < MOST
        job = self.books.jobs[got.id]
        assert job.state is State.RESERVED
        job.state, job.claim, job.sent = State.SUBMITTING, claim, job.sent + 1

    async def answer_submit(self, job_id: str, how: int) -> None:
        job, now, claim = self.books.jobs[job_id], self.life.later(milliseconds=1), self.books.drop(job_id)
        match how % 6:
            case 0:
                await self.store.release_submit(job_id, claim, hold="x", due_at=now, now=now)
                job.state, job.sent = State.RESERVED, job.sent - 1
            case 1:
                await self.store.record_unclear(job_id, claim, now=now)
                job.state = State.UNKNOWN
            case 2:
                await self.fail(job_id, claim, Resolution.VOID)
            case _:
                await self.submitted(job_id, claim)

    async def reconcile(self, how: int) -> None:
        for job_id, job in self.books.jobs.items():
            if job.state is State.SUBMITTING and job.claim and job.claim.until <= self.life.now:
                self.books.drop(job_id)
                job.state = State.UNKNOWN
        sending, found = await self.store.submitting(now=self.life.now), await self.store.unclear()
        for listed, state in ((found, State.UNKNOWN), (sending, State.SUBMITTING)):
            assert {job.id for job in listed} == {key for key, job in self.books.jobs.items() if job.state is state}
        unclear = [job.id for job in found]
        if not unclear:
            return
        if how % 2:
            await self.submitted(unclear[0], None)
        else:
            await self.fail(unclear[0], None, Resolution.BILLED)

    async def claim_poll(self, _: int) -> None:
        await self._claim(fetch=False)

    async def claim_fetch(self, _: int) -> None:
        await self._claim(fetch=True)

    async def _claim(self, *, fetch: bool) -> None:
        claim = self.life.claim()
        ask = self.store.claim_fetch if fetch else self.life.claim_poll
        got = await ask(claim, now=self.life.now)
        if got is None:
            of_this_kind = [
                job for job in self.books.jobs.values() if job.state is State.SUBMITTED and job.rendered is fetch
            ]
            assert all(job.claim is not None for job in of_this_kind)
            return
        job = self.books.jobs[got.id]
        assert (job.state, job.rendered) == (State.SUBMITTED, fetch)
        if job.claim is not None:  # taken over: its lease was over
            assert job.claim.until <= self.life.now
            self.books.drop(got.id)
        job.claim = claim
        if not fetch:
            self._look(job)

    def _look(self, job: Job) -> None:
        """A poll is claimed or recorded: whether the job is overdue is known."""
        assert job.submitted_at is not None
        job.overdue = job.submitted_at <= self.life.now - soft_deadline(job.accepted.seconds)

    async def answer_poll(self, job_id: str, how: int) -> None:
        claim, now = self.books.drop(job_id), self.life.later(milliseconds=1)
        match how % 6:
            case 0 | 1:
                await self.life.record_poll(job_id, claim, progress=how % 101, missing_since=None, due_at=now, now=now)
                self._look(self.books.jobs[job_id])
            case 2:
                await self.fail(job_id, claim, Resolution.BILLED if how % 4 else Resolution.VOID)
            case _:
                await self.store.record_rendered(job_id, claim, video_url="u", now=now)
                self.books.jobs[job_id].rendered, self.books.jobs[job_id].overdue = True, False

    async def answer_fetch(self, job_id: str, how: int) -> None:
        job, claim = self.books.jobs[job_id].accepted, self.books.drop(job_id)
        match how % 6:
            case 0:
                await self.store.retry_fetch(job_id, claim, video_url="u", due_at=self.life.now, now=self.life.now)
            case 1:
                await self.fail(job_id, claim, Resolution.BILLED)
            case _:
                await self.life.succeed(job, claim)
                self.books.end(job_id, State.SUCCEEDED, Resolution.POST)

    async def claim_delivery(self, _: int) -> None:
        claim = self.life.claim()
        got = await self.store.claim_delivery(claim, now=self.life.now)
        assert got is not None
        post = self.books.posts[got[1].id]
        if post.claim is not None:  # taken over: its lease was over
            assert post.claim.until <= self.life.now
            self.books.drop_post(got[1].id, DeliveryState.QUEUED)
        post.claim, post.state, post.attempts = claim, DeliveryState.SENDING, post.attempts + 1
        assert got[0].attempts == post.attempts

    async def answer_delivery(self, job_id: str, how: int) -> None:
        claim, now, key = self.books.posts[job_id].claim, self.life.later(milliseconds=1), f"d-{job_id}"
        assert claim is not None
        match how % 4:
            case 0:
                await self.store.retry_delivery(key, claim, due_at=now, now=now)
                self.books.drop_post(job_id, DeliveryState.QUEUED)
            case 1:
                await self.store.give_up_delivery(key, claim, why="gone", now=now)
                self.books.drop_post(job_id, DeliveryState.UNDELIVERABLE)
            case _:
                posted = PostedMessage(message_id=f"m-{job_id}", channel_id="elsewhere")
                await self.store.record_sent(key, claim, posted, now=now)
                self.outside.messages.add(f"m-{job_id}")
                self.books.drop_post(job_id, DeliveryState.SENT)

    async def requeue(self, how: int) -> None:
        """Its author asks for a video in another channel: granted where its post was given up, and it was
        not forgotten."""
        job_id, post = list(self.books.posts.items())[how % len(self.books.posts)]
        kept = post.state is DeliveryState.UNDELIVERABLE and not self.books.jobs[job_id].forget
        assert await self.store.requeue(job_id, channel_id="elsewhere", now=self.life.now) is kept
        if kept:
            post.state = DeliveryState.QUEUED

    async def write_late(self, pick: int, how: int) -> None:
        """Somebody who lost their lease wakes up and reports: nothing of it may count."""
        key, claim = self.books.lost[pick % len(self.books.lost)]
        writes = ON_SENDING if key.startswith("d-") else ON_SUBMITTING | ON_SUBMITTED
        name = sorted(writes)[how % len(writes)]
        with pytest.raises(LostLease):
            await writes[name](self.store, key, claim, self.life)

    async def write_in_vain(self, pick: int) -> None:
        """A settlement if one can be had, else an accept; the process will not live to see its end."""
        ready = [job for job in self.books.jobs.values() if job.rendered and job.claim is not None]
        if not ready:
            await self.store.accept(self.life.new(guild="elsewhere"), terms(), now=self.life.now)
            return
        job = ready[pick % len(ready)]
        assert job.claim is not None
        await self.life.succeed(job.accepted, job.claim)

    async def submitted(self, job_id: str, claim: Claim | None) -> None:
        status, now = JobStatus(job_id=f"job-{job_id}", state=JobState.QUEUED), self.life.now
        assert await self.store.record_submitted(job_id, claim, status, due_at=now, now=now)
        self.books.jobs[job_id].state, self.books.jobs[job_id].submitted_at = State.SUBMITTED, now

    async def fail(self, job_id: str, claim: Claim | None, resolution: Resolution) -> None:
        now = self.life.now
        await self.store.fail(job_id, claim, fault="lost", detail="", resolution=resolution, now=now)
        self.books.end(job_id, State.FAILED, resolution)
