"""Opens threads on results."""

from bot.domain.errors import PostError, PostImpossible
from bot.domain.messages.posts import PostedMessage
from bot.domain.messages.result_status import posted_message
from bot.domain.moderation.guild_settings import Threads
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.versions.visibility import Reader
from bot.runtime.context import ServiceContext
from bot.system.log import log
from bot.usecases.versions.find_version import VersionLookup


class ResultThreads:
    """Opens threads on results, where the server's settings allow them."""

    def __init__(self, context: ServiceContext, versions: VersionLookup) -> None:
        self._context = context
        self._versions = versions

    async def open(self, reader: Reader, generation_id: str, seen: PostedMessage | None = None) -> str:
        """Open the thread on a result, or find the existing one; returns its id. Raises Refusal.

        seen: the message whose button was pressed: it exists, though its post may not be recorded yet.
        """
        context, guild_id = self._context, reader.guild_id
        found = await self._versions.find(reader, generation_id)
        generation = found.generation
        if (await context.store.guild(guild_id)).threads is Threads.NEVER:
            raise Refusal(RefusalCode.THREADS_OFF)
        seen = seen or posted_message(generation, found.delivery)
        if seen is None:
            raise Refusal(RefusalCode.RESULT_GONE)
        if generation.parent_channel_id and seen.channel_id == generation.channel_id:
            raise Refusal(RefusalCode.IN_A_THREAD)
        try:
            return await context.messenger.open_thread(generation, seen)
        except PostImpossible as error:
            log.info("thread_impossible", generation=generation.id, error=error)
            raise Refusal(RefusalCode.THREAD_IMPOSSIBLE) from error
        except PostError as error:
            log.warning("thread_failed", generation=generation.id, error=error)
            raise Refusal(RefusalCode.DISCORD_BUSY) from error
