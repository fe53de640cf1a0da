"""Makes each adapter from the settings: the client of Discord and that of UniAll, the kept files, the messages."""

from typing import TYPE_CHECKING

from bot.app.monitor import Monitor
from bot.domain.processes.contact import Contact
from bot.domain.processes.process import Role
from bot.domain.processes.shards import Shards
from bot.gateway.client import SoraBot
from bot.gateway.identify import IdentifyGate, SharedTurns
from bot.gateway.tracing import http_trace
from bot.media.files.budget import Budget
from bot.media.files.folder import LocalMediaFolder
from bot.messenger import AskedServers, DiscordClock, DiscordGuilds, Renderer
from bot.ports.servers import Servers
from bot.runtime.own_process import OwnProcess
from bot.settings import Settings
from bot.storage.store import SqlStore
from bot.system.clocks import Clocks
from bot.uniall import UniAll
from bot.uniall.network.transport import prepare
from cogs import EXTENSIONS
from cogs._ui import wording
from cogs.cards import chains, failure_message, question_card, result_message, status_card
from cogs.cards.thread_name import thread_name

if TYPE_CHECKING:
    from bot.media.files.bucket import Bucket

KEEP_WORKERS = 60.0  # seconds for which an idle decoding process is kept for the next file


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


def servers(bot: SoraBot, guilds: DiscordGuilds, process: OwnProcess) -> Servers:
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
        from bot.media.files.bucket_folder import BucketMedia

        media = BucketMedia(settings.media_dir, bucket_of(settings), room, keep_workers=KEEP_WORKERS)
    media.prepare()
    return media


def bucket_of(settings: Settings) -> "Bucket":
    """The bucket of MEDIA_URL, which must be set; obstore is imported only here."""
    from bot.media.files.bucket import Bucket, BucketAddress

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


def read_ahead() -> None:
    """Read what the first reply and the first call to UniAll need: for one thread, because each has memory of its own."""
    wording.prepare()
    prepare()


def renderer() -> Renderer:
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
        image_name=status_card.image_name,
        cut_off=status_card.cut_off,
    )
