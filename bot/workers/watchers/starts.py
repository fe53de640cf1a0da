"""Records each start, and tells the operator when the bot starts again and again."""

from datetime import datetime, timedelta

from bot.runtime.context import ServiceContext
from bot.runtime.troubles import Trouble
from bot.workers.loops.periodic import Periodic

EVERY = 60.0
MANY, WITHIN = 5, timedelta(minutes=10)
MORE = 2  # for each further process that runs: all of them start, and a rolling upgrade starts all of them again
TOLD_EVERY = timedelta(hours=1)  # over all starts: each of them knows only from the database that the operator was told
_TOLD_AT = "restarts_told_at"


class Starts:
    """Records this start with its first check."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._recorded = False
        self._trouble = Trouble(context, "restarts")
        self.loop = Periodic("starts", self.look, every=EVERY)

    async def look(self) -> None:
        """Check once."""
        context, now = self._context, self._context.clock.now()
        if not self._recorded:
            starts = await context.store.record_start(now)
            self._recorded = True
        else:
            starts = await context.store.starts()
        # One that is dated ahead was made on a wrong clock.
        recent = [at for at in starts if timedelta(0) <= now - at < WITHIN]
        context.watched.starts = sum(timedelta(0) <= now - at < timedelta(hours=1) for at in starts)
        others = len(await context.store.processes()) - 1
        if len(recent) < MANY + MORE * max(0, others):
            self._trouble.ends("The bot has stopped starting again and again.")
        elif not self._trouble.told and await self._may_tell(now):
            minutes = max(1, round((now - recent[0]).total_seconds() / 60))
            self._trouble.begins(
                f"The bot has started {len(recent)} times within {minutes} minute{'s' if minutes > 1 else ''}: something ends it"
                " each time. Its log says what, in the last lines before each start. Nothing is lost or done twice."
            )

    async def _may_tell(self, now: datetime) -> bool:
        store = self._context.store
        told = await store.get_value(_TOLD_AT)
        if told and timedelta(0) <= now - datetime.fromisoformat(told) < TOLD_EVERY:
            return False
        await store.set_value(_TOLD_AT, now.isoformat())
        return True
