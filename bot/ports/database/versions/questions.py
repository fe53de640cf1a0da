"""Questions before dear videos."""

from datetime import datetime
from typing import Protocol

from bot.domain.requests.questions import Question


class QuestionStore(Protocol):
    """Questions, open and answered. `Generations.accept` takes the one that is the new generation's draft."""

    async def keep_question(self, question: Question) -> bool:
        """Store a new question; False where this request was asked about before, and then nothing is stored."""
        ...

    async def question(self, question_id: str) -> Question | None:
        """A question, or None once it is forgotten."""
        ...

    async def asked(self, ask_id: str) -> bool:
        """Whether this request was asked about before."""
        ...

    async def question_shown(self, question_id: str, message_id: str) -> None:
        """Record the message of a question."""
        ...

    async def cancel_question(self, question_id: str) -> bool:
        """open → cancelled; False where it is not open."""
        ...

    async def end_questions(self, *, asked_before: datetime) -> None:
        """open → over, for those asked before this time."""
        ...

    async def unclosed_questions(self) -> list[Question]:
        """Answered questions whose message may still show them as open. A message that became the card is left out."""
        ...

    async def question_closed(self, question_id: str) -> None:
        """Record that nothing is left to do for the message of a question."""
        ...

    async def forget_questions(self, *, asked_before: datetime) -> None:
        """Delete the questions asked before this time."""
        ...
