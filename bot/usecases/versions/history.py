"""A member's own videos, searched and page by page, and the family of a version."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.generation import Generation
from bot.domain.messages.result_status import ResultStatus
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.versions.history import EVERYTHING, HistoryQuery, KeptQuery
from bot.domain.versions.version import FamilyNode, Version
from bot.domain.versions.visibility import Reader, hidden, may_read, places
from bot.runtime.context import ServiceContext
from bot.usecases.versions.find_version import VersionLookup
from bot.usecases.versions.post_here import Reposting

PAGE = 5
FAMILIES = 20  # of which a member may choose
STILLS_WITHIN = 1.0  # seconds: the member waits; what is made later is there at the next page
URL_LEFT = timedelta(minutes=5)  # an address that expires sooner is not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A small picture of a version: JPEG, or the address of its reference picture. spoiler: it is shown covered."""

    data: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)
    spoiler: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """One page. page: from 0, at most the last one; pages: how many there are; count: how many videos.

    query: what it is about; query_id: its stored row, None for everything. families: those that the member has used.
    stills: by the id of the version, as far as there are any. postable: the ids of those that **Post here** would post.
    expired_before: the member's videos from before this time are not listed, because their prompts are no longer kept.
    """

    found: Sequence[Version]
    page: int
    pages: int
    count: int
    query: HistoryQuery = EVERYTHING
    query_id: str | None = None
    families: Sequence[str] = ()
    stills: Mapping[str, Still] = field(default_factory=dict[str, Still])
    postable: frozenset[str] = frozenset()
    expired_before: datetime | None = None


class VersionHistory:
    """Reads versions; stores only what an open page is about."""

    def __init__(self, context: ServiceContext, versions: VersionLookup, reposting: Reposting) -> None:
        self._context = context
        self._versions = versions
        self._reposting = reposting

    async def start(self, guild_id: str, member_id: str, query: HistoryQuery) -> HistoryPage:
        """The first page of a query, which is stored for the buttons of its pages unless it is everything."""
        if query == EVERYTHING:
            return await self.page(guild_id, member_id, 0)
        context = self._context
        kept = KeptQuery(
            id=context.ids.new(), guild_id=guild_id, member_id=member_id, query=query, made_at=context.clock.now()
        )
        await context.store.keep_query(kept)
        return await self._page(guild_id, member_id, 0, query, kept.id)

    async def page(self, guild_id: str, member_id: str, page: int, query_id: str | None = None) -> HistoryPage:
        """One page of a member's own versions, newest first. Raises Refusal `list_gone` where its query is forgotten."""
        query = await self.query(guild_id, member_id, query_id)
        return await self._page(guild_id, member_id, page, query, query_id)

    async def query(self, guild_id: str, member_id: str, query_id: str | None) -> HistoryQuery:
        """What a page is about. Raises Refusal `list_gone`."""
        if query_id is None:
            return EVERYTHING
        kept = await self._context.store.kept_query(query_id)
        if kept is None or (kept.guild_id, kept.member_id) != (guild_id, member_id):
            raise Refusal(RefusalCode.LIST_GONE)
        return kept.query

    async def _page(
        self, guild_id: str, member_id: str, page: int, query: HistoryQuery, query_id: str | None
    ) -> HistoryPage:
        found, count = await self._found(guild_id, member_id, query, max(0, page))
        pages = max(1, -(-count // PAGE))
        if not found and count:
            page = pages - 1
            found, count = await self._found(guild_id, member_id, query, page)
        return HistoryPage(
            found=found,
            page=min(max(0, page), pages - 1),
            pages=pages,
            count=count,
            query=query,
            query_id=query_id,
            families=await self._context.store.families_made(guild_id, member_id, limit=FAMILIES),
            stills=await self._stills(guild_id, found),
            postable=await self._reposting.postable(found),
            expired_before=await self._expired_before(member_id),
        )

    async def _expired_before(self, member_id: str) -> datetime | None:
        """Until when the member's videos have lost their prompts; None where none of theirs has."""
        store = self._context.store
        until = await store.prompts_blanked_until()
        if until is None or (first := await store.first_accepted(member_id)) is None or first >= until:
            return None
        return until

    async def _found(self, guild_id: str, member_id: str, query: HistoryQuery, page: int) -> tuple[list[Version], int]:
        store, skip = self._context.store, page * PAGE
        if query == EVERYTHING:
            return await store.history(guild_id, member_id, skip=skip, limit=PAGE)
        return await store.search_history(guild_id, member_id, query, skip=skip, limit=PAGE)

    async def _stills(self, guild_id: str, found: Sequence[Version]) -> dict[str, Still]:
        """The small pictures that are ready in time. What was removed shows none."""
        covered = (await self._context.store.guild(guild_id)).spoiler
        wanted = [one.generation for one in found if one.status is not ResultStatus.REMOVED]
        making = {one.id: asyncio.create_task(self._still(one, covered=covered)) for one in wanted}
        if not making:
            return {}
        done, late = await asyncio.wait(making.values(), timeout=STILLS_WITHIN)
        for task in late:
            task.cancel()
        return {
            one: still
            for one, task in making.items()
            if task in done and not task.cancelled() and (still := task.result())
        }

    async def _still(self, of: Generation, *, covered: bool) -> Still | None:
        """A still of its video, else of its picture; from the media folder, else by the address on its card."""
        media, images = self._context.media, [image for image in (of.image, of.end_image) if image]
        spoiler = covered or any(image.spoiler for image in images)
        if of.video and (data := await media.still(of.video.file, video=True)):
            return Still(data=data, spoiler=spoiler)
        for image in images:
            if data := await media.still(image.file, video=False):
                return Still(data=data, spoiler=spoiler)
            if image.url and image.url_until and image.url_until - self._context.clock.now() > URL_LEFT:
                return Still(url=image.url, spoiler=spoiler)
        return None

    async def family(self, reader: Reader, generation_id: str) -> list[FamilyNode]:
        """The places of all versions in one version's family, by number. Raises Refusal as `VersionLookup.find` does."""
        start = await self._versions.find(reader, generation_id)
        return await self._context.store.family(start.generation.root_id)

    async def versions(self, reader: Reader, generation_ids: Sequence[str]) -> dict[str, Version]:
        """These versions by id; those that the member may not read are hidden.

        Where they are in very many channels, Discord is asked about some only; versions in the others are hidden too.
        """
        found = await self._context.store.versions(generation_ids)
        others = [one for one in found if one.generation.member_id != reader.member_id]
        channel_ids = list(dict.fromkeys(place for one in others for place in sorted(places(one))))
        readable = await self._context.readers.readable(reader, channel_ids)
        shown = [one if may_read(reader, one, readable) else hidden(one) for one in found]
        return {one.generation.id: one for one in shown}
