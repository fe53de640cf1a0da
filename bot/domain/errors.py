"""The one exception tree.

    SoraBotError
    ├── Refusal             refused before anything is spent; in `bot.domain.refusals.refusal`, with its codes and payloads
    ├── ProviderError       a call to the video API failed; `fault` is the kind of failure
    ├── PostError           Discord did not accept a message
    │   ├── PostImpossible  … and will not accept it as things are
    │   │   ├── PostGone        its channel or message was deleted: it never will
    │   │   ├── PostForbidden   … unless a moderator restores the permission
    │   │   └── PostClosed      … unless somebody opens the thread
    │   └── PostTooLarge    … the file is over the limit
    ├── StoreUnavailable    the database cannot be written, or not read, for now; `kind` is the reason
    ├── LostLease           another worker took over this item; drop it
    ├── IllegalTransition   a state machine's table has no such transition
    └── Unusable            the operator's settings, catalogue or database cannot be used
        ├── WrongSettings   … as they are written
        └── OperatorNeeded  … and no later try helps until the operator has fixed it
            └── SecondCopy  another process with this token and another database is running

`code` is for counting in the log and for finding the sentence that a member reads. No message here contains a key or a
token.
"""

import errno
from enum import StrEnum

from bot.domain.provider import Fault


class SoraBotError(Exception):
    """The base of everything this project raises on purpose."""

    code: str = "error"


class ProviderError(SoraBotError):
    """A call to the video API failed. retry_after: seconds, where the response named them.

    detail: the API's own text, which may quote a prompt: it may be shown to the person who made the request, never
    logged. It is not the exception's text.
    """

    def __init__(self, fault: Fault, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(str(fault))
        self.code = str(fault)
        self.fault = fault
        self.detail = detail
        self.retry_after = retry_after


class PostError(SoraBotError):
    """Discord did not accept a message for now; the same message with the same nonce may be sent again.

    retry_after: seconds, where Discord named them.
    """

    code = "post_failed"

    def __init__(self, text: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class PostImpossible(PostError):
    """Discord does not accept this message as things are; sending the same again would not help."""

    code = "post_impossible"


class PostGone(PostImpossible):
    """The channel or the message was deleted, for good."""


class PostForbidden(PostImpossible):
    """The bot lacks a permission, which a moderator may restore."""


class PostClosed(PostImpossible):
    """The thread is archived or locked; once somebody opens it, the message can be sent."""


class PostTooLarge(PostError):
    """The file is larger than this channel accepts."""

    code = "post_too_large"


class StoreFault(StrEnum):
    """Why the database is not available for now."""

    FULL = "full"  # its disk is full
    BUSY = "busy"  # another program holds it locked
    UNAVAILABLE = "unavailable"  # read-only, an I/O error, damaged; or its server is away


class StoreUnavailable(SoraBotError):
    """The database is not available for now, and nothing of the call has happened. The request itself is not at fault.

    unclear: PostgreSQL was lost during a COMMIT, and nobody can be asked about it, so that it is not known whether the call
    happened. Such a write is not repeated here: a caller that repeats it makes its condition part of the statement.

    reading: the call would only have read, so that this is no evidence about what was written before.
    """

    def __init__(self, kind: StoreFault, detail: str = "", *, reading: bool = False, unclear: bool = False) -> None:
        super().__init__(f"{kind}: {detail}" if detail else str(kind))
        self.code = f"database_{kind}"
        self.kind = kind
        self.detail = detail
        self.reading = reading
        self.unclear = unclear


class MediaUnavailable(SoraBotError, OSError):
    """The bucket of the kept files does not serve for now; what was asked of it may or may not have happened.

    An OSError, as for a disk that does not respond: whoever retries for one, retries for the other.
    """

    code = "media_unavailable"

    def __init__(self, why: str) -> None:
        super().__init__(errno.EAGAIN, why)
        self.why = why

    def __str__(self) -> str:
        return f"{self.code}: {self.why}"


class LostLease(SoraBotError):
    """The lease on this item is no longer ours: its result must not be written."""

    code = "lost_lease"


class IllegalTransition(SoraBotError):
    """A state machine was asked for a transition that its table does not have."""

    code = "illegal_transition"


class Unusable(SoraBotError):
    """The operator must fix something before the bot can run; the message is one line that says what."""

    code = "unusable"
    exit_code = 1


class WrongSettings(Unusable):
    """A setting, or a file that it names, is missing or wrong. Every command ends with the same exit code for it."""

    code = "wrong_settings"
    exit_code = 2


class OperatorNeeded(Unusable):
    """Starting again helps only once the operator has fixed it: a refused token or key, a database of newer code."""

    code = "operator_needed"
    exit_code = 78


class SecondCopy(OperatorNeeded):
    """Another process with this token but another database serves members too: each would bill and post everything.

    Starting again helps only once the operator has stopped one of them.
    """

    code = "second_copy"
