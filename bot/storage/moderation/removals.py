"""Removed videos: by their author, or by a moderator, also before they are posted."""

from datetime import datetime

from bot.domain.generation import State, step
from bot.domain.messages.delivery import REMOVED, DeliveryState
from bot.domain.moderation.audit import Change
from bot.domain.moderation.reports import Removal, RemovalKind, RemovalStep
from bot.domain.quota.ledger import Resolution
from bot.storage import locks
from bot.storage.columns import from_ms, maybe_ms, to_ms
from bot.storage.database import Database, Writing, fetch
from bot.storage.jobs import joins
from bot.storage.moderation import audit_log
from bot.storage.quota import ledger


class RemovalQueries:
    """The part of the store for Delete and Remove."""

    db: Database

    async def remove_result(self, generation_id: str, change: Change | None, *, now: datetime) -> bool:
        """See `ReportStore.remove_result`. If two people remove the same message, only the first is logged."""

        async def work(writing: Writing) -> bool:
            await locks.lock_generations(writing, [generation_id])
            removed = await fetch(
                writing,
                "UPDATE delivery SET removed_at = ? WHERE generation_id = ? AND state = 'sent' AND removed_at IS NULL"
                " RETURNING id",
                (to_ms(now), generation_id),
            )
            if not removed:
                return False
            await writing.execute(
                "UPDATE generation SET revision = revision + 1, card_due_at = ? WHERE id = ?",
                (to_ms(now), generation_id),
            )
            await writing.execute(  # its deletion is repeated until it succeeds
                "INSERT INTO discard (file) SELECT video_file FROM generation WHERE id = ? AND video_file IS NOT NULL"
                " ON CONFLICT (file) DO NOTHING",
                (generation_id,),
            )
            if change:
                await _remove(writing, generation_id, change, RemovalKind.DELETED, now, due_at=None)
            return True

        return await self.db.write(work)

    async def remove_unposted(self, generation_id: str, change: Change, *, now: datetime) -> RemovalStep:
        """See `ReportStore.remove_unposted`: what was found, and what is recorded of it, are one transaction."""

        async def work(writing: Writing) -> tuple[RemovalStep, bool]:
            await locks.lock_guild_of(writing, generation_id)
            await locks.lock_generations(writing, [generation_id])
            found = await fetch(
                writing,
                "SELECT generation.*, delivery.state AS post, removed_at, removal.at AS removed FROM generation"
                " LEFT JOIN delivery ON delivery.generation_id = generation.id"
                " LEFT JOIN removal ON removal.generation_id = generation.id WHERE generation.id = ?",
                (generation_id,),
            )
            if not found:
                return RemovalStep.NOTHING, False
            [row] = found
            state = State(row["state"])
            if row["removed"] is not None:
                return RemovalStep.REMOVED_BEFORE, False
            if state in (State.FAILED, State.CANCELLED) or row["removed_at"] is not None:
                return RemovalStep.NOTHING, False
            if row["post"] == DeliveryState.SENT:
                return RemovalStep.POSTED, False
            how = RemovalKind.UNPOSTED
            if state is State.RESERVED:
                how = RemovalKind.CANCELLED
                step(state, State.CANCELLED)
                await writing.execute(
                    "UPDATE generation SET state = 'cancelled', finished_at = ?, hold = NULL WHERE id = ?",
                    (to_ms(now), generation_id),
                )
                await ledger.resolve(writing, generation_id, Resolution.VOID, now)
            await _remove(writing, generation_id, change, how, now, due_at=now if how is RemovalKind.UNPOSTED else None)
            await joins.remove_with_part(writing, generation_id)
            await writing.execute(
                "UPDATE generation SET revision = revision + 1, card_due_at = ? WHERE id = ?",
                (to_ms(now), generation_id),
            )
            return RemovalStep.STOPPED, bool(row["forget"])

        done, forgotten = await self.db.write(work)
        if forgotten:
            await self.db.scrub()
        return done

    async def removal(self, generation_id: str) -> Removal | None:
        """See `ReportStore.removal`."""
        found = await self.db.read("SELECT * FROM removal WHERE generation_id = ?", (generation_id,))
        if not found:
            return None
        [row] = found
        return Removal(
            generation_id=row["generation_id"],
            moderator_id=row["moderator_id"],
            how=RemovalKind(row["how"]),
            at=from_ms(row["at"]),
        )

    async def removals_due(self, *, now: datetime, limit: int) -> list[str]:
        """See `ReportStore.removals_due`. A job that has not ended is looked at once it has."""
        found = await self.db.read(
            "SELECT generation_id FROM removal JOIN generation ON generation.id = generation_id"
            " WHERE removal.due_at <= ? AND finished_at IS NOT NULL ORDER BY removal.due_at LIMIT ?",
            (to_ms(now), limit),
        )
        return [row["generation_id"] for row in found]

    async def record_removal(self, generation_id: str, *, due_at: datetime | None) -> None:
        """See `ReportStore.record_removal`."""

        async def work(writing: Writing) -> None:
            await locks.lock_generations(writing, [generation_id])
            await writing.execute(
                "UPDATE removal SET due_at = ? WHERE generation_id = ?", (maybe_ms(due_at), generation_id)
            )
            if due_at is None:
                await writing.execute(
                    "UPDATE delivery SET why = ? WHERE generation_id = ? AND state = 'undeliverable'",
                    (REMOVED, generation_id),
                )

        await self.db.write(work)


async def _remove(
    writing: Writing, generation_id: str, change: Change, how: RemovalKind, now: datetime, *, due_at: datetime | None
) -> None:
    """Record a moderator's removal with its audit entry. A video is removed once."""
    await writing.execute(
        "INSERT INTO removal (generation_id, guild_id, moderator_id, how, at, due_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (generation_id, change.guild_id, change.actor_id, how, to_ms(now), maybe_ms(due_at)),
    )
    await audit_log.record(writing, change)
