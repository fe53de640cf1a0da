"""Reports of results, and the cases that moderators see."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.reports import CaseEnd, Report, ReportCase, ReportReason
from bot.storage.columns import from_ms, maybe_ms, to_ms
from bot.storage.database import Database, Row, Writing, fetch

_CHANGED = "revision = revision + 1, due_at = 0"  # what the message of a case shows


class ReportQueries:
    """The part of the store for Report."""

    db: Database

    async def report(self, report: Report) -> bool:
        """See `ReportStore.report`. A case that has ended begins anew, with a message of its own."""

        async def work(writing: Writing) -> bool:
            kept = await fetch(
                writing,
                "INSERT INTO report (generation_id, reporter_id, guild_id, at, settled_by, reason, words)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING at",
                (
                    report.generation_id,
                    report.reporter_id,
                    report.guild_id,
                    to_ms(report.at),
                    report.settled_by,
                    report.reason,
                    report.words,
                ),
            )
            if kept:
                await writing.execute(
                    "INSERT INTO report_case (generation_id, guild_id, due_at) VALUES (?, ?, 0)"
                    " ON CONFLICT (generation_id) DO UPDATE SET posts = report_case.posts"
                    " + CASE WHEN report_case.ended IS NOT NULL AND report_case.message_id IS NOT NULL THEN 1 ELSE 0 END,"
                    " channel_id = CASE WHEN report_case.ended IS NULL THEN report_case.channel_id END,"
                    " message_id = CASE WHEN report_case.ended IS NULL THEN report_case.message_id END,"
                    " ended = NULL, ended_by = '', revision = report_case.revision + 1, due_at = 0",
                    (report.generation_id, report.guild_id),
                )
            return bool(kept)

        return await self.db.write(work)

    async def has_reported(self, generation_id: str, reporter_id: str) -> bool:
        """See `ReportStore.has_reported`."""
        key = (generation_id, reporter_id)
        return bool(await self.db.read("SELECT 1 FROM report WHERE generation_id = ? AND reporter_id = ?", key))

    async def open_reports(self, guild_id: str, *, most: int = 25) -> list[Report]:
        """See `ReportStore.open_reports`."""
        found = await self.db.read(
            "SELECT report.* FROM report JOIN (SELECT generation_id, min(at) AS first FROM report"
            " WHERE guild_id = ? AND settled_by IS NULL GROUP BY generation_id ORDER BY first, generation_id LIMIT ?)"
            " AS oldest ON oldest.generation_id = report.generation_id WHERE settled_by IS NULL"
            " ORDER BY at, report.generation_id, reporter_id",
            (guild_id, most),
        )
        return [_report(row) for row in found]

    async def reported(self, guild_id: str) -> int:
        """See `ReportStore.reported`."""
        [[count]] = await self.db.read(
            "SELECT count(DISTINCT generation_id) FROM report WHERE guild_id = ? AND settled_by IS NULL", (guild_id,)
        )
        return int(count)

    async def settle_reports(self, generation_id: str, settled_by: str, end: CaseEnd = CaseEnd.DISMISSED) -> bool:
        """See `ReportStore.settle_reports`."""

        final = end in (CaseEnd.REMOVED, CaseEnd.DELETED)

        async def work(writing: Writing) -> bool:
            changed = await fetch(
                writing,
                f"UPDATE report_case SET ended = ?, ended_by = ?, {_CHANGED} WHERE generation_id = ?"
                " AND (ended IS NULL OR ? = 1 AND ended IN ('gone', 'dismissed')) RETURNING ended",
                (end, settled_by, generation_id, int(final)),
            )
            # After its case, whose row a report that comes meanwhile holds: that one is settled too, or opens a new case.
            await writing.execute(
                "UPDATE report SET settled_by = ? WHERE generation_id = ? AND settled_by IS NULL",
                (settled_by, generation_id),
            )
            return bool(changed)

        return await self.db.write(work)

    async def settle_gone(self, channel_id: str, message_ids: Sequence[str] = ()) -> list[str]:
        """See `ReportStore.settle_gone`. Every deleted message asks, so nothing is written where there is no case."""
        if message_ids:
            marks = ", ".join("?" * len(message_ids))  # Discord deletes a hundred at once, at most
            found = await self.db.read(
                "SELECT delivery.generation_id FROM delivery JOIN report_case"
                " ON report_case.generation_id = delivery.generation_id"
                f" WHERE delivery.message_id IN ({marks}) AND ended IS NULL",
                message_ids,
            )
        else:
            found = await self.db.read(
                "SELECT generation_id FROM report_case WHERE ended IS NULL AND EXISTS (SELECT 1 FROM delivery"
                " WHERE delivery.generation_id = report_case.generation_id AND delivery.channel_id = ?)",
                (channel_id,),
            )
        gone = [row["generation_id"] for row in found]
        for generation_id in gone:
            await self.settle_reports(generation_id, "", CaseEnd.GONE)
        return gone

    async def report_case(self, generation_id: str) -> ReportCase | None:
        """See `ReportStore.report_case`."""
        found = await self.db.read("SELECT * FROM report_case WHERE generation_id = ?", (generation_id,))
        return await self._case(found[0]) if found else None

    async def cases_due(self, *, now: datetime, limit: int) -> list[str]:
        """See `ReportStore.cases_due`. A case that ended before it had a message needs none."""
        found = await self.db.read(
            "SELECT generation_id FROM report_case LEFT JOIN guild_setting USING (guild_id)"
            " WHERE due_at <= ? AND (message_id IS NOT NULL OR ended IS NULL AND log_channel_id IS NOT NULL)"
            " ORDER BY due_at LIMIT ?",
            (to_ms(now), limit),
        )
        return [row["generation_id"] for row in found]

    async def open_cases(self, *, limit: int) -> list[ReportCase]:
        """See `ReportStore.open_cases`."""
        found = await self.db.read("SELECT * FROM report_case WHERE ended IS NULL ORDER BY guild_id LIMIT ?", (limit,))
        return [await self._case(row) for row in found]

    async def record_case(self, case: ReportCase, message: PostedMessage | None, *, due_at: datetime | None) -> None:
        """See `ReportStore.record_case`. A message that a later report has put aside is not taken up again."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                "UPDATE report_case SET channel_id = :channel, message_id = :message, posts = posts + :gone,"
                " due_at = CASE WHEN revision = :revision THEN CAST(:due AS BIGINT) ELSE 0 END"
                " WHERE generation_id = :id AND posts = :posts",
                {
                    "channel": message.channel_id if message else None,
                    "message": message.message_id if message else None,
                    "gone": int(message is None and case.message is not None),
                    "revision": case.revision,
                    "due": maybe_ms(due_at),
                    "id": case.generation_id,
                    "posts": case.posts,
                },
            )

        await self.db.write(work)

    async def _case(self, row: Row) -> ReportCase:
        reports = await self.db.read(
            "SELECT * FROM report WHERE generation_id = ? ORDER BY at, reporter_id", (row["generation_id"],)
        )
        message = None
        if row["message_id"] is not None:
            message = PostedMessage(channel_id=row["channel_id"], message_id=row["message_id"])
        return ReportCase(
            generation_id=row["generation_id"],
            guild_id=row["guild_id"],
            reports=tuple(_report(one) for one in reports),
            message=message,
            posts=row["posts"],
            end=CaseEnd(row["ended"]) if row["ended"] else None,
            ended_by=row["ended_by"],
            revision=row["revision"],
        )

    async def offer_log_channel(self, guild_id: str, about: str) -> bool:
        """See `ReportStore.offer_log_channel`. Nothing is written where it was made before."""
        key = (guild_id, about)
        if await self.db.read("SELECT 1 FROM log_offer WHERE guild_id = ? AND about = ?", key):
            return False

        async def work(writing: Writing) -> bool:
            return bool(
                await fetch(
                    writing,
                    "INSERT INTO log_offer (guild_id, about) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING about",
                    key,
                )
            )

        return await self.db.write(work)


def _report(row: Row) -> Report:
    return Report(
        generation_id=row["generation_id"],
        guild_id=row["guild_id"],
        reporter_id=row["reporter_id"],
        at=from_ms(row["at"]),
        reason=ReportReason(row["reason"]),
        words=row["words"],
        settled_by=row["settled_by"],
    )
