"""Drives a store through the lives of generations, on a clock that stands still until a step is taken."""

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bot.domain.errors import LostLease
from bot.domain.generation import Generation, Image, Orientation, State, Video
from bot.domain.messages.delivery import Delivery
from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.audit import Actor, AuditAction, Change, GrantChanged, SettingsEdit
from bot.domain.moderation.audit_facts import Fact
from bot.domain.moderation.guild_settings import GuildSettings, Setting
from bot.domain.provider import Format, JobState, JobStatus
from bot.domain.queue.admission import AdmissionPolicy
from bot.domain.queue.claims import Claim
from bot.domain.quota.grants import Grant
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Limit, LimitUsage, Per, Scope, Unit
from bot.domain.quota.rules import Rule, Subject
from bot.domain.requests.drafts import Draft
from bot.ports.database.jobs.polls import PollRecord
from bot.ports.database.store import Store

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
MANY = 1_000_000_000
PRICE = 270_000
EVERYTHING = tuple(
    Limit(amount=MANY, unit=unit, per=per, scope=scope) for scope in Scope for per in Per for unit in Unit
)
POSTED = PostedMessage(message_id="m", channel_id="channel")
VIDEO = Video(file="v.mp4", size=1_000, media_type="video/mp4", sha256="0" * 64)


def at_most(amount: int, unit: Unit = Unit.VIDEOS, per: Per = Per.DAY, scope: Scope = Scope.MEMBER) -> Limit:
    return Limit(amount=amount, unit=unit, per=per, scope=scope)


def terms(*limits: Limit, most_open: int = MANY, roles: Collection[str] = ()) -> AdmissionPolicy:
    """Terms of just these limits: the member's as the operator's default, the others as the budget."""
    mine = tuple(limit for limit in limits if limit.scope is Scope.MEMBER)
    others = tuple(limit for limit in limits if limit.scope is not Scope.MEMBER)
    return AdmissionPolicy(role_ids=frozenset(roles), default=mine, budget=others, most_open=most_open)


class WholeStore(Store, Protocol):
    """Everything a store does, and a look at any balance."""

    async def uses(self, guild_id: str, member_id: str, limits: Sequence[Limit], *, now: datetime) -> list[LimitUsage]:
        """What each limit stands at for this member."""
        ...


class Life:
    """A store, a clock, and the steps most tests are not about. Each step takes a millisecond."""

    def __init__(self, store: WholeStore, now: datetime = START) -> None:
        self.store = store
        self.now = now
        self._numbers = itertools.count(1)

    def later(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now

    def fresh(self, kind: str) -> str:
        return f"{kind}{next(self._numbers)}"

    def claim(self, **length: float) -> Claim:
        """A lease of five minutes unless said otherwise; the clock moves on a little."""
        return Claim(
            owner=self.fresh("claim"), until=self.later(milliseconds=1) + timedelta(**(length or {"minutes": 5}))
        )

    def new(
        self,
        member: str = "ann",
        guild: str = "guild",
        *,
        seconds: int = 4,
        micros: int = PRICE,
        image: Image | None = None,
        model: str = "sora-2",
        due_at: datetime | None = None,
        channel: str = "channel",
    ) -> Generation:
        return Generation(
            id=self.fresh("gen"),
            interaction_id=self.fresh("interaction"),
            guild_id=guild,
            channel_id=channel,
            member_id=member,
            prompt="a cat on a roof",
            family="Sora 2",
            model=model,
            format=Format.TASK,
            orientation=Orientation.LANDSCAPE,
            seconds=seconds,
            price_micros=micros,
            state=State.RESERVED,
            accepted_at=self.now,
            due_at=due_at or self.now,
            image=image,
        )

    async def accept(
        self,
        new: Generation | None = None,
        *,
        limits: Sequence[Limit] = (),
        most_open: int = MANY,
        roles: Collection[str] = (),
    ) -> Generation:
        self.later(milliseconds=1)
        under = terms(*limits, most_open=most_open, roles=roles)
        placed = await self.store.accept(new or self.new(), under, now=self.now)
        return placed.generation

    async def version(self, parent: Generation, member: str = "ann", **fields: Any) -> Generation:
        """The next version of a family, made from this one."""
        self.later(milliseconds=1)
        return await self.accept(replace(self.new(member), parent_id=parent.id, **fields))

    async def accepted(self, member: str, count: int = 1) -> list[Generation]:
        """So many jobs of one member, a millisecond after each other."""
        jobs: list[Generation] = []
        for _ in range(count):
            self.later(milliseconds=1)
            jobs.append(await self.accept(self.new(member)))
        return jobs

    async def reload(self, generation: Generation) -> Generation:
        found = await self.store.generation(generation.id)
        assert found is not None
        return found

    async def delivery(self, generation: Generation) -> Delivery | None:
        """The post of its result, once there is one."""
        return (await self.store.card_context(await self.reload(generation))).delivery

    async def next(self, most: int = MANY) -> Generation | None:
        """Claim the next submit, for a claim nobody needs."""
        return await self.store.claim_submit(self.claim(), most=most, now=self.now)

    async def submitting(self, generation: Generation | None = None) -> tuple[Generation, Claim]:
        """A job whose request is on its way: this one if given (then it must be next), else a new one."""
        wanted = generation or await self.accept()
        claim = self.claim()
        got = await self.store.claim_submit(claim, most=MANY, now=self.now)
        assert got is not None
        assert got.id == wanted.id
        return got, claim

    async def unknown(self) -> Generation:
        job, claim = await self.submitting()
        await self.store.record_unclear(job.id, claim, now=self.later(milliseconds=1))
        return await self.reload(job)

    async def submitted(self, generation: Generation | None = None, *, progress: int | None = None) -> Generation:
        job, claim = await self.submitting(generation)
        status = JobStatus(job_id=f"job-{job.id}", state=JobState.QUEUED, progress=progress)
        self.later(milliseconds=1)
        await self.store.record_submitted(job.id, claim, status, due_at=self.now, now=self.now)
        return await self.reload(job)

    async def polling(self, generation: Generation | None = None) -> tuple[Generation, Claim]:
        return await self._poll(await self.submitted(generation))

    async def claim_poll(self, claim: Claim, *, now: datetime) -> Generation | None:
        """Claim the job that is polled next, if one is due."""
        found = await self.store.claim_polls(claim, most=1, most_overdue=1, now=now)
        assert len(found) <= 1
        return found[0] if found else None

    async def record_poll(self, job_id: str, claim: Claim, *, due_at: datetime, now: datetime, **found: Any) -> None:
        """Store what one poll has found, and end the lease. Raises LostLease."""
        known: dict[str, Any] = {"progress": None, "missing_since": None, "tried": timedelta(0), **found}
        record = PollRecord(generation_id=job_id, owner=claim.owner, due_at=due_at, polled_at=now, **known)
        if await self.store.record_polls([record], now=now) == [None]:
            raise LostLease(job_id)

    async def _poll(self, job: Generation) -> tuple[Generation, Claim]:
        claim = self.claim()
        got = await self.claim_poll(claim, now=self.now)
        assert got is not None
        assert got.id == job.id
        return got, claim

    async def rendered(self, generation: Generation | None = None) -> Generation:
        return await self._render(await self.submitted(generation))

    async def _render(self, submitted: Generation) -> Generation:
        job, claim = await self._poll(submitted)
        await self.store.record_rendered(job.id, claim, video_url="https://cdn/v", now=self.later(milliseconds=1))
        return await self.reload(job)

    async def fetching(self, generation: Generation | None = None) -> tuple[Generation, Claim]:
        return await self._fetch(await self.rendered(generation))

    async def _fetch(self, job: Generation) -> tuple[Generation, Claim]:
        claim = self.claim()
        got = await self.store.claim_fetch(claim, now=self.now)
        assert got is not None
        assert got.id == job.id
        return got, claim

    async def finish(self, submitted: Generation) -> None:
        """The rest of the way of a job that UniAll has."""
        await self.succeed(*await self._fetch(await self._render(submitted)))

    async def succeeded(self, generation: Generation | None = None) -> Generation:
        job, claim = await self.fetching(generation)
        await self.succeed(job, claim)
        return await self.reload(job)

    async def succeed(self, job: Generation, claim: Claim) -> None:
        """The last step. Where no card was shown it never will be, so that the post does not wait for one."""
        if (await self.reload(job)).card_message_id is None:
            await self.show(job, message_id=None)
        await self.store.succeed(job.id, claim, VIDEO, delivery_id=f"d-{job.id}", now=self.later(milliseconds=1))

    async def posting(self, generation: Generation | None = None) -> tuple[Generation, Claim]:
        """A finished video whose post is on its way."""
        job, claim = await self.succeeded(generation), self.claim()
        got = await self.store.claim_delivery(claim, now=self.now)
        assert got is not None
        assert got[1].id == job.id
        return job, claim

    async def posted(
        self, generation: Generation | None = None, *, message: str = "m", channel: str = "channel"
    ) -> Generation:
        """A video that is in the channel."""
        job, claim = await self.posting(generation)
        there = PostedMessage(message_id=message, channel_id=channel)
        await self.store.record_sent(f"d-{job.id}", claim, there, now=self.now)
        return job

    async def undeliverable(self, generation: Generation | None = None) -> Generation:
        """A finished video that could not be posted."""
        job, claim = await self.posting(generation)
        await self.store.give_up_delivery(f"d-{job.id}", claim, why="channel gone", now=self.now)
        return job

    def draft(self, member: str = "ann", **fields: Any) -> Draft:
        """What an open form is about."""
        empty = Draft(id=self.fresh("draft"), guild_id="guild", member_id=member, made_at=self.now)
        return replace(empty, **fields)

    async def failed(self, resolution: Resolution = Resolution.VOID) -> Generation:
        job, claim = await self.polling()
        self.later(milliseconds=1)
        await self.store.fail(job.id, claim, fault="lost", detail="", resolution=resolution, now=self.now)
        return await self.reload(job)

    async def show(self, generation: Generation, shown: str = "first", message_id: str | None = "card") -> None:
        """The card is in the channel."""
        await self.store.set_card(
            generation.id, message_id=message_id, image_url=None, image_until=None, shown=shown, now=self.now
        )

    async def uses(
        self,
        member: str = "ann",
        guild: str = "guild",
        *,
        limits: Sequence[Limit] = EVERYTHING,
        at: datetime | None = None,
    ) -> list[LimitUsage]:
        return await self.store.uses(guild, member, limits, now=at or self.now)

    async def tally(
        self, scope: Scope, member: str = "ann", guild: str = "guild", *, per: Per = Per.DAY, at: datetime | None = None
    ) -> tuple[int, int]:
        """(used, held) in videos."""
        [use] = await self.uses(member, guild, limits=[at_most(MANY, Unit.VIDEOS, per, scope)], at=at)
        return use.used, use.held

    def actor(self, guild: str = "guild") -> Actor:
        """A moderator, with a reason."""
        return Actor(guild_id=guild, actor_id="mod", reason="because")

    def change(
        self, subject_id: str = "ann", before: Fact | None = None, after: Fact | None = None, **fields: Any
    ) -> Change:
        """A line for the audit log."""
        line = Change(
            guild_id="guild",
            at=self.now,
            actor_id="mod",
            action=AuditAction.SETTING,
            subject_id=subject_id,
            before=before,
            after=after,
            reason="because",
        )
        return replace(line, **fields)

    def rule(
        self,
        subject: Subject,
        amount: int,
        unit: Unit = Unit.VIDEOS,
        per: Per = Per.DAY,
        *,
        of: str = "",
        guild: str = "guild",
    ) -> Rule:
        return Rule(
            id=self.fresh("rule"), guild_id=guild, subject=subject, subject_id=of, amount=amount, unit=unit, per=per
        )

    async def set_rule(self, *args: Any, **fields: Any) -> Rule:
        """Set a rule, given as to `rule`; answers it."""
        rule = self.rule(*args, **fields)
        return (await self.store.set_rule(self.actor(rule.guild_id), rule, now=self.now)).rule

    async def remove_rule(self, rule: Rule) -> None:
        removed = await self.store.remove_rule(self.actor(rule.guild_id), rule.id, now=self.now)
        assert removed is not None
        assert removed.rule == rule

    async def grant(
        self, amount: int, unit: Unit = Unit.VIDEOS, *, member: str = "ann", guild: str = "guild"
    ) -> tuple[int, int]:
        """What was left of a member's grants, and is now."""
        changed = await self.store.grant(self.actor(guild), member, unit, amount, now=self.now)
        if changed is None:
            left = await self.granted(unit, member=member, guild=guild)
            return left, left
        return changed.before, changed.after

    async def grant_lot(
        self,
        amount: int,
        unit: Unit = Unit.VIDEOS,
        *,
        member: str = "ann",
        role: str | None = None,
        days: float | None = None,
        guild: str = "guild",
        lot_id: str = "",
    ) -> GrantChanged:
        """Grant something to a member or a role, with or without an end."""
        grant = Grant(
            id=lot_id or self.fresh("lot"),
            guild_id=guild,
            subject=Subject.ROLE if role else Subject.MEMBER,
            subject_id=role or member,
            unit=unit,
            amount=amount,
            ends_at=self.now + timedelta(days=days) if days else None,
        )
        return await self.store.grant_lot(self.actor(guild), grant, now=self.now)

    async def granted(
        self, unit: Unit = Unit.VIDEOS, *, member: str = "ann", guild: str = "guild", roles: Sequence[str] = ()
    ) -> int:
        """What is left of a member's grants."""
        allowance = await self.store.allowance(guild, member, roles, [], now=self.now)
        return allowance.grants.get(unit, 0)

    async def reset(self, member: str = "ann", guild: str = "guild") -> None:
        await self.store.reset(guild, member, self.change(member, action=AuditAction.RESET, guild_id=guild))

    async def configure(self, edit: Callable[[GuildSettings], GuildSettings], guild: str = "guild") -> None:
        """Change a server's settings."""
        settings = SettingsEdit(action=AuditAction.SETTING, subject_id=Setting.LIMITS, apply=edit)
        await self.store.change_guild(self.actor(guild), settings, now=self.now)
