"""One interaction, from the gesture to the last word of the bot: what a test holds after a slash command or a press.

Promises Discord's life of an interaction: one first answer within three seconds (10062 later, 40060 again), then
fifteen minutes of edits and followups by its token (50027 later).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.standins.discord.errors import (
    already_acknowledged,
    expired_token,
    unknown_interaction,
    unknown_message,
    unknown_webhook,
)
from tests.standins.discord.model import Channel, Member, Message, User, walk
from tests.standins.discord.rules import Rules
from tests.standins.discord.waiting import PATIENCE, Pulse, TooLate
from tests.standins.shapes import JsonObject

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, OPEN_MODAL = 4, 5, 6, 7, 8, 9


class NotAnswered(AssertionError):
    """The member saw "The application did not respond"."""


@dataclass(slots=True, kw_only=True)
class Answer:
    """What the bot answered. `type` as in Discord's callback types; `seconds` since the gesture."""

    type: int
    data: JsonObject
    seconds: float

    @property
    def ephemeral(self) -> bool:
        """Whether only the member sees it."""
        return bool(int(self.data.get("flags") or 0) & 1 << 6)

    @property
    def deferred(self) -> bool:
        """It says "thinking…", or nothing yet."""
        return self.type in (DEFERRED, DEFERRED_UPDATE)

    @property
    def text(self) -> str:
        """All words in it, those of a card or a modal included."""
        parts = list(walk(self.data.get("components") or []))
        words = [self.data.get("title"), self.data.get("content")]
        words += [part.get("content") or part.get("label") for part in parts if part["type"] in (10, 18)]
        return "\n".join(str(word) for word in words if word)

    @property
    def choices(self) -> list[JsonObject]:
        """What an autocomplete offers: `{"name", "value"}` each."""
        return list(self.data.get("choices") or [])


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Invocation:
    """An interaction. `original` is its first message, `followups` the later ones."""

    id: str
    token: str
    type: int
    user: User
    member: Member | None
    channel: Channel
    payload: JsonObject
    rules: Rules
    pulse: Pulse
    source: Message | None = None
    started: float = field(default_factory=time.monotonic)
    first: Answer | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list[Message])

    @property
    def metadata(self) -> JsonObject:
        """`interaction_metadata` of the messages that answer it."""
        body: JsonObject = {
            "id": self.id,
            "type": 2 if self.type == AUTOCOMPLETE else self.type,
            "user": self.payload["member"]["user"] if self.member else self.payload["user"],
            "authorizing_integration_owners": self.payload["authorizing_integration_owners"],
        }
        if self.type == COMPONENT and self.source:
            body["interacted_message_id"] = self.source.id
        if self.type == MODAL:
            body["triggering_interaction_metadata"] = {**body, "type": 2}
        return body

    def acknowledge(self, answer_type: int, data: JsonObject) -> None:
        """Takes the first answer, or raises what Discord says instead."""
        if self.first is not None:
            raise already_acknowledged()
        seconds = time.monotonic() - self.started
        if seconds > self.rules.answer_within:
            raise unknown_interaction()
        self.first = Answer(type=answer_type, data=data, seconds=seconds)

    def require_token(self) -> None:
        """Raises what Discord says to a token before the first answer, or after its fifteen minutes."""
        if time.monotonic() - self.started > self.rules.token_lifetime:
            raise expired_token()
        if self.first is None:
            raise unknown_webhook()

    def find(self, message_id: str) -> Message:
        """A message that this interaction owns, by id or `@original`."""
        owned = [self.original, *self.followups]
        for message in owned:
            if message and not message.deleted and message_id in (message.id, "@original"):
                return message
            if message_id == "@original":
                break
        raise unknown_message()

    @property
    def error(self) -> str | None:
        """What the member sees in red once three seconds passed without an answer."""
        late = time.monotonic() - self.started > self.rules.answer_within
        return "The application did not respond" if late and self.first is None else None

    async def first_answer(self) -> Answer:
        """The first answer, "thinking…" too; `NotAnswered` when the time for it is over (`Rules.answer_within`)."""
        left = self.started + self.rules.answer_within - time.monotonic()
        try:
            found = await self._until(lambda: self.first, left)
        except TooLate:
            raise NotAnswered(f"The application did not respond to {self._what()}") from None
        assert isinstance(found, Answer)
        return found

    async def answer(self) -> Answer:
        """The answer. Where the bot first says "thinking…", as it does on a busy machine, what comes in its place."""
        first = await self.first_answer()
        if first.type != DEFERRED:
            return first

        def settled() -> Message | None:
            message = self.original
            if message is None or message.deleted:
                return self.followups[0] if self.followups else None
            return None if message.loading else message

        message = await self._until(settled)
        assert isinstance(message, Message)
        data: JsonObject = {"content": message.content, "components": message.components, "flags": message.flags}
        return Answer(type=MESSAGE, data=data, seconds=time.monotonic() - self.started)

    async def message(self) -> Message:
        """Its first message once it is more than "thinking…"; for an update, the message that was pressed."""
        await self.first_answer()

        def ready() -> Message | None:
            message = self.original
            return None if message is None or message.loading else message

        found = await self._until(ready)
        assert isinstance(found, Message)
        return found

    async def followup(self, number: int = 1) -> Message:
        """The n-th followup."""
        await self._until(lambda: len(self.followups) >= number)
        return self.followups[number - 1]

    async def _until(self, look: Callable[[], object], timeout: float = PATIENCE) -> object:
        return await self.pulse.until(look, lambda: f"{self._what()}: first answer {self.first}", timeout)

    def _what(self) -> str:
        data = self.payload["data"]
        return str(data.get("name") or data.get("custom_id"))
