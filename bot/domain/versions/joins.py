"""A join: a chain of versions, each of which goes on from the last frame of the one before, as one video.

    queued ──▶ made ──▶ removing ──▶ removed
      │          └────────────────────▲
      └─────▶ failed ──▶ told

It is stored before it is encoded, so that a chain is joined once, and so that a crash only repeats the encoding. What is
made is a generation like any other for its post (`Generation.joined`), but one that was never sent to UniAll and holds no
quota. A join goes with any of its parts: `queued → failed` while it is encoded, `made → removing` afterwards, in the
transaction that records the deletion. `failed → told` once its member was told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from bot.domain.errors import IllegalTransition

MOST_PARTS = 10


class JoinState(StrEnum):
    """The state of a join."""

    QUEUED = "queued"
    MADE = "made"
    FAILED = "failed"
    TOLD = "told"
    REMOVING = "removing"
    REMOVED = "removed"


class JoinFault(StrEnum):
    """Why a join was not made. Each has a text for members, `join-failed-<fault>`."""

    PART_GONE = "part_gone"  # deleted, by its author or a moderator
    PART_UNREADABLE = "part_unreadable"  # its file is no longer here, and its message cannot be read
    UNUSABLE = "unusable"  # the parts cannot be encoded
    NO_ROOM = "no_room"


TRANSITIONS: Mapping[JoinState, frozenset[JoinState]] = MappingProxyType(
    {
        JoinState.QUEUED: frozenset({JoinState.MADE, JoinState.FAILED}),
        JoinState.MADE: frozenset({JoinState.REMOVING, JoinState.REMOVED}),
        JoinState.FAILED: frozenset({JoinState.TOLD}),
        JoinState.TOLD: frozenset(),
        JoinState.REMOVING: frozenset({JoinState.REMOVED}),
        JoinState.REMOVED: frozenset(),
    }
)


def step(old: JoinState, new: JoinState) -> JoinState:
    """Return the new state. Raises IllegalTransition where the table has no such transition."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(f"a join cannot go from {old} to {new}")
    return new


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """One request to join a chain. id: also that of the generation that it becomes.

    channel_id, parent_channel_id, member_id, interaction_id, locale: of the press, as in `Generation`. parts: the ids of
    the versions, in order. attempts: how often its present step was begun. fault_version: the number of the part that is
    the reason.
    """

    id: str
    guild_id: str
    channel_id: str
    member_id: str
    interaction_id: str
    parts: tuple[str, ...]
    asked_at: datetime
    parent_channel_id: str | None = None
    locale: str = "en-US"
    state: JoinState = JoinState.QUEUED
    fault: JoinFault | None = None
    fault_version: int | None = None
    attempts: int = 0
