"""The whole database, composed of the small protocols beside this file.

Each write is one transaction, and leaves the database consistent. A write that finishes a claimed step takes the
claim, and raises LostLease where that claim is no longer held. While the database is not available, every method
raises StoreUnavailable, and nothing happens.
"""

from typing import Protocol

from bot.ports.database.data_retention import DataRetentionStore
from bot.ports.database.jobs.cards import CardStore
from bot.ports.database.jobs.deferred_replies import DeferredReplyStore
from bot.ports.database.jobs.deliveries import DeliveryQueue
from bot.ports.database.jobs.failure_notices import FailureNoticeQueue
from bot.ports.database.jobs.generations import Generations
from bot.ports.database.jobs.joins import JoinStore
from bot.ports.database.jobs.leases import Leases
from bot.ports.database.jobs.media_files import MediaFileStore
from bot.ports.database.jobs.polls import PollQueue
from bot.ports.database.jobs.submits import SubmitQueue
from bot.ports.database.moderation.audit import AuditLog
from bot.ports.database.moderation.confirmations import ConfirmationStore
from bot.ports.database.moderation.guilds import GuildStore
from bot.ports.database.moderation.reports import ReportStore
from bot.ports.database.privacy import PrivacyStore
from bot.ports.database.processes.registry import ProcessStore, SharedFacts
from bot.ports.database.processes.shards import ShardStore
from bot.ports.database.processes.watched import WatchedStore
from bot.ports.database.quota.changes import QuotaStore
from bot.ports.database.quota.spending import SpendingStore
from bot.ports.database.values import Values
from bot.ports.database.versions.drafts import DraftStore
from bot.ports.database.versions.families import VersionStore
from bot.ports.database.versions.history import HistoryStore
from bot.ports.database.versions.questions import QuestionStore
from bot.ports.database.versions.styles import DefaultsStore, StyleStore


class Store(
    Generations,
    SubmitQueue,
    PollQueue,
    DeliveryQueue,
    JoinStore,
    FailureNoticeQueue,
    VersionStore,
    HistoryStore,
    DraftStore,
    CardStore,
    DeferredReplyStore,
    MediaFileStore,
    Leases,
    Values,
    GuildStore,
    QuestionStore,
    QuotaStore,
    AuditLog,
    ConfirmationStore,
    ReportStore,
    SpendingStore,
    PrivacyStore,
    DataRetentionStore,
    WatchedStore,
    StyleStore,
    DefaultsStore,
    ProcessStore,
    SharedFacts,
    ShardStore,
    Protocol,
):
    """The union of all protocols: what a database engine implements, and what `ServiceContext` carries."""
