"""Who may do what where: Discord's permission bits and its documented order of overwrites.

Promises the algorithm of `topics/permissions`: owner and administrators may all; else everyone's and the roles' bits
joined, then the channel's overwrites for everyone, for the roles together, for the member. A thread asks its parent.
"""

from enum import IntFlag

from tests.standins.discord.model import Channel, Guild, Member


class Permission(IntFlag):
    """The bits that this project can meet, by Discord's names and values."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


ALL = (1 << 53) - 1

ORDINARY = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)
"""What @everyone, and with it the bot, may do in a fresh guild."""


def _overwritten(bits: int, channel: Channel, member: Member, guild: Guild) -> int:
    overwrites = channel.overwrites
    if everyone := overwrites.get(guild.id):
        bits = bits & ~everyone.deny | everyone.allow
    allow = deny = 0
    for role_id in member.role_ids:
        if role := overwrites.get(role_id):
            allow |= role.allow
            deny |= role.deny
    bits = bits & ~deny | allow
    if own := overwrites.get(member.user.id):
        bits = bits & ~own.deny | own.allow
    return bits


def permissions_in(channel: Channel, user_id: str) -> int:
    """The bits of a user in a channel or thread; 0 for a stranger, everything in a direct message."""
    guild = channel.guild
    if guild is None:
        return int(ORDINARY)
    member = guild.members.get(user_id)
    if member is None:
        return 0
    if guild.owner_id == user_id:
        return ALL
    bits = guild.roles[guild.id].permissions
    for role_id in member.role_ids:
        bits |= guild.roles[role_id].permissions
    if bits & Permission.ADMINISTRATOR:
        return ALL
    return _overwritten(bits, channel.parent if channel.thread and channel.parent else channel, member, guild)
