"""Posting finished videos. `sending` is stored before the post, `sent` after it; in between, a repeat is harmless: the same
nonce within minutes, a look into the channel at every attempt but the first.
"""

from datetime import timedelta

from bot.domain.delivery import Delivery
from bot.domain.errors import PostError, PostImpossible, PostTooLarge, ProviderError
from bot.domain.generation import Generation
from bot.domain.guild import Threads
from bot.domain.jobs import JobState
from bot.domain.ports import Claim, Posted, Work
from bot.services.loop import Loop
from bot.services.versions import thread_name
from bot.services.world import World, log

LEASE = 600.0
WIDTH = 4
GIVE_UP_AFTER = timedelta(hours=24)


class Deliveries:
    """Posts what the media folder holds, once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.loop = Loop(world, Work.DELIVER, self._claim, self._one, width=WIDTH, lease=LEASE, finishes=True)

    async def _claim(self, claim: Claim) -> tuple[Delivery, Generation] | None:
        return await self._world.store.claim_delivery(claim, now=self._world.clock.now())

    async def _one(self, piece: tuple[Delivery, Generation], claim: Claim) -> None:
        world = self._world
        delivery, generation = piece
        try:
            posted = await self._post(delivery, generation)
        except PostImpossible as error:
            return await self._keep(delivery, generation, claim, str(error))
        except Exception as error:  # noqa: BLE001 - all of it is logged
            if not isinstance(error, PostError | OSError):
                log.exception("post_broken", generation=generation.id)
            now = world.clock.now()
            if now - delivery.queued_at > GIVE_UP_AFTER:
                return await self._keep(delivery, generation, claim, str(error))
            gap = world.backoff(delivery.attempts, first=0.5, most=300)
            log.warning("post_failed", generation=generation.id, error=str(error), again_in=gap.total_seconds())
            return await world.store.retry_delivery(delivery.id, claim, due_at=now + gap)
        await world.store.record_sent(delivery.id, claim, posted, now=world.clock.now())
        log.info("delivered", generation=generation.id, message=posted.message_id, attempts=delivery.attempts)
        world.bells.ring(Work.CARD)
        return await self._open_thread(generation, posted)

    async def _open_thread(self, generation: Generation, posted: Posted) -> None:
        """Where the server wants one for every result. One that cannot be opened is no reason to say anything."""
        world = self._world
        if generation.parent_channel_id and posted.channel_id == generation.channel_id:
            return  # it is in a thread
        if (await world.moderation.guild(generation.guild_id)).threads is not Threads.ALWAYS:
            return
        try:
            await world.messenger.open_thread(
                posted.channel_id, generation.guild_id, posted.message_id, thread_name(generation)
            )
        except PostError as error:
            log.warning("thread_failed", generation=generation.id, error=str(error))

    async def _post(self, delivery: Delivery, generation: Generation) -> Posted:
        """The file; where this server takes none so large, the address UniAll has it at."""
        world = self._world
        if generation.video is None:
            raise PostImpossible("the video is gone")
        path = world.media.path(generation.video.file)
        if not path.is_file():
            raise PostImpossible("the video is no longer in the media folder")
        try:
            return await world.messenger.post_result(generation, delivery, path)
        except PostTooLarge as error:
            link = await self._link(generation)
            if link is None:
                raise PostImpossible(f"{error}, and UniAll gives no link to it") from error
            log.info("posted_as_link", generation=generation.id, bytes=generation.video.size)
            return await world.messenger.post_link(generation, delivery, link)

    async def _link(self, generation: Generation) -> str | None:
        """A fresh address, or the one that was fetched from."""
        try:
            status = await self._world.provider.status(generation.job_id or "", format=generation.format)
        except ProviderError:
            return generation.video_url
        return status.video_url if status.state is JobState.SUCCEEDED else generation.video_url

    async def _keep(self, delivery: Delivery, generation: Generation, claim: Claim, why: str) -> None:
        log.error("undeliverable", generation=generation.id, why=why)
        await self._world.store.give_up_delivery(delivery.id, claim, why=why, now=self._world.clock.now())
        self._world.bells.ring(Work.CARD)
