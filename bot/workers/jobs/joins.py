"""Makes joined videos, tells of those that cannot be made, and removes those of which a part was deleted.

One is encoded at a time. A crash at any point repeats the step: the join stays stored until its generation and delivery
are, in one transaction; the file is whole or absent. A part that was deleted meanwhile ends the join in the transaction of
the deletion, so nothing of it is posted afterwards (`bot.workers.jobs.deliver` asks before each post).
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from bot.domain.errors import MediaUnavailable, PostError, PostImpossible, ProviderError
from bot.domain.generation import Generation, State, Video
from bot.domain.messages.delivery import DeliveryState
from bot.domain.messages.posts import MessageStatus, PostedMessage
from bot.domain.messages.result_status import ResultStatus, posted_message
from bot.domain.queue.claims import Claim, Work
from bot.domain.versions.joins import Join, JoinFault, JoinState
from bot.domain.versions.version import Version
from bot.runtime.context import ServiceContext
from bot.runtime.discarding import discard_files, discard_or_list
from bot.runtime.disk_pressure import NO_ROOM
from bot.runtime.kept_videos import VideoGone, video_file
from bot.runtime.persist import persist
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.workers.loops.claim_loop import ClaimLoop, one_by_one

LEASE = 1800.0
LONGEST = LEASE - 120  # seconds of one attempt; nobody else may claim it meanwhile
WIDTH = 4
TRIES = 5
TELL_TRIES = 10
LONGEST_GAP = 600.0  # seconds between two attempts
LONGEST_GAP_FOR_FILE = 30.0  # while the bucket of the files does not serve
LONGEST_WAIT = 5.0  # and while its post is on the way


class _Unusable(Exception):
    """The join cannot be made. fault, version: see `Join`."""

    def __init__(self, fault: JoinFault, version: int | None = None) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.version = version


class JoinWorker:
    """Does what joins need, one step after the other."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self.loop = ClaimLoop(context, Work.JOIN, one_by_one(self._claim), self._one, width=WIDTH, lease=LEASE)

    async def _claim(self, claim: Claim) -> Join | None:
        encoding = self.loop.under_way(lambda join: join.state is JoinState.QUEUED)
        return await self._context.store.claim_join(claim, now=self._context.clock.now(), encode_too=not encoding)

    async def _one(self, join: Join, claim: Claim) -> None:
        match join.state:
            case JoinState.QUEUED:
                await self._make(join, claim)
            case JoinState.FAILED:
                await self._tell(join, claim)
            case _:
                await self._remove(join, claim)

    async def _make(self, join: Join, claim: Claim) -> None:
        context = self._context
        reach(Failpoint.JOIN_CLAIMED)
        try:
            async with asyncio.timeout(LONGEST):
                parts = await self._parts(join)
                video = await self._encoded(join, parts)
                await context.media.keep(video.file)
        except _Unusable as error:
            return await self._fail(join, claim, error.fault, error.version)
        except ProviderError as error:
            log.warning("not_joined", join=join.id, error=error, why=error.detail)
            return await self._fail(join, claim, JoinFault.UNUSABLE)
        except MediaUnavailable as error:  # it waits for the bucket, however long that takes
            log.warning("not_joined", join=join.id, error=error)
            return await self._again(join, claim, most=LONGEST_GAP_FOR_FILE)
        except (PostError, OSError) as error:  # TimeoutError is an OSError
            log.warning("not_joined", join=join.id, error=error)
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                return await self._fail(join, claim, JoinFault.NO_ROOM)
            if join.attempts >= TRIES:
                unreadable = isinstance(error, PostError)
                return await self._fail(join, claim, JoinFault.PART_UNREADABLE if unreadable else JoinFault.UNUSABLE)
            return await self._again(join, claim)
        reach(Failpoint.JOIN_ENCODED)
        made, now = _generation(join, parts, video), context.clock.now()
        delivery_id = context.ids.new()
        stored = await persist(
            lambda: context.store.finish_join(join.id, claim, made, delivery_id=delivery_id, now=now)
        )
        reach(Failpoint.JOIN_RECORDED)
        if stored is None:
            await discard_or_list(context, [video.file])
            context.wake_signals.send(Work.JOIN)
            return None
        log.info("joined", join=join.id, parts=len(parts), bytes=video.size)
        return context.wake_signals.send(Work.DELIVER)

    async def _parts(self, join: Join) -> list[Version]:
        """Return the parts, all of them still there. Raises _Unusable, or PostError."""
        context = self._context
        parts = [await context.store.version(part_id) for part_id in join.parts]
        found = [part for part in parts if part is not None]
        for part in found:
            gone = part.status in (ResultStatus.REMOVED, ResultStatus.LOST) or not part.generation.prompt
            posted = posted_message(part.generation, part.delivery)
            if posted and not gone:  # somebody may have deleted it without the bot
                gone = await context.messenger.message_status(*_place(posted)) is MessageStatus.DELETED
            if gone:
                raise _Unusable(JoinFault.PART_GONE, part.generation.version)
        return found

    async def _encoded(self, join: Join, parts: list[Version]) -> Video:
        """Join the files of the parts; those that are no longer in the media folder are fetched from their messages."""
        async with AsyncExitStack() as files:
            paths: list[Path] = []
            for number, part in enumerate(parts, start=1):
                try:
                    spare = f"{join.id}-part{number}.mp4"
                    paths.append(await files.enter_async_context(video_file(self._context, part, spare)))
                except (VideoGone, PostImpossible) as error:
                    log.warning("part_gone", join=join.id, generation=part.generation.id, error=error)
                    raise _Unusable(JoinFault.PART_UNREADABLE, part.generation.version) from error
            return await self._context.media.join(paths, self._context.media.video_path(join.id).name)

    async def _fail(self, join: Join, claim: Claim, fault: JoinFault, version: int | None = None) -> None:
        context, now = self._context, self._context.clock.now()
        await discard_or_list(context, [context.media.video_path(join.id).name])
        await persist(lambda: context.store.fail_join(join.id, claim, fault, version=version, now=now))
        log.warning("join_failed", join=join.id, fault=fault)
        reach(Failpoint.JOIN_FAILED)

    async def _again(self, join: Join, claim: Claim, *, most: float = LONGEST_GAP) -> None:
        """Release it for a later attempt. most: seconds until then."""
        context, now = self._context, self._context.clock.now()
        due = now + context.retry_gap(join.attempts, first=1.0, most=most)
        await persist(lambda: context.store.retry_join(join.id, claim, due_at=due, now=now))

    async def _tell(self, join: Join, claim: Claim) -> None:
        """Tell its member, where they asked for it, that there is no joined video. Given up after some tries."""
        try:
            await self._context.messenger.tell_join_failed(join)
        except PostImpossible as error:
            log.info("join_not_told", join=join.id, error=error)
        except PostError as error:
            log.info("join_not_told", join=join.id, error=error)
            if join.attempts < TELL_TRIES:
                return await self._again(join, claim)
        await persist(lambda: self._context.store.join_told(join.id, claim))
        return None

    async def _remove(self, join: Join, claim: Claim) -> None:
        """Take a joined video away, because a part of it was deleted; wait while its post is on the way."""
        context = self._context
        made = await context.store.version(join.id)
        post = made.delivery if made else None
        if made and post and post.state is DeliveryState.UNDELIVERABLE:
            return await discard_files(context, await persist(lambda: context.store.drop_join(join.id)))
        posted = posted_message(made.generation, post) if made else None
        if made is None or posted is None:
            return await self._again(join, claim, most=LONGEST_WAIT)
        try:
            await context.messenger.delete_message(posted.channel_id, join.guild_id, posted.message_id)
        except PostError as error:
            log.warning("join_not_removed", join=join.id, error=error)
            return await self._again(join, claim)
        reach(Failpoint.JOIN_REMOVED)
        now = context.clock.now()
        await persist(lambda: context.store.remove_result(join.id, None, now=now))
        log.info("join_removed", join=join.id)
        return await discard_files(context, [made.generation.video.file] if made.generation.video else [])


def _place(posted: PostedMessage) -> tuple[str, str]:
    return posted.channel_id, posted.message_id


def _generation(join: Join, parts: list[Version], video: Video) -> Generation:
    """The joined video as a generation: it has the shape of its first part, and is the next version of its last one."""
    first, last = parts[0].generation, parts[-1].generation
    return Generation(
        id=join.id,
        interaction_id=join.interaction_id,
        guild_id=join.guild_id,
        channel_id=join.channel_id,
        member_id=join.member_id,
        prompt=last.prompt,
        family=last.family,
        model=last.model,
        format=last.format,
        orientation=first.orientation,
        seconds=sum(part.generation.seconds for part in parts),
        price_micros=0,
        state=State.SUCCEEDED,
        accepted_at=join.asked_at,
        due_at=join.asked_at,
        video=video,
        parent_id=last.id,
        parent_channel_id=join.parent_channel_id,
        locale=join.locale,
        joined=tuple(part.generation.version for part in parts),
    )
