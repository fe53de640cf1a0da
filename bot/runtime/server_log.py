"""Telling a server's log channel.

It never delays or fails what it tells of: each entry is posted by a task of its own, once, and an error is only in the
bot's log. A start is told when UniAll has accepted the job, since only then is it certain that it is made.
"""

from dataclasses import replace

from bot.domain.generation import Generation, State
from bot.domain.server_log import LogEvent, LogEventKind
from bot.runtime.background import spawn_background
from bot.runtime.context import ServiceContext


def announce(context: ServiceContext, event: LogEvent, *, channel_id: str | None = None) -> None:
    """Tell a server's log channel, now or never; channel_id: where it is known already."""

    async def post() -> None:
        log_channel_id = channel_id or (await context.store.guild(event.guild_id)).log_channel_id
        if log_channel_id:
            await context.notices.post_log(log_channel_id, event)

    spawn_background(post(), "log-channel")


def announce_started(context: ServiceContext, generation: Generation) -> None:
    """UniAll has accepted a job."""
    event = LogEvent(
        kind=LogEventKind.STARTED, guild_id=generation.guild_id, member_id=generation.member_id, generation=generation
    )
    announce(context, event)


def announce_failed(context: ServiceContext, generation: Generation, fault: str) -> None:
    """A job has ended without a video."""
    failed = replace(generation, state=State.FAILED, fault=str(fault))
    announce(
        context,
        LogEvent(kind=LogEventKind.FAILED, guild_id=failed.guild_id, member_id=failed.member_id, generation=failed),
    )
