"""Makes each part of the bot from the settings and other parts. `bot.app` decides in which order they start and stop."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.catalog.catalog import Catalog
from bot.domain.contact import Contact
from bot.domain.generation import Generation
from bot.domain.vitals import Vitals
from bot.gateway.client import SoraBot, http_trace
from bot.gateway.connection import LaterNotices
from bot.media.budget import Budget
from bot.media.folder import LocalMediaFolder
from bot.messenger import DiscordClock, DiscordMessenger, DiscordNotices, DiscordReaders, Renderer
from bot.monitoring.health import Condition, HealthServer
from bot.monitoring.metered_provider import MeteredProvider
from bot.monitoring.metrics import Metrics
from bot.monitoring.stalls import Stalls
from bot.runtime.alerts import Alerts
from bot.runtime.clocks import SteadyClock, SystemClock
from bot.runtime.context import OperatorPolicy, ServiceContext
from bot.runtime.ids import RandomIds
from bot.runtime.wake_signals import WakeSignals
from bot.settings import Settings
from bot.storage.forgotten import NAME as LIST_NAME
from bot.storage.store import SqlStore
from bot.uniall import UniAll
from bot.usecases import Services
from bot.usecases.alternatives import Alternatives
from bot.usecases.card_answers import CardAnswers
from bot.usecases.command_forms import CommandForms
from bot.usecases.commands import Commands
from bot.usecases.continuation import Continuation
from bot.usecases.defaults import Defaults
from bot.usecases.find_version import VersionLookup
from bot.usecases.form_drafts import FormDrafts
from bot.usecases.generate import Requests
from bot.usecases.guild_settings import Guilds
from bot.usecases.history import VersionHistory
from bot.usecases.iterate import Iteration
from bot.usecases.joining import Joins
from bot.usecases.plans import Plans
from bot.usecases.post_here import Reposting
from bot.usecases.privacy import MemberPrivacy
from bot.usecases.questions import Questions
from bot.usecases.quotas import Quotas
from bot.usecases.reports import Reports
from bot.usecases.results import Results
from bot.usecases.second_copy import SecondCopyWatch
from bot.usecases.styles import Styles
from bot.usecases.suggestions import Suggestions
from bot.usecases.threads import ResultThreads
from bot.usecases.undo import UndoChanges
from bot.watchers import watchers
from bot.workers.cards import CardWorker
from bot.workers.database_health import DatabaseHealth
from bot.workers.deliver import DeliverWorker
from bot.workers.departures import Departures
from bot.workers.erasure import Erasure
from bot.workers.failure_notices import FailureNoticeWorker
from bot.workers.family_news import FamilyNews
from bot.workers.fetch import FetchWorker
from bot.workers.growth import Growth
from bot.workers.joins import JoinWorker
from bot.workers.lost_cards import LostCards
from bot.workers.media_retention import MediaRetention
from bot.workers.model_refresh import ModelRefresh
from bot.workers.moderation import ModerationWorker
from bot.workers.poll import PollWorker
from bot.workers.questions import QuestionWorker
from bot.workers.reachability import Reachability
from bot.workers.reconcile import Reconciliation
from bot.workers.submit import SubmitWorker
from bot.workers.supervisor import Supervisor
from cogs import EXTENSIONS
from cogs.cards import chains, failure_message, question_card, result_message, status_card
from cogs.cards.thread_name import thread_name
from cogs.moderation import log_channel

KEEP_WORKERS = 60.0  # seconds for which an idle decoding process is kept for the next file


def _contact() -> Contact:
    return Contact(time.monotonic, time.time)


class Monitor:
    """The metrics, the health server and the contacts that other parts report to. Nothing in it runs by itself."""

    def __init__(self, settings: Settings) -> None:
        self.stalls = Stalls()
        self.uniall, self.discord = _contact(), _contact()
        self.vitals = Vitals()
        self.metrics = Metrics(
            settings.operator_budget, self.uniall, stalls=self.stalls, discord=self.discord, vitals=self.vitals
        )
        self.condition = Condition()
        self.health = HealthServer(self.condition, self.metrics, SystemClock())

    def discord_called(self, method: str, route: str, status: str) -> None:
        """Record a call to Discord. A 5xx may come from a proxy, so it counts as no response."""
        self.metrics.discord_called(method, route, status)
        if status.isdigit() and int(status) < 500:
            self.discord.answered()
        else:
            self.discord.unanswered()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loops:
    """The loops under their supervisor, and those of them that the start itself calls."""

    supervisor: Supervisor
    models: ModelRefresh
    lost_cards: LostCards


@dataclass(frozen=True, slots=True)
class Signals:
    """logged_in: Discord has accepted the bot's login. second_copy: another copy of the bot runs with the same token."""

    logged_in: asyncio.Event = field(default_factory=asyncio.Event)
    second_copy: asyncio.Event = field(default_factory=asyncio.Event)


def discord_client(monitor: Monitor, clock: DiscordClock) -> SoraBot:
    """The Discord client with all commands, not logged in."""
    bot = SoraBot(EXTENSIONS, clock=clock, trace=http_trace(monitor.discord_called))
    monitor.condition.bot = bot
    return bot


def media_folder(settings: Settings) -> LocalMediaFolder:
    """The media folder, created where it does not exist. Raises Unusable."""
    media = LocalMediaFolder(settings.media_dir, Budget(most=settings.media_budget), keep_workers=KEEP_WORKERS)
    media.prepare()
    return media


def uniall_client(settings: Settings, contact: Contact) -> UniAll:
    """The client of the paid API; the caller enters it as a context manager."""
    return UniAll(
        key=settings.uniall_api_key.get_secret_value(),
        base_url=settings.uniall_base_url,
        allow_local_media=settings.allow_local_media,
        contact=contact,
    )


def is_ours(path: Path, settings: Settings) -> bool:
    """Whether a path beside the database belongs to the bot."""
    media = settings.media_dir.resolve()
    own = path.name.startswith(settings.database_path.name) or path.name == LIST_NAME or path.suffix == ".db"
    return own or path.resolve() in (media, *media.parents)


def operator_policy(settings: Settings) -> OperatorPolicy:
    """The operator's rules from the settings."""
    poll_min, poll_max = settings.poll_bounds
    return OperatorPolicy(
        max_in_flight=settings.max_in_flight,
        poll_min=poll_min,
        poll_max=poll_max,
        default_quota=settings.default_quota,
        operator_budget=settings.operator_budget,
        allowed_guilds=settings.allowed_guild_ids,
        keep_prompts=settings.keep_prompts,
    )


def service_context(
    settings: Settings,
    monitor: Monitor,
    signals: Signals,
    *,
    bot: SoraBot,
    discord_clock: DiscordClock,
    store: SqlStore,
    media: LocalMediaFolder,
    uniall: UniAll,
    catalog: Catalog,
) -> ServiceContext:
    """The context that every use case and worker receives."""
    clock, steady = SystemClock(), SteadyClock()
    discord_notices = DiscordNotices(
        bot, log_channel.entry, operator_channel_id=settings.operator_channel_id, owner_ids=settings.owner_ids
    )
    notices = LaterNotices(discord_notices, bot, signals.logged_in)
    return ServiceContext(
        store=store,
        provider=MeteredProvider(uniall, monitor.metrics),
        messenger=DiscordMessenger(
            bot,
            _renderer(),
            store.guild,
            discord_clock=discord_clock,
            context_of=store.card_context,
            on_post=lambda generation: monitor.metrics.sent(generation, clock.now()),
        ),
        notices=notices,
        media=media,
        catalog=catalog,
        clock=clock,
        ids=RandomIds(),
        random=random.Random(),  # noqa: S311 - for jitter
        policy=operator_policy(settings),
        wake_signals=WakeSignals(),
        alerts=Alerts(notices, steady),
        steady=steady,
        uniall=monitor.uniall,
        discord=monitor.discord,
        vitals=monitor.vitals,
        servers=bot.servers,
        readers=DiscordReaders(bot),
    )


def _renderer() -> Renderer:
    return Renderer(
        card=status_card.render,
        result=result_message.render,
        result_link=result_message.render_link,
        failure=failure_message.render,
        digest=status_card.digest,
        picture_urls=status_card.picture_urls,
        thread_name=thread_name,
        join_failed=chains.failed,
        question=question_card.closed,
    )


def services(context: ServiceContext, signals: Signals, help_notes: tuple[str, ...]) -> Services:
    """The use cases, for the commands."""
    requests, versions = Requests(context), VersionLookup(context)
    styles, results, reposting = Styles(context), Results(context), Reposting(context, versions)
    iteration = Iteration(context, requests, styles)
    commands = Commands(context, requests, iteration, styles)
    return Services(
        requests=requests,
        cards=CardAnswers(context),
        second_copy=SecondCopyWatch(context, requests, signals.second_copy),
        versions=versions,
        iteration=iteration,
        continuation=Continuation(context, requests, versions, styles),
        joins=Joins(context, versions),
        questions=Questions(context, versions, iteration),
        drafts=FormDrafts(context),
        alternatives=Alternatives(context, requests, iteration, styles),
        suggestions=Suggestions(context, commands),
        commands=commands,
        command_forms=CommandForms(context, requests, iteration),
        styles=styles,
        defaults=Defaults(context, styles),
        threads=ResultThreads(context, versions),
        history=VersionHistory(context, versions, reposting),
        reposting=reposting,
        quotas=Quotas(context),
        plans=Plans(context),
        undo=UndoChanges(context),
        guilds=Guilds(context),
        results=results,
        reports=Reports(context, results),
        privacy=MemberPrivacy(context),
        catalog=context.catalog,
        help_notes=help_notes,
    )


def loops(
    context: ServiceContext,
    use_cases: Services,
    monitor: Monitor,
    settings: Settings,
    *,
    store: SqlStore,
    unanswered: Sequence[Generation],
) -> Loops:
    """The loops in two lists, so that a process that does a part of the work runs a part of them.

    early: those that need no Discord. Submits wait for Discord: nothing is spent while nobody could see the result,
    and a reference image is read from its card. unanswered: jobs of the process before whose card may or may not
    exist.
    """
    submits, polls, fetches = SubmitWorker(context), PollWorker(context), FetchWorker(context)
    for claiming in (submits.loop, polls.loop, fetches.loop):
        claiming.on_claim = monitor.metrics.claimed
    health, models = DatabaseHealth(context.alerts), ModelRefresh(context)
    store.db.watch = health.observe
    lost_cards = LostCards(context, use_cases.cards, unanswered)
    early = [
        health.loop,
        Reconciliation(context).loop,
        polls.loop,
        fetches.loop,
        MediaRetention(context).loop,
        models.loop,
        Erasure(context).loop,
        Growth(context).loop,
        Reachability.uniall(context).loop,
        *watchers(context, monitor.condition, settings),
        Departures(context).loop,
    ]
    later = [
        context.alerts,
        FamilyNews(context).loop,
        submits.loop,
        DeliverWorker(context).loop,
        JoinWorker(context).loop,
        FailureNoticeWorker(context).loop,
        CardWorker(context),
        QuestionWorker(context).loop,
        ModerationWorker(context).loop,
        lost_cards.loop,
    ]
    return Loops(supervisor=Supervisor(later, early=early), models=models, lost_cards=lost_cards)
