"""Asks before a dear video, or before the last that a limit allows, and makes it once its author says so.

What was asked is stored, so the answer works after a restart. It makes at most one video, and never for more than the
question says: the job is accepted and the question taken in one transaction.
"""

from dataclasses import replace
from functools import partial

from bot.domain.errors import StoreUnavailable
from bot.domain.generation import Generation
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import PriceQuestion
from bot.domain.refusals.refusal import AlreadyThere, Refusal
from bot.domain.requests.questions import Question, QuestionState, time_of
from bot.domain.requests.request import Edits, ReadImage, RequestContext
from bot.runtime.context import ServiceContext
from bot.runtime.persist import persist
from bot.system.background import spawn_background
from bot.system.log import log
from bot.usecases.requests.generation_request import AcceptedCard
from bot.usecases.versions.find_version import VersionLookup
from bot.usecases.versions.iterate import Iteration


class Questions:
    """Each question belongs to one member, is open for five minutes, and is answered once."""

    def __init__(self, context: ServiceContext, versions: VersionLookup, iteration: Iteration) -> None:
        self._context = context
        self._versions = versions
        self._iteration = iteration

    async def asked(self, ask_id: str) -> bool:
        """Whether this request was asked about before: a message may arrive twice."""
        return await self._context.store.asked(ask_id)

    async def open(
        self,
        origin: RequestContext,
        parent: Generation,
        edits: Edits,
        asks: PriceQuestion,
        *,
        picture: str | None = None,
        end_picture: str | None = None,
        new_take: bool = False,
    ) -> Question | None:
        """Store a question; None where this request was asked about before.

        picture, end_picture: the addresses of the pictures that `edits` reads.
        """
        context = self._context
        question = Question(
            id=context.ids.new(),
            ask_id=origin.ask_id,
            guild_id=origin.guild_id,
            channel_id=origin.channel_id,
            member_id=origin.member_id,
            generation_id=parent.id,
            edits=replace(
                edits,
                prompt=None if edits.prompt is None else asks.prompt,
                avoid=None if edits.avoid is None else asks.avoid,
                image=None,
                end_image=None,
            ),
            picture=picture,
            end_picture=end_picture,
            new_take=new_take,
            price_micros=asks.price,
            locale=origin.locale,
            asked_at=time_of(origin.ask_id),
        )
        kept = await context.store.keep_question(question)
        return question if kept else None

    async def shown(self, question_id: str, message_id: str) -> None:
        """Record the message of a question that everybody sees; repeated until the database takes it."""
        store = self._context.store
        try:
            await store.question_shown(question_id, message_id)
        except StoreUnavailable as error:
            log.warning("not_stored", what="question", error=error)
            spawn_background(persist(lambda: store.question_shown(question_id, message_id)), "question")

    async def closed(self, question_id: str) -> None:
        """Record that the message of an answered question says so. If that fails, a worker edits it once more."""
        try:
            await self._context.store.question_closed(question_id)
        except StoreUnavailable as error:
            log.warning("not_stored", what="question", error=error)

    async def get(self, question_id: str, member_id: str, press_id: str) -> Question:
        """A question that this member may answer now. press_id: the interaction that answers it.

        Raises Refusal `not_your_data`, `offer_made` or `offer_made_unseen`, or `question_over`.
        """
        found = await self._context.store.question(question_id)
        if found is None:
            raise Refusal(RefusalCode.QUESTION_OVER)
        if found.member_id != member_id:
            raise Refusal(RefusalCode.NOT_YOUR_DATA)
        if found.state is QuestionState.MADE:
            raise await self._made(question_id)
        if found.state is QuestionState.CANCELLED or found.is_over(time_of(press_id)):
            raise Refusal(RefusalCode.QUESTION_OVER)
        return found

    async def make(self, origin: RequestContext, question: Question) -> AcceptedCard:
        """Make what a question asks about. Raises Refusal: as `get` does, and as `Iteration.make` does.

        `offer_dearer`: it now costs more than the question says. `picture_gone`: Discord has dropped its picture.
        """
        parent = (await self._versions.find(origin.reader, question.generation_id)).generation
        edits = replace(question.edits, image=self._read(question.picture), end_image=self._read(question.end_picture))
        try:
            return await self._iteration.make(
                replace(origin, draft_id=question.id),
                parent,
                edits,
                new_take=question.new_take,
                most_micros=question.price_micros,
            )
        except Refusal as refusal:
            if refusal.code not in (RefusalCode.FORM_SENT, RefusalCode.FORM_SENT_UNSEEN):
                raise
            raise await self._made(question.id) from None

    async def cancel(self, question: Question) -> None:
        """Cancel a question. Raises Refusal as `get` does, where another press was faster."""
        if not await self._context.store.cancel_question(question.id):
            made = await self._context.store.made_from(question.id)
            raise await self._made(question.id) if made else Refusal(RefusalCode.QUESTION_OVER)

    async def _made(self, question_id: str) -> Refusal:
        """The refusal of a question that has made its video."""
        made = await self._context.store.made_from(question_id)
        link = made.link if made else None
        return Refusal(AlreadyThere(RefusalCode.OFFER_MADE, link=link) if link else RefusalCode.OFFER_MADE_UNSEEN)

    def _read(self, address: str | None) -> ReadImage | None:
        return partial(self._iteration.picture, address) if address else None
