"""Deferred replies, as named values: there are few, and none is older than its process."""

import json

from bot.domain.messages.deferred_replies import AbandonedReply, DeferredReply
from bot.storage.database import Database, Read, Writing

PREFIX = "reply:"
AFTER = "reply;"  # follows every name with the prefix


class DeferredReplyQueries:
    """The part of the store for deferred replies."""

    db: Database

    async def keep_reply(self, reply: DeferredReply) -> None:
        """See `DeferredReplyStore.keep_reply`."""
        value = json.dumps({"token": reply.sealed_token, "process": reply.process_id, "locale": reply.locale})

        async def work(writing: Writing) -> None:
            await writing.execute(
                "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (f"{PREFIX}{reply.interaction_id}", value),
            )

        await self.db.write(work)

    async def drop_reply(self, interaction_id: str) -> None:
        """See `DeferredReplyStore.drop_reply`."""

        async def work(writing: Writing) -> None:
            await writing.execute("DELETE FROM value WHERE name = ?", (f"{PREFIX}{interaction_id}",))

        await self.db.write(work)

    async def abandoned_replies(self) -> list[AbandonedReply]:
        """See `DeferredReplyStore.abandoned_replies`."""
        return await self.db.reading(_abandoned)


async def _abandoned(read: Read) -> list[AbandonedReply]:
    alive = {row["id"] for row in await read("SELECT id FROM process", ())}
    found: list[AbandonedReply] = []
    for row in await read("SELECT name, value FROM value WHERE name > ? AND name < ? ORDER BY name", (PREFIX, AFTER)):
        kept, interaction_id = json.loads(row["value"]), row["name"].removeprefix(PREFIX)
        if kept["process"] in alive:
            continue
        accepted = await read("SELECT 1 FROM generation WHERE interaction_id = ?", (interaction_id,))
        reply = DeferredReply(
            interaction_id=interaction_id, sealed_token=kept["token"], process_id=kept["process"], locale=kept["locale"]
        )
        found.append(AbandonedReply(reply=reply, accepted=bool(accepted)))
    return found
