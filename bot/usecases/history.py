"""A member's own videos, page by page, and the family of a version."""

from bot.domain.versions import Version
from bot.domain.visibility import Reader, hidden, may_read, places
from bot.runtime.context import ServiceContext
from bot.usecases.find_version import VersionLookup

PAGE = 5


class VersionHistory:
    """Reads only; changes nothing."""

    def __init__(self, context: ServiceContext, versions: VersionLookup) -> None:
        self._context = context
        self._versions = versions

    async def page(self, guild_id: str, member_id: str, page: int) -> tuple[list[Version], int, int, int]:
        """One page of a member's own versions, newest first.

        Returns the versions, the number of the page (from 0, at most the last one), how many pages there are, and how
        many videos.
        """
        store = self._context.store
        found, count = await store.history(guild_id, member_id, skip=max(0, page) * PAGE, limit=PAGE)
        pages = max(1, -(-count // PAGE))
        if not found and count:
            page = pages - 1
            found, count = await store.history(guild_id, member_id, skip=page * PAGE, limit=PAGE)
        return found, min(max(0, page), pages - 1), pages, count

    async def family(self, reader: Reader, generation_id: str) -> list[Version]:
        """All versions of one version's family, by number; those the member may not read are hidden.

        Raises Refusal as `find` does.

        In a family with very many channels, Discord is asked about some only; versions in the others are hidden too.
        """
        start = await self._versions.find(reader, generation_id)
        family = await self._context.store.versions(start.generation.root_id)
        others = [one for one in (start, *reversed(family)) if one.generation.member_id != reader.member_id]
        channel_ids = list(dict.fromkeys(place for one in others for place in sorted(places(one))))
        readable = await self._context.readers.readable(reader, channel_ids)
        return [one if may_read(reader, one, readable) else hidden(one) for one in family]
