"""Discord's JSON for people, roles, channels, threads and guilds, complete enough for its own API description."""

from datetime import datetime

from tests.standins.discord.model import Channel, Guild, Member, Role, User
from tests.standins.discord.permissions import Permission, permissions_in
from tests.standins.shapes import JsonObject

_HIDDEN = 1 << 17
_NULLS = (
    "icon",
    "description",
    "home_header",
    "splash",
    "discovery_splash",
    "banner",
    "application_id",
    "afk_channel_id",
    "system_channel_id",
    "widget_channel_id",
    "max_presences",
    "vanity_url_code",
    "rules_channel_id",
    "safety_alerts_channel_id",
    "public_updates_channel_id",
    "incidents_data",
)


def moment(value: datetime | None) -> str | None:
    """A time as Discord writes it."""
    return None if value is None else value.isoformat(timespec="microseconds")


def user_json(user: User) -> JsonObject:
    """A user, as everybody sees them."""
    return {
        "id": user.id,
        "username": user.name,
        "global_name": None if user.bot else user.name.title(),
        "discriminator": "0",
        "avatar": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
        **({"bot": True} if user.bot else {}),
    }


def member_json(member: Member, *, with_user: bool = True) -> JsonObject:
    """A member of a guild; messages carry it without its user."""
    body: JsonObject = {
        "nick": member.nick,
        "avatar": None,
        "banner": None,
        "roles": list(member.role_ids),
        "joined_at": moment(member.joined_at),
        "premium_since": None,
        "communication_disabled_until": None,
        "flags": 0,
        "pending": False,
        "mute": False,
        "deaf": False,
    }
    if with_user:
        body["user"] = user_json(member.user)
    return body


def role_json(role: Role) -> JsonObject:
    """A role."""
    return {
        "id": role.id,
        "name": role.name,
        "permissions": str(int(role.permissions)),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def _overwrites(channel: Channel, guild: Guild) -> list[JsonObject]:
    return [
        {"id": key, "type": 0 if key in guild.roles else 1, "allow": str(int(o.allow)), "deny": str(int(o.deny))}
        for key, o in channel.overwrites.items()
    ]


def thread_json(thread: Channel, *, me: str | None = None) -> JsonObject:
    """A thread; with `me`, as one that this user has joined."""
    state, parent, guild = thread.thread, thread.parent, thread.guild
    assert state is not None
    assert parent is not None
    assert guild is not None
    body: JsonObject = {
        "id": thread.id,
        "type": thread.type,
        "guild_id": guild.id,
        "parent_id": parent.id,
        "owner_id": state.owner_id,
        "name": thread.name,
        "last_message_id": next(reversed(thread.messages), None),
        "rate_limit_per_user": 0,
        "flags": 0,
        "message_count": len(thread.messages),
        "total_message_sent": len(thread.messages),
        "member_count": 1,
        "thread_metadata": {
            "archived": state.archived,
            "archive_timestamp": moment(state.created_at),
            "auto_archive_duration": state.auto_archive_minutes,
            "locked": state.locked,
            "create_timestamp": moment(state.created_at),
        },
    }
    if me is not None:
        joined = moment(state.created_at)
        body["member"] = {"id": thread.id, "user_id": me, "join_timestamp": joined, "flags": 0}
    return body


def channel_json(channel: Channel, *, seen_by: str | None = None) -> JsonObject:
    """A channel. One that `seen_by` cannot view comes obfuscated, as Discord does since 16 November 2026."""
    if channel.thread is not None:
        return thread_json(channel)
    guild = channel.guild
    if guild is None:
        assert channel.recipient is not None
        last = next(reversed(channel.messages), None)
        recipients = [user_json(channel.recipient)]
        return {"id": channel.id, "type": 1, "last_message_id": last, "flags": 0, "recipients": recipients}
    body: JsonObject = {
        "id": channel.id,
        "type": channel.type,
        "guild_id": guild.id,
        "name": channel.name,
        "topic": None,
        "position": list(guild.channels).index(channel.id) if channel.id in guild.channels else 0,
        "permission_overwrites": _overwrites(channel, guild),
        "parent_id": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "last_message_id": next(reversed(channel.messages), None),
        "flags": 0,
    }
    if seen_by is not None and not permissions_in(channel, seen_by) & Permission.VIEW_CHANNEL:
        deny = {"id": guild.id, "type": 0, "allow": "0", "deny": str(int(Permission.VIEW_CHANNEL))}
        body |= {"name": "___hidden___", "flags": _HIDDEN, "permission_overwrites": [deny], "last_message_id": None}
    return body


def guild_json(guild: Guild) -> JsonObject:
    """A guild as REST gives it."""
    nothing = dict.fromkeys(_NULLS)
    numbers = {
        "system_channel_flags": 0,
        "verification_level": 0,
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_subscription_count": 0,
        "nsfw_level": 0,
        "afk_timeout": 300,
    }
    return {
        **nothing,
        **numbers,
        "id": guild.id,
        "name": guild.name,
        "owner_id": guild.owner_id,
        "region": "deprecated",
        "features": [],
        "premium_tier": guild.premium_tier,
        "preferred_locale": guild.locale,
        "premium_progress_bar_enabled": False,
        "widget_enabled": False,
        "nsfw": False,
        "roles": [role_json(role) for role in guild.roles.values()],
        "emojis": [],
        "stickers": [],
    }


def guild_create(guild: Guild, bot: User) -> JsonObject:
    """The payload of GUILD_CREATE: without the members intent it names the bot as the only member."""
    me = guild.members.get(bot.id)
    threads = [c for c in guild.channels.values() if c.thread and not c.thread.archived]
    empty = ("voice_states", "presences", "stage_instances", "guild_scheduled_events", "soundboard_sounds")
    return {
        **guild_json(guild),
        **{key: [] for key in empty},
        "joined_at": moment(guild.joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "members": [member_json(me)] if me else [],
        "channels": [channel_json(c, seen_by=bot.id) for c in guild.channels.values() if not c.thread],
        "threads": [thread_json(t) for t in threads if permissions_in(t, bot.id) & Permission.VIEW_CHANNEL],
    }
