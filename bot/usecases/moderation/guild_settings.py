"""Changes a server's settings: each edit is one transaction with its audit entry, and is posted to the log channel.

The edits and their bounds are in `bot.domain.moderation.settings_edits`. The caller has checked that the actor is a moderator.
"""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial, reduce

from bot.domain.moderation.audit import Actor, AuditAction, SettingsChanged, SettingsEdit
from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Setting
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.domain.moderation.settings_edits import (
    Edit,
    with_block,
    with_pause,
    with_zone,
    without_block,
    without_pause,
    zone_named,
)
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal
from bot.runtime.context import ServiceContext
from bot.runtime.server_log import announce
from bot.system.log import log

LONGEST_BLOCK = 8760  # hours: a year
LONGEST_PAUSE = 43_200  # minutes: thirty days


class Guilds:
    """The use cases behind `/config`."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def settings(self, guild_id: str) -> GuildSettings:
        """A server's settings."""
        return await self._context.store.guild(guild_id)

    async def change(self, actor: Actor, setting: Setting, *edits: Edit) -> SettingsChanged:
        """Change one setting by all these edits. Where one raises Refusal, nothing is changed."""

        def apply(settings: GuildSettings) -> GuildSettings:
            return reduce(lambda now, edit: edit(now), edits, settings)

        return await self._change(actor, SettingsEdit(action=AuditAction.SETTING, subject_id=setting, apply=apply))

    async def set_zone(self, actor: Actor, name: str) -> SettingsChanged:
        """Use this time zone from now on; the name may be as typed.

        Raises Refusal `timezone_unknown` or `timezone_too_often`.
        """
        edit = partial(with_zone, zone=zone_named(name), at=self._context.clock.now())
        return await self.change(actor, Setting.TIMEZONE, edit)

    @property
    def most_open(self) -> int:
        """How many jobs of one member may be open together while a server has not set both its limits."""
        return self._context.policy.most_open

    def holding(self, blocks: Iterable[Block]) -> list[Block]:
        """The blocks that have not ended, by member."""
        now = self._context.clock.now()
        return sorted((block for block in blocks if block.holds(now)), key=lambda block: block.member_id)

    def pause_of(self, settings: GuildSettings) -> Pause | None:
        """The pause, where it has not ended."""
        return settings.pause if settings.pause and settings.pause.holds(self._context.clock.now()) else None

    async def block(self, actor: Actor, member_id: str, hours: int | None = None) -> SettingsChanged:
        """Block a member from making videos here; the actor's reason is for them too. hours: it ends by itself.

        Raises Refusal `hours_out_of_range`, `blocked_already` or `too_many_blocked`.
        """
        if hours is not None and not 1 <= hours <= LONGEST_BLOCK:
            raise Refusal(AtMost(RefusalCode.HOURS_OUT_OF_RANGE, most=LONGEST_BLOCK))
        now = self._context.clock.now()
        until = now + timedelta(hours=hours) if hours else None
        block = Block(member_id=member_id, until=until, reason=actor.reason)
        apply = partial(with_block, block=block, now=now)
        return await self._change(actor, SettingsEdit(action=AuditAction.BLOCKED, subject_id=member_id, apply=apply))

    async def unblock(self, actor: Actor, member_id: str) -> SettingsChanged:
        """Undo a block. Raises Refusal `not_blocked`."""
        apply = partial(without_block, member_id=member_id, now=self._context.clock.now())
        return await self._change(actor, SettingsEdit(action=AuditAction.UNBLOCKED, subject_id=member_id, apply=apply))

    async def pause(self, actor: Actor, minutes: int | None = None) -> SettingsChanged:
        """Accept nothing new here; what runs and waits goes on. minutes: it ends by itself.

        The actor's reason is for members too. Raises Refusal `minutes_out_of_range`.
        """
        if minutes is not None and not 1 <= minutes <= LONGEST_PAUSE:
            raise Refusal(AtMost(RefusalCode.MINUTES_OUT_OF_RANGE, most=LONGEST_PAUSE))
        until = self._context.clock.now() + timedelta(minutes=minutes) if minutes else None
        apply = partial(with_pause, pause=Pause(until=until, reason=actor.reason))
        return await self._change(actor, SettingsEdit(action=AuditAction.PAUSED, subject_id="", apply=apply))

    async def resume(self, actor: Actor) -> SettingsChanged:
        """Accept videos again. Raises Refusal `not_paused`."""
        apply = partial(without_pause, now=self._context.clock.now())
        return await self._change(actor, SettingsEdit(action=AuditAction.RESUMED, subject_id="", apply=apply))

    async def _change(self, actor: Actor, edit: SettingsEdit) -> SettingsChanged:
        changed = await self._context.store.change_guild(actor, edit, now=self._context.clock.now())
        if changed.change:
            log.info(
                "setting_changed",
                guild=actor.guild_id,
                action=edit.action,
                setting=edit.subject_id,
                actor=actor.actor_id,
            )
            event = LogEvent(
                kind=LogEventKind.CHANGED, guild_id=actor.guild_id, member_id=actor.actor_id, change=changed.change
            )
            # A change that switches the log channel off is still posted to it.
            announce(self._context, event, channel_id=changed.after.log_channel_id or changed.before.log_channel_id)
            self._context.moderation.set()  # reports may have waited for a log channel
        return changed
