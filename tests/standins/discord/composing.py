"""From a request to what a message is: Discord's rules for texts, flags, files and mentions.

`compose` takes the payload of a create or an edit on top of what was there, and raises the refusal Discord would
send. Nothing is changed until `Draft.apply`.
"""

import contextlib
import io
import json
import mimetypes
import re
from dataclasses import dataclass

from PIL import Image

from tests.standins.discord import components
from tests.standins.discord.bodies import Body, File
from tests.standins.discord.errors import empty_message, entity_too_large, harmful_link, invalid_form
from tests.standins.discord.model import COMPONENTS_V2, EPHEMERAL, Attachment, Channel, Message, User
from tests.standins.discord.permissions import Permission
from tests.standins.discord.world import World
from tests.standins.shapes import JsonObject, as_list, is_object

_SENDABLE_FLAGS = 1 << 2 | EPHEMERAL | 1 << 12 | 1 << 13 | COMPONENTS_V2
_UNSAFE = re.compile(r"[^\w.\-]+")


@dataclass(slots=True, kw_only=True)
class Draft:
    """A message's parts, checked. Mentions are as `allowed_mentions` leaves them."""

    content: str
    embeds: list[JsonObject]
    components: list[JsonObject]
    attachments: list[Attachment]
    flags: int
    mentions: list[User]
    pinged: set[str]

    def apply(self, message: Message) -> None:
        """Makes the message so."""
        message.content, message.embeds, message.components = self.content, self.embeds, self.components
        message.attachments, message.flags, message.mentions = self.attachments, self.flags, self.mentions


def safe_filename(name: str) -> str:
    """A file's name as Discord keeps it: blanks become underscores, other signs go."""
    return _UNSAFE.sub("", name.replace(" ", "_")) or "unknown"


def attachment(world: World, place: str, file: File, *, ephemeral: bool = False) -> Attachment:
    """A stored file; its type follows from its name, an image also gets its size in pixels."""
    kind = mimetypes.guess_type(file.filename)[0] or file.content_type
    name = safe_filename(file.filename)
    kept = Attachment(
        id=world.ids.next(), channel_id=place, filename=name, data=file.data, content_type=kind, ephemeral=ephemeral
    )
    if kind.startswith("image/"):
        with contextlib.suppress(OSError), Image.open(io.BytesIO(file.data)) as image:
            kept.width, kept.height = image.size
    world.files[kept.id] = kept
    return kept


def compose(
    world: World, channel: Channel, body: Body, *, before: Message | None, limit: int, interaction: bool
) -> Draft:
    """The parts of a new message (`before` is None) or of an edited one. `limit`: bytes of one file."""
    payload = body.object
    if any(len(file.data) > limit for file in body.files):
        raise entity_too_large()
    attachments, renamed = _attachments(world, channel, body, before)
    old = Draft(content="", embeds=[], components=[], attachments=[], flags=0, mentions=[], pinged=set())
    if before is not None:
        old.content, old.embeds, old.components, old.flags = (
            before.content,
            before.embeds,
            before.components,
            before.flags,
        )
    flags = int(payload.get("flags") or 0) & _SENDABLE_FLAGS
    draft = Draft(
        content=payload.get("content") or "" if "content" in payload else old.content,
        embeds=payload.get("embeds") or [] if "embeds" in payload else old.embeds,
        components=payload.get("components") or [] if "components" in payload else old.components,
        attachments=attachments,
        flags=flags if before is None else old.flags | flags & COMPONENTS_V2,
        mentions=[],
        pinged=set(),
    )
    draft.components = [_renamed(part, renamed) for part in draft.components]
    _check(draft, payload)
    shown = json.dumps([draft.content, draft.components])
    if any(host in shown for host in world.harmful):
        raise harmful_link()
    _mentions(world, channel, draft, payload, interaction=interaction)
    return draft


def _attachments(
    world: World, channel: Channel, body: Body, before: Message | None
) -> tuple[list[Attachment], dict[str, str]]:
    existing = {file.id: file for file in before.attachments} if before else {}
    listed: list[JsonObject] | None = body.object.get("attachments")
    meta = {str(item["id"]): item for item in listed or []}
    uploads = {file.index: file for file in body.files}
    for index, key in enumerate(meta):
        if key not in existing and key not in uploads:
            raise invalid_form(f"attachments.{index}.id", "ATTACHMENT_NOT_FOUND", f"Attachment {key} was not found")
    kept = [file for key, file in existing.items() if listed is None or key in meta]
    renamed: dict[str, str] = {}
    for index, file in uploads.items():
        about = meta.get(index, {})
        name = str(about.get("filename") or file.filename)
        stored = attachment(
            world,
            channel.id,
            File(index=index, filename=name, content_type=file.content_type, data=file.data),
        )
        stored.description = about.get("description")
        renamed[f"attachment://{name}"] = f"attachment://{stored.filename}"
        kept.append(stored)
    if len(kept) > 10:
        raise invalid_form("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    return kept, renamed


def _renamed(part: JsonObject, names: dict[str, str]) -> JsonObject:
    """The component with references to uploads under the names that were kept."""
    out: JsonObject = {}
    for key, value in part.items():
        if key == "url":
            value = names.get(value, value)
        elif is_object(value):
            value = _renamed(value, names)
        elif isinstance(value, list):
            value = [_renamed(item, names) if is_object(item) else item for item in as_list(value)]
        out[key] = value
    return out


def _check(draft: Draft, payload: JsonObject) -> None:
    v2 = bool(draft.flags & COMPONENTS_V2)
    if len(draft.content) > 2000:
        raise invalid_form("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
    if v2 and (draft.content or draft.embeds or payload.get("poll") or payload.get("sticker_ids")):
        text = "The 'content' and 'embeds' fields cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        raise invalid_form("flags", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
    names = [file.filename for file in draft.attachments]
    components.check(draft.components, v2=v2, filenames=set(names))
    if not (draft.content or draft.embeds or draft.components or draft.attachments):
        raise empty_message()


def _mentions(world: World, channel: Channel, draft: Draft, payload: JsonObject, *, interaction: bool) -> None:
    """Who is mentioned and pinged. Without `allowed_mentions`: everything, but for interactions users only."""
    allowed: JsonObject | None = payload.get("allowed_mentions")
    probe = Message(id="", channel=channel, author=world.bot, content=draft.content, components=draft.components)
    text = probe.text
    if allowed is None:
        parse = {"users"} if interaction else {"users", "roles", "everyone"}
        allowed = {}
    else:
        parse = {str(kind) for kind in allowed.get("parse") or ()}
        for kind in ("users", "roles"):
            if kind in parse and allowed.get(kind):
                why = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
                raise invalid_form("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", why)
    listed = {str(key) for kind in ("users", "roles") for key in allowed.get(kind) or ()}
    users = [key for key in dict.fromkeys(re.findall(r"<@!?(\d+)>", text)) if "users" in parse or key in listed]
    roles = [key for key in re.findall(r"<@&(\d+)>", text) if "roles" in parse or key in listed]
    draft.mentions = [world.users[key] for key in users if key in world.users]
    draft.pinged = {*users, *roles}
    everyone = re.search(r"@(everyone|here)\b", text) and "everyone" in parse
    if everyone and world.bot_may(channel, Permission.MENTION_EVERYONE):
        draft.pinged.add("everyone")
