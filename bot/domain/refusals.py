"""Refusals: what a person asks for and does not get, before anything is spent.

The code alone says most of them (`bot.domain.refusal_codes`). The others have a payload, which carries the facts of their
sentence; its type says which codes it belongs to. A test holds that every code has its sentence in every language, with
exactly the placeholders that its payload gives.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from bot.domain.errors import SoraBotError
from bot.domain.generation import Orientation
from bot.domain.ledger import Amount
from bot.domain.quota import LimitUsage
from bot.domain.refusal_codes import RefusalCode


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPrice:
    """A family or a model with what a second of it costs, from and to, in micro-dollars."""

    name: str
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOption:
    """What one offer of a model makes; image: whether it takes one."""

    model: str
    orientations: tuple[Orientation, ...]
    seconds: tuple[int, ...]
    image: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMost:
    """Too much, or too many: `most` is possible, in the unit that the sentence names."""

    code: Literal[
        RefusalCode.IMAGE_TOO_LARGE,
        RefusalCode.IMAGE_TOO_MANY_PIXELS,
        RefusalCode.AMOUNT_TOO_LARGE,
        RefusalCode.REASON_TOO_LONG,
        RefusalCode.DAYS_OUT_OF_RANGE,
        RefusalCode.TERM_TOO_LONG,
        RefusalCode.TOO_MANY_TERMS,
        RefusalCode.TOO_MANY_CHANNELS,
        RefusalCode.TOO_MANY_BLOCKED,
        RefusalCode.TIMEZONE_TOO_OFTEN,
    ] = field(kw_only=False)
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTooLong:
    """In characters."""

    code: ClassVar[Literal[RefusalCode.PROMPT_TOO_LONG]] = RefusalCode.PROMPT_TOO_LONG
    length: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownWord:
    """What was typed and is none of the choices."""

    code: Literal[RefusalCode.ORIENTATION_UNKNOWN, RefusalCode.TIMEZONE_UNKNOWN, RefusalCode.WORD_UNKNOWN] = field(
        kw_only=False
    )
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownModel:
    """A model that nothing, or nothing in this server, is called; names: the families that there are."""

    code: Literal[RefusalCode.MODEL_UNKNOWN, RefusalCode.MODEL_NOT_ALLOWED] = field(kw_only=False)
    model: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A model that cannot be had, or only for more than usual; prices: what can be had instead."""

    code: Literal[RefusalCode.MODEL_OFF, RefusalCode.DEARER_ONLY] = field(kw_only=False)
    model: str
    prices: tuple[NamedPrice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFit:
    """What a model does not make; options: what it makes; image: whether one was given."""

    code: ClassVar[Literal[RefusalCode.NO_FIT]] = RefusalCode.NO_FIT
    model: str
    options: tuple[ModelOption, ...]
    image: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DearerNow:
    """The same costs more than its card says: micro-dollars."""

    code: ClassVar[Literal[RefusalCode.DEARER_NOW]] = RefusalCode.DEARER_NOW
    price: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooDear:
    """What one video costs, and what it may cost here at most: micro-dollars."""

    code: ClassVar[Literal[RefusalCode.TOO_DEAR]] = RefusalCode.TOO_DEAR
    price: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong:
    """What one video lasts, and what it may last here at most: seconds."""

    code: ClassVar[Literal[RefusalCode.TOO_LONG]] = RefusalCode.TOO_LONG
    seconds: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaExceeded:
    """use: the limit that does not let amount pass; grants: what is left of them, in that limit's unit."""

    code: ClassVar[Literal[RefusalCode.QUOTA]] = RefusalCode.QUOTA
    use: LimitUsage
    amount: Amount
    grants: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyOpen:
    """count: the member's jobs that have not ended."""

    code: ClassVar[Literal[RefusalCode.TOO_MANY_OPEN]] = RefusalCode.TOO_MANY_OPEN
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyRunning:
    """running: the member's jobs, none of which may wait."""

    code: ClassVar[Literal[RefusalCode.TOO_MANY_RUNNING]] = RefusalCode.TOO_MANY_RUNNING
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyWaiting:
    """The member's jobs that run, and those that wait."""

    code: ClassVar[Literal[RefusalCode.TOO_MANY_WAITING]] = RefusalCode.TOO_MANY_WAITING
    running: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPermissions:
    """permissions: what the bot may not do there, by Discord's names ("send_messages")."""

    code: ClassVar[Literal[RefusalCode.MISSING_PERMISSIONS]] = RefusalCode.MISSING_PERMISSIONS
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Channels by their ids: those that are allowed, or the one that was named."""

    code: Literal[
        RefusalCode.CHANNEL_NOT_ALLOWED,
        RefusalCode.CHANNEL_NOT_LISTED,
        RefusalCode.LOG_CHANNEL_CLOSED,
        RefusalCode.LOG_CHANNEL_SLOW,
    ] = field(kw_only=False)
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaybePosted:
    """channels: where a video may be visible already; doubt: the id to give back in order to post it all the same."""

    code: ClassVar[Literal[RefusalCode.MAYBE_POSTED]] = RefusalCode.MAYBE_POSTED
    channels: tuple[str, ...]
    doubt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyThere:
    """link: the address of the message where it can be seen."""

    code: Literal[RefusalCode.FORM_SENT, RefusalCode.POSTED_ALREADY] = field(kw_only=False)
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlistedModel:
    """A model that is not on the server's list."""

    code: ClassVar[Literal[RefusalCode.MODEL_NOT_LISTED]] = RefusalCode.MODEL_NOT_LISTED
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermCovered:
    """term: the banned one that covers the new one."""

    code: ClassVar[Literal[RefusalCode.TERM_THERE]] = RefusalCode.TERM_THERE
    term: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownParameter:
    """name: as written in a reply; known: those that there are."""

    code: ClassVar[Literal[RefusalCode.PARAMETER_UNKNOWN]] = RefusalCode.PARAMETER_UNKNOWN
    name: str
    known: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContradictingParameters:
    """Two of a reply, each as written."""

    code: ClassVar[Literal[RefusalCode.PARAMETERS_CONTRADICT]] = RefusalCode.PARAMETERS_CONTRADICT
    name: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingValue:
    """A parameter of a reply without its value."""

    code: ClassVar[Literal[RefusalCode.PARAMETER_MISSING]] = RefusalCode.PARAMETER_MISSING
    name: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongValue:
    """A parameter of a reply with a value that it does not take."""

    code: ClassVar[Literal[RefusalCode.PARAMETER_VALUE]] = RefusalCode.PARAMETER_VALUE
    name: str
    value: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexpected:
    """A fault of this project; the log has its traceback under the reference."""

    code: ClassVar[Literal[RefusalCode.UNEXPECTED]] = RefusalCode.UNEXPECTED
    reference: str


# Payloads that fill one sentence; which one a quota's fills depends on its numbers.
SimplePayload = (
    AtMost
    | PromptTooLong
    | UnknownWord
    | UnknownModel
    | Unavailable
    | NoFit
    | DearerNow
    | TooDear
    | TooLong
    | TooManyOpen
    | TooManyRunning
    | TooManyWaiting
    | MissingPermissions
    | Channels
    | MaybePosted
    | AlreadyThere
    | UnlistedModel
    | TermCovered
    | UnknownParameter
    | ContradictingParameters
    | MissingValue
    | WrongValue
    | Unexpected
)
RefusalPayload = SimplePayload | QuotaExceeded


class Refusal(SoraBotError):
    """Refused before anything was spent. payload: the facts of the sentence, where its code has any."""

    def __init__(self, why: RefusalCode | RefusalPayload) -> None:
        code = why if isinstance(why, RefusalCode) else why.code
        super().__init__(str(code))
        self.code = code
        self.payload = None if isinstance(why, RefusalCode) else why
