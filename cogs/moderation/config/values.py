"""The values of a server's settings as moderators read them: in the card with mentions, in the log without."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

import discord

from bot.domain.guild_settings import GuildSettings, Threads
from bot.domain.ledger import usd
from cogs._ui import text
from cogs._ui.wording import words

Said = Callable[[GuildSettings], str]
NAMED = 20
HIDDEN, HIDDEN_NAME = 1 << 17, "___hidden___"
MODES: Final = {
    Threads.NEVER: "threads-never",
    Threads.ON_REQUEST: "threads-on-request",
    Threads.ALWAYS: "threads-always",
}


def channel_name(interaction: discord.Interaction[Any], channel_id: str | None) -> str:
    """ "#general" as the log keeps it: as Discord names it in this command, else as the cache does; else its id.

    The cache has no name of a channel that is hidden from the bot, but what stands for one.
    """
    if channel_id is None:
        return ""
    data: Mapping[str, Any] = interaction.data or {}
    resolved: Mapping[str, Any] = (data.get("resolved") or {}).get("channels") or {}
    named: Mapping[str, Any] = resolved.get(channel_id) or {}
    if name := named.get("name"):
        return f"#{name}"
    guild = interaction.guild
    channel = guild.get_channel_or_thread(int(channel_id)) if guild else None
    return f"#{channel.name if channel and not _stands_for_hidden(channel) else channel_id}"


def _stands_for_hidden(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Whether the gateway sent it without its name, because the bot may not view it (`facts/discord.md` section 0)."""
    return bool(getattr(channel, "_flags", 0) & HIDDEN) or channel.name == HIDDEN_NAME


def may_view(guild: discord.Guild | None, channel_id: str) -> bool | None:
    """Whether the bot sees a channel; None where the cache does not know: the server is away."""
    allowed = allowed_in(guild, channel_id)
    return None if allowed is None else allowed.view_channel


def may_post(guild: discord.Guild | None, channel_id: str) -> bool | None:
    """Whether the bot may write there; None as in `may_view`."""
    allowed = allowed_in(guild, channel_id)
    if guild is None or allowed is None:
        return None
    in_thread = guild.get_thread(int(channel_id)) is not None
    return allowed.view_channel and (allowed.send_messages_in_threads if in_thread else allowed.send_messages)


def allowed_in(guild: discord.Guild | None, channel_id: str) -> discord.Permissions | None:
    """What the bot may do in a channel: nothing in one that is hidden or gone. None where the cache does not know."""
    if guild is None or guild.unavailable:
        return None
    channel = guild.get_channel_or_thread(int(channel_id))
    if channel is None or _stands_for_hidden(channel):
        return discord.Permissions.none()
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    # A server that came without the bot's own member says nothing of its rights.
    me = cast("discord.Member | None", guild.me)
    return None if place is None or me is None else place.permissions_for(me)


def channels(interaction: discord.Interaction[Any]) -> Said:
    """The allowed channels by name."""
    return lambda settings: text.listed(words(), sorted(channel_name(interaction, one) for one in settings.channels))


def log_channel(interaction: discord.Interaction[Any]) -> Said:
    """The log channel by name."""
    return lambda settings: channel_name(interaction, settings.log_channel_id)


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
