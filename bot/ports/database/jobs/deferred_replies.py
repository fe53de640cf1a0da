"""Replies that are deferred, so that a member sees "thinking…" for now."""

from typing import Protocol

from bot.domain.messages.deferred_replies import AbandonedReply, DeferredReply


class DeferredReplyStore(Protocol):
    """The deferred replies that nobody has completed yet."""

    async def keep_reply(self, reply: DeferredReply) -> None:
        """Store a reply that is being deferred."""
        ...

    async def drop_reply(self, interaction_id: str) -> None:
        """Delete one that is completed, or that nobody can complete any more."""
        ...

    async def abandoned_replies(self) -> list[AbandonedReply]:
        """Those whose process has no row any more."""
        ...
