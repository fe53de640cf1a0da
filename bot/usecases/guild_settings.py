"""Changes a server's settings: each edit is one transaction with its audit entry, and is posted to the log channel.

The edits and their bounds are in `bot.domain.moderation.settings_edits`. The caller has checked that the actor is a moderator.
"""

from functools import partial, reduce

from bot.domain.moderation.audit import Actor, AuditAction, SettingsChanged, SettingsEdit
from bot.domain.moderation.guild_settings import GuildSettings, Setting
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.domain.moderation.settings_edits import Edit, with_blocked, with_zone, without_blocked, zone_named
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.runtime.server_log import announce


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

    async def block(self, actor: Actor, member_id: str) -> None:
        """Block a member from making videos here. Raises Refusal `blocked_already` or `too_many_blocked`."""
        apply = partial(with_blocked, member_id=member_id)
        await self._change(actor, SettingsEdit(action=AuditAction.BLOCKED, subject_id=member_id, apply=apply))

    async def unblock(self, actor: Actor, member_id: str) -> None:
        """Undo a block. Raises Refusal `not_blocked`."""
        apply = partial(without_blocked, member_id=member_id)
        await self._change(actor, SettingsEdit(action=AuditAction.UNBLOCKED, subject_id=member_id, apply=apply))

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
