"""Detects another copy of the bot with the same token on another database, and stops this one.

Both would bill and post everything.
"""

import asyncio

from bot.runtime.context import ServiceContext
from bot.runtime.persist import persist
from bot.system.log import log
from bot.usecases.requests.accept import Requests

TELL_SECONDS = 5.0


class SecondCopyWatch:
    """Detects another copy by the responses that it gives in this one's place."""

    def __init__(self, context: ServiceContext, requests: Requests, certain: asyncio.Event) -> None:
        """certain: set once another copy is certain and the operator was notified."""
        self._context = context
        self._requests = requests
        self._certain = certain
        self.leaving = False
        """Another copy is certain: this process responds to nobody any more."""

    async def answered_elsewhere(self, found_id: str, *, both: bool = False) -> None:
        """Stop this process if `found_id` is not in its database: then another copy of the bot runs.

        Two copies bill and post everything twice. found_id: the generation whose card was found where this process was
        about to respond. both: this process has responded too, since nothing prevents two copies from replying to one
        message.
        """
        context = self._context
        if self.leaving or await persist(lambda: context.store.generation(found_id)) is not None or self.leaving:
            return
        self.leaving = True
        self._requests.close()
        log.error("second_copy", found=found_id)
        what = (
            "it answered a command that this one was about to answer. What this one had accepted there is given back, nothing of"
            " it was sent, and this one stops."
        )
        if both:
            what = "both have replied to one message, and may both have been billed for it. This one stops."
        text = f"Another copy of this bot runs with the same token on another database: {what} Run one copy for each token."
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await context.notices.tell_operator(text)
        except TimeoutError:
            log.warning("operator_not_told", text=text)
        finally:
            self._certain.set()
