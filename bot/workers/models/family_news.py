"""Tells moderators and the operator, once, that a family of models is gone or back.

A model can disappear by the key's list, by UniAll's answers or on its last day; what counts here is only whether a family
has anything left to offer. The families that were on offer are stored, so that a restart repeats nothing.
"""

import json

from bot.domain.errors import StoreUnavailable
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.runtime.context import ServiceContext
from bot.runtime.server_log import announce
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

EVERY = 15.0
ON_OFFER = "families-on-offer"


class FamilyNews:
    """Compares the families on offer with those that were on offer before."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._before: list[str] | None = None
        self.loop = Periodic("families", self.look, every=EVERY)

    async def look(self) -> None:
        """Tell what has changed since the last look. The first look ever tells nothing."""
        context, now = self._context, self._context.catalog.families()
        if now == self._before:
            return
        try:
            stored = await context.store.get_value(ON_OFFER)
            changed = await context.store.change_value(ON_OFFER, json.dumps(now))  # else another process tells it
            before: list[str] = json.loads(stored) if stored and changed else now
            await self._tell(LogEventKind.MODELS_GONE, [name for name in before if name not in now])
            await self._tell(LogEventKind.MODELS_BACK, [name for name in now if name not in before])
        except StoreUnavailable as error:  # looked at again in a moment
            log.warning("families_not_recorded", error=error)
            return
        self._before = now

    async def _tell(self, kind: LogEventKind, families: list[str]) -> None:
        """Tell the operator, and every server with a log channel whose members may use one of these families."""
        if not families:
            return
        context = self._context
        gone = kind is LogEventKind.MODELS_GONE
        what = "can no longer be made" if gone else "can be made again"
        log.warning("families_gone" if gone else "families_back", families=families)
        context.alerts.clear("families")
        context.alerts.tell("families", f"{', '.join(families)}: {what}.")
        for guild_id, channel_id in await context.store.log_channels():
            if await context.serves(guild_id) is not True:
                continue
            allowed = (await context.store.guild(guild_id)).families
            names = [name for name in families if not allowed or name in allowed]
            if names:
                event = LogEvent(kind=kind, guild_id=guild_id, member_id="", text=", ".join(names))
                announce(context, event, channel_id=channel_id)
