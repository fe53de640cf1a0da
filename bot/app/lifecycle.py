"""The bot from start to stop: the order in which its parts start and stop. `adapters` and `wiring` make the parts.

Start: metrics and health → folders and database (the leases of dead processes are void) → UniAll → heartbeats → commands
and loops, not yet running → the key's models → the loops that need no Discord → login to Discord → the cards whose id was
lost → all loops → the gateway. Stop, in reverse, within ten seconds: nothing new is accepted; responses, submits and posts
in progress end, at the same time → Discord → its row and leases → database → metrics and health.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog

from bot.app.adapters import discord_client, media_folder, read_ahead, uniall_client
from bot.app.monitor import Monitor, Signals
from bot.app.process_row import LEAVE_SECONDS, heartbeats, own_process
from bot.app.roles import Loops, loops
from bot.app.wiring import is_ours, service_context, services
from bot.catalog.catalog import Catalog
from bot.domain.errors import OperatorNeeded, SecondCopy, StoreFault, StoreUnavailable, Unusable
from bot.domain.processes.process import Role
from bot.domain.processes.shards import Shards
from bot.domain.provider import Fault
from bot.gateway.client import SoraBot, use_api
from bot.gateway.connection import Connection
from bot.media.files.folder import LocalMediaFolder
from bot.messenger import DiscordClock
from bot.runtime.own_process import OwnProcess
from bot.settings import Settings
from bot.storage.opening import database_name
from bot.storage.sqlite.connection import locked
from bot.storage.store import SqlStore
from bot.system.background import finish_background
from bot.system.clocks import Clocks
from bot.system.failpoints import Failpoint, reach
from bot.system.files import close_folder_to_others
from bot.system.stop_signals import on_stop_signal
from bot.workers.cards.lost_cards import LostCards
from bot.workers.loops.supervisor import Supervisor
from bot.workers.processes.shard_ownership import ShardOwnership

log = structlog.stdlib.get_logger()

# Of the ten seconds that a stop may take, for what is in progress: the loops, and meanwhile the responses to interactions.
# What is left of those then is cut off within a second; the next start completes them (`bot.workers.cards.lost_cards`).
DRAIN_SECONDS = 5.0
ANSWER_SECONDS = 5.0
BACKGROUND_SECONDS = 0.5
KEY_TIMEOUT = 5.0
CARDS_TIMEOUT = 5.0
SESSION_RESERVE = 0.1  # of a day's new gateway sessions: what is left for the operator to find out why they go
# Seconds after which a thread lets another one run. A transaction has dozens of statements, and after each one the
# database's thread waits for its turn: with Python's 5 ms, a busy event loop makes every transaction take a fifth of a second.
SWITCH_SECONDS = 0.0002


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The bot, opened: it holds the database, its commands have their use cases, and no loop runs yet."""

    bot: SoraBot
    store: SqlStore
    connection: Connection
    loops: Loops
    signals: Signals
    process: OwnProcess
    ownership: ShardOwnership

    def start_loops(self) -> None:
        """Start the loops that do not run yet; the bot must be logged in."""
        self.signals.logged_in.set()
        self.loops.supervisor.start()


async def run(settings: Settings, *, role: Role = Role.RUN, shards: Shards | None = None) -> None:
    """Run until SIGTERM or SIGINT. shards: those of a gateway. Raises Unusable for what the operator must fix."""
    sys.setswitchinterval(SWITCH_SECONDS)
    stop, signals = asyncio.Event(), Signals()
    on_stop_signal(stop.set)
    if settings.discord_api_base_url:
        use_api(settings.discord_api_base_url)
    if settings.strangers_may_spend:
        log.warning("strangers_may_spend", text="ALLOWED_GUILD_IDS and OPERATOR_BUDGET are both empty")
    life = asyncio.create_task(_live(settings, signals, role, shards))
    ends = [asyncio.create_task(event.wait()) for event in (stop, signals.second_copy, signals.declared_dead)]
    try:
        await asyncio.wait({life, *ends}, return_when=asyncio.FIRST_COMPLETED)
        if not life.done():
            log.info("stopping")
            life.cancel()  # everything it has opened is closed in reverse order
            await asyncio.wait({life})
        if not life.cancelled():  # it is where it had not begun yet
            life.result()
        if signals.second_copy.is_set():
            raise SecondCopy(
                "another copy of this bot runs with the same DISCORD_TOKEN on another database; run one copy for each token"
            )
        if signals.declared_dead.is_set():
            raise Unusable(
                "this process was declared dead: the database had not heard from it for half a minute, and others do its work"
            )
    finally:
        for task in (life, *ends):
            task.cancel()
        await asyncio.gather(life, *ends, return_exceptions=True)
        log.info("stopped")


async def _live(settings: Settings, signals: Signals, role: Role, shards: Shards | None) -> None:
    """The whole life of the process. Everything that is entered here is exited in reverse order, however it ends.

    A cancellation asks for the stop, and ends here: Python before 3.11.3 turns each timeout in the clean-up of a task that is
    still being cancelled into another cancellation.
    """
    async with AsyncExitStack() as parts:
        try:
            monitor = await parts.enter_async_context(_monitoring(settings))
            with _named(database_name(settings.database_url)):
                app = await parts.enter_async_context(
                    open_app(settings, monitor=monitor, signals=signals, role=role, shards=shards)
                )
                await _start(app, settings)
            await _take_shards(app)
            await app.connection.hold()
        except asyncio.CancelledError:
            if task := asyncio.current_task():
                task.uncancel()


async def _start(app: App, settings: Settings) -> None:
    """Start the loops: polls and fetches before Discord, since UniAll's links expire however long Discord is unavailable."""
    if app.process.role is not Role.GATEWAY:  # which makes nothing
        await _check_key(app, settings)
    app.loops.supervisor.start_early()
    await app.connection.log_in()
    if app.process.alone:  # else the leader does it
        await _find_cards(app.loops.lost_cards)
    gc.freeze()  # loaded objects stay: without this, each full collection goes through them, which takes 100 ms
    app.start_loops()


async def _take_shards(app: App) -> None:
    """Wait until no other process holds the shards of this one. The holder of shard 0 syncs the commands for all."""
    if not app.process.alone and app.process.role is not Role.WORKER:
        await app.ownership.take(app.bot.shards)
        await app.connection.learn_commands()


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    help_notes: tuple[str, ...] = (),
    monitor: Monitor | None = None,
    signals: Signals | None = None,
    role: Role = Role.RUN,
    shards: Shards | None = None,
) -> AsyncGenerator[App]:
    """The bot up to the point that needs Discord. `run` goes on from here, and so does a caller with a Discord of its own.

    help_notes: further paragraphs for /help. role, shards: what this process is to others. Raises Unusable, or
    StoreUnavailable where the database is not available for now.
    """
    monitor, signals = monitor or Monitor(settings), signals or Signals()
    catalog, discord_clock = Catalog.read(settings.models_file), DiscordClock()
    async with AsyncExitStack() as parts:
        await asyncio.to_thread(read_ahead)
        media = media_folder(settings)
        await media.open()
        store = await parts.enter_async_context(_database(settings, monitor))
        clocks = Clocks()
        process = await parts.enter_async_context(own_process(store, clocks, role, str(shards or "")))
        reach(Failpoint.START_VOIDED)
        uniall = await parts.enter_async_context(uniall_client(settings, monitor.uniall, process))
        parts.push_async_callback(media.close)
        bot = discord_client(monitor, discord_clock, process, store, clocks, shards)
        connection = _connection(bot, settings, process)
        parts.push_async_callback(connection.close)
        context = service_context(
            *(settings, monitor, signals),
            bot=bot,
            discord_clock=discord_clock,
            store=store,
            media=media,
            uniall=uniall,
            catalog=catalog,
            process=process,
            clocks=clocks,
        )
        deaths = await parts.enter_async_context(heartbeats(context, clocks, signals.declared_dead))
        connection.tell = context.alerts.tell
        bot.services = services(context, signals, help_notes)
        bot_loops = loops(context, bot.services, monitor, settings, store=store, deaths=deaths)
        ownership = ShardOwnership(context)
        monitor.condition.supervisor, monitor.condition.standby = bot_loops.supervisor, ownership
        monitor.condition.process = process
        drain = DRAIN_SECONDS if process.alone else DRAIN_SECONDS - LEAVE_SECONDS
        parts.push_async_callback(_drain, bot, bot_loops.supervisor, drain)
        parts.callback(_stop_accepting, bot, media, monitor)
        yield App(
            bot=bot,
            store=store,
            connection=connection,
            loops=bot_loops,
            signals=signals,
            process=process,
            ownership=ownership,
        )


def _connection(bot: SoraBot, settings: Settings, process: OwnProcess) -> Connection:
    """The connection to Discord, not logged in; a worker has no gateway."""
    token, reserve = settings.discord_token.get_secret_value(), 0.0 if process.alone else SESSION_RESERVE
    return Connection(bot, token, gateway=process.role is not Role.WORKER, reserve=reserve)


@asynccontextmanager
async def _monitoring(settings: Settings) -> AsyncGenerator[Monitor]:
    monitor = Monitor(settings)
    monitor.stalls.start()
    try:
        async with AsyncExitStack() as parts:
            if settings.metrics_address:
                server = monitor.serve(settings)
                parts.push_async_callback(server.stop)
                await server.start(*settings.metrics_address)
            yield monitor
    finally:
        monitor.stalls.stop()


@asynccontextmanager
async def _database(settings: Settings, monitor: Monitor) -> AsyncGenerator[SqlStore]:
    store = await SqlStore.open(settings.database_url, lists=[settings.media_dir])
    try:
        if settings.database_path:
            close_folder_to_others(settings.database_path.parent, lambda path: is_ours(path, settings))
        await monitor.metrics.follow(store)
        monitor.condition.store = store
        yield store
    finally:
        monitor.condition.store = None
        await store.close()


async def _check_key(app: App, settings: Settings) -> None:
    """Request the key's models. Raises OperatorNeeded where the key is refused and no job is open that needs care."""
    try:
        async with asyncio.timeout(KEY_TIMEOUT):
            error = await app.loops.models.refresh()
    except TimeoutError:
        log.warning("models_not_listed", seconds=KEY_TIMEOUT)
        return
    if error and error.fault is Fault.AUTH and not await app.store.open_jobs():
        raise OperatorNeeded(f"UniAll at {settings.uniall_base_url} does not accept UNIALL_API_KEY")


async def _find_cards(lost_cards: LostCards) -> None:
    """Search for lost cards before submits, posts and edits start: an image is on its card, and a post replies to it.

    A search that takes too long goes on in the background.
    """
    try:
        async with asyncio.timeout(CARDS_TIMEOUT):
            await lost_cards.look()
    except TimeoutError:
        log.warning("cards_not_found", seconds=CARDS_TIMEOUT)


def _stop_accepting(bot: SoraBot, media: LocalMediaFolder, monitor: Monitor) -> None:
    """Refuse new requests."""
    monitor.condition.stopping = True
    bot.services.requests.close()
    media.refuse_images()


async def _drain(bot: SoraBot, supervisor: Supervisor, seconds: float) -> None:
    """Let the responses and the loops end at the same time. seconds: those of the loops."""
    await asyncio.gather(bot.finish_answers(ANSWER_SECONDS), supervisor.drain(seconds))
    await finish_background(BACKGROUND_SECONDS)


@contextmanager
def _named(database: str) -> Generator[None]:
    """A database that is not available ends a start with one sentence that names it."""
    try:
        yield
    except StoreUnavailable as error:
        if error.kind is StoreFault.FULL:
            raise Unusable(f"the disk of {database} is full; make room on it") from error
        if error.kind is StoreFault.BUSY and not database.startswith("postgresql:"):
            raise Unusable(locked(database)) from error
        raise Unusable(f"the database {database} cannot be had: {error.detail}") from error
