"""The message that tells an author that their job has failed after it was sent to UniAll.

    queued ──▶ sending ──▶ sent
      ▲           │  └───▶ dropped
      └───────────┘

It is queued in the transaction that fails the job, and posted once like a video: `sending` is stored before the post, and
any later attempt first looks for the message, by the id in its button. Where nobody can look, it is dropped: the card
says the same, and a second message would be worse than none. A job that was cancelled, or refused before it was
submitted, has none: its author has just been told.
"""

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.generation import Generation, State

TOLD = frozenset({State.SUBMITTED, State.UNKNOWN})  # a job that fails in one of these tells its author


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureNotice:
    """The notice of one failed generation. attempts: the number of posts begun, this one included.

    tried: how long it has failed so far, without the time in which nothing could be posted.
    """

    generation: Generation
    attempts: int
    tried: timedelta = timedelta(0)

    @property
    def nonce(self) -> str:
        """Discord returns the earlier message for a repeated nonce (at most 25 characters), but only for minutes."""
        return f"{self.generation.id}-f"
