"""The part of `sora-bot check` about who is told of trouble: the channel can be written to, and the owners exist."""

import discord

from bot.cli.finding import Finding
from bot.settings import Settings


async def operator(client: discord.Client, settings: Settings) -> Finding:
    """Look at OPERATOR_CHANNEL_ID and OWNER_IDS. client: logged in. Raises what discord.py raises where Discord is away."""
    channel_id, owners = settings.operator_channel_id, settings.owner_ids
    if channel_id is None and not owners:
        text = "nobody is told of trouble but the log: OPERATOR_CHANNEL_ID and OWNER_IDS are both empty"
        return Finding(
            None, "operator", text, "Set one: a channel's id, or your own user id (Copy ID in developer mode)"
        )
    if channel_id is not None and (wrong := await _channel(client, channel_id)):
        return wrong
    if unknown := [owner for owner in owners if not await _known(client, owner)]:
        do = "Copy the ids of users (not of servers or roles) in developer mode"
        return Finding(False, "operator", f"Discord knows no user {', '.join(unknown)} of OWNER_IDS", do)
    told = [f"channel {channel_id}"] if channel_id else []
    return Finding(True, "operator", f"told of trouble: {', '.join([*told, *(f'user {owner}' for owner in owners)])}")


async def _channel(client: discord.Client, channel_id: str) -> Finding | None:
    """Return what is wrong with the channel."""
    try:
        channel = await client.fetch_channel(int(channel_id))
    except (discord.NotFound, discord.Forbidden):
        do = "Copy a channel's id in developer mode, and let the bot see that channel"
        return Finding(False, "operator", f"OPERATOR_CHANNEL_ID {channel_id} is no channel that the bot can see", do)
    if not isinstance(channel, (discord.abc.GuildChannel, discord.Thread)) or client.user is None:
        return None
    if await _may_write(client, channel.guild.id, channel.id, client.user.id):
        return None
    do = "Give it View Channel and Send Messages there"
    return Finding(False, "operator", f"the bot may not write in the channel of OPERATOR_CHANNEL_ID ({channel_id})", do)


async def _may_write(client: discord.Client, guild_id: int, channel_id: int, me_id: int) -> bool:
    """Return whether the bot may; True where Discord does not say."""
    try:
        guild = await client.fetch_guild(guild_id, with_counts=False)
        me = await guild.fetch_member(me_id)
        place = await guild.fetch_channel(channel_id)  # of this guild, whose roles are known now
    except discord.HTTPException:
        return True
    allowed = place.permissions_for(me)
    send = allowed.send_messages_in_threads if isinstance(place, discord.Thread) else allowed.send_messages
    return allowed.view_channel and send


async def _known(client: discord.Client, user_id: str) -> bool:
    try:
        await client.fetch_user(int(user_id))
    except discord.NotFound:
        return False
    return True
