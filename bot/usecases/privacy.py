"""What is stored about a member, over all servers, and its deletion.

The store records the deletion, does it, and lists the files that nothing refers to any more. They are discarded right
after it. What a crash or a full disk leaves of all this, `bot.workers.upkeep.deletions` does.
"""

from bot.domain.privacy import StoredData
from bot.domain.queue.claims import Work
from bot.runtime.context import ServiceContext
from bot.runtime.deletion_list import list_deletions
from bot.runtime.discarding import discard_listed
from bot.system.log import log


class MemberPrivacy:
    """The use cases behind `/privacy`."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def stored(self, member_id: str) -> StoredData:
        """How much is stored about a member."""
        return await self._context.store.stored(member_id)

    async def forget(self, member_id: str) -> None:
        """Delete a member's prompts, image copies and history. Amounts stay, without anything that describes the videos."""
        await self._context.store.forget(member_id, now=self._context.clock.now())
        self._context.wake_signals.send(Work.JOIN)  # joined videos with a part of theirs go too
        await list_deletions(self._context)
        log.info("forgotten", files=await discard_listed(self._context))
