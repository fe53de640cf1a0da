"""The routes that need the bot's token: itself, its commands, guilds, channels, messages and threads."""

from tests.standins.discord import errors, render
from tests.standins.discord.http import Call, Reply, Route
from tests.standins.discord.model import Channel, Message, now
from tests.standins.discord.permissions import Permission
from tests.standins.discord.posting import Posting
from tests.standins.discord.world import World

_DEFAULT_ARCHIVE = 4320


class ChannelRoutes:
    """Guilds, channels, messages and threads."""

    def __init__(self, world: World, posting: Posting) -> None:
        self._world = world
        self._posting = posting

    def routes(self) -> list[Route]:
        """The table."""
        channel, message = "/channels/{channel}", "/channels/{channel}/messages/{message}"
        return [
            Route("GET", "/users/{user}", self.user),
            Route("POST", "/users/@me/channels", self.direct_channel),
            Route("GET", "/guilds/{guild}", self.guild),
            Route("GET", "/guilds/{guild}/channels", self.guild_channels),
            Route("GET", "/guilds/{guild}/roles", self.guild_roles),
            Route("GET", "/guilds/{guild}/members/{user}", self.guild_member),
            Route("GET", channel, self.channel),
            Route("PATCH", channel, self.edit_thread),
            Route("GET", f"{channel}/thread-members/{{user}}", self.thread_member),
            Route("POST", f"{channel}/typing", self.typing),
            Route("GET", f"{channel}/messages", self.history),
            Route("POST", f"{channel}/messages", self.create),
            Route("GET", message, self.get),
            Route("PATCH", message, self.edit),
            Route("DELETE", message, self.delete),
            Route("POST", f"{message}/threads", self.thread_from_message),
            Route("POST", f"{channel}/threads", self.thread),
        ]

    def _channel(self, call: Call) -> Channel:
        channel = self._world.channels.get(call.params["channel"])
        if channel is None:
            raise errors.unknown_channel()
        self._posting.may_view(channel)
        return channel

    def _message(self, call: Call, *, read: bool = False) -> Message:
        channel = self._channel(call)
        if read and not self._world.bot_may(channel, Permission.READ_MESSAGE_HISTORY):
            raise errors.missing_access()
        message = channel.messages.get(call.params["message"])
        if message is None:
            raise errors.unknown_message()
        return message

    def _shown(self, message: Message) -> Reply:
        return Reply(200, self._world.json.for_bot(message))

    def user(self, call: Call) -> Reply:
        """Get User."""
        user = self._world.users.get(call.params["user"])
        if user is None:
            raise errors.unknown_user()
        return Reply(200, render.user_json(user))

    def direct_channel(self, call: Call) -> Reply:
        """Create DM."""
        user = self._world.users.get(str(call.body.object.get("recipient_id")))
        if user is None:
            raise errors.unknown_user()
        return Reply(200, render.channel_json(self._world.direct_channel(user)))

    def guild(self, call: Call) -> Reply:
        """Get Guild."""
        guild = self._world.guilds.get(call.params["guild"])
        if guild is None or self._world.bot.id not in guild.members:
            raise errors.unknown_guild()
        return Reply(200, render.guild_json(guild))

    def guild_channels(self, call: Call) -> Reply:
        """Get Guild Channels: those the bot can view."""
        self.guild(call)
        channels = self._world.guilds[call.params["guild"]].channels.values()
        seen = [c for c in channels if not c.thread and self._world.bot_may(c, Permission.VIEW_CHANNEL)]
        return Reply(200, [render.channel_json(channel) for channel in seen])

    def guild_roles(self, call: Call) -> Reply:
        """Get Guild Roles."""
        self.guild(call)
        roles = self._world.guilds[call.params["guild"]].roles.values()
        return Reply(200, [render.role_json(role) for role in roles])

    def guild_member(self, call: Call) -> Reply:
        """Get Guild Member."""
        self.guild(call)
        member = self._world.guilds[call.params["guild"]].members.get(call.params["user"])
        if member is None:
            raise errors.unknown_member()
        return Reply(200, render.member_json(member))

    def channel(self, call: Call) -> Reply:
        """Get Channel."""
        return Reply(200, render.channel_json(self._channel(call)))

    def thread_member(self, call: Call) -> Reply:
        """Get Thread Member."""
        channel, user_id = self._channel(call), call.params["user"]
        if channel.thread is None or user_id not in channel.thread.member_ids | {channel.thread.owner_id}:
            raise errors.unknown_member()
        joined = {"id": channel.id, "user_id": user_id, "join_timestamp": now().isoformat(), "flags": 0}
        return Reply(200, joined)

    def edit_thread(self, call: Call) -> Reply:
        """Modify Channel, for threads: name, archived, locked, auto_archive_duration."""
        channel, wanted = self._channel(call), call.body.object
        if channel.thread is None or not self._world.bot_may(channel, Permission.MANAGE_THREADS):
            own = channel.thread is not None and channel.thread.owner_id == self._world.bot.id
            if not own or "locked" in wanted:
                raise errors.missing_permissions()
        state = channel.thread
        assert state is not None
        channel.name = str(wanted.get("name") or channel.name)
        state.auto_archive_minutes = int(wanted.get("auto_archive_duration") or state.auto_archive_minutes)
        archived, locked = wanted.get("archived", state.archived), wanted.get("locked", state.locked)
        self._world.archive(channel, archived=bool(archived), locked=bool(locked))
        return Reply(200, render.channel_json(channel))

    def typing(self, call: Call) -> Reply:
        """Trigger Typing Indicator."""
        self._channel(call).typed_at.append(now())
        return Reply(204)

    def history(self, call: Call) -> Reply:
        """Get Channel Messages, newest first. Without the permission to read history there are none."""
        channel, query = self._channel(call), call.query
        if not self._world.bot_may(channel, Permission.READ_MESSAGE_HISTORY):
            return Reply(200, [])
        found = sorted(channel.messages.values(), key=lambda message: int(message.id))
        if before := query.get("before"):
            found = [message for message in found if int(message.id) < int(before)]
        limit = int(query.get("limit", 50))
        if after := query.get("after"):
            found = [message for message in found if int(message.id) > int(after)][:limit]
        return Reply(200, [self._world.json.for_bot(message) for message in reversed(found[-limit:])])

    def create(self, call: Call) -> Reply:
        """Create Message."""
        return Reply(200, self._world.json.for_bot(self._posting.create(self._channel(call), call.body)))

    def get(self, call: Call) -> Reply:
        """Get Channel Message; files in it come with fresh addresses."""
        return self._shown(self._message(call, read=True))

    def edit(self, call: Call) -> Reply:
        """Edit Message."""
        message = self._message(call)
        self._posting.edit(message, call.body)
        return self._shown(message)

    def delete(self, call: Call) -> Reply:
        """Delete Message."""
        self._posting.delete(self._message(call))
        return Reply(204)

    def thread_from_message(self, call: Call) -> Reply:
        """Start Thread from Message, once."""
        message = self._message(call)
        self._may_start(message.channel, call)
        if message.thread is not None:
            raise errors.thread_exists()
        return self._started(message.channel, call, message)

    def thread(self, call: Call) -> Reply:
        """Start Thread without Message."""
        channel = self._channel(call)
        self._may_start(channel, call)
        return self._started(channel, call, None)

    def _may_start(self, channel: Channel, call: Call) -> None:
        if not self._world.bot_may(channel, Permission.CREATE_PUBLIC_THREADS):
            raise errors.missing_permissions()
        name = str(call.body.object.get("name") or "")
        if not 1 <= len(name) <= 100:
            raise errors.invalid_form("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        if channel.thread is not None:
            raise errors.ApiError(400, 50024, "Cannot execute action on this channel type")

    def _started(self, channel: Channel, call: Call, message: Message | None) -> Reply:
        wanted = call.body.object
        minutes = int(wanted.get("auto_archive_duration") or _DEFAULT_ARCHIVE)
        thread = self._world.add_thread(channel, str(wanted["name"]), self._world.bot, starter=message, minutes=minutes)
        return Reply(201, render.thread_json(thread, me=self._world.bot.id))
