"""What a server has settled for itself: the check of a wish against it, changes with their line in the audit log, and the
server's log channel.

What goes to a log channel never delays or fails what it tells of: it is posted by a task of its own, once, and an error is
only in the bot's log. A start is told when UniAll has accepted the job, since only then is it certain that it is made.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot.domain.audit import AuditAction, Change
from bot.domain.errors import Refusal
from bot.domain.guild_settings import GuildSettings, ZoneChange
from bot.domain.server_log import LogEvent, LogEventKind
from bot.domain.word_filter import plain
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.runtime.server_log import announce
from bot.usecases.quotas import LONGEST_REASON, Actor

MOST_TERMS = 500
LONGEST_TERM = 100
MOST_CHANNELS = 100
MOST_BLOCKED = 1000
MOST_ZONE_CHANGES = 20  # within the longest window: each one is looked at whenever a quota is checked
_LONGEST_WINDOW = timedelta(days=31)

Edit = Callable[[GuildSettings], GuildSettings]
Said = Callable[[GuildSettings], str]


class Guilds:
    """The use cases behind `/config`. The caller has checked that the actor may."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def settings(self, guild_id: str) -> GuildSettings:
        """A server's settings."""
        return await self._context.moderation.guild(guild_id)

    async def change(self, by: Actor, name: str, edit: Edit, said: Said) -> tuple[GuildSettings, Change | None]:
        """Change one setting; answers all of them, and the line in the log or None where nothing has changed.

        `said` gives what moderators read as before and after. `edit` may raise Refusal: then nothing is changed.
        """
        return await self._change(by, AuditAction.SETTING, name, edit, said)

    async def block(self, by: Actor, member_id: str) -> Change:
        """Let a member make no more videos here. Raises Refusal `blocked_already`."""

        def edit(now: GuildSettings) -> GuildSettings:
            if len(now.blocked) >= MOST_BLOCKED:
                raise Refusal("too_many_blocked", most=MOST_BLOCKED)
            return replace(now, blocked=now.blocked | {member_id})

        _, change = await self._change(by, AuditAction.BLOCKED, member_id, edit, _nothing)
        if change is None:
            raise Refusal("blocked_already")
        return change

    async def unblock(self, by: Actor, member_id: str) -> Change:
        """Undo a block. Raises Refusal `not_blocked`."""

        def edit(now: GuildSettings) -> GuildSettings:
            return replace(now, blocked=now.blocked - {member_id})

        _, change = await self._change(by, AuditAction.UNBLOCKED, member_id, edit, _nothing)
        if change is None:
            raise Refusal("not_blocked")
        return change

    def with_zone(self, zone: str) -> Edit:
        """From now on this time zone; the windows under way run to their end. Raises Refusal where it changes too often."""
        at = self._context.clock.now()

        def edit(now: GuildSettings) -> GuildSettings:
            if zone == now.zone:
                return now
            if sum(change.at > at - _LONGEST_WINDOW for change in now.zones) >= MOST_ZONE_CHANGES:
                raise Refusal("timezone_too_often", most=MOST_ZONE_CHANGES)
            return replace(now, zones=(*now.zones, ZoneChange(at, zone)))

        return edit

    async def _change(
        self, by: Actor, action: AuditAction, subject_id: str, edit: Edit, said: Said
    ) -> tuple[GuildSettings, Change | None]:
        if len(by.reason) > LONGEST_REASON:
            raise Refusal("reason_too_long", most=LONGEST_REASON)
        now = self._context.clock.now()
        lines: list[Change] = []

        def line(before: GuildSettings, after: GuildSettings) -> list[Change]:
            lines.clear()
            if before != after:
                change = Change(
                    guild_id=by.guild_id,
                    at=now,
                    actor_id=by.actor_id,
                    action=action,
                    subject_id=subject_id,
                    before=said(before),
                    after=said(after),
                    reason=by.reason,
                )
                lines.append(change)
            return lines[:]

        before, after = await self._context.moderation.change_guild(by.guild_id, edit, line)
        if not lines:
            return after, None
        log.info("setting_changed", guild=by.guild_id, action=action, setting=subject_id, actor=by.actor_id)
        event = LogEvent(kind=LogEventKind.CHANGED, guild_id=by.guild_id, member_id=by.actor_id, change=lines[0])
        # Whoever switches a log channel off is told of in the one that hears it last.
        announce(self._context, event, channel_id=after.log_channel_id or before.log_channel_id)
        return after, lines[0]


def _nothing(_: GuildSettings) -> str:
    return ""


def with_channel(channel_id: str) -> Edit:
    """One more allowed channel. Raises Refusal `too_many_channels`."""

    def edit(now: GuildSettings) -> GuildSettings:
        if len(now.channels | {channel_id}) > MOST_CHANNELS:
            raise Refusal("too_many_channels", most=MOST_CHANNELS)
        return replace(now, channels=now.channels | {channel_id})

    return edit


def with_term(term: str) -> Edit:
    """One more banned term. Raises Refusal `term_empty`, `term_too_long`, `term_there` (term) or `too_many_terms`."""
    kept = " ".join(term.split())
    compared = plain(kept)
    if not any(sign.isalnum() for sign in compared):
        raise Refusal("term_empty")
    if len(kept) > LONGEST_TERM:
        raise Refusal("term_too_long", most=LONGEST_TERM)

    def edit(now: GuildSettings) -> GuildSettings:
        there = next((one for one in sorted(now.terms) if plain(one) == compared), None)
        if there is not None:
            raise Refusal("term_there", term=there)
        if len(now.terms) >= MOST_TERMS:
            raise Refusal("too_many_terms", most=MOST_TERMS)
        return replace(now, terms=now.terms | {kept})

    return edit


def without_term(term: str) -> Edit:
    """One banned term less. Raises Refusal `term_unknown`."""
    kept = " ".join(term.split())

    def edit(now: GuildSettings) -> GuildSettings:
        found = {one for one in now.terms if one == kept or one.casefold() == kept.casefold()}
        if not found:
            raise Refusal("term_unknown")
        return replace(now, terms=now.terms - found)

    return edit
