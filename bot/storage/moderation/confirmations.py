"""Actions that wait until a moderator confirms them. Each can be taken once."""

import json
from datetime import datetime

from bot.domain.moderation.confirmation import Confirmation
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Row, Writing, fetch


class ConfirmationQueries:
    """The part of the store for questions before an action of a moderator."""

    db: Database

    async def keep_confirmation(self, confirmation: Confirmation) -> None:
        """See `ConfirmationStore.keep_confirmation`."""
        one = confirmation

        async def work(writing: Writing) -> None:
            await writing.execute(
                "INSERT INTO confirmation (id, guild_id, actor_id, subject_id, reason, role_ids, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    one.id,
                    one.guild_id,
                    one.actor_id,
                    one.subject_id,
                    one.reason,
                    json.dumps(sorted(one.role_ids)),
                    to_ms(one.made_at),
                ),
            )

        await self.db.write(work)

    async def take_confirmation(
        self, guild_id: str, confirmation_id: str, *, made_after: datetime
    ) -> Confirmation | None:
        """See `ConfirmationStore.take_confirmation`."""

        async def work(writing: Writing) -> Confirmation | None:
            found = await fetch(
                writing,
                "DELETE FROM confirmation WHERE id = ? AND guild_id = ? AND made_at >= ? RETURNING *",
                (confirmation_id, guild_id, to_ms(made_after)),
            )
            return _confirmation(found[0]) if found else None

        return await self.db.write(work)

    async def forget_confirmations(self, *, made_before: datetime) -> None:
        """See `ConfirmationStore.forget_confirmations`. Nothing is written if there are none."""
        old = "made_at < ?"
        if not await self.db.read(f"SELECT id FROM confirmation WHERE {old} LIMIT 1", (to_ms(made_before),)):
            return

        async def work(writing: Writing) -> None:
            await writing.execute(f"DELETE FROM confirmation WHERE {old}", (to_ms(made_before),))

        await self.db.write(work)


def _confirmation(row: Row) -> Confirmation:
    return Confirmation(
        id=row["id"],
        guild_id=row["guild_id"],
        actor_id=row["actor_id"],
        subject_id=row["subject_id"],
        reason=row["reason"],
        role_ids=frozenset(json.loads(row["role_ids"])),
        made_at=from_ms(row["made_at"]),
    )
