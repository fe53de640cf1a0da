"""Post here: posts a finished video in another channel, because its own refused it or its thread was deleted."""

import asyncio
from collections.abc import Sequence

from bot.domain.errors import MediaUnavailable, PostError
from bot.domain.messages.delivery import Delivery, Try
from bot.domain.messages.posts import MessageStatus
from bot.domain.messages.result_status import ResultStatus, posted_message
from bot.domain.queue.admission import ChannelRef, check_channel
from bot.domain.queue.claims import Work
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AlreadyThere, MaybePosted, Refusal
from bot.domain.requests.request import RequestContext
from bot.domain.versions.version import Version
from bot.runtime.context import ServiceContext
from bot.system.log import log
from bot.usecases.versions.find_version import VersionLookup

FILE_WITHIN = 2.0  # seconds: a page waits no longer to know whether a file is kept


class Reposting:
    """Queues the delivery again, for the channel in which its author requests it."""

    def __init__(self, context: ServiceContext, versions: VersionLookup) -> None:
        self._context = context
        self._versions = versions

    async def post_here(self, origin: RequestContext, generation_id: str, *, confirmed: str | None = None) -> Version:
        """Queue the post of a finished video that could not be posted in its channel, or whose thread was deleted.

        Raises Refusal.

        `posted_already` (link) where it can be seen; `post_under_way` while it is on its way; `result_gone` once it
        was deleted, or its file is. `media_unavailable` while that is not known. `maybe_posted` (channels, doubt) where
        it may be visible already in channels that cannot be searched now: a second post is made once its author passes
        that doubt back as `confirmed`.
        """
        context = self._context
        found = await self._versions.find(origin.reader, generation_id)
        if found.generation.member_id != origin.member_id:
            raise Refusal(RefusalCode.NOT_YOURS_TO_POST)
        settings = await context.store.guild(origin.guild_id)
        place = ChannelRef(channel_id=origin.channel_id, parent_id=origin.parent_channel_id)
        check_channel(settings, origin.member_id, place, now=context.clock.now())
        post, video = found.delivery, found.generation.video
        status = found.status
        if status is ResultStatus.NOT_MADE:
            raise Refusal(RefusalCode.NO_VIDEO)
        if status is ResultStatus.UNDER_WAY or post is None:
            raise Refusal(RefusalCode.NO_VIDEO_YET)
        if status is ResultStatus.REMOVED:
            raise Refusal(RefusalCode.RESULT_GONE)
        gone = status is ResultStatus.POSTED and await self._place_gone(found)
        try:
            if video is None or not await context.media.has(video.file):
                raise Refusal(RefusalCode.RESULT_GONE)
        except MediaUnavailable as error:
            raise Refusal(RefusalCode.MEDIA_UNAVAILABLE) from error
        store, now, here = context.store, context.clock.now(), origin.channel_id
        new_id, asked_id = context.ids.new(), origin.ask_id
        if gone:
            queued = await store.post_again(
                generation_id, delivery_id=new_id, channel_id=here, now=now, asked_id=asked_id
            )
        else:
            if not status.is_undeliverable:
                raise Refusal(RefusalCode.POST_UNDER_WAY)
            waived = await self._waived(found, post, confirmed)
            queued = await store.requeue(
                generation_id, channel_id=here, now=now, delivery_id=new_id, asked_id=asked_id, waived=waived
            )
        if not queued:
            raise Refusal(RefusalCode.POST_UNDER_WAY)
        log.info("posting_elsewhere", generation=generation_id, channel=here)
        context.wake_signals.send(Work.DELIVER)
        return found

    async def postable(self, versions: Sequence[Version]) -> frozenset[str]:
        """The ids of those videos that `post_here` would post: kept ones, and those whose channel or thread is gone.

        Where Discord does not say in time, its place counts as there; so does a file of which the bucket does not say.
        """
        found = await asyncio.gather(*(self._would_post(one) for one in versions))
        return frozenset(one.generation.id for one, would in zip(versions, found, strict=True) if would)

    async def _would_post(self, one: Version) -> bool:
        video, status = one.generation.video, one.status
        try:
            async with asyncio.timeout(FILE_WITHIN):
                if video is None or not await self._context.media.has(video.file):
                    return False
        except (MediaUnavailable, TimeoutError) as error:  # pressed, its button says so
            log.info("file_unknown", generation=one.generation.id, error=error)
        if status in (ResultStatus.KEPT, ResultStatus.TOO_LARGE):
            return True
        posted = posted_message(one.generation, one.delivery)
        if posted is None:
            return False
        try:
            return await self._context.messenger.place_gone(one.generation.guild_id, posted)
        except PostError as error:
            log.info("place_unknown", generation=one.generation.id, error=error)
            return False

    async def _waived(self, found: Version, post: Delivery, confirmed: str | None) -> list[Try]:
        """The channels that may contain the post and cannot be searched now. Raises Refusal `maybe_posted` unless confirmed.

        What the author confirmed is identified by the delivery's id, which changes with every post that they request.
        """
        tries = [tried for tried in await self._context.store.tries(found.generation.id) if not tried.waived]
        try:
            unseen = await self._context.messenger.unseen(found.generation, tries) if tries else []
        except PostError as error:
            raise Refusal(RefusalCode.DISCORD_BUSY) from error
        if unseen and confirmed != post.id:
            channels = tuple(dict.fromkeys(tried.channel_id for tried in unseen))
            raise Refusal(MaybePosted(channels=channels, doubt=post.id))
        return unseen

    async def _place_gone(self, found: Version) -> bool:
        """Whether the channel or thread of the post was deleted. A post that somebody deleted is not posted again.

        Raises Refusal `posted_already` or `result_gone`.
        """
        posted = posted_message(found.generation, found.delivery)
        if posted is None:
            raise Refusal(RefusalCode.RESULT_GONE)
        try:
            became = await self._context.messenger.message_status(posted.channel_id, posted.message_id)
        except PostError as error:
            raise Refusal(RefusalCode.DISCORD_BUSY) from error
        if became is MessageStatus.THERE:
            raise Refusal(AlreadyThere(RefusalCode.POSTED_ALREADY, link=found.link or ""))
        if became is MessageStatus.DELETED:
            raise Refusal(RefusalCode.RESULT_GONE)
        return True
