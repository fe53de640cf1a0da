"""Checks whether an earlier attempt has already started a job at UniAll.

A gateway that retries by itself may return 429, 401 or 400 for its last attempt although an earlier one started the
job. So before a job is sent again, UniAll's own list, if there is one, is searched for a similar job.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.generation import Generation
from bot.domain.provider import ListedJob
from bot.runtime.context import ServiceContext
from bot.workers.jobs.reconcile import AROUND_A_GUESS, same_order

_DISCORD_BEGAN = datetime(2015, 1, 1, tzinfo=UTC)  # the start of Discord's ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What the list has for a job.

    jobs: similar ones that no generation owns, the oldest first. contested: another generation here may own them.
    """

    jobs: tuple[ListedJob, ...] = ()
    contested: bool = False


async def look_for_started(context: ServiceContext, generation: Generation) -> Started:
    """Search the list once. Returns nothing if the API lists no jobs. Raises ProviderError if it is unavailable now.

    A failed job in the list does not prevent a new submit: some gateways list each attempt that they refused.
    """
    listed = await context.provider.recent()
    since = _accepted_there(context, generation) - AROUND_A_GUESS[0]
    like = [entry for entry in listed or () if same_order(generation, entry) and _made_since(entry, since)]
    found = [entry for entry in like if not entry.failed]
    if not found:
        return Started()
    owned = await context.store.known_jobs([entry.job_id for entry in found])
    free = [entry for entry in found if entry.job_id not in owned]
    now = context.clock.now()
    others = [*await context.store.unclear(), *await context.store.submitting(now=now)]
    contested = any(same_order(other, entry) for other in others if other.id != generation.id for entry in free)
    return Started(jobs=tuple(sorted(free, key=lambda entry: entry.created_at or 0)), contested=contested)


def _accepted_there(context: ServiceContext, generation: Generation) -> datetime:
    """Return when the job was accepted, by UniAll's clock if that is known.

    Its age comes from Discord, which has dated the interaction: the clock here may have been changed since.
    """
    discord, asked_at = context.discord.now(), _asked_at(generation)
    ago = context.clock.now() - generation.accepted_at if discord is None or asked_at is None else discord - asked_at
    return (context.uniall.now() or discord or context.clock.now()) - max(ago, timedelta(0))


def _asked_at(generation: Generation) -> datetime | None:
    """Return when the interaction was made, by Discord's clock: its id contains the time."""
    text = generation.interaction_id
    if not (text.isascii() and text.isdigit() and 15 <= len(text) <= 20):
        return None
    return _DISCORD_BEGAN + timedelta(milliseconds=int(text) >> 22)


def _made_since(entry: ListedJob, since: datetime) -> bool:
    """Return whether an entry was made after this job was accepted; an older one belongs to another job."""
    return entry.created_at is None or entry.created_at >= int(since.timestamp())
