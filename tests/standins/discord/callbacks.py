"""The routes of interactions: the callback, and the webhook of a token with its messages."""

from tests.standins.discord.bodies import Body
from tests.standins.discord.composing import compose
from tests.standins.discord.errors import empty_message, invalid_form, unknown_interaction, unknown_webhook
from tests.standins.discord.http import Call, Reply, Route
from tests.standins.discord.invocation import (
    AUTOCOMPLETE,
    CHOICES,
    COMPONENT,
    DEFERRED,
    DEFERRED_UPDATE,
    MESSAGE,
    MODAL,
    OPEN_MODAL,
    UPDATE,
    Invocation,
)
from tests.standins.discord.model import EPHEMERAL, LOADING, Message
from tests.standins.discord.posting import Posting
from tests.standins.discord.rules import Rules
from tests.standins.discord.world import World
from tests.standins.shapes import JsonObject

_REPLY, _SLASH, _CONTEXT_MENU = 19, 20, 23


class CallbackRoutes:
    """Answers by interaction token; none of them needs the bot's own."""

    def __init__(self, world: World, rules: Rules, posting: Posting) -> None:
        self._world = world
        self._rules = rules
        self._posting = posting
        self.by_id: dict[str, Invocation] = {}
        self.by_token: dict[str, Invocation] = {}

    def remember(self, invocation: Invocation) -> None:
        """Makes an interaction known to the routes."""
        self.by_id[invocation.id] = self.by_token[invocation.token] = invocation

    def routes(self) -> list[Route]:
        """The table."""
        webhook = "/webhooks/{app}/{token}"
        message = f"{webhook}/messages/{{message}}"
        return [
            Route("POST", "/interactions/{interaction}/{token}/callback", self.callback, open=True),
            Route("POST", webhook, self.followup, open=True),
            Route("GET", message, self.get, open=True),
            Route("PATCH", message, self.edit, open=True),
            Route("DELETE", message, self.delete, open=True),
        ]

    def callback(self, call: Call) -> Reply:
        """The first answer."""
        invocation = self.by_id.get(call.params["interaction"])
        if invocation is None or invocation.token != call.params["token"]:
            raise unknown_interaction()
        kind = int(call.body.object.get("type") or 0)
        data: JsonObject = call.body.object.get("data") or {}
        if invocation.first is None:
            self._check_kind(invocation, kind)
        before = invocation.first
        invocation.acknowledge(kind, data)
        try:
            self._carry_out(invocation, kind, call.body)
        except Exception:
            invocation.first = before  # a refused answer does not count: the bot may try another
            raise
        if call.query.get("with_response") not in ("1", "true", "True"):
            return Reply(204)
        return Reply(200, self._response(invocation, kind))

    def _check_kind(self, invocation: Invocation, kind: int) -> None:
        allowed = {
            AUTOCOMPLETE: {CHOICES},
            COMPONENT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, OPEN_MODAL},
            MODAL: {MESSAGE, DEFERRED} | ({DEFERRED_UPDATE, UPDATE} if invocation.source else set[int]()),
        }.get(invocation.type, {MESSAGE, DEFERRED, OPEN_MODAL})
        if kind not in allowed:
            text = f"Value must be one of {{{', '.join(str(value) for value in sorted(allowed))}}}."
            raise invalid_form("type", "BASE_TYPE_CHOICES", text)

    def _carry_out(self, invocation: Invocation, kind: int, body: Body) -> None:
        inner = Body(json=body.object.get("data") or {}, files=body.files, multipart=body.multipart)
        if kind == CHOICES and len(inner.object.get("choices") or []) > 25:
            raise invalid_form("data.choices", "BASE_TYPE_BAD_LENGTH", "Must be between 0 and 25 in length.")
        if kind == MESSAGE:
            invocation.original = self._new(invocation, inner)
        elif kind == DEFERRED:
            flags = LOADING | int(inner.object.get("flags") or 0) & EPHEMERAL
            invocation.original = self._published(invocation, self._blank(invocation, flags))
        elif kind in (DEFERRED_UPDATE, UPDATE):
            invocation.original = invocation.source
        if kind == UPDATE and invocation.source and inner.object:
            self._change(invocation, invocation.source, inner)

    def _response(self, invocation: Invocation, kind: int) -> JsonObject:
        about: JsonObject = {"id": invocation.id, "type": invocation.type}
        message = invocation.original
        if message is not None:
            about["response_message_id"] = message.id
            about["response_message_loading"] = message.loading
            about["response_message_ephemeral"] = message.ephemeral
        if message is None or kind not in (MESSAGE, UPDATE):
            return {"interaction": about}
        return {"interaction": about, "resource": {"type": kind, "message": self._world.json.full(message)}}

    def _limit(self, invocation: Invocation) -> int:
        guild = invocation.channel.guild
        return self._rules.interaction_limit_of(guild.premium_tier if guild else 0)

    def _blank(self, invocation: Invocation, flags: int) -> Message:
        ephemeral = bool(flags & EPHEMERAL)
        return Message(
            id=self._world.ids.next(),
            channel=invocation.channel,
            author=self._world.bot,
            interaction=invocation.metadata,
            flags=flags,
            viewer_id=invocation.user.id if ephemeral else None,
            type=_SLASH if invocation.type != COMPONENT else _REPLY,
        )

    def _new(self, invocation: Invocation, body: Body) -> Message:
        draft = compose(
            self._world,
            invocation.channel,
            body,
            before=None,
            limit=self._limit(invocation),
            interaction=True,
        )
        message = self._blank(invocation, draft.flags)
        draft.apply(message)
        message.pinged = draft.pinged
        return self._published(invocation, message)

    def _published(self, invocation: Invocation, message: Message) -> Message:
        data = invocation.payload["data"]
        if invocation.type == 2 and data.get("type") in (2, 3):
            message.type = _CONTEXT_MENU
        if invocation.type == COMPONENT and invocation.source:
            message.reply_to, message.reply_to_id = invocation.source, invocation.source.id
        for file in message.attachments:
            file.ephemeral = message.ephemeral
        self._world.publish(message)
        return message

    def _change(self, invocation: Invocation, message: Message, body: Body) -> None:
        self._posting.change(message, body, limit=self._limit(invocation), interaction=True)

    def _by_token(self, call: Call) -> Invocation:
        invocation = self.by_token.get(call.params["token"])
        if invocation is None or call.params["app"] != self._world.bot.id:
            raise unknown_webhook()
        invocation.require_token()
        return invocation

    def followup(self, call: Call) -> Reply:
        """A further message. While "thinking…" stands, it becomes that message, and its ephemeral flag is ignored."""
        invocation = self._by_token(call)
        first = invocation.original
        if first is not None and first.loading and not first.deleted:
            payload = {key: value for key, value in call.body.object.items() if key != "flags"}
            flags = int(call.body.object.get("flags") or 0) & ~EPHEMERAL
            if not payload:
                raise empty_message()
            inner = Body(json=payload | ({"flags": flags} if flags else {}), files=call.body.files)
            self._change(invocation, first, inner)
            return Reply(200, self._world.json.full(first))
        message = self._new(invocation, call.body)
        if first is not None and not first.deleted:
            message.type, message.reply_to, message.reply_to_id = _REPLY, first, first.id
        invocation.followups.append(message)
        return Reply(200, self._world.json.full(message))

    def get(self, call: Call) -> Reply:
        """A message of this interaction."""
        return Reply(200, self._world.json.full(self._by_token(call).find(call.params["message"])))

    def edit(self, call: Call) -> Reply:
        """Edits one; the limits on who may edit what do not apply to a token."""
        invocation = self._by_token(call)
        message = invocation.find(call.params["message"])
        self._change(invocation, message, call.body)
        return Reply(200, self._world.json.full(message))

    def delete(self, call: Call) -> Reply:
        """Deletes one."""
        self._world.delete(self._by_token(call).find(call.params["message"]))
        return Reply(204)
