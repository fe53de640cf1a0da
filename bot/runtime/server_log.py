"""Posts events to a server's log channel.

This never delays or fails the event itself: each entry is posted once, in a background task, and an error only goes to
the bot's log. The start of a job is posted once UniAll has accepted it, because only then is it certain to be made.
"""

from dataclasses import replace

from bot.domain.generation import Generation, State
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.runtime.background import spawn_background
from bot.runtime.context import ServiceContext


def announce(context: ServiceContext, event: LogEvent, *, channel_id: str | None = None) -> None:
    """Post an event to the server's log channel, in the background, once.

    channel_id: the log channel, where it is known already.
    """

    async def post() -> None:
        log_channel_id = channel_id or (await context.store.guild(event.guild_id)).log_channel_id
        if log_channel_id:
            await context.notices.post_log(log_channel_id, event)

    spawn_background(post(), "log-channel")


def announce_started(context: ServiceContext, generation: Generation) -> None:
    """Post that UniAll has accepted a job."""
    event = LogEvent(
        kind=LogEventKind.STARTED, guild_id=generation.guild_id, member_id=generation.member_id, generation=generation
    )
    announce(context, event)


def announce_failed(context: ServiceContext, generation: Generation, fault: str) -> None:
    """Post that a job has ended without a video."""
    failed = replace(generation, state=State.FAILED, fault=str(fault))
    announce(
        context,
        LogEvent(kind=LogEventKind.FAILED, guild_id=failed.guild_id, member_id=failed.member_id, generation=failed),
    )
