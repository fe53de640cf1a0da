"""Admission: may this member have one more, here and now? Where they ask, how many jobs they have, how much they may use.

`check_request` looks at the place and the member, `check_open` at their open jobs, `decide_quota` at every limit. The store
(`bot.storage.jobs.accepting`) asks the last two in the transaction that accepts the job, so that two requests cannot pass
together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.generation import Generation
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.quota.ledger import Amount
from bot.domain.quota.limits import Limit, LimitUsage, Scope, Unit
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Blocked, Channels, Refusal, TooManyOpen, TooManyRunning, TooManyWaiting


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptResult:
    """The result of an accept. fresh: False where this interaction, or its form, was accepted before. place_taken: its card
    may show the place that was asked for.
    """

    generation: Generation
    fresh: bool
    place_taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionPolicy:
    """The conditions under which a job is accepted, apart from the server's own rules and settings.

    role_ids: the member's. default: the limits while the server has no rule for everyone. budget: the operator's.
    most_open: open jobs of one member, unless the server configured it.
    """

    role_ids: frozenset[str] = frozenset()
    default: tuple[Limit, ...] = ()
    budget: tuple[Limit, ...] = ()
    most_open: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRef:
    """The channel in which a request was made. parent_id: the channel of a thread."""

    channel_id: str
    parent_id: str | None = None


def check_request(settings: GuildSettings, member_id: str, channel: ChannelRef, *, now: datetime) -> None:
    """May this member ask for something new here? Raises Refusal `blocked`, `channel_not_allowed` or `paused`."""
    check_channel(settings, member_id, channel, now=now)
    settings.check_pause(now)


def check_channel(settings: GuildSettings, member_id: str, channel: ChannelRef, *, now: datetime) -> None:
    """Raises Refusal `blocked` or `channel_not_allowed`. A thread counts as its channel.

    A pause is no matter of this: what is finished may still be posted.
    """
    block = settings.block_of(member_id)
    if block and block.holds(now):
        raise Refusal(Blocked(until=block.until, reason=block.reason))
    if settings.channels and not settings.channels & {channel.channel_id, channel.parent_id}:
        raise Refusal(Channels(RefusalCode.CHANNEL_NOT_ALLOWED, channels=tuple(sorted(settings.channels))))


def check_open(settings: GuildSettings, *, count: int, running: int, reserved: int, most_open: int) -> None:
    """Check whether this member, who has `count` open jobs, may have one more.

    running: their jobs that were sent and are in flight. reserved: their jobs that were not sent. Of the reserved
    jobs, as many as fit under `most_running` are about to run (without that setting, the next one is); the others
    wait. If both settings are set, only they apply; otherwise `most_open` limits all open jobs together.

    Raises Refusal `too_many_running`, `too_many_waiting` or `too_many_open`.
    """
    places = running + 1 if settings.most_running is None else max(running, settings.most_running)
    waiting = max(0, running + reserved - places)
    if settings.most_waiting is not None and running + reserved >= places + settings.most_waiting:
        if not waiting:
            raise Refusal(TooManyRunning(running=running + reserved))
        raise Refusal(TooManyWaiting(running=running + reserved - waiting, waiting=waiting))
    if settings.most_running == 0:
        raise Refusal(TooManyRunning(running=running))
    if None in (settings.most_running, settings.most_waiting) and count >= most_open:
        raise Refusal(TooManyOpen(count=count))


def decide_quota(uses: Iterable[LimitUsage], amount: Amount, grants: Mapping[Unit, int]) -> Amount | LimitUsage:
    """Return the part of `amount` that grants must cover so that no limit is exceeded, or the limit that refuses the job.

    Grants cover what exceeds a member's limits of the same unit, once, in any number of windows. They never cover a
    pool, the operator's budget or a limit of 0. If several limits refuse, the one that matters is returned: one that
    this job can never fit, else the one whose window ends last.
    """
    covered = dict.fromkeys(Unit, 0)
    refusing: list[tuple[bool, datetime, LimitUsage]] = []
    for use in uses:
        limit, need = use.limit, use.limit.unit.of(amount)
        granted = grants.get(limit.unit, 0) if limit.scope is Scope.MEMBER else 0
        beyond = min(need, max(0, use.used + use.held + need - limit.amount))
        if limit.amount == 0 or beyond > granted:
            refusing.append((limit.amount == 0 or need > limit.amount + granted, use.window.end, use))
        else:
            covered[limit.unit] = max(covered[limit.unit], beyond)
    if refusing:
        return max(refusing, key=lambda found: found[:2])[2]
    return Amount(videos=covered[Unit.VIDEOS], seconds=covered[Unit.SECONDS], micros=covered[Unit.USD])


def takes_last(uses: Iterable[LimitUsage], amount: Amount, grants: Mapping[Unit, int]) -> LimitUsage | None:
    """Return the limit of which a job takes the last: another one like it would not fit. None where all leave room.

    A limit that never allows two of them does not count, and neither does the operator's budget, which no member knows.
    The grants of a member count as left. Of several limits, the one whose window ends last is returned.
    """
    found: list[LimitUsage] = []
    for use in uses:
        limit, need = use.limit, use.limit.unit.of(amount)
        granted = grants.get(limit.unit, 0) if limit.scope is Scope.MEMBER else 0
        if limit.scope is not Scope.OPERATOR and limit.amount >= 2 * need and use.left + granted < 2 * need:
            found.append(use)
    return max(found, key=lambda use: use.window.end, default=None)
