"""The message on which moderators see all reports of one result: posted once in the log channel, edited as they change.

What it shows is read anew each time, so it is right whichever of two changes is shown last. A case stays due until its
message is known to be up to date: after a crash or an outage the next look does it. Until its id is stored, a post is
repeated with the same nonce, so that Discord returns the first one.
"""

import asyncio
from datetime import timedelta
from weakref import WeakValueDictionary

from bot.domain.errors import PostError, PostGone
from bot.domain.messages.posts import PostedMessage
from bot.domain.messages.result_status import posted_message
from bot.domain.moderation.reports import ReportCase
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.runtime.context import ServiceContext
from bot.runtime.server_log import blocked_by
from bot.system.log import log

RETRY_GAP = timedelta(minutes=2)
_refreshing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def refresh(context: ServiceContext, generation_id: str) -> bool:
    """Bring the message up to date; returns whether moderators see it in the log channel now."""
    lock = _refreshing.setdefault(generation_id, asyncio.Lock())
    async with lock:
        case = await context.store.report_case(generation_id)
        return case is not None and await _refresh(context, case)


async def _refresh(context: ServiceContext, case: ReportCase) -> bool:
    store, now = context.store, context.clock.now()
    log_channel_id = (await store.guild(case.guild_id)).log_channel_id
    event = await case_event(context, case)
    if event is None or (case.message is None and case.end is not None):
        await store.record_case(case, case.message, due_at=None)
        return False
    if case.message is None and log_channel_id is None:
        return False  # it is due as soon as there is one
    try:
        message = await _show(context, case, event, log_channel_id or "")
    except PostGone as error:
        log.info("report_message_gone", generation=case.generation_id, error=error)
        again = now if case.message else now + RETRY_GAP
        await store.record_case(case, None, due_at=again if case.end is None else None)
        return False
    except PostError as error:
        log.warning("report_not_shown", generation=case.generation_id, error=error)
        await store.record_case(case, case.message, due_at=now + RETRY_GAP)
        return False
    await store.record_case(case, message, due_at=None)
    return True


async def _show(context: ServiceContext, case: ReportCase, event: LogEvent, log_channel_id: str) -> PostedMessage:
    if case.message is not None:
        await context.notices.edit_log(case.message, event)
        return case.message
    nonce = f"{case.generation_id}-{case.posts % 1000}"
    return await context.notices.post_report(log_channel_id, event, nonce=nonce)


async def case_event(context: ServiceContext, case: ReportCase) -> LogEvent | None:
    """What the message of a case shows now; None where its generation is not known."""
    generation = await context.store.generation(case.generation_id)
    if generation is None or not case.reports:
        return None
    delivery = await context.store.delivery_of(generation.id)
    return LogEvent(
        kind=LogEventKind.REPORTED,
        guild_id=case.guild_id,
        member_id=case.reports[0].reporter_id,
        generation=generation,
        posted=posted_message(generation, delivery),
        case=case,
        removal=await context.store.removal(generation.id),
        blocked_by=await blocked_by(context, generation.guild_id, generation.member_id),
    )
