"""The SQL store, on either engine: everything that `bot.ports.database.store.Store` promises."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

from bot.domain.errors import Unusable
from bot.domain.queue.claims import Work
from bot.storage.columns import from_ms, later_of, to_ms
from bot.storage.data_retention import DataRetentionQueries
from bot.storage.database import Database, Writing
from bot.storage.jobs.accepting import RequestQueries
from bot.storage.jobs.cards import CARD_GRACE_MS, TIMED_CARDS, CardQueries
from bot.storage.jobs.deferred_replies import DeferredReplyQueries
from bot.storage.jobs.deliveries import DeliveryQueries
from bot.storage.jobs.failure_notices import FailureNoticeQueries
from bot.storage.jobs.failures import FailureQueries
from bot.storage.jobs.joins import JOINS, JoinQueries
from bot.storage.jobs.media_files import MediaFileQueries
from bot.storage.jobs.polls import FETCHED, POLLED, PollQueries, next_due_of
from bot.storage.jobs.posts import OPEN
from bot.storage.jobs.submits import ANSWERED, SubmitQueries
from bot.storage.metrics import MetricQueries
from bot.storage.moderation.audit_log import AuditQueries
from bot.storage.moderation.confirmations import ConfirmationQueries
from bot.storage.moderation.guild_settings import GuildQueries
from bot.storage.moderation.removals import RemovalQueries
from bot.storage.moderation.reports import ReportQueries
from bot.storage.moderation.undo import UndoQueries
from bot.storage.opening import check_place, open_database, sqlite_path
from bot.storage.privacy import deletion_list, erasing
from bot.storage.privacy.member_data import PrivacyQueries
from bot.storage.processes.registry import ProcessQueries
from bot.storage.processes.shards import ShardQueries
from bot.storage.processes.shared_facts import SharedFactQueries
from bot.storage.processes.watched import WatchedQueries
from bot.storage.quota.changes import QuotaQueries
from bot.storage.quota.exports import ExportQueries
from bot.storage.quota.spending import SpendingQueries
from bot.storage.values import ValueQueries
from bot.storage.versions.defaults import DefaultsQueries
from bot.storage.versions.drafts import DraftQueries
from bot.storage.versions.families import VersionQueries
from bot.storage.versions.history import HistoryQueries
from bot.storage.versions.questions import QuestionQueries
from bot.storage.versions.styles import StyleQueries

# The conditions of the claims, without the time; what is claimed is due again when its lease ends.
_LEASED = later_of("due_at", "lease_until")


def _with_card(table: str) -> str:
    """Return the time at which a message can be posted that replies to a card: once it is there, or is no longer new."""
    leased = later_of(f"{table}.due_at", f"{table}.lease_until")
    return later_of(leased, f"CASE card_answered WHEN 1 THEN 0 ELSE accepted_at + {CARD_GRACE_MS} END")


_DUE = {
    # In two parts, each found by an index: of those that wait for a card there are few.
    Work.SUBMIT: "SELECT min(due) AS due FROM (SELECT due_at AS due FROM generation WHERE id = (SELECT id FROM generation"
    f" WHERE finished_at IS NULL AND state = 'reserved' AND {ANSWERED} ORDER BY due_at LIMIT 1)"
    f" UNION ALL SELECT min(CASE WHEN due_at < accepted_at + {CARD_GRACE_MS} THEN accepted_at + {CARD_GRACE_MS} ELSE due_at END)"
    " FROM generation WHERE finished_at IS NULL AND state = 'reserved' AND image_file IS NOT NULL AND card_answered = 0)"
    " AS part",
    Work.POLL: "SELECT min(due) AS due FROM ("
    + " UNION ALL ".join(next_due_of(f"{POLLED} AND overdue = {overdue}") for overdue in (0, 1))
    + ") AS first",
    Work.FETCH: f"SELECT min({_LEASED}) AS due FROM generation WHERE {FETCHED}",
    Work.DELIVER: f"SELECT min({_with_card('delivery')}) AS due"
    f" FROM delivery JOIN generation ON generation.id = generation_id WHERE delivery.{OPEN}",
    Work.JOIN: f"SELECT min({_LEASED}) AS due FROM {JOINS}",
    Work.TELL: f"SELECT min({_with_card('notice')}) AS due"
    f" FROM failure_notice AS notice JOIN generation ON generation.id = generation_id WHERE notice.{OPEN}",
    Work.CARD: f"SELECT min(card_due_at) AS due FROM {TIMED_CARDS}",
}


class SqlStore(
    RequestQueries,
    CardQueries,
    DeferredReplyQueries,
    SubmitQueries,
    PollQueries,
    DeliveryQueries,
    JoinQueries,
    FailureQueries,
    FailureNoticeQueries,
    VersionQueries,
    HistoryQueries,
    QuestionQueries,
    AuditQueries,
    ConfirmationQueries,
    DraftQueries,
    GuildQueries,
    QuotaQueries,
    UndoQueries,
    ExportQueries,
    PrivacyQueries,
    DataRetentionQueries,
    WatchedQueries,
    ReportQueries,
    RemovalQueries,
    SpendingQueries,
    MetricQueries,
    MediaFileQueries,
    ValueQueries,
    StyleQueries,
    DefaultsQueries,
    ProcessQueries,
    SharedFactQueries,
    ShardQueries,
):
    """One database behind `bot.ports.database.store.Store` and `bot.ports.database.processes.measured.MeasuredStore`.

    Open it, hand it to the use cases and workers, close it last.
    """

    def __init__(self, database: Database, lists: Sequence[Path] = ()) -> None:
        self.db = database
        self.lists = lists
        self.summing = asyncio.Semaphore(1)

    @classmethod
    async def open(cls, where: Path | str, *, lists: Sequence[Path] = ()) -> Self:
        """Open a database, and apply the lists of deletions. Raises Unusable.

        where: a `DATABASE_URL`, or the path of a SQLite file. lists: folders with such a list, besides a file's own folder.
        """
        database = await open_database(where)
        path = sqlite_path(where)
        try:
            await check_place(where)
            store = cls(database, (*([path.parent] if path else ()), *lists))
            await store._forget_again()
        except BaseException:
            await database.close()
            raise
        return store

    async def _forget_again(self) -> None:
        """Apply the deletions made since: the file may be an older one that somebody has put back by hand."""
        try:
            listed = await asyncio.to_thread(deletion_list.read, self.lists)
        except OSError as error:
            raise Unusable(f"the list of deletions {error.filename} cannot be read: {error.strerror}") from error
        if listed and (learned := await self.db.write(lambda writing: erasing.learn(writing, listed))):
            await erasing.unfinished(self.db)
            await self.db.write(lambda writing: erasing.blank(writing, learned))
            await self.db.scrub()

    async def close(self) -> None:
        """Finish the writes in progress and release the file."""
        await self.db.close()

    async def end_leases(self, owners: Sequence[str], *, now: datetime) -> None:
        """See `Leases.end_leases`: each is treated as expired, which `SubmitQueries.submitting` puts in doubt.

        now: by the clock of the claims.
        """
        if not owners:
            return
        marks = ", ".join("?" * len(owners))

        async def work(writing: Writing) -> None:
            for table in ("generation", "delivery", "joining", "failure_notice"):
                await writing.execute(
                    f"UPDATE {table} SET lease_until = ? WHERE lease_until > ? AND lease_owner IN ({marks})",
                    (to_ms(now), to_ms(now), *owners),
                )

        await self.db.write(work)

    async def next_due(self, work: Work) -> datetime | None:
        """See `Leases.next_due`."""
        [row] = await self.db.read(_DUE[work])
        return None if row["due"] is None else from_ms(row["due"])

    async def open_jobs(self) -> int:
        """Return how many generations have not ended, or wait for their post."""
        [[count]] = await self.db.read(
            "SELECT (SELECT count(*) FROM generation WHERE finished_at IS NULL)"
            f" + (SELECT count(*) FROM delivery WHERE {OPEN})"
        )
        return int(count)
