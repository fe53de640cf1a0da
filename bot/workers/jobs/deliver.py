"""Posts finished videos.

`sending` and the channel are stored before the post, `sent` after it. A repeat in between does no harm: Discord knows
the nonce for minutes, and every channel that may have the post is searched (`bot.workers.jobs.posting`).

A video above the server's upload limit is shrunk, twice at most. If that is not possible, UniAll's address of the video
is posted; if members could not open it, the video is kept. The smaller copy is deleted once the delivery has ended;
after a crash before that, it is found again. A missing file, as after a restore on another disk, is downloaded again
while UniAll has it. While the bucket of the files does not serve, the delivery waits, however long that takes.
"""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.errors import (
    MediaUnavailable,
    PostError,
    PostImpossible,
    PostTooLarge,
    ProviderError,
    StoreUnavailable,
)
from bot.domain.generation import TRIED_FOR, Generation
from bot.domain.messages.delivery import LOST, PART_REMOVED, REMOVED, TOO_LARGE, Delivery
from bot.domain.messages.posts import LONGEST_LINK, PostedMessage, SmallerCopy
from bot.domain.moderation.guild_settings import Threads
from bot.domain.provider import Fault, JobState
from bot.domain.queue.claims import Claim, Work
from bot.runtime.context import ServiceContext
from bot.runtime.persist import persist
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.workers.jobs.posting import Posting
from bot.workers.loops.claim_loop import ClaimLoop, one_by_one

LEASE = 900.0
LONGEST = LEASE - 60  # of one attempt, with its shrinking: nobody else may claim it meanwhile
WIDTH = 8  # a video that is being shrunk (one at a time) occupies one slot
COPIES = 2  # if a server accepts less than its stated limit, half of it is tried, and half again
LONGEST_RETRY_AFTER = timedelta(hours=1)
LONGEST_GAP = 300.0  # seconds between two attempts
LONGEST_GAP_FOR_FILE = 30.0  # and while the bucket does not serve
LINK_TRIES = 3
LOST_TRIES = 3
LOST_AFTER = timedelta(minutes=2)  # during which UniAll has answered repeatedly that it has no such video
_LOST = {
    Fault.NOT_FOUND,
    Fault.RESULT_MISSING,
    Fault.RESULT_UNUSABLE,
}  # faults which mean that UniAll no longer has the video


class DeliverWorker:
    """Posts what the media folder holds, once."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._gone: dict[str, list[datetime]] = {}  # when UniAll has answered so, by delivery, in monotonic time
        self.loop = ClaimLoop(
            context, Work.DELIVER, one_by_one(self._claim), self._one, width=WIDTH, lease=LEASE, finishes=True
        )

    async def _claim(self, claim: Claim) -> tuple[Delivery, Generation] | None:
        return await self._context.store.claim_delivery(claim, now=self._context.clock.now())

    async def _one(self, item: tuple[Delivery, Generation], claim: Claim) -> None:
        context = self._context
        delivery, generation = item
        reach(Failpoint.DELIVER_CLAIMED)
        try:
            async with asyncio.timeout(LONGEST):
                posting = Posting(context, delivery, generation, claim)
                posted = await posting.earlier() or await self._post(posting, delivery, generation)
        except PostImpossible as error:
            return await self._keep(delivery, generation, claim, str(error))
        except Exception as error:  # noqa: BLE001 - all of it is logged
            if not isinstance(error, PostError | OSError | StoreUnavailable):
                log.exception("post_broken", generation=generation.id)
            asked = timedelta(seconds=error.retry_after or 0 if isinstance(error, PostError) else 0)
            most = LONGEST_GAP_FOR_FILE if isinstance(error, MediaUnavailable) else LONGEST_GAP
            gap = max(context.retry_gap(delivery.attempts, first=0.5, most=most), min(asked, LONGEST_RETRY_AFTER))
            tried = self._tried(error, gap)
            if delivery.tried >= TRIED_FOR and tried:
                why = str(error) if isinstance(error, PostError) else type(error).__name__
                return await self._keep(delivery, generation, claim, why)
            log.warning("post_failed", generation=generation.id, error=error, again_in=gap.total_seconds())
            now = context.clock.now()
            await persist(
                lambda: context.store.retry_delivery(delivery.id, claim, due_at=now + gap, now=now, tried=tried)
            )
            context.wake_signals.send(Work.CARD)
            return reach(Failpoint.DELIVER_POSTPONED)
        reach(Failpoint.DELIVER_POSTED)
        self._gone.pop(delivery.id, None)
        await self._tidy(generation)  # after a crash here the post is found in the channel, so no copy is left behind
        now = context.clock.now()
        await persist(lambda: context.store.record_sent(delivery.id, claim, posted, now=now))
        reach(Failpoint.DELIVER_RECORDED)
        log.info("delivered", generation=generation.id, message=posted.message_id, attempts=delivery.attempts)
        context.wake_signals.send(Work.CARD, Work.JOIN)
        context.moderation.set()  # a moderator may have removed it while it was being posted
        return await self._open_thread(generation, posted)

    async def _open_thread(self, generation: Generation, posted: PostedMessage) -> None:
        """Open a thread if the server wants one for every result. A failure is not reported to anybody."""
        context = self._context
        if generation.parent_channel_id and posted.channel_id == generation.channel_id:
            return  # it is in a thread
        if (await context.store.guild(generation.guild_id)).threads is not Threads.ALWAYS:
            return
        try:
            await context.messenger.open_thread(generation, posted)
        except PostError as error:
            log.warning("thread_failed", generation=generation.id, error=error)

    async def _post(self, posting: Posting, delivery: Delivery, generation: Generation) -> PostedMessage:
        """Post the file. If it is above the server's limit, post a smaller copy, or else UniAll's address of it."""
        context = self._context
        if generation.video is None:
            raise PostImpossible("the video is gone")
        if generation.joined and await context.store.join_unwanted(generation.id):
            raise PostImpossible(PART_REMOVED)
        name = generation.video.file
        try:
            return await self._post_file(posting, delivery, generation, name)
        except PostTooLarge as error:
            trouble: Exception = PostImpossible(
                f"{TOO_LARGE}: {error}, it cannot be shrunk to that, and UniAll gives no link that members could open"
            )
            try:
                if sent := await self._post_smaller(posting, delivery, generation, name):
                    return sent
            except MediaUnavailable:
                raise  # there may well be such a copy once the bucket serves
            except OSError as here:  # the disk or this machine, which may have space again at the next attempt
                log.warning("not_shrunk", generation=generation.id, why=here)
                trouble = here
            link = await self._link(delivery, generation)
            if link is None:
                raise trouble from error
            log.info("posted_as_link", generation=generation.id, bytes=generation.video.size)
            return await posting.post(lambda to: context.messenger.post_link(generation, to, link))

    async def _post_file(
        self, posting: Posting, delivery: Delivery, generation: Generation, name: str
    ) -> PostedMessage:
        context, messenger = self._context, self._context.messenger
        try:
            path = await context.media.have(name)
            return await posting.post(lambda to: messenger.post_result(generation, to, path))
        except FileNotFoundError:
            anew = await self._fetch_anew(delivery, generation)
            return await posting.post(lambda to: messenger.post_result(generation, to, anew))

    async def _fetch_anew(self, delivery: Delivery, generation: Generation) -> Path:
        """Download it to another name first, so that the file under its own name is always a whole video."""
        context, path = self._context, self._context.media.video_path(generation.id)
        part = path.with_name(f"{path.name}.part")
        if generation.joined:  # UniAll never had it; pressed again, Join makes it anew
            raise PostImpossible(LOST)
        log.warning("video_missing", generation=generation.id, file=path.name)
        try:
            job = await context.provider.status(generation.job_id or "", format=generation.format)
            await context.provider.download(job, part, format=generation.format, check=context.media.check_video)
            await asyncio.to_thread(part.replace, path)
            await context.media.keep(path.name)
        except ProviderError as error:
            if error.fault not in _LOST or not self._is_lost(delivery):
                raise PostError(f"the video is gone from this disk, and UniAll says {error}") from error
            context.alerts.tell(
                f"lost {generation.id}",
                f"The finished video of {generation.id} was neither in MEDIA_DIR nor at UniAll (job {generation.job_id})"
                " when it was to be posted. It counts as used; /quota grant can make up for it.",
            )
            raise PostImpossible(LOST) from error
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)
        return path

    def _is_lost(self, delivery: Delivery) -> bool:
        """Return whether UniAll has answered often enough, for long enough, that it no longer has this video."""
        now = self._context.steady.now()
        times = self._gone.setdefault(delivery.id, [])
        times.append(now)
        return len(times) >= LOST_TRIES and now - times[0] >= LOST_AFTER

    def _tried(self, error: Exception, gap: timedelta) -> timedelta:
        """Return the time that a failed attempt counts. It is zero if this disk, the database, or the contacted server, is the
        cause.
        """
        if isinstance(error, StoreUnavailable) or (isinstance(error, OSError) and not isinstance(error, TimeoutError)):
            return timedelta(0)
        other = self._context.uniall if isinstance(error.__cause__, ProviderError) else self._context.discord
        return self._context.counted_gap(other, gap)

    async def _post_smaller(
        self, posting: Posting, delivery: Delivery, generation: Generation, name: str
    ) -> PostedMessage | None:
        """Post a smaller copy that fits. None if there can be none."""
        context = self._context
        limit = await context.messenger.upload_limit(generation)
        size = await _size(await context.media.have(name))
        room = limit if size > limit else size // 2
        for _ in range(COPIES):
            copy = await context.media.shrink(name, room)
            if copy is None:
                return None
            size = await _size(copy)
            try:
                sent = await self._post_copy(posting, delivery, generation, copy)
            except PostTooLarge as error:
                log.info("still_too_large", generation=generation.id, bytes=size, error=error)
                room = size // 2
                continue
            log.info("posted_smaller", generation=generation.id, bytes=size)
            return sent
        return None

    async def _post_copy(
        self, posting: Posting, delivery: Delivery, generation: Generation, copy: Path
    ) -> PostedMessage:
        try:
            smaller = SmallerCopy(original=await self._link(delivery, generation))
        except PostError as error:
            log.info("original_not_linked", generation=generation.id, why=str(error))
            smaller = SmallerCopy(original=None)
        return await posting.post(lambda to: self._context.messenger.post_smaller(generation, to, copy, smaller))

    async def _link(self, delivery: Delivery, generation: Generation) -> str | None:
        """Return a fresh address, or the one it was downloaded from; None if members could not open it.

        Raises PostError if it does not answer now, the first few times.
        """
        provider, link = self._context.provider, generation.video_url
        if generation.joined:
            return None
        try:
            status = await provider.status(generation.job_id or "", format=generation.format)
        except ProviderError as error:
            log.info("link_not_renewed", generation=generation.id, error=error.code)
        else:
            link = status.video_url if status.state is JobState.SUCCEEDED else link
        if link is None or len(link) > LONGEST_LINK:
            return None
        try:
            return link if await provider.may_share(link) else None
        except ProviderError as error:
            log.info("link_not_opened", generation=generation.id, error=error)
            if error.fault is Fault.TRANSIENT and delivery.attempts < LINK_TRIES:
                raise PostError(f"the link to the video does not answer: {error}") from error
            return None

    async def _tidy(self, generation: Generation) -> None:
        """Delete the smaller copy. If this fails, it is no reason to post again."""
        if generation.video is None:
            return
        try:
            await self._context.media.drop_smaller(generation.video.file)
        except OSError as error:
            log.warning("not_discarded", file=generation.video.file, error=error)

    async def _keep(self, delivery: Delivery, generation: Generation, claim: Claim, why: str) -> None:
        if why == REMOVED:
            log.info("not_posted", generation=generation.id, why=why)
        else:
            log.error("undeliverable", generation=generation.id, why=why)
        self._gone.pop(delivery.id, None)
        await self._tidy(generation)
        now = self._context.clock.now()
        await persist(lambda: self._context.store.give_up_delivery(delivery.id, claim, why=why, now=now))
        reach(Failpoint.DELIVER_KEPT)
        self._context.wake_signals.send(Work.CARD, Work.JOIN)
        self._context.moderation.set()


async def _size(path: Path) -> int:
    return (await asyncio.to_thread(path.stat)).st_size
