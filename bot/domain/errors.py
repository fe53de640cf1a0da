"""The one exception tree.

    SoraBotError
    ├── Refusal             refused before anything is spent; in `bot.domain.refusals`, with its codes and their facts
    ├── ProviderError       a call to the video API failed; `fault` says how
    ├── PostError           Discord did not take a message
    │   ├── PostImpossible  … and will not as things are
    │   │   ├── PostGone        its channel or message was deleted: it never will
    │   │   ├── PostForbidden   … unless a moderator gives the permission back
    │   │   └── PostClosed      … unless somebody opens the thread
    │   └── PostTooLarge    … the file is over the limit
    ├── StoreUnavailable    the database takes no write, or answers no read, for now; `kind` says why
    ├── LostLease           somebody else took over this piece of work; drop it
    ├── IllegalTransition   a state machine was asked for what its table does not have
    └── Unusable            the operator's settings, catalogue or database cannot be used
        └── SecondCopy      another process with this token and another database is running

`code` is for counting in a log and for finding the sentence a member reads; no message here contains a key or a token.
"""

from enum import StrEnum

from bot.domain.jobs import Fault


class SoraBotError(Exception):
    """The base of everything this project raises on purpose."""

    code: str = "error"


class ProviderError(SoraBotError):
    """A call to the video API failed. retry_after: seconds, where the answer named them.

    detail: the API's words, which may quote a prompt: for whoever asked, never for a log. They are not the exception's text.
    """

    def __init__(self, fault: Fault, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(str(fault))
        self.code = str(fault)
        self.fault = fault
        self.detail = detail
        self.retry_after = retry_after


class PostError(SoraBotError):
    """Discord did not take a message for now; the same message with the same nonce may be tried again.

    retry_after: seconds, where Discord named them.
    """

    code = "post_failed"

    def __init__(self, text: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class PostImpossible(PostError):
    """Discord does not take this message as things are, and the same again would be no use."""

    code = "post_impossible"


class PostGone(PostImpossible):
    """The channel or the message is no longer there, and never will be again."""


class PostForbidden(PostImpossible):
    """The permission is missing, which a moderator may give back."""


class PostClosed(PostImpossible):
    """The thread is archived or locked; whoever opens it lets this pass."""


class PostTooLarge(PostError):
    """The file is over what this place takes."""

    code = "post_too_large"


class StoreFault(StrEnum):
    """Why the database cannot be had for now."""

    FULL = "full"  # its disk has no room
    BUSY = "busy"  # another program holds it locked
    UNAVAILABLE = "unavailable"  # read-only, an I/O error, damaged


class StoreUnavailable(SoraBotError):
    """The database cannot be had for now, and nothing of what was asked has happened. It is nobody's wish that is at fault.

    reading: nothing was to be written, so that this says nothing of what was written before.
    """

    def __init__(self, kind: StoreFault, detail: str = "", *, reading: bool = False) -> None:
        super().__init__(f"{kind}: {detail}" if detail else str(kind))
        self.code = f"database_{kind}"
        self.kind = kind
        self.detail = detail
        self.reading = reading


class LostLease(SoraBotError):
    """The lease on this piece of work is no longer ours: its result must not be written."""

    code = "lost_lease"


class IllegalTransition(SoraBotError):
    """A state machine was asked for a step that its table does not have."""

    code = "illegal_transition"


class Unusable(SoraBotError):
    """The operator must mend something before the bot can run; the message says what, in one line."""

    code = "unusable"
    exit_code = 1


class SecondCopy(Unusable):
    """Another process with this token but another database answers members too: each would bill and post everything.

    Starting again helps only once the operator has stopped one of them.
    """

    code = "second_copy"
    exit_code = 78
