"""The current settings of a server as text, and what the bot may do in the channels they name."""

from collections.abc import Mapping
from typing import Any, Final, cast

import discord

from bot.domain.moderation.audit_facts import setting_fact
from bot.domain.moderation.guild_settings import GuildSettings, Setting
from bot.domain.quota.ledger import usd
from cogs._ui import phrases, text
from cogs._ui.wording import Words, words
from cogs.moderation import audit_words

NAMED: Final = 20  # channels and members listed by name
HIDDEN, HIDDEN_NAME = 1 << 17, "___hidden___"


def channel_name(interaction: discord.Interaction[Any], channel_id: str) -> str:
    """Return "#general": the name in this interaction, else the cached name, else that the bot does not see it.

    For a channel that is hidden from the bot, the cache holds only a placeholder name.
    """
    data: Mapping[str, Any] = interaction.data or {}
    resolved: Mapping[str, Any] = (data.get("resolved") or {}).get("channels") or {}
    named: Mapping[str, Any] = resolved.get(channel_id) or {}
    if name := named.get("name"):
        return f"#{name}"
    guild = interaction.guild
    channel = guild.get_channel_or_thread(int(channel_id)) if guild else None
    if channel is None or _stands_for_hidden(channel):
        return words()("channel-unseen")
    return f"#{channel.name}"


def _stands_for_hidden(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Return whether Discord withheld the name because the bot may not view the channel."""
    return bool(getattr(channel, "_flags", 0) & HIDDEN) or channel.name == HIDDEN_NAME


def may_view(guild: discord.Guild | None, channel_id: str) -> bool | None:
    """Return whether the bot can see a channel. None if unknown, because the server is unavailable."""
    allowed = allowed_in(guild, channel_id)
    return None if allowed is None else allowed.view_channel


def may_post(guild: discord.Guild | None, channel_id: str) -> bool | None:
    """Return whether the bot may post in a channel; None as in `may_view`."""
    allowed = allowed_in(guild, channel_id)
    if guild is None or allowed is None:
        return None
    in_thread = guild.get_thread(int(channel_id)) is not None
    return allowed.view_channel and (allowed.send_messages_in_threads if in_thread else allowed.send_messages)


def allowed_in(guild: discord.Guild | None, channel_id: str) -> discord.Permissions | None:
    """Return the bot's permissions in a channel: none if it is hidden or gone. None if the cache does not know."""
    if guild is None or guild.unavailable:
        return None
    channel = guild.get_channel_or_thread(int(channel_id))
    if channel is None or _stands_for_hidden(channel):
        return discord.Permissions.none()
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    # If the server came without the bot's own member, its permissions are unknown.
    me = cast("discord.Member | None", guild.me)
    return None if place is None or me is None else place.permissions_for(me)


def channels(interaction: discord.Interaction[Any], settings: GuildSettings) -> str:
    """Return the allowed channels by name. Empty if every channel is allowed."""
    return text.listed(words(), sorted(channel_name(interaction, one) for one in settings.channels))


def setting(say: Words, settings: GuildSettings, one: Setting, most: int) -> str:
    """Return the value of a setting, at most `most` characters long. Empty if nothing is set or listed."""
    return audit_words.value(say, setting_fact(settings, one), most)


def limits(say: Words, settings: GuildSettings, most_open: int) -> str:
    """Return the limits of one member and video that hold. Until both numbers of jobs are set, most_open holds for both."""
    unset = say("config-unset")
    numbers = {"limit-running": settings.most_running, "limit-waiting": settings.most_waiting}
    parts = [say(name, value=str(number)) for name, number in numbers.items() if number is not None]
    longest, dearest = settings.longest, settings.dearest
    parts.append(say("limit-longest", value=unset if longest is None else say("unit-seconds", amount=longest)))
    parts.append(say("limit-dearest", value=unset if dearest is None else usd(dearest)))
    if None in numbers.values():
        parts.append(say("limit-together", value=str(most_open)))
    return " · ".join(parts)


def terms(say: Words, settings: GuildSettings) -> str:
    """Return the banned terms, as spoilers."""
    listed = [text.safe(one, 40) for one in sorted(settings.terms)]
    return phrases.some(say, [f"||{one}||" for one in listed], 15)
