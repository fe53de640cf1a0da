"""A person at a client: what they can do there, a test does with these methods.

Each gesture sends what Discord would send to the bot and gives back an `Invocation` (or the message that was
written). A person is in one channel at a time: `person.at(thread).slash(...)`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.standins.discord import payloads
from tests.standins.discord.application import ApplicationRoutes
from tests.standins.discord.bodies import File
from tests.standins.discord.callbacks import CallbackRoutes
from tests.standins.discord.cdn import Cdn
from tests.standins.discord.composing import attachment
from tests.standins.discord.gateway import Gateway
from tests.standins.discord.invocation import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, OPEN_MODAL, Answer, Invocation
from tests.standins.discord.model import Channel, Member, Message, User, walk
from tests.standins.discord.payloads import Resolved, Upload
from tests.standins.discord.posting import Posting
from tests.standins.discord.rules import Rules
from tests.standins.discord.waiting import Pulse
from tests.standins.discord.world import ALWAYS, Event, World
from tests.standins.shapes import Json, JsonObject, as_list, objects

_CHAT, _MESSAGE_MENU = 1, 3
_TEXT_INPUT, _ONE_VALUE = 4, (4, 21, 23)


@dataclass(slots=True, kw_only=True)
class Wiring:
    """The parts of the stand-in that a gesture touches."""

    world: World
    rules: Rules
    cdn: Cdn
    pulse: Pulse
    gateway: Gateway
    application: ApplicationRoutes
    callbacks: CallbackRoutes
    posting: Posting


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Person:
    """Someone in a channel. `locale` is their client's language."""

    wiring: Wiring
    user: User
    channel: Channel
    locale: str = "en-US"

    @property
    def id(self) -> str:
        """Their user id."""
        return self.user.id

    @property
    def member(self) -> Member | None:
        """What they are in this channel's guild."""
        return self.channel.guild.members.get(self.user.id) if self.channel.guild else None

    def at(self, channel: Channel) -> "Person":
        """The same person in another channel or thread."""
        return replace(self, channel=channel)

    def in_direct_messages(self) -> "Person":
        """The same person in their direct messages with the bot."""
        return self.at(self.wiring.world.direct_channel(self.user))

    def slash(self, command: str, /, **given: object) -> Invocation:
        """Runs `/command`, a subcommand by its words ("quota set"). Options go out as given, in order.

        Files are bytes or `Upload`; people, roles and channels are given as such.
        """
        return self._send(COMMAND, self._command_data(command, given, focused=""))

    def autocomplete(self, command: str, focused: str, /, **given: object) -> Invocation:
        """Types into the option `focused`; `(await it.answer()).choices` is what is offered."""
        return self._send(AUTOCOMPLETE, self._command_data(command, given, focused=focused))

    def message_menu(self, name: str, message: Message) -> Invocation:
        """Picks an entry from a message's menu."""
        command = self.wiring.application.find(_MESSAGE_MENU, name, self._guild_id())
        resolved = self._resolved()
        target = resolved.refer(message)
        data = {"id": command["id"], "name": name, "type": _MESSAGE_MENU, "target_id": target}
        return self._send(COMMAND, data | {"resolved": resolved.body})

    def press(self, message: Message, what: str, *, stale: bool = False) -> Invocation:
        """Presses a button by label or custom id. `stale`: on an earlier version of the message, just before an edit."""
        seen, button = _component(message, what, kinds=(2,), stale=stale)
        if button.get("disabled") and not stale:
            raise LookupError(f"{what!r} is disabled")
        data = {"component_type": 2, "custom_id": button["custom_id"], "id": button["id"]}
        return self.at(message.channel)._send(COMPONENT, data, source=message, seen=seen if stale else None)

    def forge(self, message: Message, custom_id: str) -> Invocation:
        """Presses a button that a message never had, as if it had."""
        row: JsonObject = {"type": 1, "id": 90, "components": []}
        row["components"] = [{"type": 2, "id": 91, "style": 2, "label": "forged", "custom_id": custom_id}]
        seen = {**self.wiring.world.json.full(message), "components": [row]}
        data: JsonObject = {"component_type": 2, "custom_id": custom_id, "id": 91}
        return self._send(COMPONENT, data, source=message, seen=seen)

    def forge_modal(self, message: Message, custom_id: str, values: dict[str, str]) -> Invocation:
        """Submits a modal that nobody opened."""
        fields: list[JsonObject] = [
            {"type": 18, "id": at, "component": {"type": 4, "id": 100 + at, "custom_id": name, "value": value}}
            for at, (name, value) in enumerate(values.items(), 1)
        ]
        return self._send(MODAL, {"custom_id": custom_id, "components": fields}, source=message)

    def select(self, message: Message, custom_id: str, values: Sequence[str]) -> Invocation:
        """Picks from a select menu of strings."""
        _, menu = _component(message, custom_id, kinds=(3, 5, 6, 7, 8), stale=False)
        data = {"component_type": menu["type"], "custom_id": custom_id, "values": list(values), "id": menu["id"]}
        return self.at(message.channel)._send(COMPONENT, data, source=message)

    def submit_modal(self, opened: Invocation, values: dict[str, object] | None = None) -> Invocation:
        """Submits the modal that answered `opened`, with values by custom id or label; the rest stays as filled in."""
        answer = opened.first
        if answer is None or answer.type != OPEN_MODAL:
            raise LookupError(f"no modal was opened; the answer is {answer}")
        resolved = self._resolved()
        data: JsonObject = {
            "custom_id": answer.data["custom_id"],
            "components": _filled(answer, dict(values or {}), resolved),
            "resolved": resolved.body,
        }
        return self.at(opened.channel)._send(MODAL, data, source=opened.source)

    def say(self, text: str, *, files: Sequence[Upload] = ()) -> Message:
        """Writes a message. Mentions in it count."""
        return self._write(text, files, None, ping=False)

    def reply(self, message: Message, text: str, *, ping: bool = True, files: Sequence[Upload] = ()) -> Message:
        """Replies, with the ping on or off. One to an answer of an interaction names the bot, which may not read it."""
        return self.at(message.channel)._write(text, files, message, ping=ping)

    def _write(self, text: str, files: Sequence[Upload], target: Message | None, *, ping: bool) -> Message:
        world = self.wiring.world
        message = Message(id=world.ids.next(), channel=self.channel, author=self.user, content=text)
        message.mentions = [user for user in world.users.values() if user.mention in text]
        if target is not None:
            message.type, message.reply_to, message.reply_to_id = 19, target, target.id
            if ping and target.author not in message.mentions:
                message.mentions.append(target.author)
        for index, upload in enumerate(files):
            file = File(index=str(index), filename=upload.filename, content_type=upload.content_type, data=upload.data)
            message.attachments.append(attachment(world, self.channel.id, file))
        self.wiring.posting.say(message)
        return message

    def _guild_id(self) -> str | None:
        return self.channel.guild.id if self.channel.guild else None

    def _resolved(self) -> Resolved:
        world = self.wiring.world
        return Resolved(world=world, cdn=self.wiring.cdn, json=world.json, channel=self.channel)

    def _command_data(self, command: str, given: dict[str, object], *, focused: str) -> JsonObject:
        top, *path = command.split()
        known = self.wiring.application.find(_CHAT, top, self._guild_id())
        resolved = self._resolved()
        data: JsonObject = {"id": known["id"], "name": top, "type": _CHAT}
        if filled := payloads.options(known, path, given, resolved, focused):
            data["options"] = filled
        if resolved.body:
            data["resolved"] = resolved.body
        if guild_id := known.get("guild_id"):
            data["guild_id"] = guild_id
        return data

    def _send(
        self, kind: int, data: JsonObject, *, source: Message | None = None, seen: JsonObject | None = None
    ) -> Invocation:
        wiring, token = self.wiring, secrets.token_hex(32)
        payload = payloads.interaction(
            wiring.world,
            wiring.rules,
            kind=kind,
            token=token,
            user=self.user,
            member=self.member,
            channel=self.channel,
            locale=self.locale,
            data=data,
        )
        if source is not None:
            payload["message"] = seen or wiring.world.json.full(source)
        invocation = Invocation(
            id=payload["id"],
            token=token,
            type=kind,
            user=self.user,
            member=self.member,
            channel=self.channel,
            payload=payload,
            rules=wiring.rules,
            pulse=wiring.pulse,
            source=source,
        )
        wiring.callbacks.remember(invocation)
        wiring.gateway.emit(Event(name="INTERACTION_CREATE", payload=payload, intent=ALWAYS, guild_id=self._guild_id()))
        return invocation


def _component(message: Message, what: str, *, kinds: tuple[int, ...], stale: bool) -> tuple[JsonObject, JsonObject]:
    """The message as it was seen, and its component by custom id or label."""
    versions = message.versions if stale else message.versions[-1:]
    offered: list[str] = []
    for version in reversed(versions):
        for part in walk(version["components"]):
            if part["type"] in kinds and part.get("custom_id"):
                offered.append(str(part.get("label") or part["custom_id"]))
                if what in (part["custom_id"], part.get("label")):
                    return version, part
    raise LookupError(f"nothing to press called {what!r}; there is: {', '.join(offered) or 'nothing'}")


def _filled(answer: Answer, values: dict[str, object], resolved: Resolved) -> list[JsonObject]:
    """The modal's components as a client submits them."""
    out: list[JsonObject] = []
    for index, part in enumerate(answer.data["components"], 1):
        base: JsonObject = {"type": part["type"], "id": part.get("id") or index}
        if part["type"] == 18:
            inner = part["component"]
            given = values.pop(inner["custom_id"], values.pop(str(part.get("label")), None))
            out.append(base | {"component": _field(inner, given, resolved)})
        elif part["type"] == 1:
            fields: list[JsonObject] = []
            for inner in part["components"]:
                given = values.pop(inner["custom_id"], values.pop(str(inner.get("label")), None))
                fields.append(_field(inner, given, resolved))
            out.append(base | {"components": fields})
        else:
            out.append(base)
    if values:
        raise LookupError(f"the modal has no {', '.join(values)}")
    return out


def _field(part: JsonObject, given: object, resolved: Resolved) -> JsonObject:
    kind = part["type"]
    out: JsonObject = {"type": kind, "id": part.get("id") or 100, "custom_id": part["custom_id"]}
    if kind in _ONE_VALUE:
        return out | {"value": _default(part) if given is None else given}
    chosen: Json = _default(part) if given is None else given
    return out | {"values": [resolved.refer(value) for value in as_list(chosen)]}


def _default(part: JsonObject) -> Json:
    kind = part["type"]
    if kind == _TEXT_INPUT:
        return part.get("value") or ""
    if kind == 23:
        return bool(part.get("default"))
    chosen = [option["value"] for option in objects(part.get("options")) if option.get("default")]
    chosen += [value["id"] for value in objects(part.get("default_values"))]
    return (chosen[0] if chosen else None) if kind == 21 else chosen
