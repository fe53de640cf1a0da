"""Makes each part of the bot from the settings and other parts. `bot.app` decides in which order they start and stop."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.catalog.catalog import Catalog
from bot.domain.contact import Contact
from bot.domain.processes import Role
from bot.domain.shards import Shards
from bot.domain.vitals import Vitals
from bot.gateway.client import SoraBot
from bot.gateway.connection import LaterNotices
from bot.gateway.identify import IdentifyGate, SharedTurns
from bot.gateway.tracing import http_trace
from bot.media.budget import Budget
from bot.media.folder import LocalMediaFolder
from bot.messenger import (
    AskedServers,
    DiscordClock,
    DiscordGuilds,
    DiscordMessenger,
    DiscordNotices,
    DiscordReaders,
    Renderer,
)
from bot.monitoring.health import Condition, HealthServer
from bot.monitoring.metered_provider import MeteredProvider
from bot.monitoring.metrics import Metrics
from bot.monitoring.stalls import Stalls
from bot.ports.media import Scratch
from bot.ports.servers import Servers
from bot.runtime.alerts import Alerts, SharedAlerts
from bot.runtime.bucket_alerts import BucketAlerts
from bot.runtime.clocks import Clocks, SystemClock
from bot.runtime.context import OperatorPolicy, ServiceContext
from bot.runtime.ids import RandomIds
from bot.runtime.own_process import OwnProcess
from bot.runtime.scratch import ScratchPressure
from bot.runtime.wake_signals import WakeSignals
from bot.settings import Settings
from bot.storage.forgotten import NAME as LIST_NAME
from bot.storage.sqlite.upgrade_backups import FOLDER as BACKUPS
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
from cogs import EXTENSIONS
from cogs.cards import chains, failure_message, question_card, result_message, status_card
from cogs.cards.thread_name import thread_name
from cogs.moderation import log_channel

if TYPE_CHECKING:
    from bot.media.bucket import Bucket

KEEP_WORKERS = 60.0  # seconds for which an idle decoding process is kept for the next file


def _contact() -> Contact:
    return Contact(time.monotonic, time.time)


class Monitor:
    """The metrics, the health server and the contacts that other parts report to. Nothing in it runs by itself."""

    def __init__(self, settings: Settings) -> None:
        self.stalls = Stalls()
        self.uniall, self.discord = _contact(), _contact()
        self.vitals = Vitals(backs_up=settings.database_path is not None)
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


@dataclass(frozen=True, slots=True)
class Signals:
    """logged_in: Discord has accepted the bot's login. second_copy: another copy of the bot runs with the same token.

    declared_dead: other processes have given back what this one had claimed.
    """

    logged_in: asyncio.Event = field(default_factory=asyncio.Event)
    declared_dead: asyncio.Event = field(default_factory=asyncio.Event)
    second_copy: asyncio.Event = field(default_factory=asyncio.Event)


def discord_client(
    monitor: Monitor, clock: DiscordClock, process: OwnProcess, store: SqlStore, clocks: Clocks, shards: Shards | None
) -> SoraBot:
    """The Discord client, not logged in; with all commands where this process receives any.

    Processes that share a database take turns there to begin sessions, and who has shard 0 syncs the commands.
    """
    gateway = process.role is not Role.WORKER
    bot = SoraBot(EXTENSIONS if gateway else (), clock=clock, trace=http_trace(monitor.discord_called), shards=shards)
    bot.store = store
    bot.syncs_at_login = process.alone
    if not process.alone:
        bot.gate = IdentifyGate(SharedTurns(store, clocks.system).take)
    monitor.condition.bot, monitor.condition.gateway = bot, gateway
    return bot


def _servers(bot: SoraBot, guilds: DiscordGuilds, process: OwnProcess) -> Servers:
    """Which servers the bot is in, as far as this process has to know it."""
    if process.alone or process.role is Role.GATEWAY:
        return bot.servers
    return AskedServers(guilds, bot.servers if process.role is Role.RUN else None)


def media_folder(settings: Settings) -> LocalMediaFolder:
    """The kept files: a folder, or a bucket with a folder of copies, which is made where there is none. Raises Unusable."""
    room = Budget(most=settings.media_budget)
    if settings.bucket is None:
        media = LocalMediaFolder(settings.media_dir, room, keep_workers=KEEP_WORKERS)
    else:
        from bot.media.bucket_folder import BucketMedia

        media = BucketMedia(settings.media_dir, bucket_of(settings), room, keep_workers=KEEP_WORKERS)
    media.prepare()
    return media


def bucket_of(settings: Settings) -> "Bucket":
    """The bucket of MEDIA_URL, which must be set; obstore is imported only here."""
    from bot.media.bucket import Bucket, BucketAddress

    name, prefix = settings.bucket or ("", "")
    secrets = (settings.aws_access_key_id, settings.aws_secret_access_key, settings.aws_session_token)
    key_id, secret, token = (given.get_secret_value() if given else None for given in secrets)
    return Bucket(
        BucketAddress(
            bucket=name,
            prefix=prefix,
            endpoint=(settings.aws_endpoint_url or "").rstrip("/") or None,
            region=settings.aws_region,
            key_id=key_id,
            secret=secret,
            session_token=token,
        )
    )


def uniall_client(settings: Settings, contact: Contact, process: OwnProcess) -> UniAll:
    """The client of the paid API; the caller enters it as a context manager."""
    return UniAll(
        key=settings.uniall_api_key.get_secret_value(),
        base_url=settings.uniall_base_url,
        allow_local_media=settings.allow_local_media,
        contact=contact,
        may_send=process.may_act,
    )


def is_ours(path: Path, settings: Settings) -> bool:
    """Whether a path beside the database belongs to the bot."""
    media = settings.media_dir.resolve()
    database = settings.database_path
    own = (
        (database and path.name.startswith(database.name)) or path.name in (LIST_NAME, BACKUPS) or path.suffix == ".db"
    )
    return bool(own) or path.resolve() in (media, *media.parents)


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
    process: OwnProcess,
    clocks: Clocks,
) -> ServiceContext:
    """The context that every use case and worker receives."""
    clock, steady = clocks.system, clocks.steady
    guilds = DiscordGuilds(bot)
    discord_notices = DiscordNotices(
        bot, guilds, log_channel.entry, operator_channel_id=settings.operator_channel_id, owner_ids=settings.owner_ids
    )
    notices = LaterNotices(discord_notices, signals.logged_in)
    alerts = Alerts(notices, steady, None if process.alone else SharedAlerts(store, clock, process))
    scratch = None
    if isinstance(media, Scratch):
        scratch = ScratchPressure()
        media.watch(BucketAlerts(alerts, settings.media_url or "").observe)
    return ServiceContext(
        store=store,
        provider=MeteredProvider(uniall, monitor.metrics),
        messenger=DiscordMessenger(
            bot,
            guilds,
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
        alerts=alerts,
        scratch=scratch,
        steady=steady,
        process=process,
        uniall=monitor.uniall,
        discord=monitor.discord,
        vitals=monitor.vitals,
        servers=_servers(bot, guilds, process),
        readers=DiscordReaders(bot, guilds),
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
