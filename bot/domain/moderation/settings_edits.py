"""Every edit of a server's settings, beside the edit that undoes it: pure functions with bounds.

An edit that is not allowed raises Refusal. An edit that changes nothing returns the settings as they are, except where
the moderator should know: then it raises Refusal too.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Threads, ZoneChange
from bot.domain.quota.ledger import MICROS
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Channels, Refusal, TermCovered, UnknownWord, UnlistedModel

MOST_TERMS = 500
LONGEST_TERM = 100
MOST_CHANNELS = 100
MOST_BLOCKED = 1000
MOST_ZONE_CHANGES = 20  # within the longest window: every quota check goes through all of them
_LONGEST_WINDOW = timedelta(days=31)

Edit = Callable[[GuildSettings], GuildSettings]


def with_channel(settings: GuildSettings, channel_id: str) -> GuildSettings:
    """Allow one more channel. Raises Refusal `too_many_channels`."""
    return with_channels(settings, settings.channels | {channel_id})


def without_channel(settings: GuildSettings, channel_id: str) -> GuildSettings:
    """Remove one allowed channel. Raises Refusal `channel_not_listed`."""
    if channel_id not in settings.channels:
        raise Refusal(Channels(RefusalCode.CHANNEL_NOT_LISTED, channels=(channel_id,)))
    return replace(settings, channels=settings.channels - {channel_id})


def with_channels(settings: GuildSettings, channel_ids: frozenset[str]) -> GuildSettings:
    """Allow exactly these channels; an empty set allows all. Raises Refusal `too_many_channels`."""
    if len(channel_ids) > MOST_CHANNELS:
        raise Refusal(AtMost(RefusalCode.TOO_MANY_CHANNELS, most=MOST_CHANNELS))
    return replace(settings, channels=channel_ids)


def with_family(settings: GuildSettings, family: str) -> GuildSettings:
    """Allow one more model."""
    return replace(settings, families=settings.families | {family})


def without_family(settings: GuildSettings, family: str) -> GuildSettings:
    """Remove one allowed model; the case of its name does not matter. Raises Refusal `model_not_listed`."""
    found = {one for one in settings.families if one.casefold() == family.casefold()}
    if not found:
        raise Refusal(UnlistedModel(model=family))
    return replace(settings, families=settings.families - found)


def with_families(settings: GuildSettings, families: frozenset[str]) -> GuildSettings:
    """Allow exactly these models; an empty set allows all."""
    return replace(settings, families=families)


def with_term(settings: GuildSettings, term: str) -> GuildSettings:
    """Ban one more term. Raises Refusal `term_empty`, `term_too_long`, `term_there` (term) or `too_many_terms`."""
    kept = " ".join(term.split())
    from bot.domain.moderation.plain_words import plain  # with its tables of letters, for those who ban words

    compared = plain(kept)
    if not any(character.isalnum() for character in compared):
        raise Refusal(RefusalCode.TERM_EMPTY)
    if len(kept) > LONGEST_TERM:
        raise Refusal(AtMost(RefusalCode.TERM_TOO_LONG, most=LONGEST_TERM))
    there = next((one for one in sorted(settings.terms) if plain(one) == compared), None)
    if there is not None:
        raise Refusal(TermCovered(term=there))
    if len(settings.terms) >= MOST_TERMS:
        raise Refusal(AtMost(RefusalCode.TOO_MANY_TERMS, most=MOST_TERMS))
    return replace(settings, terms=settings.terms | {kept})


def without_term(settings: GuildSettings, term: str) -> GuildSettings:
    """Remove one banned term; its case does not matter. Raises Refusal `term_unknown`."""
    kept = " ".join(term.split()).casefold()
    found = {one for one in settings.terms if one.casefold() == kept}
    if not found:
        raise Refusal(RefusalCode.TERM_UNKNOWN)
    return replace(settings, terms=settings.terms - found)


def with_block(settings: GuildSettings, block: Block, *, now: datetime) -> GuildSettings:
    """Block a member; an earlier block gets the new end, and the new reason where there is one.

    Blocks that have ended are dropped. Raises Refusal `blocked_already` where nothing would change, or
    `too_many_blocked`.
    """
    holding = frozenset(one for one in settings.blocks if one.holds(now) or one.member_id == block.member_id)
    earlier = settings.block_of(block.member_id)
    if earlier and earlier.holds(now):
        block = replace(block, reason=block.reason or earlier.reason)
        if block == earlier:
            raise Refusal(RefusalCode.BLOCKED_ALREADY)
    elif len(holding - {earlier}) >= MOST_BLOCKED:
        raise Refusal(AtMost(RefusalCode.TOO_MANY_BLOCKED, most=MOST_BLOCKED))
    return replace(settings, blocks=(holding - {earlier}) | {block})


def without_block(settings: GuildSettings, member_id: str, *, now: datetime) -> GuildSettings:
    """Unblock one member. Raises Refusal `not_blocked`, also where the block has ended."""
    block = settings.block_of(member_id)
    if block is None or not block.holds(now):
        raise Refusal(RefusalCode.NOT_BLOCKED)
    return replace(settings, blocks=settings.blocks - {block})


def with_pause(settings: GuildSettings, pause: Pause) -> GuildSettings:
    """Accept nothing new; an earlier pause is replaced."""
    return replace(settings, pause=pause)


def without_pause(settings: GuildSettings, *, now: datetime) -> GuildSettings:
    """Accept videos again. Raises Refusal `not_paused`, also where the pause has ended."""
    if settings.pause is None or not settings.pause.holds(now):
        raise Refusal(RefusalCode.NOT_PAUSED)
    return replace(settings, pause=None)


def with_limits(
    settings: GuildSettings,
    *,
    running: int | None = None,
    waiting: int | None = None,
    longest: int | None = None,
    dearest: float | None = None,
) -> GuildSettings:
    """Set the limits that are given: jobs, jobs, seconds, dollars. -1 removes a limit; `waiting=0` means that no job may wait.

    Raises Refusal `limit_zero` for any other 0: it would close the server, which is what a pause is for.
    """
    wanted = {"most_running": running, "most_waiting": waiting, "longest": longest, "dearest": dearest}
    named = {name: value for name, value in wanted.items() if value is not None}
    if any(-1 < value <= 0 for name, value in named.items() if name != "most_waiting"):
        raise Refusal(RefusalCode.LIMIT_ZERO)
    set_to: dict[str, Any] = {name: None if value < 0 else value for name, value in named.items()}
    if set_to.get("dearest") is not None:
        set_to["dearest"] = max(1, round(set_to["dearest"] * MICROS))
    return replace(settings, **set_to)


def with_log_channel(settings: GuildSettings, channel_id: str | None) -> GuildSettings:
    """Set the log channel; None switches it off."""
    return replace(settings, log_channel_id=channel_id)


def with_threads(settings: GuildSettings, mode: Threads) -> GuildSettings:
    """Set when results get a thread."""
    return replace(settings, threads=mode)


def with_spoiler(settings: GuildSettings, spoiler: bool) -> GuildSettings:
    """Set whether results are posted as spoilers."""
    return replace(settings, spoiler=spoiler)


def with_zone(settings: GuildSettings, zone: str, at: datetime) -> GuildSettings:
    """Use this time zone from `at` on; windows in progress run to their end. Raises Refusal `timezone_too_often`."""
    if zone == settings.zone:
        return settings
    if sum(change.at > at - _LONGEST_WINDOW for change in settings.zones) >= MOST_ZONE_CHANGES:
        raise Refusal(AtMost(RefusalCode.TIMEZONE_TOO_OFTEN, most=MOST_ZONE_CHANGES))
    return replace(settings, zones=(*settings.zones, ZoneChange(at, zone)))


@cache
def zones() -> tuple[str, ...]:
    """Every time zone by its IANA name; UTC first."""
    return ("UTC", *sorted(available_timezones() - {"UTC", "localtime", "Factory"}))


def zone_named(name: str) -> str:
    """The IANA name of a time zone that may be typed in any case, or with spaces. Raises Refusal `timezone_unknown`."""
    wanted = name.strip().replace(" ", "_").casefold()
    for zone in zones():
        if zone.casefold() == wanted:
            return zone
    raise Refusal(UnknownWord(RefusalCode.TIMEZONE_UNKNOWN, word=name.strip()))
