"""The whole database, composed of the small protocols beside this file.

Each write is one transaction, and leaves the database consistent. A write that finishes a claimed step takes the
claim, and raises LostLease where that claim is no longer held. While the database is not available, every method
raises StoreUnavailable, and nothing happens.
"""

from typing import Protocol

from bot.ports.audit import AuditLog
from bot.ports.cards import CardStore
from bot.ports.confirmations import ConfirmationStore
from bot.ports.deliveries import DeliveryQueue
from bot.ports.drafts import DraftStore
from bot.ports.generations import Generations
from bot.ports.guilds import GuildStore
from bot.ports.leases import Leases
from bot.ports.media_files import MediaFileStore
from bot.ports.polls import PollQueue
from bot.ports.privacy import PrivacyStore
from bot.ports.quotas import QuotaStore
from bot.ports.reports import ReportStore
from bot.ports.spending import SpendingStore
from bot.ports.submits import SubmitQueue
from bot.ports.values import Values
from bot.ports.versions import VersionStore


class Store(
    Generations,
    SubmitQueue,
    PollQueue,
    DeliveryQueue,
    VersionStore,
    DraftStore,
    CardStore,
    MediaFileStore,
    Leases,
    Values,
    GuildStore,
    QuotaStore,
    AuditLog,
    ConfirmationStore,
    ReportStore,
    SpendingStore,
    PrivacyStore,
    Protocol,
):
    """The union of all protocols: what a database engine implements, and what `ServiceContext` carries."""
