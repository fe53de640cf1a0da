"""What a refusal says of models: those that there are, what one of them lacks, and prices. See `bot.domain.refusals.refusal`."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from bot.domain.generation import Orientation
from bot.domain.quota.limits import Limit
from bot.domain.refusals.codes import RefusalCode
from bot.domain.requests.video_options import Lack, VideoOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPrice:
    """A family or a model and the price of one second of it, lowest and highest, in micro-dollars.

    estimate: the price is an estimate.
    """

    name: str
    low: int
    high: int
    estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOption:
    """One offer of a model: the orientations and lengths it can make. image: whether it accepts a reference image."""

    model: str
    orientations: tuple[Orientation, ...]
    seconds: tuple[int, ...]
    image: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownModel:
    """A model name that does not exist, or is not allowed in this server.

    names: the families that are; prices: theirs, as far as they can be had now.
    """

    code: Literal[RefusalCode.MODEL_UNKNOWN, RefusalCode.MODEL_NOT_ALLOWED] = field(kw_only=False)
    model: str
    names: tuple[str, ...]
    prices: tuple[NamedPrice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A model that is not available, or only at a higher price than usual. prices: what is available instead."""

    code: Literal[RefusalCode.MODEL_OFF, RefusalCode.DEARER_ONLY] = field(kw_only=False)
    model: str
    prices: tuple[NamedPrice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFit:
    """A combination that a model does not make.

    options: what it makes. image: whether a reference image was given. lacks: what it cannot do of what was asked.
    others: the families that make exactly this. asked: all that was asked, where it is known.
    """

    code: ClassVar[Literal[RefusalCode.NO_FIT]] = RefusalCode.NO_FIT
    model: str
    options: tuple[ModelOption, ...]
    image: bool
    lacks: tuple[Lack, ...] = ()
    others: tuple[NamedPrice, ...] = ()
    asked: VideoOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """One thing that was asked for, and the families that have it."""

    lack: Lack
    able: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingFits:
    """A combination that no model makes.

    options: what was asked. lacking: what at least one model lacks. lengths: the nearest, in seconds, where no model has
    the one that was asked. prices: of the families that are named.
    """

    code: ClassVar[Literal[RefusalCode.NOTHING_FITS]] = RefusalCode.NOTHING_FITS
    options: VideoOptions
    lacking: tuple[Lacking, ...]
    lengths: tuple[int, ...] = ()
    prices: tuple[NamedPrice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureShape:
    """A picture whose shape a model does not take.

    ratio: of its longer side to its shorter one; most: the highest that the model takes. end: it is the picture that the
    video ends with. others: the families that make exactly this and take it.
    """

    code: Literal[RefusalCode.IMAGE_TOO_WIDE, RefusalCode.IMAGE_TOO_HIGH] = field(kw_only=False)
    model: str
    ratio: float
    most: float
    end: bool = False
    others: tuple[NamedPrice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DearerNow:
    """A video costs more than its card, its button or its form says: micro-dollars.

    estimate, before_estimate: whether these prices are estimates. model, seconds: what costs this; a form shows the prices
    of one model and lets another be chosen.
    """

    code: Literal[RefusalCode.DEARER_NOW, RefusalCode.OFFER_DEARER, RefusalCode.FORM_DEARER] = RefusalCode.DEARER_NOW
    price: int
    before: int
    estimate: bool = False
    before_estimate: bool = False
    model: str = ""
    seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceQuestion:
    """A video that is made only once its author says so, because its price was not shown before.

    price: micro-dollars; estimate: it is an estimate. last: the limit of which it takes the last. prompt, avoid: what was
    asked, with names in place of ids. family, seconds: what makes it, and how long it is.
    """

    code: ClassVar[Literal[RefusalCode.PRICE_QUESTION]] = RefusalCode.PRICE_QUESTION
    price: int
    estimate: bool
    last: Limit | None
    family: str
    seconds: int
    prompt: str = field(repr=False)
    avoid: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TooDear:
    """The price of one video, and the most it may cost here: micro-dollars. estimate: the price is an estimate."""

    code: ClassVar[Literal[RefusalCode.TOO_DEAR]] = RefusalCode.TOO_DEAR
    price: int
    most: int
    estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong:
    """The length of one video, and the most allowed here: seconds."""

    code: ClassVar[Literal[RefusalCode.TOO_LONG]] = RefusalCode.TOO_LONG
    seconds: int
    most: int


ModelPayload = (
    UnknownModel | Unavailable | NoFit | NothingFits | PictureShape | DearerNow | PriceQuestion | TooDear | TooLong
)
