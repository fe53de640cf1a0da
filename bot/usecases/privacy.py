"""What is stored about a member, over all servers, and forgetting it.

The store forgets in one transaction and lists the files that nothing refers to any more; they are discarded after it, and
again and again until they are gone, so that neither a crash nor a full disk leaves one behind. Jobs under way are forgotten
when they end: their files come onto the list then. Drafts of forms, and what moderators were asked to confirm, expire here.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from bot.domain.errors import Refusal
from bot.domain.privacy import StoredData
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.usecases.quotas import DRAFTS_KEPT

EVERY = 60.0
FORMS_KEPT = timedelta(days=7)


class Privacy:
    """The use cases behind `/privacy`, and the loop that discards files."""

    name = "privacy"
    finishes = False

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._stop = asyncio.Event()

    async def stored(self, member_id: str) -> StoredData:
        """How much is stored about a member."""
        return await self._context.moderation.stored(member_id)

    async def forget(self, member_id: str) -> None:
        """Delete a member's prompts, image copies and history; amounts stay, without anything that tells what of."""
        files = await self._context.moderation.forget(member_id, now=self._context.clock.now())
        log.info("forgotten", files=len(files))
        await self._list()
        await self._discard(files)

    async def run(self) -> None:
        """Discard what has been forgotten since, until `stop`, or until cancelled."""
        self._stop.clear()
        while not self._stop.is_set():
            await self._list()
            await self._discard(await self._context.moderation.to_discard())
            await self._expire()
            try:
                async with asyncio.timeout(EVERY):
                    await self._stop.wait()
            except TimeoutError:
                continue

    async def _expire(self) -> None:
        """Forget forms and confirmations that nobody came back to: they hold what members wrote."""
        context, now = self._context, self._context.clock.now()
        try:
            await context.store.forget_drafts(made_before=now - FORMS_KEPT)
            await context.moderation.forget_confirmations(made_before=now - DRAFTS_KEPT)
        except Refusal as error:  # the disk of the database is full: in a minute
            log.warning("drafts_not_forgotten", error=error.code)

    def stop(self) -> None:
        """Begin nothing new."""
        self._stop.set()

    async def _list(self) -> None:
        """A crash before this, or a full disk, leaves it to the next look."""
        try:
            await self._context.moderation.list_forgotten()
        except OSError as error:
            log.error("deletions_not_listed", error=error)
            self._context.alerts.tell(
                "deletions",
                "The list of deletions beside the database cannot be written: an older database that is put back would not"
                " know of the newest. It is tried again every minute.",
            )
        else:
            self._context.alerts.over("deletions")

    async def _discard(self, files: Sequence[str]) -> None:
        gone: list[str] = []
        for file in files:
            try:
                await self._context.media.discard(file)
            except OSError as error:
                log.warning("not_discarded", file=file, error=error)
            else:
                gone.append(file)
        if gone:
            await self._context.moderation.discarded(gone)
