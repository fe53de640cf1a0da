"""Refreshes which models the key may use, at start and every minute, and tells the operator about changes.

The last reported list is stored, so that a restart repeats nothing.
"""

from bot.domain.errors import ProviderError, StoreUnavailable
from bot.domain.provider import Fault
from bot.domain.queue.claims import Work
from bot.runtime.context import ServiceContext
from bot.runtime.shared_facts import list_models
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

EVERY = 60.0
TOLD = "told-models"  # the missing ids that were reported to the operator


class ModelRefresh:
    """Keeps the catalogue in line with the key's own list."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self.loop = Periodic("models", self.refresh, every=EVERY, at_once=False)  # the start has just refreshed

    async def refresh(self) -> ProviderError | None:
        """Refresh once. A failed request changes nothing; the error is returned for the start of the bot."""
        try:
            listed = await self._context.provider.models()
        except ProviderError as error:
            log.warning("models_not_listed", fault=error.fault)
            if error.fault is Fault.AUTH:
                self._context.alerts.tell(Fault.AUTH, "UniAll does not accept UNIALL_API_KEY.")
            return error
        try:
            await list_models(self._context, listed)
            self._context.wake_signals.send(Work.SUBMIT)  # what waits for a model that is gone
            await self._tell(", ".join(sorted(self._context.catalog.missing)))
        except StoreUnavailable as error:  # reported again with the next list
            log.warning("models_not_recorded", error=error)
        return None

    async def _tell(self, missing: str) -> None:
        context = self._context
        if missing == (await context.store.get_value(TOLD) or "") or not await context.store.change_value(
            TOLD, missing
        ):
            return
        text = f"Switched off, since the key cannot use them: {missing}." if missing else "All on."
        context.alerts.clear("models")
        context.alerts.tell("models", f"The models of the UniAll key have changed. {text}")
