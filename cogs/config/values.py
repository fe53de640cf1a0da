"""The values of a server's settings as moderators read them: in the card with mentions, in the log without."""

from collections.abc import Callable, Iterable
from typing import Final

import discord

from bot.domain.guild import GuildSettings, Threads
from bot.domain.ledger import usd
from cogs import text
from cogs.wording import words

Said = Callable[[GuildSettings], str]
NAMED = 20
MODES: Final = {
    Threads.NEVER: "threads-never",
    Threads.ON_REQUEST: "threads-on-request",
    Threads.ALWAYS: "threads-always",
}


def channel_name(guild: discord.Guild | None, channel_id: str | None) -> str:
    """ "#general" as the log keeps it; the id where the channel is not known."""
    if channel_id is None:
        return ""
    channel = guild.get_channel_or_thread(int(channel_id)) if guild else None
    return f"#{channel.name if channel else channel_id}"


def channels(guild: discord.Guild | None) -> Said:
    """The allowed channels by name."""
    return lambda settings: text.listed(words(), sorted(channel_name(guild, one) for one in settings.channels))


def log_channel(guild: discord.Guild | None) -> Said:
    """The log channel by name."""
    return lambda settings: channel_name(guild, settings.log_channel_id)


def families(settings: GuildSettings) -> str:
    """The allowed models."""
    return text.listed(words(), sorted(settings.families))


def term(one: str) -> Said:
    """A term while it is banned: a line of the log names the one that came or went, not all."""
    kept = " ".join(one.split()).casefold()
    return lambda settings: next((found for found in settings.terms if found.casefold() == kept), "")


def threads(settings: GuildSettings) -> str:
    """When results get threads."""
    return words()(MODES[settings.threads])


def spoiler(settings: GuildSettings) -> str:
    """Whether results are covered."""
    return words()("config-spoiler-on" if settings.spoiler else "config-spoiler-off")


def zone(settings: GuildSettings) -> str:
    """The time zone of new windows."""
    return settings.zone


def limits(settings: GuildSettings) -> str:
    """Every limit on one line."""
    say = words()
    return " · ".join(
        (
            say("limit-running", value=_number(settings.most_running)),
            say("limit-waiting", value=_number(settings.most_waiting)),
            say("limit-longest", value=_seconds(settings.longest)),
            say("limit-dearest", value=_dollars(settings.dearest)),
        )
    )


def some(shown: Iterable[str], most: int = NAMED) -> str:
    """ "a, b, c … and 5 more"."""
    listed = list(shown)
    named = text.listed(words(), listed[:most])
    return words()("config-some", named=named, more=len(listed) - most) if len(listed) > most else named


def terms(settings: GuildSettings) -> str:
    """The banned terms, covered until clicked."""
    listed = [text.safe(one, 40) for one in sorted(settings.terms)]
    return some([f"||{one}||" for one in listed], 15)


def _number(value: int | None) -> str:
    return words()("config-unset") if value is None else str(value)


def _seconds(value: int | None) -> str:
    return words()("config-unset") if value is None else words()("unit-seconds", amount=value)


def _dollars(value: int | None) -> str:
    return words()("config-unset") if value is None else usd(value)
