"""The world as the bot and people change it; every change is told to the gateway.

`World` promises that what it emits is what Discord would send for the same change: to sessions with the right
intents, and for a channel only while the bot can view it.
"""

from dataclasses import dataclass
from typing import Protocol

from tests.standins.discord import render
from tests.standins.discord.cdn import Cdn
from tests.standins.discord.message_json import MessageJson
from tests.standins.discord.model import (
    DIRECT,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    Attachment,
    Channel,
    Guild,
    Member,
    Message,
    Overwrite,
    Role,
    Snowflakes,
    ThreadState,
    User,
)
from tests.standins.discord.permissions import ORDINARY, Permission, permissions_in
from tests.standins.shapes import JsonObject

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
ALWAYS = 0


@dataclass(slots=True, kw_only=True)
class Event:
    """One dispatch: who gets it is decided by `intent` (a bit, 0 for all) and the guild's shard.

    `whole` is the payload for a session with the message-content intent, where that makes a difference.
    """

    name: str
    payload: JsonObject
    intent: int
    guild_id: str | None
    whole: JsonObject | None = None


class Emit(Protocol):
    """Takes an event to the gateway."""

    def __call__(self, event: Event, /) -> None: ...


class World:
    """All guilds, people, channels and files, and the bot among them."""

    def __init__(self, cdn: Cdn, emit: Emit) -> None:
        self.ids = Snowflakes()
        self.bot = User(id=self.ids.next(), name="sora", bot=True)
        self.operator = User(id=self.ids.next(), name="operator")
        self.users: dict[str, User] = {user.id: user for user in (self.bot, self.operator)}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, Attachment] = {}
        self.harmful: set[str] = set()
        """Hosts that the link filter refuses."""
        self.json = MessageJson(cdn, self.bot)
        self._emit = emit

    def add_user(self, name: str) -> User:
        """A person who is nowhere yet."""
        user = User(id=self.ids.next(), name=name)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, *, premium_tier: int = 0, locale: str = "en-US") -> Guild:
        """A server with the bot in it, owned by the operator; it has no channel yet."""
        key = self.ids.next()
        guild = Guild(id=key, name=name, owner_id=self.operator.id, premium_tier=premium_tier, locale=locale)
        guild.roles[key] = Role(id=key, name="@everyone", permissions=int(ORDINARY), position=0)
        self.guilds[key] = guild
        self.join(guild, self.operator)
        self.join(guild, self.bot)
        self._emit(self.guild_event(guild))
        return guild

    def guild_event(self, guild: Guild) -> Event:
        """GUILD_CREATE for this guild as it is now."""
        payload = render.guild_create(guild, self.bot)
        return Event(name="GUILD_CREATE", payload=payload, intent=GUILDS, guild_id=guild.id)

    def remove_bot(self, guild: Guild) -> None:
        """Throws the bot out of a server."""
        del guild.members[self.bot.id]
        self._tell("GUILD_DELETE", {"id": guild.id}, guild)

    def invite_bot(self, guild: Guild) -> None:
        """Lets the bot into a server again."""
        self.join(guild, self.bot)
        self._emit(self.guild_event(guild))

    def join(self, guild: Guild, user: User) -> Member:
        """Makes a user a member. (Without the members intent the bot is not told.)"""
        member = Member(user=user, guild=guild, role_ids=[])
        guild.members[user.id] = member
        return member

    def add_role(self, guild: Guild, name: str, permissions: int = 0) -> Role:
        """A new role."""
        role = Role(id=self.ids.next(), name=name, permissions=int(permissions), position=len(guild.roles))
        guild.roles[role.id] = role
        self._tell("GUILD_ROLE_CREATE", {"guild_id": guild.id, "role": render.role_json(role)}, guild)
        return role

    def remove_role(self, guild: Guild, role: Role) -> None:
        """Deletes a role; who had it has it no longer."""
        del guild.roles[role.id]
        for member in guild.members.values():
            member.role_ids = [one for one in member.role_ids if one != role.id]
        self._tell("GUILD_ROLE_DELETE", {"guild_id": guild.id, "role_id": role.id}, guild)

    def set_role_permissions(self, guild: Guild, role: Role, permissions: int) -> None:
        """Changes what a role may do; @everyone is `guild.roles[guild.id]`."""
        role.permissions = int(permissions)
        self._tell("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": render.role_json(role)}, guild)

    def add_channel(self, guild: Guild, name: str) -> Channel:
        """A new text channel."""
        channel = Channel(id=self.ids.next(), guild=guild, name=name)
        self._register(channel)
        self._tell("CHANNEL_CREATE", render.channel_json(channel, seen_by=self.bot.id), guild)
        return channel

    def direct_channel(self, user: User) -> Channel:
        """The direct messages between a user and the bot."""
        for channel in self.channels.values():
            if channel.type == DIRECT and channel.recipient is user:
                return channel
        channel = Channel(id=self.ids.next(), guild=None, name=user.name, type=DIRECT, recipient=user)
        self._register(channel)
        return channel

    def add_thread(
        self, parent: Channel, name: str, owner: User, *, starter: Message | None, minutes: int, private: bool = False
    ) -> Channel:
        """A thread; one that starts at a message has its id."""
        guild = parent.guild
        assert guild is not None
        key = starter.id if starter else self.ids.next()
        state = ThreadState(owner_id=owner.id, auto_archive_minutes=minutes)
        kind = PRIVATE_THREAD if private else PUBLIC_THREAD
        thread = Channel(id=key, guild=guild, name=name, type=kind, parent=parent, thread=state)
        self._register(thread)
        if starter:
            starter.thread = thread
            starter.flags |= 1 << 5
        if self.bot_may(thread, Permission.VIEW_CHANNEL):
            self._tell("THREAD_CREATE", render.thread_json(thread) | {"newly_created": True}, guild)
        return thread

    def update_channel(self, channel: Channel) -> None:
        """Tells that a channel or thread is now as it is."""
        name = "THREAD_UPDATE" if channel.thread else "CHANNEL_UPDATE"
        if channel.guild and (not channel.thread or self.bot_may(channel, Permission.VIEW_CHANNEL)):
            self._tell(name, render.channel_json(channel, seen_by=self.bot.id), channel.guild)

    def overwrite(self, channel: Channel, target_id: str, *, allow: int = 0, deny: int = 0) -> None:
        """Sets the overwrite of a role or a member in a channel, replacing an earlier one."""
        channel.overwrites[target_id] = Overwrite(allow=int(allow), deny=int(deny))
        self.update_channel(channel)

    def archive(self, thread: Channel, *, archived: bool = True, locked: bool = False) -> None:
        """Archives or locks a thread, or undoes it."""
        assert thread.thread is not None
        thread.thread.archived, thread.thread.locked = archived, locked
        self.update_channel(thread)

    def delete_channel(self, channel: Channel) -> None:
        """Deletes a channel or thread with all that is in it; a channel takes its threads along."""
        inner = [thread for thread in self.channels.values() if thread.parent is channel]
        for gone in (*inner, channel):
            self.channels.pop(gone.id, None)
            if gone.guild:
                gone.guild.channels.pop(gone.id, None)
            for message in (*gone.messages.values(), *gone.ephemerals.values()):
                message.deleted = True
        if channel.guild:
            name = "THREAD_DELETE" if channel.thread else "CHANNEL_DELETE"
            self._tell(name, render.channel_json(channel), channel.guild)

    def bot_may(self, channel: Channel, *wanted: Permission) -> bool:
        """Whether the bot has all these permissions in a channel."""
        bits = permissions_in(channel, self.bot.id)
        return all(bits & permission for permission in wanted)

    def publish(self, message: Message) -> None:
        """Puts a new message where people see it, and tells the bot if it may know."""
        place = message.channel.messages if message.viewer_id is None else message.channel.ephemerals
        place[message.id] = message
        for file in message.attachments:
            self.files[file.id] = file
        self._record(message)
        self._tell_message("MESSAGE_CREATE", message)

    def update(self, message: Message) -> None:
        """Tells that a message is now as it is."""
        for file in message.attachments:
            self.files[file.id] = file
        self._record(message)
        self._tell_message("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        """Takes a message away; its files stay readable for a while, as Discord's do."""
        message.deleted = True
        channel = message.channel
        place = channel.messages if message.viewer_id is None else channel.ephemerals
        place.pop(message.id, None)
        if message.viewer_id is None and self.bot_may(channel, Permission.VIEW_CHANNEL):
            where = {"guild_id": channel.guild.id} if channel.guild else {}
            payload = {"id": message.id, "channel_id": channel.id, **where}
            self._emit(self._message_event("MESSAGE_DELETE", channel, payload))

    def _register(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        if channel.guild:
            channel.guild.channels[channel.id] = channel

    def _record(self, message: Message) -> None:
        message.versions.append(self.json.full(message))

    def _tell(self, name: str, payload: JsonObject, guild: Guild) -> None:
        self._emit(Event(name=name, payload=payload, intent=GUILDS, guild_id=guild.id))

    def _message_event(self, name: str, channel: Channel, payload: JsonObject) -> Event:
        intent = GUILD_MESSAGES if channel.guild else DIRECT_MESSAGES
        return Event(name=name, payload=payload, intent=intent, guild_id=channel.guild.id if channel.guild else None)

    def _tell_message(self, name: str, message: Message) -> None:
        """Ephemeral messages make no event; others do, where the bot can look."""
        channel = message.channel
        if message.viewer_id is not None or not self.bot_may(channel, Permission.VIEW_CHANNEL):
            return
        extra: JsonObject = {}
        if channel.guild:
            extra["guild_id"] = channel.guild.id
            if member := channel.guild.members.get(message.author.id):
                extra["member"] = render.member_json(member, with_user=False)
        event = self._message_event(name, channel, self.json.for_bot(message) | extra)
        if message.author is not self.bot:
            event.whole = self.json.for_bot(message, intent=True) | extra
        self._emit(event)
