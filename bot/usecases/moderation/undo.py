"""Undoes a moderator's change for ten minutes. The caller has checked that the actor is a moderator."""

from dataclasses import dataclass

from bot.domain.moderation.audit import Actor, Undone
from bot.domain.moderation.undo import rules_of
from bot.domain.quota.limits import Limit
from bot.domain.quota.rules import Subject
from bot.runtime.context import ServiceContext
from bot.system.log import log


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoResult:
    """What was undone. default_back: the operator's defaults that hold again, since no rule for everyone is left."""

    undone: Undone
    default_back: tuple[Limit, ...]


class UndoChanges:
    """The use case behind Undo."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def undo(self, actor: Actor, change_id: int) -> UndoResult:
        """Undo a change of this server, once. Raises Refusal as `AuditLog.undo` does."""
        undone = await self._context.store.undo(actor, change_id, now=self._context.clock.now())
        original = undone.original
        log.info("change_undone", guild=actor.guild_id, action=original.action, change=change_id, actor=actor.actor_id)
        back: tuple[Limit, ...] = ()
        if rules_of(original) is Subject.EVERYONE:
            rules = await self._context.store.rules(actor.guild_id)
            if not any(rule.subject is Subject.EVERYONE for rule in rules):
                back = self._context.policy.default_quota
        return UndoResult(undone=undone, default_back=back)
