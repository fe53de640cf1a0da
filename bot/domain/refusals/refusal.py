"""Refusals: a person's request is not carried out, and nothing has been spent.

Most refusals are fully described by their code (`bot.domain.refusals.codes`). The others have a payload with the values
of their text; its type lists the codes it belongs to. A test checks that every code has its text in every language,
with exactly the placeholders that its payload fills.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from bot.domain.errors import SoraBotError
from bot.domain.quota.ledger import Amount
from bot.domain.quota.limits import LimitUsage
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import ModelPayload
from bot.domain.refusals.replies import ParameterPayload


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMost:
    """Too much, or too many. most: the largest value allowed, in the unit that the text names."""

    code: Literal[
        RefusalCode.IMAGE_TOO_LARGE,
        RefusalCode.IMAGE_TOO_MANY_PIXELS,
        RefusalCode.AVOID_TOO_LONG,
        RefusalCode.AMOUNT_TOO_LARGE,
        RefusalCode.REASON_TOO_LONG,
        RefusalCode.DAYS_OUT_OF_RANGE,
        RefusalCode.HOURS_OUT_OF_RANGE,
        RefusalCode.MINUTES_OUT_OF_RANGE,
        RefusalCode.TERM_TOO_LONG,
        RefusalCode.TOO_MANY_TERMS,
        RefusalCode.TOO_MANY_CHANNELS,
        RefusalCode.TOO_MANY_BLOCKED,
        RefusalCode.TIMEZONE_TOO_OFTEN,
        RefusalCode.JOIN_TOO_LONG,
        RefusalCode.STYLE_NAME_TOO_LONG,
        RefusalCode.STYLE_TEXT_TOO_LONG,
        RefusalCode.TOO_MANY_STYLES,
    ] = field(kw_only=False)
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainPart:
    """A version, by its number, for which its chain cannot be joined."""

    code: Literal[RefusalCode.JOIN_PART_GONE, RefusalCode.JOIN_PART_ELSEWHERE, RefusalCode.JOIN_PART_WAITING] = field(
        kw_only=False
    )
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTooLong:
    """The prompt's length and the limit, in characters."""

    code: ClassVar[Literal[RefusalCode.PROMPT_TOO_LONG]] = RefusalCode.PROMPT_TOO_LONG
    length: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StyledTooLong:
    """The length of a prompt with its style, and the limit, in characters. style: its name."""

    code: ClassVar[Literal[RefusalCode.STYLED_TOO_LONG]] = RefusalCode.STYLED_TOO_LONG
    length: int
    most: int
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownStyle:
    """A style that the server does not have. names: those that it has."""

    code: ClassVar[Literal[RefusalCode.STYLE_UNKNOWN]] = RefusalCode.STYLE_UNKNOWN
    style: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownWord:
    """A typed word that is none of the choices, or that is taken."""

    code: Literal[
        RefusalCode.ORIENTATION_UNKNOWN,
        RefusalCode.SHAPE_UNKNOWN,
        RefusalCode.SECONDS_UNKNOWN,
        RefusalCode.TIMEZONE_UNKNOWN,
        RefusalCode.WORD_UNKNOWN,
        RefusalCode.STYLE_THERE,
        RefusalCode.STYLE_NAME_RESERVED,
        RefusalCode.PLAN_UNREADABLE,
        RefusalCode.PLAN_TWICE,
    ] = field(kw_only=False)
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaExceeded:
    """use: the limit that `amount` would exceed. grants: what is left of the member's grants, in that limit's unit.

    estimate: the price in `amount` is an estimate.
    """

    code: ClassVar[Literal[RefusalCode.QUOTA]] = RefusalCode.QUOTA
    use: LimitUsage
    amount: Amount
    grants: int = 0
    estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyOpen:
    """count: the member's jobs that have not ended."""

    code: ClassVar[Literal[RefusalCode.TOO_MANY_OPEN]] = RefusalCode.TOO_MANY_OPEN
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyRunning:
    """running: the member's running jobs, where no job may wait."""

    code: ClassVar[Literal[RefusalCode.TOO_MANY_RUNNING]] = RefusalCode.TOO_MANY_RUNNING
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyWaiting:
    """The member's running and waiting jobs."""

    code: ClassVar[Literal[RefusalCode.TOO_MANY_WAITING]] = RefusalCode.TOO_MANY_WAITING
    running: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPermissions:
    """permissions: those the bot lacks there, by Discord's names ("send_messages")."""

    code: ClassVar[Literal[RefusalCode.MISSING_PERMISSIONS]] = RefusalCode.MISSING_PERMISSIONS
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Channels by id: those that are allowed, or the one that was named."""

    code: Literal[
        RefusalCode.CHANNEL_NOT_ALLOWED,
        RefusalCode.CHANNEL_NOT_LISTED,
        RefusalCode.LOG_CHANNEL_CLOSED,
        RefusalCode.LOG_CHANNEL_SLOW,
    ] = field(kw_only=False)
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaybePosted:
    """channels: where a video may be visible already. doubt: the id to pass back in order to post it anyway."""

    code: ClassVar[Literal[RefusalCode.MAYBE_POSTED]] = RefusalCode.MAYBE_POSTED
    channels: tuple[str, ...]
    doubt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyThere:
    """link: the address of the message that shows it."""

    code: Literal[RefusalCode.FORM_SENT, RefusalCode.OFFER_MADE, RefusalCode.POSTED_ALREADY, RefusalCode.JOIN_MADE] = (
        field(kw_only=False)
    )
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """Nothing new is accepted in this server. until: None for until a moderator resumes. reason: as a moderator typed it."""

    code: ClassVar[Literal[RefusalCode.PAUSED]] = RefusalCode.PAUSED
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The member is blocked in this server. until: None for until a moderator unblocks. reason: as a moderator typed it."""

    code: ClassVar[Literal[RefusalCode.BLOCKED]] = RefusalCode.BLOCKED
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlistedModel:
    """A model that is not on the server's list."""

    code: ClassVar[Literal[RefusalCode.MODEL_NOT_LISTED]] = RefusalCode.MODEL_NOT_LISTED
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermCovered:
    """term: the banned term that covers the new one."""

    code: ClassVar[Literal[RefusalCode.TERM_THERE]] = RefusalCode.TERM_THERE
    term: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexpected:
    """A fault of this project; the log has its traceback under the reference."""

    code: ClassVar[Literal[RefusalCode.UNEXPECTED]] = RefusalCode.UNEXPECTED
    reference: str


# Payloads whose code has one text. A quota has several; which one is used depends on its numbers.
SimplePayload = (
    AtMost
    | ChainPart
    | PromptTooLong
    | StyledTooLong
    | UnknownStyle
    | UnknownWord
    | TooManyOpen
    | TooManyRunning
    | TooManyWaiting
    | MissingPermissions
    | Channels
    | MaybePosted
    | AlreadyThere
    | Paused
    | Blocked
    | UnlistedModel
    | TermCovered
    | ModelPayload
    | ParameterPayload
    | Unexpected
)
RefusalPayload = SimplePayload | QuotaExceeded


class Refusal(SoraBotError):
    """A request is refused before anything is spent. payload: the values of its text, where its code has any."""

    def __init__(self, why: RefusalCode | RefusalPayload) -> None:
        code = why if isinstance(why, RefusalCode) else why.code
        super().__init__(str(code))
        self.code = code
        self.payload = None if isinstance(why, RefusalCode) else why
