"""The audit log: who changed what, when, from what, to what, and why. Lines are only ever added."""

from dataclasses import replace

from bot.domain.moderation.audit import AuditAction, Change
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Row, Writing, fetch
from bot.storage.moderation import audit_facts


class AuditQueries:
    """The part of the store for `/quota log` and the lines of changes."""

    db: Database

    async def changes(self, guild_id: str, member_id: str | None, *, before_id: int | None, limit: int) -> list[Change]:
        """See `AuditLog.changes`."""
        below = "" if before_id is None else " AND id < :before"
        newest = "SELECT * FROM change WHERE guild_id = :guild{of}" + below + " ORDER BY id DESC LIMIT :limit"
        sql = newest.format(of="")
        if member_id is not None:  # each side by its own index
            sides = " AND actor_id = :member", " AND subject_id = :member AND actor_id <> :member"
            both = " UNION ALL ".join(f"SELECT * FROM ({newest.format(of=side)}) AS found" for side in sides)
            sql = f"{both} ORDER BY id DESC LIMIT :limit"
        values = {"guild": guild_id, "before": before_id, "member": member_id, "limit": limit}
        return [change(row) for row in await self.db.read(sql, values)]

    async def log_change(self, change: Change) -> None:
        """See `AuditLog.log_change`."""

        async def work(writing: Writing) -> None:
            await record(writing, change)

        await self.db.write(work)


def change(row: Row) -> Change:
    """Return a row of `change` as a record."""
    return Change(
        id=row["id"],
        guild_id=row["guild_id"],
        at=from_ms(row["at"]),
        actor_id=row["actor_id"],
        action=AuditAction(row["did"]),
        subject_id=row["subject_id"],
        before=audit_facts.from_column(row["before"]),
        after=audit_facts.from_column(row["after"]),
        reason=row["reason"],
        undoes=row["undoes"],
    )


async def record(writing: Writing, line: Change) -> Change:
    """Add a line to the audit log. Returns it with its id."""
    [row] = await fetch(
        writing,
        "INSERT INTO change (guild_id, at, actor_id, did, subject_id, before, after, reason, undoes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            line.guild_id,
            to_ms(line.at),
            line.actor_id,
            line.action,
            line.subject_id,
            audit_facts.to_column(line.before),
            audit_facts.to_column(line.after),
            line.reason,
            line.undoes,
        ),
    )
    return replace(line, id=row["id"])
