"""Downloads a finished video, and keeps it. Only then has the job succeeded, and the reservation is posted.

A link is used directly only while it is new. If it may have expired, after a failure or a pause of the bot, UniAll is
asked for it again just before the download. If it returns the same link, the API's own content address is tried next. A
success without a link is polled twice more before that. After `TRIED_FOR` of failed attempts the job fails: the member
gets everything back, and the operator is told that it was billed.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.domain.errors import MediaUnavailable, ProviderError
from bot.domain.generation import TRIED_FOR, Generation, Video
from bot.domain.provider import Downloaded, Fault, JobState, JobStatus
from bot.domain.queue.claims import Claim, Work
from bot.runtime.context import ServiceContext
from bot.runtime.persist import persist
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.workers.jobs.failing import Failure, fail_job
from bot.workers.loops.claim_loop import ClaimLoop, one_by_one

LEASE = 900.0
WIDTH = 16  # a slow link occupies one slot for as long as a download may take
FAILED_WIDTH = WIDTH // 2  # videos that failed before leave slots for the others
LINK_IS_NEW = timedelta(minutes=1)  # some links work for only ten minutes
LOOKS_FOR_LINK = 2
SHORTER = 0.9  # of the ordered length: a shorter video is logged, but delivered
LONGEST_GAP = 600.0  # seconds between two attempts, whatever a server asks for: a member waits for a finished video
PAUSE = 30.0  # seconds between two attempts while the disk is full, or the bucket does not serve


class FetchWorker:
    """Downloads the videos of finished jobs, and settles the jobs."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._unkept: dict[str, Downloaded] = {}  # by generation: files that the bucket did not take yet
        self.loop = ClaimLoop(context, Work.FETCH, one_by_one(self._claim), self._one, width=WIDTH, lease=LEASE)

    async def _claim(self, claim: Claim) -> Generation | None:
        if self._context.scratch and self._context.scratch.full:
            return None
        room = self.loop.under_way(lambda job: job.attempts > 0) < FAILED_WIDTH
        return await self._context.store.claim_fetch(claim, now=self._context.clock.now(), failed_too=room)

    async def _one(self, generation: Generation, claim: Claim) -> None:
        context = self._context
        path = context.media.video_path(generation.id)
        reach(Failpoint.FETCH_CLAIMED)
        if (unkept := self._unkept.pop(generation.id, None)) and await asyncio.to_thread(_still_there, unkept):
            return await self._keep(generation, claim, unkept)
        done, asked = await self._job(generation)
        seconds = 0.0

        async def check(file: Path) -> None:
            nonlocal seconds
            seconds = await context.media.check_video(file)

        try:
            no_link = done.video_url is None and generation.video_url is None
            if no_link and generation.attempts < LOOKS_FOR_LINK and context.provider.names_links(generation.format):
                raise ProviderError(Fault.RESULT_MISSING, "no link yet")
            file = await context.provider.download(done, path, format=generation.format, check=check)
        except ProviderError as error:
            return await self._again(generation, claim, error, done, asked=asked)
        except OSError as error:
            return await self._no_room(generation, claim, error)
        if seconds < generation.seconds * SHORTER:
            log.warning("shorter_than_ordered", generation=generation.id, seconds=seconds, ordered=generation.seconds)
        reach(Failpoint.FETCH_DOWNLOADED)
        # A crash here downloads the same file again: the row still says submitted.
        return await self._keep(generation, claim, file)

    async def _keep(self, generation: Generation, claim: Claim, file: Downloaded) -> None:
        """Keep the file, then settle. After a crash in between, the file that is then fetched takes its place."""
        context = self._context
        try:
            await context.media.keep(file.path.name)
        except MediaUnavailable as error:
            log.warning("not_kept", generation=generation.id, error=error)
            self._unkept[generation.id] = file
            return await self._wait(generation, claim)
        except OSError as error:
            return await self._no_room(generation, claim, error)
        reach(Failpoint.FETCH_KEPT)
        return await self._settle(generation, claim, file)

    async def _job(self, generation: Generation) -> tuple[JobStatus, bool]:
        """Return the job with the link to try now, and whether UniAll has just returned that link.

        After a failure the row has the link that failed, None for the content address: the two alternate if UniAll
        returns no other link. If UniAll is unavailable, the old link may still work.
        """
        context, old = self._context, generation.video_url
        known = JobStatus(job_id=generation.job_id or "", state=JobState.SUCCEEDED, video_url=old)
        age = context.clock.now() - generation.rendered_at if generation.rendered_at else None
        if generation.attempts == 0 and age is not None and timedelta(0) <= age < LINK_IS_NEW:
            return known, True
        try:
            status = await context.provider.status(known.job_id, format=generation.format)
        except ProviderError as error:
            log.info("poll_failed", generation=generation.id, fault=error.fault)
            return known, False
        link = status.video_url if status.state is JobState.SUCCEEDED else old
        if generation.attempts and link == old:
            link = None
        return replace(known, video_url=link), True

    async def _settle(self, generation: Generation, claim: Claim, file: Downloaded) -> None:
        context = self._context
        video = Video(file=file.path.name, size=file.size, media_type=file.media_type, sha256=file.sha256)
        now, delivery_id = context.clock.now(), context.ids.new()
        await persist(lambda: context.store.succeed(generation.id, claim, video, delivery_id=delivery_id, now=now))
        reach(Failpoint.FETCH_SETTLED)
        log.info("succeeded", generation=generation.id, bytes=file.size)
        context.local_disk.write_settled(generation.id)
        context.wake_signals.send(Work.DELIVER)

    async def _again(
        self, generation: Generation, claim: Claim, error: ProviderError, done: JobStatus, *, asked: bool
    ) -> None:
        """Schedule another attempt. The attempt counts only if UniAll had just returned the link."""
        context = self._context
        log.info("fetch_failed", generation=generation.id, fault=error.fault)
        if generation.tried >= TRIED_FOR and asked:
            return await self._give_up(generation, claim, error)
        gap = context.retry_gap(generation.attempts, first=context.policy.poll_min, most=LONGEST_GAP)
        gap = max(gap, timedelta(seconds=min(error.retry_after or 0, LONGEST_GAP)))
        now = context.clock.now()
        await context.store.retry_fetch(
            generation.id,
            claim,
            video_url=done.video_url,
            due_at=now + gap,
            now=now,
            tried=context.counted_gap(context.uniall, gap) if asked else timedelta(0),
        )
        reach(Failpoint.FETCH_POSTPONED)
        context.wake_signals.send(Work.CARD)
        return None

    async def _give_up(self, generation: Generation, claim: Claim, error: ProviderError) -> None:
        context = self._context
        alert = (
            f"The finished video of {generation.id} could not be fetched for a day ({error.fault}). The member got"
            f" their quota back; UniAll billed job {generation.job_id}."
        )
        missing = Failure(fault=Fault.RESULT_MISSING, detail=error.detail, billed=True, alert=alert)
        await fail_job(context, generation, claim, missing)
        context.local_disk.write_settled(generation.id)

    async def _no_room(self, generation: Generation, claim: Claim, error: OSError) -> None:
        """Wait for as long as it takes: the disk is the problem, not the job. Nothing new begins meanwhile.

        If the files are in a bucket, only the fetches of this process wait.
        """
        log.error("disk", generation=generation.id, error=error)
        self._context.local_disk.write_refused(generation.id)
        await self._wait(generation, claim)

    async def _wait(self, generation: Generation, claim: Claim) -> None:
        """Release it for a later attempt; this one does not count."""
        context = self._context
        now = context.clock.now()
        due = now + timedelta(seconds=min(PAUSE, context.policy.poll_max))
        await context.store.retry_fetch(
            generation.id, claim, video_url=generation.video_url, due_at=due, now=now, failed=False
        )


def _still_there(file: Downloaded) -> bool:
    """Return whether a file that was downloaded before is still on this machine."""
    try:
        return file.path.stat().st_size == file.size
    except OSError:
        return False
