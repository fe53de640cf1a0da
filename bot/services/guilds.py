"""What a server has settled for itself: the check of a wish against it, changes with their line in the audit log, and the
server's log channel.

What goes to a log channel never delays or fails what it tells of: it is posted by a task of its own, once, and an error is
only in the bot's log. A start is told when UniAll has accepted the job, since only then is it certain that it is made.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from bot.catalog import Choice
from bot.domain.errors import Refusal, StoreUnavailable
from bot.domain.generation import Generation, State
from bot.domain.guild import GuildSettings, ZoneChange
from bot.domain.ledger import usd
from bot.domain.moderation import Change, Did, LogEvent, Told
from bot.services.quotas import LONGEST_REASON, By
from bot.services.words import Filter, plain
from bot.services.world import World, log

MOST_TERMS = 500
LONGEST_TERM = 100
MOST_CHANNELS = 100
MOST_BLOCKED = 1000
MOST_ZONE_CHANGES = 20  # within the longest window: each one is looked at whenever a quota is checked
_LONGEST_WINDOW = timedelta(days=31)

Edit = Callable[[GuildSettings], GuildSettings]
Said = Callable[[GuildSettings], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a wish was made; parent_id: the channel of a thread."""

    channel_id: str
    parent_id: str | None = None


class Guilds:
    """The use cases behind `/config`. The caller has checked that the actor may."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def settings(self, guild_id: str) -> GuildSettings:
        """A server's settings."""
        return await self._world.moderation.guild(guild_id)

    async def change(self, by: By, name: str, edit: Edit, said: Said) -> tuple[GuildSettings, Change | None]:
        """Change one setting; answers all of them, and the line in the log or None where nothing has changed.

        `said` gives what moderators read as before and after. `edit` may raise Refusal: then nothing is changed.
        """
        return await self._change(by, Did.SETTING, name, edit, said)

    async def block(self, by: By, member_id: str) -> Change:
        """Let a member make no more videos here. Raises Refusal `blocked_already`."""

        def edit(now: GuildSettings) -> GuildSettings:
            if len(now.blocked) >= MOST_BLOCKED:
                raise Refusal("too_many_blocked", most=MOST_BLOCKED)
            return replace(now, blocked=now.blocked | {member_id})

        _, change = await self._change(by, Did.BLOCKED, member_id, edit, _nothing)
        if change is None:
            raise Refusal("blocked_already")
        return change

    async def unblock(self, by: By, member_id: str) -> Change:
        """Undo a block. Raises Refusal `not_blocked`."""

        def edit(now: GuildSettings) -> GuildSettings:
            return replace(now, blocked=now.blocked - {member_id})

        _, change = await self._change(by, Did.UNBLOCKED, member_id, edit, _nothing)
        if change is None:
            raise Refusal("not_blocked")
        return change

    def with_zone(self, zone: str) -> Edit:
        """From now on this time zone; the windows under way run to their end. Raises Refusal where it changes too often."""
        at = self._world.clock.now()

        def edit(now: GuildSettings) -> GuildSettings:
            if zone == now.zone:
                return now
            if sum(change.at > at - _LONGEST_WINDOW for change in now.zones) >= MOST_ZONE_CHANGES:
                raise Refusal("timezone_too_often", most=MOST_ZONE_CHANGES)
            return replace(now, zones=(*now.zones, ZoneChange(at, zone)))

        return edit

    async def _change(
        self, by: By, did: Did, subject_id: str, edit: Edit, said: Said
    ) -> tuple[GuildSettings, Change | None]:
        if len(by.reason) > LONGEST_REASON:
            raise Refusal("reason_too_long", most=LONGEST_REASON)
        now = self._world.clock.now()
        lines: list[Change] = []

        def line(before: GuildSettings, after: GuildSettings) -> list[Change]:
            lines.clear()
            if before != after:
                change = Change(
                    guild_id=by.guild_id,
                    at=now,
                    actor_id=by.actor_id,
                    did=did,
                    subject_id=subject_id,
                    before=said(before),
                    after=said(after),
                    reason=by.reason,
                )
                lines.append(change)
            return lines[:]

        before, after = await self._world.moderation.change_guild(by.guild_id, edit, line)
        if not lines:
            return after, None
        log.info("setting_changed", guild=by.guild_id, did=did, setting=subject_id, actor=by.actor_id)
        event = LogEvent(told=Told.CHANGED, guild_id=by.guild_id, member_id=by.actor_id, change=lines[0])
        # Whoever switches a log channel off is told of in the one that hears it last.
        announce(self._world, event, channel_id=after.log_channel_id or before.log_channel_id)
        return after, lines[0]


def _nothing(_: GuildSettings) -> str:
    return ""


def check_place(settings: GuildSettings, member_id: str, place: Place) -> None:
    """Raises Refusal `blocked` or `channel_not_allowed` (channels); a thread counts as its channel."""
    if member_id in settings.blocked:
        raise Refusal("blocked")
    if settings.channels and not settings.channels & {place.channel_id, place.parent_id}:
        raise Refusal("channel_not_allowed", channels=tuple(sorted(settings.channels)))


def check_choice(settings: GuildSettings, choice: Choice) -> None:
    """Raises Refusal `model_not_allowed` (names), `too_long` (most) or `too_dear` (most, price)."""
    if settings.families and choice.offer.family not in settings.families:
        names = ", ".join(sorted(settings.families))
        raise Refusal("model_not_allowed", model=choice.offer.family, names=names)
    if settings.longest is not None and choice.seconds > settings.longest:
        raise Refusal("too_long", most=settings.longest, seconds=choice.seconds)
    if settings.dearest is not None and choice.price_micros > settings.dearest:
        raise Refusal("too_dear", most=usd(settings.dearest), price=usd(choice.price_micros))


async def check_words(world: World, settings: GuildSettings, member_id: str, prompt: str) -> None:
    """Raises Refusal `filtered`, which does not repeat the term: that is for the log channel.

    In a thread: the worst of terms and prompts, chosen for each other, take a fifth of a second.
    """
    if not settings.terms:
        return
    term = await asyncio.to_thread(lambda: _filter(settings.terms).find(prompt))
    if term is None:
        return
    event = LogEvent(told=Told.FILTERED, guild_id=settings.guild_id, member_id=member_id, text=term)
    announce(world, event, channel_id=settings.log_channel_id)
    raise Refusal("filtered")


@lru_cache(maxsize=256)
def _filter(terms: frozenset[str]) -> Filter:
    return Filter(terms)


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


_tasks: set[asyncio.Task[None]] = set()  # a task that nobody holds may be collected before it has run


def aside(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Do something without waiting for it; an error is logged and goes no further."""

    async def run() -> None:
        try:
            await work
        except StoreUnavailable as error:
            log.warning("aside_not_stored", what=name, error=error)
        except Exception:  # noqa: BLE001 - what it was for is done already; nothing is swallowed, it is all in the log
            log.exception("aside_failed", what=name)

    task = asyncio.create_task(run(), name=name)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


async def finish_aside(seconds: float) -> None:
    """The bot is stopping: give what is under way so long, and cut off the rest."""
    if _tasks:
        _, late = await asyncio.wait(_tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def announce(world: World, event: LogEvent, *, channel_id: str | None = None) -> None:
    """Tell a server's log channel, now or never; channel_id: where it is known already."""

    async def tell() -> None:
        where = channel_id or (await world.moderation.guild(event.guild_id)).log_channel_id
        if where:
            await world.notices.post_log(where, event)

    aside(tell(), "log-channel")


def announce_started(world: World, generation: Generation) -> None:
    """UniAll has accepted a job."""
    event = LogEvent(
        told=Told.STARTED, guild_id=generation.guild_id, member_id=generation.member_id, generation=generation
    )
    announce(world, event)


def announce_failed(world: World, generation: Generation, fault: str) -> None:
    """A job has ended without a video."""
    failed = replace(generation, state=State.FAILED, fault=str(fault))
    announce(
        world,
        LogEvent(told=Told.FAILED, guild_id=failed.guild_id, member_id=failed.member_id, generation=failed),
    )
