"""Finding a version by its id or by a message, in the database, so that it works after months and restarts.

It may be made into a new one by anyone who may read it (`bot.domain.visibility`), in its own server.
"""

from bot.domain.generation import Generation
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from bot.domain.versions import Version
from bot.domain.visibility import Reader, may_read, places
from bot.runtime.context import ServiceContext


class VersionLookup:
    """Finds what somebody goes on from, or looks at."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def find(self, reader: Reader, generation_id: str) -> Version:
        """A version of this server that the member may read and whose words are still there.

        Raises Refusal `gone`, `elsewhere` or `forgotten`.
        """
        found = await self._context.store.version(generation_id)
        if found is None or found.generation.guild_id != reader.guild_id:
            raise Refusal(RefusalCode.GONE)
        own = found.generation.member_id == reader.member_id
        if not own and not may_read(reader, found, await self._context.readers.readable(reader, places(found))):
            raise Refusal(RefusalCode.ELSEWHERE)
        if not found.generation.prompt:
            raise Refusal(RefusalCode.FORGOTTEN)
        return found

    async def at_message(self, guild_id: str, message_id: str) -> Version | None:
        """The version whose result or card a message is, in this server."""
        found = await self._context.store.at_message(message_id)
        return found if found and found.generation.guild_id == guild_id else None

    async def newest_in(self, thread_id: str) -> Generation | None:
        """What a mention in a thread goes on from: the newest there, in one that a result has or that members opened."""
        store = self._context.store
        return await store.newest_in(thread_id) or await store.newest_made_in(thread_id)

    async def locale_of(self, member_id: str) -> str | None:
        """The language in which a member was spoken to last, by Discord's name; None before their first video."""
        return await self._context.store.locale_of(member_id)
