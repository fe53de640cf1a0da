"""The whole database, composed of the small protocols beside this file.

Each write is one transaction, and leaves the database consistent. A write that finishes a claimed step takes the
claim, and raises LostLease where that claim is no longer held. While the database is not available, every method
raises StoreUnavailable, and nothing happens.
"""

from typing import Protocol

from bot.ports.database.audit import AuditLog
from bot.ports.database.cards import CardStore
from bot.ports.database.confirmations import ConfirmationStore
from bot.ports.database.data_retention import DataRetentionStore
from bot.ports.database.deferred_replies import DeferredReplyStore
from bot.ports.database.deliveries import DeliveryQueue
from bot.ports.database.drafts import DraftStore
from bot.ports.database.failure_notices import FailureNoticeQueue
from bot.ports.database.generations import Generations
from bot.ports.database.guilds import GuildStore
from bot.ports.database.history import HistoryStore
from bot.ports.database.joins import JoinStore
from bot.ports.database.leases import Leases
from bot.ports.database.media_files import MediaFileStore
from bot.ports.database.polls import PollQueue
from bot.ports.database.privacy import PrivacyStore
from bot.ports.database.processes import ProcessStore, SharedFacts
from bot.ports.database.questions import QuestionStore
from bot.ports.database.quotas import QuotaStore
from bot.ports.database.reports import ReportStore
from bot.ports.database.shards import ShardStore
from bot.ports.database.spending import SpendingStore
from bot.ports.database.styles import DefaultsStore, StyleStore
from bot.ports.database.submits import SubmitQueue
from bot.ports.database.values import Values
from bot.ports.database.versions import VersionStore
from bot.ports.database.vital_signs import VitalSigns


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
    VitalSigns,
    StyleStore,
    DefaultsStore,
    ProcessStore,
    SharedFacts,
    ShardStore,
    Protocol,
):
    """The union of all protocols: what a database engine implements, and what `ServiceContext` carries."""
