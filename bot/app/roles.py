"""Which loops a process runs: one table, by role.

Every loop is made in every process, and only those of its role are started. A leader is one of the workers, or the
process that does everything.
"""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from bot.app.monitor import Monitor
from bot.app.watchers import backups_of, discord_watch, space_watch
from bot.domain.processes.process import Role
from bot.ports.media import Scratch
from bot.runtime.context import ServiceContext
from bot.settings import Settings
from bot.storage.store import SqlStore
from bot.usecases import Services
from bot.workers.cards.card_edits import CardWorker
from bot.workers.cards.lost_cards import LostCards
from bot.workers.cards.questions import QuestionWorker
from bot.workers.jobs.deliver import DeliverWorker
from bot.workers.jobs.departures import Departures
from bot.workers.jobs.failure_notices import FailureNoticeWorker
from bot.workers.jobs.fetch import FetchWorker
from bot.workers.jobs.joins import JoinWorker
from bot.workers.jobs.poll import PollWorker
from bot.workers.jobs.reconcile import Reconciliation
from bot.workers.jobs.submit import SubmitWorker
from bot.workers.loops.supervisor import Running, Supervisor
from bot.workers.models.family_news import FamilyNews
from bot.workers.models.refresh import ModelRefresh
from bot.workers.processes.leader import led
from bot.workers.upkeep.data_retention import DataRetention
from bot.workers.upkeep.deletions import Deletions
from bot.workers.upkeep.media_retention import MediaRetention
from bot.workers.upkeep.moderation import ModerationWorker
from bot.workers.upkeep.scratch_folder import ScratchKeeping
from bot.workers.watchers.backup_age import BackupAge
from bot.workers.watchers.database_health import DatabaseHealth
from bot.workers.watchers.reachability import Reachability
from bot.workers.watchers.starts import Starts
from bot.workers.watchers.stuck_jobs import StuckJobs


class Where(StrEnum):
    """Who runs a loop."""

    EVERY = "every process"
    GATEWAY = "each process with shards"
    WORKER = "each worker"
    LEADER = "one worker"


_OF_ROLE = {
    Role.RUN: frozenset(Where),
    Role.GATEWAY: frozenset({Where.EVERY, Where.GATEWAY}),
    Role.WORKER: frozenset({Where.EVERY, Where.WORKER, Where.LEADER}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loops:
    """The loops under their supervisor, and those of them that the start itself calls."""

    supervisor: Supervisor
    models: ModelRefresh
    lost_cards: LostCards


def loops(
    context: ServiceContext,
    use_cases: Services,
    monitor: Monitor,
    settings: Settings,
    *,
    store: SqlStore,
    deaths: asyncio.Event | None = None,
) -> Loops:
    """The loops of this process, not yet running. deaths: set when another process was declared dead.

    early: those that need no Discord. Submits wait for Discord: nothing is spent while nobody could see the result,
    and a reference image is read from its card.
    """
    submits, polls, fetches = SubmitWorker(context), PollWorker(context), FetchWorker(context)
    for claiming in (submits.loop, polls.loop, fetches.loop):
        claiming.on_claim = monitor.metrics.claimed
    health, models = DatabaseHealth(context.alerts, context.process), ModelRefresh(context)
    store.db.watch = health.observe
    lost_cards = LostCards(context, use_cases.cards, deaths)
    early: list[tuple[Where, Running]] = [
        (Where.EVERY, health.loop),
        (Where.LEADER, Reconciliation(context).loop),
        (Where.WORKER, polls.loop),
        (Where.WORKER, fetches.loop),
        (Where.LEADER, MediaRetention(context).loop),
        (Where.LEADER, models.loop),
        (Where.LEADER, Deletions(context).loop),
        (Where.LEADER, DataRetention(context).loop),
        (Where.LEADER, Reachability.uniall(context).loop),
        (Where.LEADER, StuckJobs(context).loop),
        (Where.EVERY, discord_watch(context, monitor.condition).loop),
        (Where.EVERY, space_watch(context, settings).loop),
        (Where.EVERY, Starts(context).loop),
        (Where.GATEWAY, Departures(context).loop),
    ]
    if settings.database_path:  # PostgreSQL is saved by its own tools, of which nothing is known here
        early.append((Where.LEADER, BackupAge(context, backups_of(settings)).loop))
    if isinstance(context.media, Scratch) and context.scratch:
        early.append((Where.EVERY, ScratchKeeping(context, context.media, context.scratch).loop))
    later: list[tuple[Where, Running]] = [
        (Where.EVERY, context.alerts),
        (Where.LEADER, FamilyNews(context).loop),
        (Where.WORKER, submits.loop),
        (Where.WORKER, DeliverWorker(context).loop),
        (Where.WORKER, JoinWorker(context).loop),
        (Where.WORKER, FailureNoticeWorker(context).loop),
        (Where.LEADER, CardWorker(context)),
        (Where.LEADER, QuestionWorker(context).loop),
        (Where.LEADER, ModerationWorker(context).loop),
        (Where.LEADER, lost_cards.loop),
    ]
    supervisor = Supervisor(_own(context, "leader", later), early=_own(context, "leader_early", early))
    return Loops(supervisor=supervisor, models=models, lost_cards=lost_cards)


def _own(context: ServiceContext, name: str, table: list[tuple[Where, Running]]) -> list[Running]:
    """Those of a table that this process runs; name: of the leader's."""
    process = context.process
    own = _OF_ROLE[process.role]
    once = [loop for where, loop in table if where is Where.LEADER and where in own]
    return [
        *(loop for where, loop in table if where is not Where.LEADER and where in own),
        *(led(name, process, once) if once else ()),
    ]
