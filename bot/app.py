"""The one place that wires everything: what is built of what, in which order it starts, and in which it stops.

Start: metrics and health → folders and database (leases of the process before are void) → the key's models → the loops
that need no Discord → Discord's login and commands → the cards whose id was lost → all loops → the gateway. Stop: no new
wishes → loops drained (submits and posts under way finish) → Discord → database → metrics and health.
"""

import asyncio
import gc
import random
import secrets
import signal
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import structlog

from bot.catalog.catalog import Catalog
from bot.domain.contact import Contact
from bot.domain.errors import SecondCopy, StoreFault, StoreUnavailable, Unusable
from bot.domain.generation import Generation
from bot.domain.jobs import Fault
from bot.gateway.client import SoraBot, http_trace, use_api
from bot.gateway.connection import Connection, LaterNotices
from bot.media.budget import Budget
from bot.media.folder import MediaFolder
from bot.messenger import DiscordClock, DiscordNotices, DiscordReaders, Renderer
from bot.monitoring.health import Condition, HealthServer
from bot.monitoring.metrics import Metered, MeteredMessenger, Metrics
from bot.monitoring.stalls import Stalls
from bot.runtime.alerts import Alerts
from bot.runtime.background import finish_background
from bot.runtime.clocks import SteadyClock, SystemClock
from bot.runtime.context import OperatorPolicy, ServiceContext
from bot.runtime.failpoints import Failpoint, reach
from bot.runtime.files import close_folder_to_others
from bot.runtime.persist import persist
from bot.runtime.wake_signals import WakeSignals
from bot.settings import Settings
from bot.storage.forgotten import NAME as LIST_NAME
from bot.storage.store import SqliteStore
from bot.uniall import UniAll
from bot.uniall.transport import prepare
from bot.usecases import Services
from bot.usecases.card_answers import CardAnswers
from bot.usecases.find_version import VersionLookup
from bot.usecases.form_drafts import FormDrafts
from bot.usecases.generate import Requests
from bot.usecases.guild_settings import Guilds
from bot.usecases.history import VersionHistory
from bot.usecases.iterate import Iteration
from bot.usecases.post_here import Reposting
from bot.usecases.privacy import Privacy
from bot.usecases.quotas import Quotas
from bot.usecases.results import Results
from bot.usecases.second_copy import SecondCopyWatch
from bot.usecases.threads import ResultThreads
from bot.workers.cards import CardWorker
from bot.workers.database_health import DatabaseHealth
from bot.workers.deliver import DeliverWorker
from bot.workers.departures import Departures
from bot.workers.erasure import Erasure
from bot.workers.fetch import FetchWorker
from bot.workers.lost_cards import LostCards
from bot.workers.media_retention import MediaRetention
from bot.workers.model_refresh import ModelRefresh
from bot.workers.poll import PollWorker
from bot.workers.reachability import Reachability
from bot.workers.reconcile import Reconciliation
from bot.workers.submit import SubmitWorker
from bot.workers.supervisor import Supervisor
from cogs import EXTENSIONS
from cogs._ui import wording
from cogs.cards import result_message, status_card
from cogs.cards.thread_name import thread_name
from cogs.moderation import log_channel as log_channel

log = structlog.stdlib.get_logger()

DRAIN_SECONDS = 5.0  # of the ten a stop may take
ANSWER_SECONDS = 1.5  # for answers to interactions that are on their way
ASIDE_SECONDS = 0.5
KEY_TIMEOUT = 5.0
CARDS_TIMEOUT = 5.0
LOCK_SECONDS = 5.0
KEEP_WORKERS = 60.0  # seconds for which a process that decodes files waits for the next one
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class RandomIds:
    """20 characters: nine of time in milliseconds, eleven (55 bits) of chance."""

    def new(self) -> str:
        """One more id."""
        number = (time.time_ns() // 1_000_000) << 55 | secrets.randbits(55)
        return "".join(_ALPHABET[number >> shift & 31] for shift in range(95, -1, -5))


async def _void(store: SqliteStore, now: datetime) -> None:
    """Void the leases of the process before. Another program's lock is waited for a little, as the opening does."""
    try:
        await store.void_leases(now=now)
    except StoreUnavailable as error:
        if error.kind is not StoreFault.BUSY:
            raise
        try:
            async with asyncio.timeout(LOCK_SECONDS):
                await persist(lambda: store.void_leases(now=now))
        except TimeoutError:
            raise error from None


class App:
    """The bot with everything it needs. `run` is the whole life; the sandbox drives the steps itself."""

    def __init__(self, settings: Settings, *, help_notes: tuple[str, ...] = ()) -> None:
        self.settings = settings
        self._help_notes = help_notes
        self._catalog = Catalog.read(settings.models_file)
        self.stalls = Stalls()
        self._uniall_contact, self._discord_contact = (Contact(time.monotonic, time.time) for _ in range(2))
        self.metrics = Metrics(settings.operator_budget, self._uniall_contact, stalls=self.stalls)
        self._discord_clock = DiscordClock()
        self.bot = SoraBot(EXTENSIONS, trace=http_trace(self._discord_called, self._discord_clock.heard))
        self._store: SqliteStore | None = None
        self._media: MediaFolder | None = None
        self._uniall: UniAll | None = None
        self._requests: Requests | None = None
        self._lost_cards: LostCards | None = None
        self._supervisor: Supervisor | None = None
        self._models: ModelRefresh | None = None
        self._logged_in = asyncio.Event()
        self._second = asyncio.Event()
        self._stopping = False
        self.health = HealthServer(self.condition, self.metrics, SystemClock())

    def _discord_called(self, method: str, route: str, status: str) -> None:
        """For the metrics, and for whoever must know whether Discord answers at all: a 5xx is none."""
        self.metrics.discord_called(method, route, status)
        if status.isdigit() and int(status) < 500:
            self._discord_contact.answered()
        else:
            self._discord_contact.unanswered()

    async def open(self) -> None:
        """Open the database and the UniAll client, and put the services on the bot. Raises Unusable."""
        settings = self.settings
        await asyncio.gather(asyncio.to_thread(wording.prepare), asyncio.to_thread(prepare))
        media = self._media = MediaFolder(
            settings.media_dir, Budget(most=settings.media_budget), keep_workers=KEEP_WORKERS
        )
        media.prepare()
        store = self._store = self.bot.store = await SqliteStore.open(
            settings.database_path, lists=[settings.media_dir]
        )
        close_folder_to_others(settings.database_path.parent, self._is_ours)
        await self.metrics.follow(store)
        clock = SystemClock()
        unanswered = await store.cardless()
        await _void(store, clock.now())
        reach(Failpoint.START_VOIDED)
        uniall = self._uniall = UniAll(
            key=settings.uniall_api_key.get_secret_value(),
            base_url=settings.uniall_base_url,
            allow_local_media=settings.allow_local_media,
            contact=self._uniall_contact,
        )
        await uniall.__aenter__()
        render = Renderer(
            card=status_card.render,
            result=result_message.render,
            result_link=result_message.render_link,
            digest=status_card.digest,
            picture_url=status_card.picture_url,
            thread_name=thread_name,
        )
        messenger = MeteredMessenger(
            self.bot, render, store.guild, metrics=self.metrics, clock=clock, discord_clock=self._discord_clock
        )
        notices = LaterNotices(
            DiscordNotices(
                self.bot,
                log_channel.entry,
                operator_channel_id=settings.operator_channel_id,
                owner_ids=settings.owner_ids,
            ),
            self.bot,
            self._logged_in,
        )
        poll_min, poll_max = settings.poll_bounds
        steady = SteadyClock()
        context = ServiceContext(
            store=store,
            moderation=store,
            provider=Metered(uniall, self.metrics),
            messenger=messenger,
            notices=notices,
            media=media,
            catalog=self._catalog,
            clock=clock,
            ids=RandomIds(),
            random=random.Random(),  # noqa: S311 - for jitter
            policy=OperatorPolicy(
                max_in_flight=settings.max_in_flight,
                poll_min=poll_min,
                poll_max=poll_max,
                default_quota=settings.default_quota,
                operator_budget=settings.operator_budget,
                allowed_guilds=settings.allowed_guild_ids,
            ),
            wake_signals=WakeSignals(),
            alerts=Alerts(notices, steady),
            steady=steady,
            uniall=self._uniall_contact,
            discord=self._discord_contact,
            servers=self.bot.servers,
            readers=DiscordReaders(self.bot),
        )
        self._serve(context, unanswered)

    def _is_ours(self, path: Path) -> bool:
        """Whether something beside the database is the bot's own."""
        media = self.settings.media_dir.resolve()
        own = path.name.startswith(self.settings.database_path.name) or path.name == LIST_NAME or path.suffix == ".db"
        return own or path.resolve() in (media, *media.parents)

    def _serve(self, context: ServiceContext, unanswered: Sequence[Generation]) -> None:
        """Make the services of a world: the loops for the supervisor, the use cases for the commands."""
        self._requests = Requests(context)
        cards, versions = CardAnswers(context), VersionLookup(context)
        self._lost_cards = LostCards(context, cards, unanswered)
        self._models = ModelRefresh(context)
        submits, polls, fetches = SubmitWorker(context), PollWorker(context), FetchWorker(context)
        for claiming in (submits.loop, polls.loop, fetches.loop):
            claiming.on_claim = self.metrics.claimed
        # A submit waits for Discord too: nothing is spent while nobody could see the result, and an image is on its card.
        health = DatabaseHealth(context.alerts)
        if self._store:
            self._store.db.watch = health.heard
        self._supervisor = Supervisor(
            [context.alerts, submits.loop, DeliverWorker(context).loop, CardWorker(context), self._lost_cards.loop],
            early=[
                health.loop,
                Reconciliation(context).loop,
                polls.loop,
                fetches.loop,
                MediaRetention(context).loop,
                self._models.loop,
                Erasure(context).loop,
                Reachability(context).loop,
                Departures(context).loop,
            ],
        )
        self.bot.services = Services(
            requests=self._requests,
            cards=cards,
            second_copy=SecondCopyWatch(context, self._requests, self._second),
            versions=versions,
            iteration=Iteration(context, self._requests),
            drafts=FormDrafts(context),
            threads=ResultThreads(context, versions),
            history=VersionHistory(context, versions),
            reposting=Reposting(context, versions),
            quotas=Quotas(context),
            guilds=Guilds(context),
            results=Results(context),
            privacy=Privacy(context),
            catalog=self._catalog,
            help_notes=self._help_notes,
        )

    async def check_key(self) -> None:
        """Ask for the key's models. Raises Unusable where the key is refused and nothing is under way that needs care."""
        if self._models is None or self._store is None:
            raise AssertionError("open first")
        try:
            async with asyncio.timeout(KEY_TIMEOUT):
                error = await self._models.refresh()
        except TimeoutError:
            log.warning("models_not_listed", seconds=KEY_TIMEOUT)
            return
        if error and error.fault is Fault.AUTH and not await self._store.open_jobs():
            raise Unusable(f"UniAll at {self.settings.uniall_base_url} does not accept UNIALL_API_KEY")

    def start_services(self) -> None:
        """Start the loops, or those that do not run yet; the bot must be logged in."""
        if self._supervisor is None:
            raise AssertionError("open first")
        self._logged_in.set()
        self._supervisor.start()

    def condition(self) -> Condition:
        """How the bot is doing."""
        return Condition(bot=self.bot, store=self._store, supervisor=self._supervisor, stopping=self._stopping)

    async def close(self) -> None:
        """Stop in order; idempotent. Within ten seconds."""
        self._stopping = True
        if self._requests:
            self._requests.close()
            if self._media:
                self._media.refuse_images()
            await self.bot.finish_answers(ANSWER_SECONDS)
        if self._supervisor:
            await self._supervisor.drain(DRAIN_SECONDS)
            await finish_background(ASIDE_SECONDS)
            self._supervisor = None
        try:
            async with asyncio.timeout(2):
                await self.bot.close()
        except TimeoutError:
            log.warning("discord_not_closed")
        if self._media:
            await self._media.close()
            self._media = None
        if self._uniall:
            await self._uniall.__aexit__(None, None, None)
            self._uniall = None
        if self._store:
            await self._store.close()
            self._store = None
        await self.health.stop()
        self.stalls.stop()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT. Raises Unusable for what the operator must mend."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if self.settings.discord_api_base_url:
            use_api(self.settings.discord_api_base_url)
        if self.settings.strangers_may_spend:
            log.warning("strangers_may_spend", text="ALLOWED_GUILD_IDS and OPERATOR_BUDGET are both empty")
        life = asyncio.create_task(self._live())
        stopping = asyncio.create_task(stop.wait())
        second = asyncio.create_task(self._second.wait())
        try:
            await asyncio.wait({life, stopping, second}, return_when=asyncio.FIRST_COMPLETED)
            if life.done():
                life.result()
            log.info("stopping")
            if second.done():
                raise SecondCopy(
                    "another copy of this bot runs with the same DISCORD_TOKEN on another database; run one copy for each token"
                )
        finally:
            stopping.cancel()
            second.cancel()
            await self.close()
            life.cancel()
            await asyncio.gather(life, stopping, second, return_exceptions=True)
            log.info("stopped")

    async def _live(self) -> None:
        self.stalls.start()
        if self.settings.metrics_address:
            await self.health.start(*self.settings.metrics_address)
        connection = Connection(self.bot, self.settings.discord_token.get_secret_value())
        try:
            await self._start(connection)
        except StoreUnavailable as error:
            path = self.settings.database_path
            if error.kind is StoreFault.FULL:
                raise Unusable(f"the disk of {path} is full; make room on it") from error
            raise Unusable(f"the database {path} cannot be had: {error.detail}") from error
        await connection.stay()

    async def _start(self, connection: Connection) -> None:
        """What UniAll has is polled and fetched however long Discord is away: its links expire."""
        await self.open()
        await self.check_key()
        if self._supervisor is None:
            raise AssertionError("open first")
        self._supervisor.start_early()
        await connection.log_in()
        await self._find_cards()
        gc.freeze()  # what is loaded stays: the collector need not go through all of it again and again, which takes 100 ms
        self.start_services()

    async def _find_cards(self) -> None:
        """Before submits, posts and edits: an image is on its card, a post replies to it. What takes too long is not waited
        for, and goes on beside them."""
        if self._lost_cards is None:
            raise AssertionError("open first")
        try:
            async with asyncio.timeout(CARDS_TIMEOUT):
                await self._lost_cards.look()
        except TimeoutError:
            log.warning("cards_not_found", seconds=CARDS_TIMEOUT)
