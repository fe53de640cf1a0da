"""Fetching a finished video into the media folder; only then is the job a success and the reservation posted.

A link that has expired is asked for again; a success without a link is asked about twice more, then the API's own content
address is used. What cannot be had for a day is given back to the member, and the operator told that it was billed.
"""

from datetime import timedelta

from bot.domain.errors import ProviderError
from bot.domain.generation import Generation, Video
from bot.domain.jobs import Downloaded, Fault, Format, JobState, JobStatus
from bot.domain.ledger import Resolution
from bot.domain.ports import Claim, Work
from bot.failpoints import Failpoint, reach
from bot.services.guilds import announce_failed
from bot.services.loop import Loop
from bot.services.storing import persist
from bot.services.world import World, log

LEASE = 900.0
WIDTH = 16  # a slow link holds one place for as long as a download may take
GIVE_UP_AFTER = timedelta(hours=24)
LOOKS_FOR_LINK = 2
PAUSE = 30.0  # seconds between two tries where the disk has no room


class Fetches:
    """Downloads what UniAll calls done, and settles."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.loop = Loop(world, Work.FETCH, self._claim, self._one, width=WIDTH, lease=LEASE)

    async def _claim(self, claim: Claim) -> Generation | None:
        return await self._world.store.claim_fetch(claim, now=self._world.clock.now())

    async def _one(self, generation: Generation, claim: Claim) -> None:
        world = self._world
        done = JobStatus(job_id=generation.job_id or "", state=JobState.SUCCEEDED, video_url=generation.video_url)
        path = world.media.video_path(generation.id)
        reach(Failpoint.FETCH_CLAIMED)
        try:
            if (
                done.video_url is None
                and generation.attempts < LOOKS_FOR_LINK
                and generation.format is not Format.OPENAI
            ):
                raise ProviderError(Fault.RESULT_MISSING, "no link yet")
            file = await world.provider.download(done, path, format=generation.format, check=world.media.check_video)
        except ProviderError as error:
            return await self._again(generation, claim, error)
        except OSError as error:
            return await self._no_room(generation, claim, error)
        reach(Failpoint.FETCH_DOWNLOADED)
        # A crash here fetches the same file again: the row still says submitted.
        return await self._settle(generation, claim, file)

    async def _settle(self, generation: Generation, claim: Claim, file: Downloaded) -> None:
        world = self._world
        video = Video(file=file.path.name, size=file.size, media_type=file.media_type, sha256=file.sha256)
        now, delivery_id = world.clock.now(), world.ids.new()
        await persist(lambda: world.store.succeed(generation.id, claim, video, delivery_id=delivery_id, now=now))
        reach(Failpoint.FETCH_SETTLED)
        log.info("succeeded", generation=generation.id, bytes=file.size)
        world.room.taken(generation.id)
        world.bells.ring(Work.DELIVER)

    async def _again(self, generation: Generation, claim: Claim, error: ProviderError) -> None:
        """Not for now. The link is asked for again; where it stays the same, the API's own content address is next."""
        world = self._world
        now = world.clock.now()
        log.info("fetch_failed", generation=generation.id, fault=error.fault, detail=error.detail)
        if generation.rendered_at and now - generation.rendered_at > GIVE_UP_AFTER:
            return await self._give_up(generation, claim, error)
        url = generation.video_url
        try:
            status = await world.provider.status(generation.job_id or "", format=generation.format)
        except ProviderError as also:
            log.info("poll_failed", generation=generation.id, fault=also.fault, detail=also.detail)
        else:
            url = status.video_url if status.state is JobState.SUCCEEDED else url
        if url == generation.video_url and error.fault is not Fault.RESULT_MISSING:
            url = None  # the next failure asks for the link again, so the two take turns
        gap = world.backoff(generation.attempts, first=world.policy.poll_min, most=600)
        gap = max(gap, timedelta(seconds=error.retry_after or 0))
        await world.store.retry_fetch(generation.id, claim, video_url=url, due_at=world.clock.now() + gap)
        reach(Failpoint.FETCH_POSTPONED)
        return None

    async def _give_up(self, generation: Generation, claim: Claim, error: ProviderError) -> None:
        world = self._world
        await world.store.fail(
            generation.id,
            claim,
            fault=str(Fault.RESULT_MISSING),
            detail=error.detail,
            resolution=Resolution.BILLED,
            now=world.clock.now(),
        )
        world.room.taken(generation.id)
        world.bells.ring(Work.CARD)
        announce_failed(world, generation, Fault.RESULT_MISSING)
        world.alerts.tell(
            f"result {generation.id}",
            f"The finished video of {generation.id} could not be fetched for a day ({error.fault}). The member got"
            f" their quota back; UniAll billed job {generation.job_id}.",
        )

    async def _no_room(self, generation: Generation, claim: Claim, error: OSError) -> None:
        """This disk is the trouble, not the job: it waits as long as it takes, and nothing new begins."""
        world = self._world
        log.error("disk", generation=generation.id, error=error.strerror or type(error).__name__)
        world.room.refused(generation.id)
        due = world.clock.now() + timedelta(seconds=min(PAUSE, world.policy.poll_max))
        await world.store.retry_fetch(generation.id, claim, video_url=generation.video_url, due_at=due)
