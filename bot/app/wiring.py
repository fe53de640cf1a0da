"""Makes the context and the use cases of the bot. `bot.app.lifecycle` starts and stops the parts in order."""

import random
from pathlib import Path

from bot.app.adapters import renderer, servers
from bot.app.monitor import Monitor, Signals
from bot.catalog.catalog import Catalog
from bot.gateway.client import SoraBot
from bot.gateway.connection import LaterNotices
from bot.media.files.folder import LocalMediaFolder
from bot.messenger import (
    DiscordClock,
    DiscordGuilds,
    DiscordMessenger,
    DiscordNotices,
    DiscordReaders,
)
from bot.monitoring.metrics.metered_provider import MeteredProvider
from bot.ports.media import Scratch
from bot.runtime.alerts import Alerts, SharedAlerts
from bot.runtime.bucket_alerts import BucketAlerts
from bot.runtime.context import OperatorPolicy, ServiceContext
from bot.runtime.own_process import OwnProcess
from bot.runtime.scratch_pressure import ScratchPressure
from bot.runtime.wake_signals import WakeSignals
from bot.settings import Settings
from bot.storage.privacy.deletion_list import NAME as LIST_NAME
from bot.storage.sqlite.upgrade_backups import FOLDER as BACKUPS
from bot.storage.store import SqlStore
from bot.system.clocks import Clocks
from bot.system.ids import RandomIds
from bot.uniall import UniAll
from bot.usecases import Services
from bot.usecases.moderation.guild_settings import Guilds
from bot.usecases.moderation.plans import Plans
from bot.usecases.moderation.quotas import Quotas
from bot.usecases.moderation.removals import Results
from bot.usecases.moderation.reports import Reports
from bot.usecases.moderation.styles import Styles
from bot.usecases.moderation.undo import UndoChanges
from bot.usecases.privacy import MemberPrivacy
from bot.usecases.requests.accept import Requests
from bot.usecases.requests.alternatives import Alternatives
from bot.usecases.requests.card_answers import CardAnswers
from bot.usecases.requests.command_forms import CommandForms
from bot.usecases.requests.commands import Commands
from bot.usecases.requests.defaults import Defaults
from bot.usecases.requests.questions import Questions
from bot.usecases.requests.suggestions import Suggestions
from bot.usecases.second_copy import SecondCopyWatch
from bot.usecases.versions.continuation import Continuation
from bot.usecases.versions.find_version import VersionLookup
from bot.usecases.versions.form_drafts import FormDrafts
from bot.usecases.versions.history import VersionHistory
from bot.usecases.versions.iterate import Iteration
from bot.usecases.versions.joining import Joins
from bot.usecases.versions.post_here import Reposting
from bot.usecases.versions.threads import ResultThreads
from cogs.moderation import log_channel


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
            renderer(),
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
        watched=monitor.watched,
        servers=servers(bot, guilds, process),
        readers=DiscordReaders(bot, guilds),
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
