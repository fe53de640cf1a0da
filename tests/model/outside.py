"""What outlives a crash of the bot besides its database: the messages at Discord and the files in the media folder.

They do as a number tells them: they work, they fail, or the process dies with its call done and nobody there for the answer.
"""

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, cast

from bot.domain.errors import PostError, PostImpossible
from bot.domain.generation import Generation
from bot.domain.messages.card import CardContext
from bot.runtime.alerts import Alerts
from bot.runtime.context import OperatorPolicy, ServiceContext
from bot.runtime.wake_signals import WakeSignals
from bot.storage.store import SqlStore
from bot.system.background import finish_background
from bot.usecases.moderation.removals import Results
from bot.usecases.privacy import MemberPrivacy


class Died(BaseException):
    """The process is gone: whoever waits for an answer never gets one."""


class Outside:
    """Discord and the media folder, as far as deleting and forgetting need them. `mood` is how the next calls go."""

    def __init__(self) -> None:
        self.messages: set[str] = set()
        self.files: set[str] = set()
        self.mood = 0

    # As `bot.ports.messenger.Messenger`

    async def delete_message(self, channel_id: str, guild_id: str, message_id: str) -> None:
        """Mood 1: not for now; 2: never; 3: done, and the process dies. One that is gone already is fine."""
        if self.mood == 1:
            raise PostError("not now")
        if self.mood == 2:
            raise PostImpossible("no permission")
        self.messages.discard(message_id)
        if self.mood == 3:
            raise Died

    async def edit_card(self, generation: Generation, card_context: CardContext, shown: str) -> str:
        """Always."""
        return "removed"

    # As `bot.ports.media.MediaFolder`

    async def discard(self, name: str) -> None:
        """Mood 1: the disk says no; 3: gone, and the process dies."""
        if self.mood == 1:
            raise OSError(5, "the disk says no")
        self.files.discard(name)
        if self.mood == 3:
            raise Died

    async def discard_all(self, names: Sequence[str]) -> list[str]:
        """One after the other, as `discard`."""
        gone: list[str] = []
        for name in names:
            with suppress(OSError):
                await self.discard(name)
                gone.append(name)
        return gone

    def world(self, store: SqlStore, now: datetime) -> ServiceContext:
        """The ports that deleting and forgetting use; every other is missing."""

        class Clock:
            def now(self) -> datetime:
                return now

        here = cast(Any, self)
        return ServiceContext(
            store=store,
            provider=cast(Any, None),
            messenger=here,
            notices=here,
            media=here,
            catalog=cast(Any, None),
            clock=Clock(),
            ids=cast(Any, None),
            random=random.Random(0),
            policy=OperatorPolicy(),
            wake_signals=WakeSignals(),
            alerts=Alerts(here, Clock()),
        )

    def results(self, store: SqlStore, now: datetime) -> Results:
        """The service behind Delete."""
        return Results(self.world(store, now))

    def privacy(self, store: SqlStore, now: datetime) -> MemberPrivacy:
        """The use cases behind `/privacy`."""
        return MemberPrivacy(self.world(store, now))

    async def settle(self) -> None:
        """Until what runs aside is done."""
        await finish_background(5)
