"""The things of Discord's world as plain data. What is allowed with them is decided elsewhere; ids are text."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.standins.shapes import JsonObject

EPHEMERAL = 1 << 6
LOADING = 1 << 7
COMPONENTS_V2 = 1 << 15

TEXT_CHANNEL, DIRECT, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 11, 12

_DISCORD_EPOCH_MS = 1_420_070_400_000


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


class Snowflakes:
    """Ids that grow and tell their time, as Discord's do."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        """A new id, larger than every one before."""
        wanted = (int(time.time() * 1000) - _DISCORD_EPOCH_MS) << 22
        self._last = max(self._last + 1, wanted)
        return str(self._last)


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    id: str
    name: str
    bot: bool = False

    @property
    def mention(self) -> str:
        """The text that mentions them."""
        return f"<@{self.id}>"


@dataclass(slots=True, kw_only=True, eq=False)
class Role:
    id: str
    name: str
    permissions: int
    position: int = 1


@dataclass(slots=True, kw_only=True)
class Overwrite:
    allow: int = 0
    deny: int = 0


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Member:
    user: User
    guild: "Guild"
    role_ids: list[str]
    nick: str | None = None
    joined_at: datetime = field(default_factory=now)

    @property
    def id(self) -> str:
        """The user's id."""
        return self.user.id


@dataclass(slots=True, kw_only=True)
class ThreadState:
    owner_id: str
    auto_archive_minutes: int = 1440
    archived: bool = False
    locked: bool = False
    member_ids: set[str] = field(default_factory=set[str])
    created_at: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Channel:
    """A text channel, a direct message (no guild) or a thread (`thread` is set, `parent` is where it began)."""

    id: str
    guild: "Guild | None"
    name: str
    type: int = TEXT_CHANNEL
    parent: "Channel | None" = None
    thread: ThreadState | None = None
    recipient: User | None = None
    overwrites: dict[str, Overwrite] = field(default_factory=dict[str, Overwrite])
    messages: dict[str, "Message"] = field(default_factory=dict[str, "Message"])
    ephemerals: dict[str, "Message"] = field(default_factory=dict[str, "Message"])
    typed_at: list[datetime] = field(default_factory=list[datetime])


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Guild:
    id: str
    name: str
    owner_id: str
    premium_tier: int = 0
    locale: str = "en-US"
    roles: dict[str, Role] = field(default_factory=dict[str, Role])
    members: dict[str, Member] = field(default_factory=dict[str, Member])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])
    joined_at: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Attachment:
    """A file at the CDN with its bytes; `gone` takes it away as Discord does with files of interactions."""

    id: str
    channel_id: str
    filename: str
    data: bytes
    content_type: str
    description: str | None = None
    width: int | None = None
    height: int | None = None
    ephemeral: bool = False
    gone: bool = False

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Message:
    """A message as people see it. `viewer_id` names the only person who sees an ephemeral one.

    `pinged` holds the ids that were notified when it was sent; `versions` what the client was shown, oldest first.
    """

    id: str
    channel: Channel
    author: User
    content: str = ""
    embeds: list[JsonObject] = field(default_factory=list[JsonObject])
    components: list[JsonObject] = field(default_factory=list[JsonObject])
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    flags: int = 0
    type: int = 0
    nonce: str | None = None
    reply_to: "Message | None" = None
    reply_to_id: str | None = None
    forwarded: "Message | None" = None
    mentions: list[User] = field(default_factory=list[User])
    pinged: set[str] = field(default_factory=set[str])
    interaction: JsonObject | None = None
    viewer_id: str | None = None
    thread: Channel | None = None
    created_at: datetime = field(default_factory=now)
    edited_at: datetime | None = None
    deleted: bool = False
    versions: list[JsonObject] = field(default_factory=list[JsonObject])

    @property
    def ephemeral(self) -> bool:
        """Only one person sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """It says "thinking…" only."""
        return bool(self.flags & LOADING)

    @property
    def text(self) -> str:
        """All words people read: content, or the text displays of a card, in order."""
        shown = [self.content, *(part["content"] for part in walk(self.components) if part["type"] == 10)]
        return "\n".join(part for part in shown if part)

    @property
    def buttons(self) -> list[JsonObject]:
        """Every button in it, in order."""
        return [part for part in walk(self.components) if part["type"] == 2]

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons that can be pressed."""
        return [str(button.get("label")) for button in self.buttons if not button.get("disabled")]

    @property
    def shown_files(self) -> list[Attachment]:
        """The files people see: in a card only those that a component refers to."""
        if not self.flags & COMPONENTS_V2:
            return list(self.attachments)
        urls = list(media_urls(self.components))
        return [file for file in self.attachments if any(refers_to(url, file) for url in urls)]


def refers_to(url: str, file: Attachment) -> bool:
    """Whether an address in a component means this file, by its name or by its place at the CDN."""
    return url == f"attachment://{file.filename}" or f"/{file.id}/" in url


def walk(components: list[JsonObject]) -> Iterator[JsonObject]:
    """Every component, nested ones included, in reading order."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        inner = [component[key] for key in ("accessory", "component") if component.get(key)]
        yield from walk(inner)


def media_urls(components: list[JsonObject]) -> Iterator[str]:
    """The addresses in galleries, files and thumbnails."""
    for part in walk(components):
        items = [item.get("media") for item in part.get("items", [])] if part["type"] == 12 else []
        for media in (*items, part.get("media"), part.get("file")):
            if media:
                yield str(media.get("url"))
