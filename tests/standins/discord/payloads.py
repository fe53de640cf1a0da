"""Interaction payloads, complete as Discord's."""

from dataclasses import dataclass, field

from tests.standins.discord import render
from tests.standins.discord.bodies import File
from tests.standins.discord.cdn import Cdn
from tests.standins.discord.composing import attachment
from tests.standins.discord.message_json import MessageJson
from tests.standins.discord.model import Channel, Member, Message, Role, User
from tests.standins.discord.permissions import permissions_in
from tests.standins.discord.rules import Rules
from tests.standins.discord.world import World
from tests.standins.shapes import Json, JsonObject

_SUBCOMMAND, _GROUP = 1, 2
_STRING, _INTEGER, _BOOLEAN, _USER, _CHANNEL, _ROLE, _NUMBER, _ATTACHMENT = 3, 4, 5, 6, 7, 8, 10, 11


@dataclass(slots=True, kw_only=True)
class Upload:
    """A file that a member gives to a command or a modal; its type follows from its name."""

    data: bytes
    filename: str = "image.png"
    content_type: str = "application/octet-stream"


@dataclass(slots=True, kw_only=True)
class Resolved:
    """The `resolved` part: whatever options and fields refer to by id."""

    world: World
    cdn: Cdn
    json: MessageJson
    channel: Channel
    body: JsonObject = field(default_factory=dict[str, object])

    def _add(self, kind: str, key: str, value: JsonObject) -> str:
        self.body.setdefault(kind, {})[key] = value
        return key

    def user(self, user: User) -> str:
        """A user, and the member they are here."""
        self._add("users", user.id, render.user_json(user))
        guild = self.channel.guild
        if guild and (member := guild.members.get(user.id)):
            bits = {"permissions": str(permissions_in(self.channel, user.id))}
            self._add("members", user.id, render.member_json(member, with_user=False) | bits)
        return user.id

    def refer(self, value: object) -> Json:
        """The value of an option: an id for what is resolved, else the value as given."""
        if isinstance(value, bytes):
            value = Upload(data=value)
        if isinstance(value, Upload):
            given = File(index="", filename=value.filename, content_type=value.content_type, data=value.data)
            file = attachment(self.world, self.channel.id, given, ephemeral=True)
            return self._add("attachments", file.id, self.cdn.attachment(file))
        if isinstance(value, Message):
            return self._add("messages", value.id, self.json.full(value))
        if isinstance(value, Role):
            return self._add("roles", value.id, render.role_json(value))
        if isinstance(value, Channel):
            return self._add("channels", value.id, channel_part(value, self.world.bot.id))
        user = getattr(value, "user", value)
        return self.user(user) if isinstance(user, User) else value


def option_type(value: object) -> int:
    """The option type that a client would use for a value, where the command declares none."""
    known: list[tuple[type | tuple[type, ...], int]] = [
        (bool, _BOOLEAN),
        (int, _INTEGER),
        (float, _NUMBER),
        ((bytes, Upload), _ATTACHMENT),
        (Channel, _CHANNEL),
        (Role, _ROLE),
        (str, _STRING),
    ]
    return next((kind for types, kind in known if isinstance(value, types)), _USER)


def options(command: JsonObject, path: list[str], given: dict[str, object], resolved: Resolved, focused: str) -> Json:
    """The options of a command or, by `path`, of a subcommand; `focused` names the one being typed.

    Values go out as given, also those that the command's limits forbid.
    """
    declared: list[JsonObject] = command.get("options") or []
    if path:
        inner = next((option for option in declared if option["name"] == path[0]), None)
        if inner is None:
            raise LookupError(f"/{command['name']} has no subcommand {path[0]!r}")
        nested = options(inner, path[1:], given, resolved, focused)
        return [{"type": inner["type"], "name": path[0], "options": nested}]
    types = {option["name"]: option["type"] for option in declared}
    if types and set(types.values()) <= {_SUBCOMMAND, _GROUP}:
        raise LookupError(f"/{command['name']} needs one of: {', '.join(types)}")
    out: list[JsonObject] = []
    for name, value in given.items():
        option: JsonObject = {
            "name": name,
            "type": types.get(name) or option_type(value),
            "value": resolved.refer(value),
        }
        if name == focused:
            option["focused"] = True
        out.append(option)
    return out


def channel_part(channel: Channel, viewer_id: str) -> JsonObject:
    """A channel inside an interaction: partial, with the permissions of who looks."""
    body = render.channel_json(channel)
    body.pop("permission_overwrites", None)
    return body | {"permissions": str(permissions_in(channel, viewer_id))}


def interaction(
    world: World,
    rules: Rules,
    *,
    kind: int,
    token: str,
    user: User,
    member: Member | None,
    channel: Channel,
    locale: str,
    data: JsonObject,
) -> JsonObject:
    """INTERACTION_CREATE."""
    guild = channel.guild
    limit = rules.interaction_limit_of(guild.premium_tier if guild else 0)
    body: JsonObject = {
        "id": world.ids.next(),
        "application_id": world.bot.id,
        "type": kind,
        "token": token,
        "version": 1,
        "data": data,
        "channel_id": channel.id,
        "channel": channel_part(channel, user.id),
        "locale": locale,
        "app_permissions": str(permissions_in(channel, world.bot.id)),
        "attachment_size_limit": limit,
        "authorizing_integration_owners": {"0": guild.id if guild else "0"},
        "context": 0 if guild else 1,
        "entitlements": [],
        "entitlement_sku_ids": [],
    }
    if guild is None or member is None:
        return body | {"user": render.user_json(user)}
    return body | {
        "guild_id": guild.id,
        "guild": {"id": guild.id, "locale": guild.locale, "features": []},
        "guild_locale": guild.locale,
        "member": render.member_json(member) | {"permissions": str(permissions_in(channel, user.id))},
    }
