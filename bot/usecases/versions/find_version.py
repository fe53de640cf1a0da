"""Finds a version by its id or by a message, in the database, so that buttons work after months and restarts.

Everyone who may read a version (`bot.domain.versions.visibility`) may make a new one from it, in its own server.
"""

from bot.domain.generation import Generation
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.versions.version import Version
from bot.domain.versions.visibility import Reader, may_read, places
from bot.runtime.context import ServiceContext


class VersionLookup:
    """Finds the version that a member looks at or makes a new one from."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def find(self, reader: Reader, generation_id: str) -> Version:
        """A version of this server that the member may read and whose prompt is not deleted.

        Raises Refusal `gone`, `elsewhere`, `forgotten` or `prompt_expired`.
        """
        found = await self._context.store.version(generation_id)
        if found is None or found.generation.guild_id != reader.guild_id:
            raise Refusal(RefusalCode.GONE)
        own = found.generation.member_id == reader.member_id
        if not own and not may_read(reader, found, await self._context.readers.readable(reader, places(found))):
            raise Refusal(RefusalCode.ELSEWHERE)
        if not found.generation.prompt:
            expired = found.generation.prompt_expired
            raise Refusal(RefusalCode.PROMPT_EXPIRED if expired else RefusalCode.FORGOTTEN)
        return found

    async def source(self, reader: Reader, generation_id: str) -> Version:
        """The version that a new one goes on from: of a joined video its last part. Raises Refusal as `find` does."""
        found = await self.find(reader, generation_id)
        parent_id = found.generation.parent_id
        return await self.find(reader, parent_id) if found.generation.joined and parent_id else found

    async def at_message(self, guild_id: str, message_id: str) -> Version | None:
        """The version whose result or card this message is, in this server."""
        found = await self._context.store.at_message(message_id)
        return found if found and found.generation.guild_id == guild_id else None

    async def newest_in(self, thread_id: str) -> Generation | None:
        """The version that a mention in a thread refers to: the newest one there.

        The thread is a result's or one that members opened.
        """
        store = self._context.store
        return await store.newest_in(thread_id) or await store.newest_made_in(thread_id)

    async def locale_of(self, member_id: str) -> str | None:
        """The language of a member's newest video, by Discord's name; None before their first video."""
        return await self._context.store.locale_of(member_id)
