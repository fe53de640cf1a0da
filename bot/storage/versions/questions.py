"""Questions before dear videos: kept, taken with the job that they make, ended, forgotten."""

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from bot.domain.generation import Orientation
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.questions import Question, QuestionState
from bot.domain.requests.request import Edits
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Row, Writing, fetch

# With the answer, what was asked is erased.
_ANSWERED = "edits = '{}', picture = NULL, end_picture = NULL"
_BECAME_CARD = (
    "EXISTS (SELECT 1 FROM generation WHERE draft_id = question.id"
    " AND (card_answered = 0 OR card_message_id = question.message_id))"
)


async def take(writing: Writing, question_id: str | None) -> None:
    """open → made, inside the transaction that accepts its job. A draft that is no question is left alone.

    Raises Refusal `question_over` where it was cancelled or is over.
    """
    if question_id is None or not await fetch(writing, "SELECT 1 FROM question WHERE id = ?", (question_id,)):
        return
    taken = await fetch(
        writing,
        f"UPDATE question SET state = 'made', {_ANSWERED} WHERE id = ? AND state = 'open' RETURNING id",
        (question_id,),
    )
    if not taken:
        raise Refusal(RefusalCode.QUESTION_OVER)


class QuestionQueries:
    """The part of the store for questions."""

    db: Database

    async def keep_question(self, question: Question) -> bool:
        """See `QuestionStore.keep_question`."""
        columns = _columns(question)

        async def work(writing: Writing) -> bool:
            marks = ", ".join(f":{name}" for name in columns)
            kept = await fetch(
                writing,
                f"INSERT INTO question ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING id",
                columns,
            )
            return bool(kept)

        return await self.db.write(work)

    async def question(self, question_id: str) -> Question | None:
        """See `QuestionStore.question`."""
        found = await self.db.read("SELECT * FROM question WHERE id = ?", (question_id,))
        return _question(found[0]) if found else None

    async def asked(self, ask_id: str) -> bool:
        """See `QuestionStore.asked`."""
        return bool(await self.db.read("SELECT 1 FROM question WHERE ask_id = ?", (ask_id,)))

    async def question_shown(self, question_id: str, message_id: str) -> None:
        """See `QuestionStore.question_shown`."""
        await self._run("UPDATE question SET message_id = ? WHERE id = ?", message_id, question_id)

    async def cancel_question(self, question_id: str) -> bool:
        """See `QuestionStore.cancel_question`."""

        async def work(writing: Writing) -> bool:
            cancelled = await fetch(
                writing,
                f"UPDATE question SET state = 'cancelled', {_ANSWERED} WHERE id = ? AND state = 'open' RETURNING id",
                (question_id,),
            )
            return bool(cancelled)

        return await self.db.write(work)

    async def end_questions(self, *, asked_before: datetime) -> None:
        """See `QuestionStore.end_questions`. Nothing is written if there are none."""
        old, before = "state = 'open' AND asked_at < ?", to_ms(asked_before)
        if await self.db.read(f"SELECT id FROM question WHERE {old} LIMIT 1", (before,)):
            await self._run(f"UPDATE question SET state = 'over', {_ANSWERED} WHERE {old}", before)

    async def unclosed_questions(self) -> list[Question]:
        """See `QuestionStore.unclosed_questions`."""
        found = await self.db.read(
            f"SELECT * FROM question WHERE closed = 0 AND state <> 'open' AND NOT {_BECAME_CARD} ORDER BY asked_at"
        )
        return [_question(row) for row in found]

    async def question_closed(self, question_id: str) -> None:
        """See `QuestionStore.question_closed`."""
        await self._run("UPDATE question SET closed = 1 WHERE id = ?", question_id)

    async def forget_questions(self, *, asked_before: datetime) -> None:
        """See `QuestionStore.forget_questions`. Nothing is written if there are none."""
        before = to_ms(asked_before)
        if await self.db.read("SELECT id FROM question WHERE asked_at < ? LIMIT 1", (before,)):
            await self._run("DELETE FROM question WHERE asked_at < ?", before)

    async def _run(self, sql: str, *values: str | int) -> None:
        async def work(writing: Writing) -> None:
            await writing.execute(sql, values)

        await self.db.write(work)


def _columns(question: Question) -> dict[str, str | int | None]:
    return {
        "id": question.id,
        "ask_id": question.ask_id,
        "guild_id": question.guild_id,
        "channel_id": question.channel_id,
        "member_id": question.member_id,
        "generation_id": question.generation_id,
        "edits": json.dumps(_written(question.edits)),
        "picture": question.picture,
        "end_picture": question.end_picture,
        "new_take": int(question.new_take),
        "price_micros": question.price_micros,
        "locale": question.locale,
        "asked_at": to_ms(question.asked_at),
        "state": question.state,
        "message_id": question.message_id,
    }


def _question(row: Row) -> Question:
    return Question(
        id=row["id"],
        ask_id=row["ask_id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        member_id=row["member_id"],
        generation_id=row["generation_id"],
        edits=_edits(json.loads(row["edits"])),
        picture=row["picture"],
        end_picture=row["end_picture"],
        new_take=bool(row["new_take"]),
        price_micros=row["price_micros"],
        locale=row["locale"],
        asked_at=from_ms(row["asked_at"]),
        state=QuestionState(row["state"]),
        message_id=row["message_id"],
    )


def _written(edits: Edits) -> dict[str, Any]:
    """Return what an edit changes; not the functions that read pictures, whose addresses are stored instead."""
    values = {one.name: getattr(edits, one.name) for one in fields(edits)}
    return {name: value for name, value in values.items() if value is not None and not callable(value)}


def _edits(written: dict[str, Any]) -> Edits:
    known = {name: value for name, value in written.items() if name in {one.name for one in fields(Edits)}}
    if orientation := known.get("orientation"):
        known["orientation"] = Orientation(orientation)
    if picture := known.get("picture"):
        known["picture"] = tuple(picture)
    return Edits(**known)
