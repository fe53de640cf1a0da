"""Posts events to a server's log channel.

This never delays or fails the event itself: each entry is posted once, in a background task, and an error only goes to
the bot's log. The start of a job is posted once UniAll has accepted it, because only then is it certain to be made.

One entry at a time goes to a channel, and a pause follows while more wait: results that are posted in the same channel
share its rate limit. Of a flood, the entries that moderators can do without are counted instead.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace

from bot.domain.generation import Generation, State
from bot.domain.messages.result_status import result_status
from bot.domain.moderation.audit import AuditAction
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.runtime.context import ServiceContext
from bot.system.background import spawn_background

MOST_WAITING = 20
GAP = 1.5  # seconds between two entries of one channel
TURN = 5.0  # seconds that an entry may take before the next one gets its turn
_LEFT_OUT = (LogEventKind.STARTED, LogEventKind.FAILED, LogEventKind.FILTERED)
_LOOKED_AT = 20  # changes among which the block of a member is looked for


@dataclass(slots=True)
class _Waiting:
    """The entries that wait for one channel, and how many were left out."""

    events: deque[LogEvent] = field(default_factory=deque[LogEvent])
    left_out: int = 0


def announce(context: ServiceContext, event: LogEvent, *, channel_id: str | None = None) -> None:
    """Post an event to the server's log channel, in the background, once.

    channel_id: the log channel, where it is known already.
    """

    async def post() -> None:
        log_channel_id = channel_id or (await context.store.guild(event.guild_id)).log_channel_id
        if log_channel_id:
            await _post_in_turn(context, log_channel_id, event)

    spawn_background(post(), "log-channel")


async def _post_in_turn(context: ServiceContext, channel_id: str, event: LogEvent) -> None:
    """Post an event and all that come up meanwhile; if another task does that already, leave the event to it."""
    waiting: dict[str, _Waiting] = context.log_lines
    if there := waiting.get(channel_id):
        if len(there.events) >= MOST_WAITING and event.kind in _LEFT_OUT:
            there.left_out += 1
        else:
            there.events.append(event)
        return
    own = waiting[channel_id] = _Waiting(deque([event]))
    try:
        while own.events or own.left_out:
            if own.events:
                following = own.events.popleft()
            else:
                following = LogEvent(
                    kind=LogEventKind.LEFT_OUT, guild_id=event.guild_id, member_id="", count=own.left_out
                )
                own.left_out = 0
            posting = spawn_background(_post(context, channel_id, following), "log-entry")
            await asyncio.wait([posting], timeout=TURN)
            if own.events or own.left_out:
                await asyncio.sleep(GAP)
    finally:
        del waiting[channel_id]


async def _post(context: ServiceContext, channel_id: str, event: LogEvent) -> None:
    if event.kind is LogEventKind.STARTED and event.generation:
        event = await started(context, event.generation)
    await context.notices.post_log(channel_id, event)


def announce_started(context: ServiceContext, generation: Generation) -> None:
    """Post that UniAll has accepted a job."""
    announce(context, _started(generation))


def _started(generation: Generation) -> LogEvent:
    return LogEvent(
        kind=LogEventKind.STARTED, guild_id=generation.guild_id, member_id=generation.member_id, generation=generation
    )


async def started(context: ServiceContext, generation: Generation) -> LogEvent:
    """The event of a started video as it stands now: with its card, and with what moderators have done about it."""
    now = await context.store.generation(generation.id) or generation
    return replace(
        _started(now),
        status=result_status(now, await context.store.delivery_of(now.id)),
        removal=await context.store.removal(now.id),
        blocked_by=await blocked_by(context, now.guild_id, now.member_id),
    )


async def blocked_by(context: ServiceContext, guild_id: str, member_id: str) -> str | None:
    """Who blocked a member; empty where that is long ago, None where they are not blocked."""
    block = (await context.store.guild(guild_id)).block_of(member_id)
    if block is None or not block.holds(context.clock.now()):
        return None
    for change in await context.store.changes(guild_id, member_id, before_id=None, limit=_LOOKED_AT):
        if change.action is AuditAction.BLOCKED and change.subject_id == member_id:
            return change.actor_id
    return ""


def announce_failed(context: ServiceContext, generation: Generation, fault: str) -> None:
    """Post that a job has ended without a video."""
    failed = replace(generation, state=State.FAILED, fault=str(fault))
    announce(
        context,
        LogEvent(kind=LogEventKind.FAILED, guild_id=failed.guild_id, member_id=failed.member_id, generation=failed),
    )
