"""One attempt at a post: looks where an earlier one may be, and chooses the channel for this one.

Each channel is stored before anything is sent there, and removed once its outcome is known: the post is recorded,
Discord has refused it, or a search has shown that it is not there. So after a kill at any point, the stored channels
are those that may have an unrecorded post.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.domain.errors import PostImpossible, PostTooLarge, StoreFault, StoreUnavailable
from bot.domain.generation import Generation
from bot.domain.messages.delivery import REMOVED, Delivery, Try
from bot.domain.messages.posts import PostedMessage
from bot.domain.queue.claims import Claim
from bot.runtime.context import ServiceContext
from bot.system.log import log

Send = Callable[[Delivery], Awaitable[PostedMessage]]


class Posting:
    """One attempt, under one claim."""

    def __init__(self, context: ServiceContext, delivery: Delivery, generation: Generation, claim: Claim) -> None:
        self._context = context
        self._delivery = delivery
        self._generation = generation
        self._claim = claim
        self._stored: dict[str, Try] = {}
        self._unseen: set[str] = set()

    async def earlier(self) -> PostedMessage | None:
        """Return what an earlier attempt has posted, in any channel.

        Raises PostError: PostForbidden if that cannot be known.
        """
        store, delivery = self._context.store, self._delivery
        tries = await store.tries(self._generation.id)
        if not tries:
            return None
        found = await self._context.messenger.find_post(self._generation, delivery, tries)
        if found.posted:
            return found.posted
        self._unseen = {tried.channel_id for tried in found.unseen if not tried.waived}
        await store.settle_tries(delivery.id, self._claim, [tried for tried in tries if tried not in found.unseen])
        return None

    async def post(self, send: Send) -> PostedMessage:
        """Post in the channel of the request; if that thread is closed or gone, in its parent channel.

        Raises PostError; PostImpossible `REMOVED` if a moderator has removed the video.
        """
        here, of = self._delivery.channel_id, self._generation
        try:
            return await self._in(here, send)
        except PostImpossible as error:
            channel = of.parent_channel_id
            # A private thread has no fallback; and a thread that may already have the post must not fall back.
            if channel is None or channel == here or here != of.channel_id or here in self._unseen:
                raise
            log.info("thread_closed", generation=of.id, error=error)
            return await self._in(channel, send)

    async def _in(self, channel_id: str, send: Send) -> PostedMessage:
        store, delivery = self._context.store, replace(self._delivery, channel_id=channel_id)
        if channel_id not in self._stored:
            tried = self._context.messenger.begin(self._generation, delivery)
            await store.record_try(self._claim, tried)
            self._stored[channel_id] = tried
        if await store.removal(self._generation.id):
            await self._forget(channel_id)
            raise PostImpossible(REMOVED)
        if not self._context.process.may_act():  # another may post it; the place stays stored, and is looked at first
            raise StoreUnavailable(StoreFault.UNAVAILABLE, "no heartbeat")
        try:
            return await send(delivery)
        except (PostImpossible, PostTooLarge):
            await self._forget(channel_id)
            raise

    async def _forget(self, channel_id: str) -> None:
        """Nothing was posted in this channel now; it stays recorded if an earlier post may be there."""
        if channel_id not in self._unseen:
            tried = self._stored.pop(channel_id)
            await self._context.store.settle_tries(self._delivery.id, self._claim, [tried])
