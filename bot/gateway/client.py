"""The Discord client: its intents, caches and commands, but not what the commands do.

It uses guilds and guild messages, no privileged intent, and no message or member cache.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, cast

import aiohttp
import discord
import structlog
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.domain.errors import StoreUnavailable
from bot.domain.processes.shards import Shards
from bot.gateway.described_http import DescribedClient
from bot.gateway.identify import IdentifyGate, SessionStarts
from bot.gateway.interactions import SeenInteractions
from bot.gateway.servers import GatewayServers
from bot.gateway.sharded_state import ShardedState
from bot.messenger.clock import DiscordClock
from bot.ports.database.store import Store
from bot.usecases import Services

log = structlog.stdlib.get_logger()

Command = discord.app_commands.Command[Any, ..., Any] | discord.app_commands.Group | discord.app_commands.ContextMenu
LONGEST_WAIT = 30.0  # seconds that a request waits for a rate limit; the minimum that discord.py accepts


def intents() -> discord.Intents:
    """Return the intents: guilds, and the messages in them; no privileged one."""
    return discord.Intents(guilds=True, guild_messages=True)


def use_api(base_url: str) -> None:
    """Send everything to another Discord API: REST, callbacks, webhooks.

    The gateway follows in `connect_to_own_gateway`.
    """
    Route.BASE = base_url


class SoraBot(DescribedClient, commands.Bot):
    """discord.py's bot, with this project's services as attributes.

    It has discord.py's cache of a sharded bot, and its connections are those of `bot.gateway.connection`. shards: those of
    this process; None for as many as Discord recommends, known from the login on.
    """

    services: Services

    def __init__(
        self,
        extensions: tuple[str, ...],
        store: Store | None = None,
        *,
        clock: DiscordClock | None = None,
        trace: aiohttp.TraceConfig | None = None,
        shards: Shards | None = None,
    ) -> None:
        # discord.py's switches for its warning at start that voice does not work; the bot does not use voice.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        self.seen = SeenInteractions(clock or DiscordClock())
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_contexts=discord.app_commands.AppCommandContext(
                guild=True, dm_channel=False, private_channel=False
            ),
            allowed_installs=discord.app_commands.AppInstallationType(guild=True, user=False),
            http_trace=self.seen.trace(trace or aiohttp.TraceConfig()),
            # A longer wait is an error, retried once it is over. Otherwise the wait would occupy one of the posting
            # slots, and a global one that a deadline cuts off would never release discord.py's lock.
            max_ratelimit_timeout=LONGEST_WAIT,
        )
        self._extensions = extensions
        self.store = store
        self._given_shards = shards
        self.shards = Shards.all_of(1)
        self.sockets: dict[int, DiscordWebSocket] = {}  # the latest of each shard
        self.established: set[int] = set()  # the shards whose latest connection Discord has accepted
        self.starts = SessionStarts()
        self.gate = IdentifyGate()
        self.syncs_at_login = True  # else `Connection.learn_commands` does, once it is known who has shard 0
        self._ending = False
        self.servers = GatewayServers(self, lambda: self.shards)
        self._use_shards(shards or self.shards)
        self._read_message = self._connection.parsers["MESSAGE_CREATE"]
        self._connection.parsers["MESSAGE_CREATE"] = self._message_created
        self._read_interaction = self._connection.parsers["INTERACTION_CREATE"]
        self._connection.parsers["INTERACTION_CREATE"] = self._interaction_created
        self.command_ids: dict[str, int] = {}  # Discord's ids of the slash commands and groups, by name

    def _message_created(self, data: Any) -> None:
        """Receive MESSAGE_CREATE. Of what the bot itself has sent, nothing but the replies concerns anybody here."""
        if self.user is None or data["author"]["id"] != str(self.user.id) or data.get("message_reference"):
            self._read_message(data)
            return
        guild = self.get_guild(int(data.get("guild_id") or 0))
        channel = guild.get_channel_or_thread(int(data["channel_id"])) if guild else None
        if isinstance(channel, discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread):
            channel.last_message_id = int(data["id"])

    def _interaction_created(self, data: Any) -> None:
        """Receive INTERACTION_CREATE. Discord may send an event twice; of two answers to one, each hinders the other."""
        if self.seen.is_new(data["id"]):
            self._read_interaction(data)
        else:
            log.info("interaction_repeated", interaction=data["id"])

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Receive every event of discord.py as it arrives.

        Whatever depends on the order of events is recorded at once. A submitted form is an event of its own,
        `form_submitted`: a listener costs a task for each event, and most interactions are commands.
        """
        if event == "socket_event_type":  # with every event of the gateway, and nobody listens to it
            return
        shard_id = args[0] if event.startswith("shard_") else 0
        if event in ("shard_connect", "shard_resumed"):
            self.established.add(shard_id)
        self.servers.record(event, shard_id)
        super().dispatch(event, *args, **kwargs)
        if event == "interaction" and args[0].type is discord.InteractionType.modal_submit:
            super().dispatch("form_submitted", *args)

    def _get_state(self, **options: Any) -> ShardedState:
        self.use_described_http(**options)
        return ShardedState(
            dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options
        )

    def _get_websocket(self, guild_id: int | None = None, *, shard_id: int | None = None) -> DiscordWebSocket:
        return self.sockets[self.shards.shard_of(guild_id or 0) if shard_id is None else shard_id]

    def _use_shards(self, shards: Shards) -> None:
        self.shards = shards
        self.shard_count = shards.of
        state = cast("ShardedState", self._connection)
        state.shard_count, state.shard_ids = shards.of, shards.ids

    @property
    def unconnected(self) -> list[int]:
        """The shards of this process that receive nothing now: not connected yet, or between two connections."""
        return [one for one in self.shards.ids if not self._receives(one)]

    def _receives(self, shard_id: int) -> bool:
        socket = self.sockets.get(shard_id)
        return socket is not None and socket.open and shard_id in self.established

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for a turn, also before the first session of this process: an earlier process may have had one just now."""
        await self.gate.wait(self.identify_key(shard_id or 0))

    def identify_key(self, shard_id: int) -> int:
        """Of the shards with one key, one may identify in five seconds."""
        return shard_id % self.starts.max_concurrency

    def is_closed(self) -> bool:
        """Return whether the client is closed, or closes."""
        return self._ending or super().is_closed()

    async def close(self) -> None:
        """Close every shard's connection, so that Discord ends its session, then the rest."""
        self._ending = True
        await asyncio.gather(
            *(socket.close(code=1000) for socket in self.sockets.values() if socket.open), return_exceptions=True
        )
        await super().close()

    async def setup_hook(self) -> None:
        """Load the commands by name, and sync them with Discord if they changed and this process does that."""
        for extension in self._extensions:
            if extension not in self.extensions:  # this may be the second attempt of a login
                await self.load_extension(extension)
                await asyncio.sleep(0)  # each takes a while; let other tasks run
        if self.syncs_at_login:
            await self.sync_commands()

    async def learn_commands(self) -> None:
        """Read the ids of the commands, which another process syncs."""
        self._learn_ids(await self.tree.fetch_commands())

    async def sync_commands(self) -> None:
        """Overwrite all commands in one request, only if they differ from the last sync, or Discord lacks some."""
        payload: list[dict[str, Any]] = []
        for command in self.tree.get_commands():
            payload.append(await self._payload(command))
            await asyncio.sleep(0)
        text = json.dumps([self.application_id, Route.BASE, payload], sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if self.store and await self.store.get_value("commands") == digest:
            try:
                there = await self.tree.fetch_commands()
            except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError):
                there = []
            self._learn_ids(there)
            if {command.name for command in there} == {command.name for command in self.tree.get_commands()}:
                return
        there = await self._overwrite(payload)
        self._learn_ids(there)
        log.info("commands_synced", count=len(there))
        if self.store:
            try:
                await self.store.set_value("commands", digest)
            except StoreUnavailable as error:  # the next start syncs them again
                log.warning("commands_not_recorded", error=error)

    async def _overwrite(self, payload: list[dict[str, Any]]) -> list[discord.app_commands.AppCommand]:
        """Send these commands in place of all others, as `tree.sync` does, which would translate them once more.

        Raises CommandSyncFailure if Discord refuses one of them.
        """
        try:
            data = await self.http.bulk_upsert_global_commands(self.application_id or 0, payload=payload)
        except discord.HTTPException as error:
            if error.status == 400 and error.code == 50035:
                raise discord.app_commands.CommandSyncFailure(error, self.tree.get_commands()) from None
            raise
        return [discord.app_commands.AppCommand(data=command, state=self._connection) for command in data]

    def _learn_ids(self, there: Iterable[discord.app_commands.AppCommand]) -> None:
        """Keep the ids by which a text can mention a command, so that a click enters it."""
        chat = discord.AppCommandType.chat_input
        self.command_ids = {command.name: command.id for command in there if getattr(command, "type", None) is chat}

    async def _payload(self, command: Command) -> dict[str, Any]:
        """Return a command as it is synced, with its texts in every language, so that a better translation is synced
        too.
        """
        translator = self.tree.translator
        return await command.get_translated_payload(self.tree, translator) if translator else command.to_dict(self.tree)

    async def connect_to_own_gateway(self) -> None:
        """Connect to the gateway address that this API returns; discord.py's plain client would use a constant."""
        data = await self.http.request(Route("GET", "/gateway/bot"))
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(str(data["url"]))
        self.starts = SessionStarts.of(data)
        if self._given_shards is None:  # the first answer counts: other processes rely on the number
            self._given_shards = Shards.all_of(self.starts.recommended_shards)
            self._use_shards(self._given_shards)

    async def finish_answers(self, seconds: float) -> None:
        """Wait up to `seconds` for commands, buttons and replies in progress, then cancel them.

        They are found by the names that discord.py gives their tasks.
        """
        names = (
            "CommandTree-invoker",
            "discord-ui-dynamic-item",
            "discord-ui-view-dispatch",
            "discord.py: on_interaction",
            "discord.py: on_form_submitted",
            "discord.py: on_message",
        )
        answers = [task for task in asyncio.all_tasks() if task.get_name().startswith(names)]
        if answers:
            _, late = await asyncio.wait(answers, timeout=seconds)
            # discord.py may retry for a minute; let them record their state while the database is open.
            for task in late:
                task.cancel()
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(*late, return_exceptions=True), timeout=1)

    async def on_message(self, message: discord.Message, /) -> None:
        """Do nothing: there are no text commands."""

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Log the new server."""
        log.info("guild_joined", guild=guild.id, name=guild.name)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log an error in an event handler as a bug, with its traceback.

        While the bot stops, its connections are closed under a handler that is still at work, and that is no bug.
        """
        if self.is_closed():
            log.warning("event_cut_off", handler=event_method, error=sys.exception())
            return
        log.exception("event_failed", handler=event_method)
