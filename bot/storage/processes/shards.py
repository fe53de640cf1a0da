"""Which process holds which shard of the gateway, and whose turn it is to begin a session."""

from datetime import datetime, timedelta

from bot.domain.processes.shards import HeldShards, Shards
from bot.storage.columns import to_ms
from bot.storage.database import Database, Writing, fetch


class ShardQueries:
    """The part of the store for shards. The time is the database's own."""

    db: Database

    async def take_shards(self, process_id: str, shards: Shards) -> HeldShards | None:
        """See `ShardStore.take_shards`. Whoever died meanwhile holds nothing, however the row came to go."""

        async def work(writing: Writing) -> HeldShards | None:
            await writing.lock("shards")
            await writing.execute(
                "DELETE FROM shard WHERE process NOT IN (SELECT id FROM process) OR process = ?", (process_id,)
            )
            found = await fetch(writing, "SELECT * FROM shard ORDER BY id")
            others = [row for row in found if row["total"] != shards.of]
            wanted = [row for row in found if row["id"] in shards.ids]
            if others or wanted:
                held = others or wanted
                return HeldShards(total=held[0]["total"], by=tuple(dict.fromkeys(row["process"] for row in held)))
            await writing.executemany(
                "INSERT INTO shard (id, total, process) VALUES (?, ?, ?)",
                [(one, shards.of, process_id) for one in shards.ids],
            )
            return None

        return await self.db.write(work)

    async def take_identify(self, key: int, *, gap: timedelta, now: datetime) -> bool:
        """See `ShardStore.take_identify`. A time that is further away than any turn can be is another clock's."""

        async def work(writing: Writing) -> bool:
            taken = await fetch(
                writing,
                "INSERT INTO identify (key, free_at) VALUES (:key, clock_ms(:now) + :gap)"
                " ON CONFLICT (key) DO UPDATE SET free_at = excluded.free_at"
                " WHERE identify.free_at <= clock_ms(:now) OR identify.free_at > excluded.free_at + :gap RETURNING key",
                {"key": key, "now": to_ms(now), "gap": gap // timedelta(milliseconds=1)},
            )
            return bool(taken)

        return await self.db.write(work)
