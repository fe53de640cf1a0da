"""What the model knows: in which state each generation and delivery should be, and who holds which lease."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.generation import OPEN, Generation, State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.queue.claims import Claim
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Scope


@dataclass
class Job:
    """What the model knows of one generation. claim: the lease held on it; sent: submits that may have reached UniAll.

    submitted_at: when UniAll took it; overdue: whether a poll found it past its soft deadline.
    covered: whether a grant paid for it; cleared: whether a reset took what the member used for it.
    forget: whether its member wants it forgotten.
    """

    accepted: Generation
    state: State = State.RESERVED
    claim: Claim | None = None
    rendered: bool = False
    submitted_at: datetime | None = None
    overdue: bool = False
    resolution: Resolution | None = None
    sent: int = 0
    covered: bool = False
    cleared: bool = False
    forget: bool = False

    @property
    def flying(self) -> bool:
        """Whether it takes a slot at UniAll."""
        return self.state in OPEN - {State.RESERVED} and not self.rendered and not self.overdue

    def counts(self, scope: Scope) -> tuple[int, int]:
        """(used, held) in videos."""
        if scope is Scope.MEMBER and (self.covered or self.cleared):
            return 0, 0
        if self.resolution is None:
            return 0, 1
        used = self.resolution is Resolution.POST or (self.resolution is Resolution.BILLED and scope is Scope.OPERATOR)
        return int(used), 0


@dataclass
class Post:
    """What the model knows of one delivery."""

    claim: Claim | None = None
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    removed: bool = False


@dataclass
class Books:
    """lost: leases that are over, with what they were on: nothing may be written under them any more.

    removals: deletions by moderators: so many lines are in the audit log.
    granted: what is left of each member's grants. rule: how many videos a day the server's rule allows, if there is one.
    """

    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    posts: dict[str, Post] = field(default_factory=dict[str, Post])
    lost: list[tuple[str, Claim]] = field(default_factory=list[tuple[str, Claim]])
    granted: dict[str, int] = field(default_factory=dict[str, int])
    rule: int | None = None
    removals: int = 0

    def among(self, pick: int, state: State, *, claimed: bool = True, rendered: bool = False) -> str | None:
        """One of the generations in this state, if any."""
        ids = [
            key
            for key, job in self.jobs.items()
            if job.state is state and job.rendered is rendered and (job.claim is not None) is claimed
        ]
        return ids[pick % len(ids)] if ids else None

    def sending(self, pick: int) -> tuple[str, Claim] | None:
        """One of the generations whose post is under way, if any."""
        found = [(key, post.claim) for key, post in self.posts.items() if post.claim is not None]
        return found[pick % len(found)] if found else None

    def drop(self, job_id: str) -> Claim:
        """The lease on this generation is over."""
        claim = self.jobs[job_id].claim
        assert claim is not None
        self.jobs[job_id].claim = None
        self.lost.append((job_id, claim))
        return claim

    def drop_post(self, job_id: str, state: DeliveryState) -> None:
        """The lease on this generation's delivery is over."""
        post = self.posts[job_id]
        assert post.claim is not None
        self.lost.append((f"d-{job_id}", post.claim))
        post.claim, post.state = None, state

    def end(self, job_id: str, state: State, resolution: Resolution) -> None:
        """This generation is over."""
        job = self.jobs[job_id]
        job.state, job.resolution, job.rendered = state, resolution, False
        if job.covered and resolution is not Resolution.POST:
            self.granted[job.accepted.member_id] += 1
        if state is State.SUCCEEDED:
            self.posts[job_id] = Post()

    def over(self, job_id: str) -> bool:
        """Whether nothing needs this generation's prompt and image any more."""
        state = self.jobs[job_id].state
        if state is State.SUCCEEDED:
            return self.posts[job_id].state in (DeliveryState.SENT, DeliveryState.UNDELIVERABLE)
        return state in (State.FAILED, State.CANCELLED)

    def forgotten(self) -> set[str]:
        """The generations of which nothing that tells of their member's wish may be left."""
        return {key for key, job in self.jobs.items() if job.forget and self.over(key)}

    def today(self, member: str, now: datetime) -> list[Job]:
        """What this member had accepted today."""
        jobs = self.jobs.values()
        return [
            job for job in jobs if job.accepted.member_id == member and job.accepted.accepted_at.date() == now.date()
        ]

    def left(self, member: str, default: int, now: datetime) -> int:
        """How many more videos the member's own limit allows today, without their grants; below zero after a change."""
        allowed = default if self.rule is None else self.rule
        return allowed - sum(sum(job.counts(Scope.MEMBER)) for job in self.today(member, now))

    def number(self, new: Generation) -> tuple[str, int]:
        """The family that a new generation belongs to, and its number there: one more than there are."""
        if new.parent_id is None:
            return new.id, 1
        root_id = self.jobs[new.parent_id].accepted.root_id
        return root_id, 1 + sum(job.accepted.root_id == root_id for job in self.jobs.values())

    def restart(self) -> None:
        """The process died: every lease is over, every submit under way in doubt, every post under way queued."""
        for job_id, job in self.jobs.items():
            if job.claim is not None:
                self.drop(job_id)
            if job.state is State.SUBMITTING:
                job.state = State.UNKNOWN
        for job_id, post in self.posts.items():
            if post.claim is not None:
                self.drop_post(job_id, DeliveryState.QUEUED)
