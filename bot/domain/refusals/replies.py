"""What a refusal says of the parameters of a reply, such as `--ar 9:16`. See `bot.domain.refusals.refusal`."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from bot.domain.refusals.codes import RefusalCode


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownParameter:
    """name: as written in a reply. known: the parameters that exist. nearest: those that may have been meant."""

    code: ClassVar[Literal[RefusalCode.PARAMETER_UNKNOWN]] = RefusalCode.PARAMETER_UNKNOWN
    name: str
    known: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContradictingParameters:
    """Two contradicting parameters of a reply, each as written."""

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
    """A parameter of a reply with a value that it does not accept."""

    code: ClassVar[Literal[RefusalCode.PARAMETER_VALUE]] = RefusalCode.PARAMETER_VALUE
    name: str
    value: str
    example: str


ParameterPayload = UnknownParameter | ContradictingParameters | MissingValue | WrongValue
