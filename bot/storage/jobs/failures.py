"""Ends jobs without a video: the new state and everything given back, in one transaction."""

from datetime import datetime
from operator import itemgetter

from bot.domain.errors import IllegalTransition
from bot.domain.generation import State, step
from bot.domain.messages.failure_notice import TOLD
from bot.domain.queue.claims import Claim
from bot.domain.quota.ledger import Resolution
from bot.storage import locks
from bot.storage.columns import to_ms
from bot.storage.database import Database, Row, Writing, fetch
from bot.storage.jobs.failure_notices import queue_notice
from bot.storage.jobs.submits import FREED, held_or_doubted
from bot.storage.quota import ledger


class FailureQueries:
    """The part of the store for jobs that fail, and for those of a server that are given back."""

    db: Database

    async def fail(
        self,
        generation_id: str,
        claim: Claim | None,
        *,
        fault: str,
        detail: str,
        resolution: Resolution,
        now: datetime,
    ) -> None:
        """See `Generations.fail`: the new state and everything given back, in one transaction."""

        if resolution is Resolution.POST:
            raise IllegalTransition("the reservation of a failed generation cannot be posted")

        async def work(writing: Writing) -> bool:
            await locks.lock_guild_of(writing, generation_id)
            row = await held_or_doubted(writing, generation_id, claim)
            step(State(row["state"]), State.FAILED)
            await writing.execute(
                "UPDATE generation SET state = 'failed', fault = :fault, detail = :detail, hold = NULL, finished_at = :now,"
                f" {FREED}, revision = revision + 1, card_due_at = :now WHERE id = :id",
                {"fault": fault, "detail": detail[:500], "now": to_ms(now), "id": generation_id},
            )
            await ledger.resolve(writing, generation_id, resolution, now)
            if State(row["state"]) in TOLD:
                await queue_notice(writing, row, now)
            return bool(row["forget"])

        if await self.db.write(work):
            await self.db.scrub()

    async def waiting_guilds(self) -> list[str]:
        """See `Generations.waiting_guilds`."""
        found = await self.db.read(
            "SELECT DISTINCT guild_id FROM generation WHERE finished_at IS NULL AND state = 'reserved' ORDER BY guild_id"
        )
        return [row["guild_id"] for row in found]

    async def give_back_waiting(self, guild_id: str, *, fault: str, most: int, now: datetime) -> int:
        """See `Generations.give_back_waiting`."""
        step(State.RESERVED, State.FAILED)

        async def work(writing: Writing) -> list[bool]:
            await writing.lock(locks.guild(guild_id))
            chosen = await fetch(
                writing,
                "SELECT id FROM generation WHERE finished_at IS NULL AND state = 'reserved' AND guild_id = ?"
                " ORDER BY accepted_at, id LIMIT ?",
                (guild_id, most),
            )
            failed: list[Row] = []
            held = await locks.lock_generations(writing, (row["id"] for row in chosen))
            for row in sorted(held, key=itemgetter("member_id")):
                failed += await fetch(
                    writing,
                    "UPDATE generation SET state = 'failed', fault = :fault, hold = NULL, finished_at = :now,"
                    f" {FREED}, revision = revision + 1, card_due_at = :now WHERE id = :id AND state = 'reserved'"
                    " RETURNING id, forget",
                    {"fault": fault, "now": to_ms(now), "id": row["id"]},
                )
            for row in failed:
                await ledger.resolve(writing, row["id"], Resolution.VOID, now)
            return [bool(row["forget"]) for row in failed]

        forgotten = await self.db.write(work)
        if any(forgotten):
            await self.db.scrub()
        return len(forgotten)
