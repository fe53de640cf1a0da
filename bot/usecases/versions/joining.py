"""Join: stores that a chain of versions is wanted as one video. `bot.workers.jobs.joins` makes it."""

from dataclasses import dataclass

from bot.domain.errors import PostError
from bot.domain.messages.posts import MessageStatus
from bot.domain.messages.result_status import ResultStatus, posted_message
from bot.domain.queue.admission import ChannelRef, check_request
from bot.domain.queue.claims import Work
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AlreadyThere, AtMost, ChainPart, Refusal
from bot.domain.requests.request import RequestContext
from bot.domain.versions.joins import MOST_PARTS, Join, JoinState
from bot.domain.versions.version import Version
from bot.domain.versions.visibility import may_read, places
from bot.runtime.context import ServiceContext
from bot.system.log import log
from bot.usecases.versions.find_version import VersionLookup


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedJoin:
    """A join that was stored. numbers: the numbers of its parts, in order. seconds: of all of them."""

    join: Join
    numbers: tuple[int, ...]
    seconds: int


class Joins:
    """The use case behind Join."""

    def __init__(self, context: ServiceContext, versions: VersionLookup) -> None:
        self._context = context
        self._versions = versions

    async def request(self, origin: RequestContext, generation_id: str) -> RequestedJoin:
        """Store the join of a version with all that it goes on from, for the channel of the request. Raises Refusal.

        `join_made` (link), `join_under_way`, `join_kept` or `join_elsewhere`: this chain is joined already. `join_busy`:
        the server has another one in the making. `join_part_gone`, `join_part_elsewhere`, `join_part_waiting` (version).
        """
        context = self._context
        await self._versions.find(origin.reader, generation_id)
        settings = await context.store.guild(origin.guild_id)
        channel = ChannelRef(channel_id=origin.channel_id, parent_id=origin.parent_channel_id)
        check_request(settings, origin.member_id, channel, now=context.clock.now())
        parts = await context.store.chain(generation_id, most=MOST_PARTS + 1)
        if len(parts) < 2:
            raise Refusal(RefusalCode.JOIN_ALONE)
        if len(parts) > MOST_PARTS:
            raise Refusal(AtMost(RefusalCode.JOIN_TOO_LONG, most=MOST_PARTS))
        await self._check_parts(origin, parts)
        if context.disk.full:
            raise Refusal(RefusalCode.DISK_FULL)
        join = await self._stored(origin, parts)
        log.info("join_requested", join=join.id, parts=len(parts))
        context.wake_signals.send(Work.JOIN)
        return RequestedJoin(
            join=join,
            numbers=tuple(part.generation.version for part in parts),
            seconds=sum(part.generation.seconds for part in parts),
        )

    async def _check_parts(self, origin: RequestContext, parts: list[Version]) -> None:
        """Raise Refusal for the first part that the member may not see, or that has no video."""
        reader = origin.reader
        others = [part for part in parts if part.generation.member_id != reader.member_id]
        channel_ids = list(dict.fromkeys(place for part in others for place in sorted(places(part))))
        readable = await self._context.readers.readable(reader, channel_ids) if channel_ids else frozenset[str]()
        for part in parts:
            number, own = part.generation.version, part.generation.member_id == reader.member_id
            if not may_read(reader, part, readable):
                raise Refusal(ChainPart(RefusalCode.JOIN_PART_ELSEWHERE, version=number))
            if part.generation.prompt_expired:
                raise Refusal(RefusalCode.PROMPT_EXPIRED)
            if not part.generation.prompt:
                raise Refusal(ChainPart(RefusalCode.JOIN_PART_GONE, version=number))
            match part.status:
                case ResultStatus.POSTED:
                    continue
                case ResultStatus.KEPT | ResultStatus.TOO_LARGE if own:
                    continue
                case ResultStatus.KEPT | ResultStatus.TOO_LARGE:  # nobody else has seen it
                    raise Refusal(ChainPart(RefusalCode.JOIN_PART_ELSEWHERE, version=number))
                case ResultStatus.POSTING | ResultStatus.UNDER_WAY:
                    raise Refusal(ChainPart(RefusalCode.JOIN_PART_WAITING, version=number))
                case ResultStatus.REMOVED | ResultStatus.LOST | ResultStatus.NOT_MADE:
                    raise Refusal(ChainPart(RefusalCode.JOIN_PART_GONE, version=number))

    async def _stored(self, origin: RequestContext, parts: list[Version]) -> Join:
        """Store the join, unless this chain has one already. Raises Refusal."""
        context = self._context
        new = Join(
            id=context.ids.new(),
            guild_id=origin.guild_id,
            channel_id=origin.channel_id,
            member_id=origin.member_id,
            interaction_id=origin.ask_id,
            parts=tuple(part.generation.id for part in parts),
            asked_at=context.clock.now(),
            parent_channel_id=origin.channel_id if origin.private else origin.parent_channel_id,
            locale=origin.locale,
        )
        there = await context.store.request_join(new, now=new.asked_at)
        if there.id == new.id:
            return there
        await self._check_lost(origin, there)
        there = await context.store.request_join(new, now=context.clock.now())
        if there.id != new.id:
            raise Refusal(RefusalCode.JOIN_UNDER_WAY)
        return there

    async def _check_lost(self, origin: RequestContext, there: Join) -> None:
        """Return if the join that a chain has is lost, so that it may be made again. Raises the Refusal that tells of it."""
        made = await self._context.store.version(there.id)
        if there.state is not JoinState.MADE or made is None:
            raise Refusal(RefusalCode.JOIN_UNDER_WAY)
        if made.status is ResultStatus.LOST:
            await self._context.store.drop_join(there.id)
            return
        own = made.generation.member_id == origin.member_id
        readable = await self._context.readers.readable(origin.reader, places(made))
        if not own and not may_read(origin.reader, made, readable):
            raise Refusal(RefusalCode.JOIN_ELSEWHERE)
        if made.status is not ResultStatus.POSTED:
            raise Refusal(RefusalCode.JOIN_KEPT if made.status.is_undeliverable else RefusalCode.JOIN_UNDER_WAY)
        if not await self._deleted(made):
            raise Refusal(AlreadyThere(RefusalCode.JOIN_MADE, link=made.link or ""))

    async def _deleted(self, made: Version) -> bool:
        """Whether its message was deleted on Discord; that is recorded, as if it had been deleted with its button."""
        context, posted = self._context, posted_message(made.generation, made.delivery)
        if posted is None:
            return False
        try:
            status = await context.messenger.message_status(posted.channel_id, posted.message_id)
        except PostError as error:
            log.info("message_not_looked_for", generation=made.generation.id, error=error)
            return False
        if status is MessageStatus.THERE:
            return False
        await context.store.remove_result(made.generation.id, None, now=context.clock.now())
        return True
