"""Keeps a database of years small: quota windows that are over are folded, and old prompts are blanked.

A limit reads the windows of now only. The rows of `balance` whose windows have ended are added up in one row for each
(scope, server, member, length), which begins at 0, so that `db verify` still proves every sum against the entries. A row
that holds something stays as it is until its jobs have ended.

Everything is done in slices with a transaction each, and a crash in between leaves the rest to the next time.
"""

from datetime import datetime

from bot.storage.columns import maybe_time, to_ms
from bot.storage.database import Database, Row, Writing, fetch
from bot.storage.privacy import erasing

FOLDED_BEFORE = "windows_folded_before"  # the value with the time, in milliseconds, before which windows may be folded
AT_ONCE = 200  # rows of `balance` that are looked at in one transaction
_KEY = "scope, guild_id, member_id, starts_at, per"
_USED = "used_videos, used_seconds, used_micros, estimated"
Key = tuple[str, str, str, int, str]
_FIRST: Key = ("", "", "", -1, "")


class DataRetentionQueries:
    """The part of the store that keeps it small."""

    db: Database

    async def fold_windows(self, *, before: datetime) -> int:
        """See `DataRetentionStore.fold_windows`."""
        limit, folded, after = to_ms(before), 0, _FIRST

        async def mark(writing: Writing) -> None:
            await writing.execute(
                "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
                " WHERE CAST(value.value AS BIGINT) < CAST(excluded.value AS BIGINT)",
                (FOLDED_BEFORE, str(limit)),
            )

        await self.db.write(mark)
        while True:
            found = await self.db.read(
                f"SELECT {_KEY}, held_videos + held_seconds + held_micros AS held FROM balance"
                f" WHERE ({_KEY}) > (?, ?, ?, ?, ?) ORDER BY {_KEY} LIMIT ?",
                (*after, AT_ONCE),
            )
            over = [_key(row) for row in found if 0 < row["starts_at"] < limit and not row["held"]]
            if over:
                folded += await self.db.write(lambda writing, over=over: _fold(writing, over))
            if len(found) < AT_ONCE:
                return folded
            after = _key(found[-1])

    async def blank_prompts(self, *, until: datetime) -> bool:
        """See `DataRetentionStore.blank_prompts`."""
        limit = to_ms(until)
        if not await erasing.old_prompts(self.db, limit):
            return False
        await self.db.write(lambda writing: erasing.note(writing, erasing.EVERYONE, limit))
        await erasing.erase(self.db, erasing.EVERYONE, limit)
        await self.db.scrub()
        return True

    async def prompts_blanked_until(self) -> datetime | None:
        """See `DataRetentionStore.prompts_blanked_until`."""
        found = await self.db.read("SELECT until FROM forgotten WHERE member_id = ?", (erasing.EVERYONE,))
        return maybe_time(found[0]["until"] if found else None)

    async def first_accepted(self, member_id: str) -> datetime | None:
        """See `DataRetentionStore.first_accepted`."""
        [[first]] = await self.db.read("SELECT min(accepted_at) FROM generation WHERE member_id = ?", (member_id,))
        return maybe_time(first)


def _key(row: Row) -> Key:
    return row["scope"], row["guild_id"], row["member_id"], row["starts_at"], row["per"]


async def _fold(writing: Writing, keys: list[Key]) -> int:
    """Add these rows to those that begin at 0. Returns how many: one that holds something by now stays."""
    count = 0
    for scope, guild_id, member_id, starts_at, per in keys:
        gone = await fetch(
            writing,
            "DELETE FROM balance WHERE scope = ? AND guild_id = ? AND member_id = ? AND starts_at = ? AND per = ?"
            f" AND held_videos + held_seconds + held_micros = 0 RETURNING {_USED}",
            (scope, guild_id, member_id, starts_at, per),
        )
        for row in gone:
            count += 1
            await writing.execute(
                f"INSERT INTO balance (scope, guild_id, member_id, per, starts_at, {_USED}) VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?)"
                " ON CONFLICT (scope, guild_id, member_id, starts_at, per) DO UPDATE"
                " SET used_videos = balance.used_videos + excluded.used_videos,"
                " used_seconds = balance.used_seconds + excluded.used_seconds,"
                " used_micros = balance.used_micros + excluded.used_micros",
                (scope, guild_id, member_id, per, *row),
            )
    return count
