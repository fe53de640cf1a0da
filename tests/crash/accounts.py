"""What must add up after a storm, whoever was killed: each job is made, billed, posted and counted as often as it was asked for.

A prompt that is asked for once more with Again has one row for each time; so a prompt may be billed as often as its rows have
a job of their own, or were given back without a word from UniAll.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tests.process.conftest import Studio, said
from tests.process.database import GenerationRow
from tests.standins.discord import Channel, Invocation, Message
from tests.standins.uniall import video

ENDS = {"succeeded": "Done", "failed": "was not sent again", "cancelled": "Cancelled"}
IMAGE_GONE = "image_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How it went. unclear: given back, since UniAll's answer never came and its list did not have the job.

    unclear_billed: those of them that UniAll had begun; only where it does not list jobs.
    """

    kills: int
    asked: int
    accepted: int
    billed: int
    posted: int
    cancelled: int
    unclear: int
    unclear_billed: int
    lost: int
    billed_twice: int
    posted_twice: int

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {getattr(self, name)}" for name in self.__slots__)


def has_card(asked: Invocation) -> bool:
    """Whether the member has seen the card, not only "thinking…" or that it was not accepted."""
    answer = asked.original
    return answer is not None and not answer.loading and not answer.ephemeral and not was_cut_off(asked)


def was_cut_off(asked: Invocation) -> bool:
    """Whether the member was told that the bot was restarted before it accepted the request."""
    return asked.original is not None and "was restarted before" in said(asked.original)


@dataclass(slots=True, kw_only=True)
class Accounts:
    """The books of one storm. rooms: every channel in which somebody asked."""

    studio: Studio
    rooms: Sequence[Channel]

    def messages(self) -> list[Message]:
        """All messages of all rooms."""
        return [message for room in self.rooms for message in self.studio.discord.messages(room)]

    def results(self) -> list[Message]:
        """The messages that carry a video."""
        return [message for message in self.messages() if self.studio.files(message)]

    def posted(self) -> Counter[bytes]:
        """How often each video was posted, by its bytes."""
        return Counter(file.data for message in self.results() for file in message.attachments)

    def nothing_posted_twice(self) -> None:
        """Holds at any moment."""
        twice = [count for count in self.posted().values() if count > 1]
        assert not twice, f"{len(twice)} videos were posted more than once"

    def settle(
        self, *, asked: Sequence[Invocation], cancelled: Collection[str] | None = None, kills: int, lists: bool
    ) -> Figures:
        """The figures, once all is at rest. Raises AssertionError where a promise is broken.

        asked: what members did to have a video. cancelled: the messages whose Cancel was pressed, where that is known.
        """
        studio, posted = self.studio, self.posted()
        assert studio.database.loose_ends() == []
        self.nothing_posted_twice()
        rows = studio.database.generations()
        lost, unclear_billed = self._wrong_rows(rows, posted, lists=lists)
        kept = {row.interaction_id: row for row in rows}
        lost += [f"{one.id} had a card" for one in asked if has_card(one) and one.id not in kept]
        lost += [
            f"{one.id} was accepted, and its member told otherwise"
            for one in asked
            if was_cut_off(one) and one.id in kept
        ]
        if cancelled is not None:
            lost += [
                f"{row.prompt} was cancelled by nobody"
                for one in asked
                if has_card(one) and one.original and one.original.id not in cancelled and (row := kept.get(one.id))
                if row.state == "cancelled"
            ]
        lost += self._old_cards(rows)
        assert lost == [], lost
        states = Counter(row.state for row in rows)
        unclear = sum(row.fault == "unclear" for row in rows)
        assert (studio.used(), studio.used("operator")) == (states["succeeded"], states["succeeded"] + unclear)
        return Figures(
            kills=kills,
            asked=len(asked),
            accepted=len(rows),
            billed=len(studio.uniall.jobs),
            posted=len(posted),
            cancelled=states["cancelled"],
            unclear=unclear,
            unclear_billed=unclear_billed,
            lost=len(lost),
            billed_twice=0,
            posted_twice=0,
        )

    def _wrong_rows(
        self, rows: Sequence[GenerationRow], posted: Counter[bytes], *, lists: bool
    ) -> tuple[list[str], int]:
        """What did not become of a row what had to; and how many jobs of rows in doubt UniAll had begun."""
        jobs = self.studio.uniall.jobs
        owned = Counter(row.job_id for row in rows if row.job_id)
        wrong = [f"{job} belongs to {count} rows" for job, count in owned.items() if count > 1]
        for row in rows:
            job = jobs.get(row.job_id or "")
            seen = job is not None and posted[video(job.id, self.studio.uniall.size)] == 1
            right = {
                "succeeded": seen and job is not None and job.prompt == row.prompt,
                "cancelled": job is None,
                "failed": job is None
                and (row.fault == "unclear" or (row.fault == IMAGE_GONE and bool(row.image_file))),
            }
            if not right[row.state]:
                wrong.append(f"{row.prompt} is {row.state}, job {row.job_id}, posted {seen}, fault {row.fault}")
        begun = Counter(job.prompt for name, job in jobs.items() if name not in owned)
        doubted = Counter(row.prompt for row in rows if row.fault == "unclear")
        known = Counter(row.prompt for row in rows)
        for prompt, count in begun.items():
            alone = known[prompt] == 1  # of two alike in doubt, nobody can tell whose a listed job is
            if count > doubted[prompt] or (lists and alone):
                wrong.append(f"{prompt} is billed {count} times for nothing, {doubted[prompt]} in doubt")
        return wrong, begun.total()

    def _old_cards(self, rows: Sequence[GenerationRow]) -> list[str]:
        words = {message.id: said(message) for message in self.messages()}
        return [
            f"the card of {row.prompt} is old"
            for row in rows
            if row.card_message_id and row.fault != IMAGE_GONE and ENDS[row.state] not in words[row.card_message_id]
        ]
