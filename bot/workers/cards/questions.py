"""Ends the questions that nobody answered within five minutes, and closes their messages, also after a restart."""

from datetime import timedelta

from bot.domain.errors import PostError, PostImpossible, StoreUnavailable
from bot.domain.requests.questions import OPEN_FOR
from bot.runtime.context import ServiceContext
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

EVERY = 10.0
KEPT = timedelta(days=7)  # so that a request that arrives twice is asked about once


class QuestionWorker:
    """Looks every ten seconds. A question that only its author sees is closed at their next press."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self.loop = Periodic("questions", self.look, every=EVERY)

    async def look(self) -> None:
        """End questions whose time is over, close the messages of those that are answered, and delete old ones."""
        store, now = self._context.store, self._context.discord.now() or self._context.clock.now()
        try:
            await store.end_questions(asked_before=now - OPEN_FOR)
            for question in await store.unclosed_questions():
                try:
                    if question.message_id:
                        await self._context.messenger.close_question(question)
                except PostImpossible as error:  # it is gone, or cannot be edited any more
                    log.info("question_not_closed", question=question.id, error=error)
                except PostError as error:  # the next attempt is in ten seconds
                    log.warning("question_not_closed", question=question.id, error=error)
                    continue
                await store.question_closed(question.id)
            await store.forget_questions(asked_before=now - KEPT)
        except StoreUnavailable as error:
            log.warning("questions_not_ended", error=error.code)
