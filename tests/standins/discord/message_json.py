"""Discord's JSON for a message: whole, or as an app without the message-content intent gets it.

A file that a component or an embed shows is **not** in `attachments` (discord-api-docs issue 8277, PR 8279): its
address is in the component's media.
"""

from tests.standins.discord import components
from tests.standins.discord.cdn import Cdn
from tests.standins.discord.model import COMPONENTS_V2, Attachment, Message, User, refers_to
from tests.standins.discord.render import moment, thread_json, user_json
from tests.standins.shapes import JsonObject

_EMBED_MEDIA = ("image", "thumbnail", "video")


class MessageJson:
    """Writes messages for one bot and one CDN."""

    def __init__(self, cdn: Cdn, bot: User) -> None:
        self._cdn = cdn
        self._bot = bot

    def full(self, message: Message, *, nested: bool = False) -> JsonObject:
        """Everything in it; `nested` leaves out the message that it replies to."""
        return self._message(message, nested=nested, full=True)

    def for_bot(self, message: Message, *, nested: bool = False, intent: bool = False) -> JsonObject:
        """As the bot gets it: whole if it is its own, mentions it, is a direct message, or by intent."""
        own = message.author is self._bot or self._mentions(message)
        return self._message(message, nested=nested, full=own or intent or message.channel.guild is None)

    def _mentions(self, message: Message) -> bool:
        """Whether it counts as a mention of the bot: the ping of a reply to an answer of an interaction does not."""
        answered = message.reply_to.interaction if message.reply_to else None
        return self._bot in message.mentions and (answered is None or self._bot.mention in message.content)

    def _message(self, message: Message, *, nested: bool, full: bool) -> JsonObject:
        embeds, used = self._embeds(message)
        if message.flags & COMPONENTS_V2:
            used += message.shown_files
        body: JsonObject = {
            "id": message.id,
            "channel_id": message.channel.id,
            "author": user_json(message.author),
            "type": message.type,
            "content": message.content if full else "",
            "embeds": embeds if full else [],
            "components": components.shown(message.components, lambda url: self._media(message, url)) if full else [],
            "attachments": [self._cdn.attachment(f) for f in message.attachments if f not in used] if full else [],
            "mentions": [user_json(user) for user in message.mentions],
            "mention_roles": [],
            "mention_everyone": "everyone" in message.pinged,
            "timestamp": moment(message.created_at),
            "edited_timestamp": moment(message.edited_at),
            "flags": message.flags,
            "pinned": False,
            "tts": False,
        }
        if message.nonce is not None:
            body["nonce"] = message.nonce
        if message.interaction is not None:
            body |= {"webhook_id": self._bot.id, "application_id": self._bot.id}
            body["interaction_metadata"] = message.interaction
        if message.forwarded is not None and full:
            body["message_snapshots"] = [{"message": self._snapshot(message.forwarded)}]
        if message.thread is not None:
            body["thread"] = thread_json(message.thread)
        if message.reply_to_id is not None:
            body |= self._reference(message, nested=nested)
        return body

    def _snapshot(self, forwarded: Message) -> JsonObject:
        """What a forward shows of a message: Discord names these fields and no others."""
        whole = self._message(forwarded, nested=True, full=True)
        kept = ("type", "content", "embeds", "components", "attachments", "mentions", "mention_roles", "flags")
        return {name: whole[name] for name in (*kept, "timestamp", "edited_timestamp")}

    def _reference(self, message: Message, *, nested: bool) -> JsonObject:
        guild, target = message.channel.guild, message.reply_to
        reference = {"type": 0, "channel_id": message.channel.id, "message_id": message.reply_to_id}
        body: JsonObject = {"message_reference": reference | ({"guild_id": guild.id} if guild else {})}
        if not nested:
            body["referenced_message"] = self.for_bot(target, nested=True) if target and not target.deleted else None
        return body

    def _media(self, message: Message, url: str) -> components.Media:
        for file in message.attachments:
            if refers_to(url, file):
                return components.Media(self._cdn.unfurled(file), file.filename, file.size)
        foreign = {"id": message.id, "url": url, "proxy_url": url, "width": 0, "height": 0, "content_type": None}
        return components.Media(foreign, None, None)

    def _embeds(self, message: Message) -> tuple[list[JsonObject], list[Attachment]]:
        used: list[Attachment] = []
        embeds: list[JsonObject] = []
        for embed in message.embeds:
            shown: JsonObject = {"type": "rich", **embed}
            for key in _EMBED_MEDIA:
                media: JsonObject = embed.get(key) or {}
                for file in message.attachments:
                    if refers_to(str(media.get("url")), file):
                        used.append(file)
                        shown[key] = media | {"url": self._cdn.url(file)}
            embeds.append(shown)
        return embeds, used
