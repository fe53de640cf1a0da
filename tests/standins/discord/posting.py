"""Creating, editing and deleting the bot's messages by its token, as the channel routes of Discord do.

`Posting.create` promises one message for one nonce: a repeat within the window gives the earlier message back, and
"Unknown Message" if that one was deleted since.
"""

import time

from tests.standins.discord.bodies import Body
from tests.standins.discord.composing import compose
from tests.standins.discord.errors import (
    archived_thread,
    empty_message,
    foreign_message,
    invalid_form,
    locked_thread,
    missing_access,
    missing_permissions,
    reply_without_history,
    unknown_message,
)
from tests.standins.discord.model import LOADING, Channel, Message, now
from tests.standins.discord.permissions import Permission
from tests.standins.discord.rules import Rules
from tests.standins.discord.world import World
from tests.standins.shapes import JsonObject


class Posting:
    """The bot's hand in a channel."""

    def __init__(self, world: World, rules: Rules) -> None:
        self._world = world
        self._rules = rules
        self._nonces: dict[str, tuple[float, Message]] = {}

    def _limit(self, channel: Channel) -> int:
        return self._rules.upload_limit_of(channel.guild.premium_tier if channel.guild else 0)

    def create(self, channel: Channel, body: Body) -> Message:
        """Create Message."""
        payload = body.object
        nonce = payload.get("nonce")
        if isinstance(nonce, str) and len(nonce) > 25:
            raise invalid_form("nonce", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        self._may_send(channel, body)
        enforced = str(nonce) if nonce is not None and payload.get("enforce_nonce") else None
        if enforced and (earlier := self._earlier(enforced)):
            return earlier
        message = Message(id=self._world.ids.next(), channel=channel, author=self._world.bot)
        message.nonce = None if nonce is None else str(nonce)
        draft = compose(self._world, channel, body, before=None, limit=self._limit(channel), interaction=False)
        draft.flags &= ~(1 << 6)
        draft.apply(message)
        message.pinged = draft.pinged
        self._refer(message, payload)
        if channel.thread and channel.thread.archived:
            self._world.archive(channel, archived=False)
        if enforced:
            self._nonces[enforced] = (time.monotonic(), message)
        self._world.publish(message)
        return message

    def _earlier(self, nonce: str) -> Message | None:
        at, message = self._nonces.get(nonce, (float("-inf"), None))
        if message is None or time.monotonic() - at > self._rules.nonce_window:
            return None
        if message.deleted:
            raise unknown_message()
        return message

    def _may_send(self, channel: Channel, body: Body) -> None:
        world = self._world
        self.may_view(channel)
        speak = Permission.SEND_MESSAGES_IN_THREADS if channel.thread else Permission.SEND_MESSAGES
        if not world.bot_may(channel, speak) or (body.files and not world.bot_may(channel, Permission.ATTACH_FILES)):
            raise missing_permissions()
        if channel.thread and channel.thread.locked and not world.bot_may(channel, Permission.MANAGE_THREADS):
            raise locked_thread()

    def may_view(self, channel: Channel) -> None:
        """Raises "Missing Access" where the bot cannot look, as in a server that it was thrown out of."""
        if not self._world.bot_may(channel, Permission.VIEW_CHANNEL):
            raise missing_access()

    def _refer(self, message: Message, payload: JsonObject) -> None:
        """Makes the message a reply. The author of the other one is pinged unless `replied_user` says no."""
        reference: JsonObject | None = payload.get("message_reference")
        if not reference:
            return
        channel = message.channel
        if not self._world.bot_may(channel, Permission.READ_MESSAGE_HISTORY):
            raise reply_without_history()
        target = channel.messages.get(str(reference.get("message_id")))
        if target is None:
            if reference.get("fail_if_not_exists", True):
                raise invalid_form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            return
        message.reply_to, message.reply_to_id, message.type = target, target.id, 19
        allowed = payload.get("allowed_mentions")
        if allowed is None or allowed.get("replied_user"):
            message.pinged.add(target.author.id)
            if target.author not in message.mentions:
                message.mentions.append(target.author)

    def edit(self, message: Message, body: Body) -> None:
        """Edit Message, by the bot's token."""
        if message.author is not self._world.bot:
            raise foreign_message()
        if message.channel.thread and message.channel.thread.archived:
            raise archived_thread()
        if body.files and not self._world.bot_may(message.channel, Permission.ATTACH_FILES):
            raise missing_permissions()
        self.change(message, body, limit=self._limit(message.channel), interaction=False)

    def change(self, message: Message, body: Body, *, limit: int, interaction: bool) -> None:
        """Carries out an edit that is allowed; it notifies nobody. What said "thinking…" is a message from then on."""
        draft = compose(self._world, message.channel, body, before=message, limit=limit, interaction=interaction)
        draft.apply(message)
        message.flags &= ~LOADING
        message.edited_at = now()
        self._world.update(message)

    def delete(self, message: Message) -> None:
        """Delete Message: its own, or with Manage Messages anybody's."""
        own = message.author is self._world.bot
        if not own and not self._world.bot_may(message.channel, Permission.MANAGE_MESSAGES):
            raise missing_permissions()
        self._world.delete(message)

    def say(self, message: Message) -> None:
        """Publishes what a person wrote."""
        if not message.content and not message.attachments:
            raise empty_message()
        if message.channel.thread and message.channel.thread.archived:
            self._world.archive(message.channel, archived=False)
        self._world.publish(message)
