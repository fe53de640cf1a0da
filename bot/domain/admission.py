"""Admission: where a request may be made, what a job is accepted under, and what an accept returns."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.generation import Generation
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.quota.limits import Limit
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Blocked, Channels, Refusal


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
