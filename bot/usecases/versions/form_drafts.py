"""The drafts behind forms: stored, so that a form survives a restart and what was filled in is not lost."""

from bot.domain.errors import StoreUnavailable
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.drafts import Draft
from bot.runtime.context import ServiceContext
from bot.runtime.persist import persist
from bot.system.background import spawn_background
from bot.system.log import log
from bot.usecases.requests.generation_request import form_sent


class FormDrafts:
    """Each draft belongs to one member in one server, and makes at most one video."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def open(
        self,
        guild_id: str,
        member_id: str,
        *,
        generation_id: str | None = None,
        pictures: tuple[str, ...] = (),
        covered: frozenset[str] = frozenset(),
        image_gone: bool = False,
        continues: bool = False,
    ) -> Draft:
        """Store and return a new draft."""
        context = self._context
        now = context.clock.now()
        draft = Draft(
            id=context.ids.new(),
            guild_id=guild_id,
            member_id=member_id,
            made_at=now,
            generation_id=generation_id,
            pictures=pictures,
            covered=covered,
            image_gone=image_gone,
            continues=continues,
        )
        await context.store.keep_draft(draft)
        return draft

    async def get(self, guild_id: str, member_id: str, draft_id: str, *, ask_id: str | None = None) -> Draft:
        """A member's own draft in this server. Raises Refusal `form_gone`, `not_your_form` or `form_sent`.

        ask_id: the id of a submission. A submission that arrives twice finds its own video and is not refused.
        """
        draft = await self._context.store.draft(draft_id)
        if draft is None or draft.guild_id != guild_id:
            raise Refusal(RefusalCode.FORM_GONE)
        if draft.member_id != member_id:
            raise Refusal(RefusalCode.NOT_YOUR_FORM)
        made = await self._context.store.made_from(draft_id)
        if made and made.generation.interaction_id != ask_id:
            raise form_sent(made)
        return draft

    async def keep(self, draft: Draft) -> None:
        """Store what was filled in, so that the form can be shown again; repeated until the database takes it.

        A draft that the member had deleted meanwhile stays deleted.
        """
        try:
            await self._context.store.fill_draft(draft)
        except StoreUnavailable as error:
            log.warning("not_stored", what="draft", error=error)
            spawn_background(persist(lambda: self._context.store.fill_draft(draft)), "draft")
