"""Admission: where a request may be made, what a job is accepted under, and what an accept returns."""

from dataclasses import dataclass

from bot.domain.generation import Generation
from bot.domain.guild_settings import GuildSettings
from bot.domain.quota import Limit
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Channels, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptResult:
    """The answer to an accept. fresh is False where this interaction, or its form, had been accepted before."""

    generation: Generation
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionPolicy:
    """What a job is accepted under, beside the server's own rules. most_open: jobs of one member, unless configured."""

    role_ids: frozenset[str] = frozenset()
    default: tuple[Limit, ...] = ()
    budget: tuple[Limit, ...] = ()
    most_open: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRef:
    """Where a request was made; parent_id: the channel of a thread."""

    channel_id: str
    parent_id: str | None = None


def check_place(settings: GuildSettings, member_id: str, place: ChannelRef) -> None:
    """Raises Refusal `blocked` or `channel_not_allowed`; a thread counts as its channel."""
    if member_id in settings.blocked:
        raise Refusal(RefusalCode.BLOCKED)
    if settings.channels and not settings.channels & {place.channel_id, place.parent_id}:
        raise Refusal(Channels(RefusalCode.CHANNEL_NOT_ALLOWED, channels=tuple(sorted(settings.channels))))
