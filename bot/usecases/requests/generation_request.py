"""A member's request, made once, and the accepted generation with its card."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.catalog.catalog import ANYTHING
from bot.catalog.offers import Choice
from bot.domain.generation import Generation, Image
from bot.domain.messages.card import CardContext
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AlreadyThere, Refusal
from bot.domain.requests.origins import NOTHING_TAKEN, Origins
from bot.domain.requests.request import ReadImage, RequestContext
from bot.domain.requests.styles import Style
from bot.domain.requests.video_options import VideoOptions
from bot.domain.versions.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """A member's request, made once: from an interaction, or from the version it goes on from.

    model: None where the member named none: then the first that fits makes it where `any_model` is set, else Sora 2.
    options: what they said; what follows from `image` and `end_image` is filled in. choice: the offer, where it is known
    already. most_micros: the price that a button showed; nothing is made for more. image, end_image: read the bytes of
    the first and the last picture. spoiler, end_spoiler: the picture is a spoiler. parent_id: the version it goes on
    from; without one, in a thread of a result, the newest version there. same_image, same_end_image: the picture is the
    parent version's own, already checked. continues_id: the version whose last frame is the picture. ask_first: a dear
    video, or the last of a limit, is asked about. choose: the offer for a first picture of so many pixels, where `choice`
    was made without knowing them. style, origins: as in `Generation`.
    """

    context: RequestContext
    prompt: str = field(repr=False)
    model: str | None = None
    any_model: bool = False
    options: VideoOptions = ANYTHING
    choice: Choice | None = None
    most_micros: int | None = None
    image: ReadImage | None = None
    spoiler: bool = False
    end_image: ReadImage | None = None
    end_spoiler: bool = False
    parent_id: str | None = None
    same_image: Image | None = None
    same_end_image: Image | None = None
    continues_id: str | None = None
    ask_first: bool = False
    choose: Callable[[tuple[int, int]], Choice] | None = None
    style: Style | None = None
    origins: Origins = NOTHING_TAKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCard:
    """An accepted generation with what its card shows. fresh: see `AcceptResult`.

    image, end_image: the bytes of its pictures, to attach to the card.
    """

    generation: Generation
    card_context: CardContext
    image: bytes | None = None
    end_image: bytes | None = None
    fresh: bool = True


def form_sent(made: Version | None) -> Refusal:
    """The refusal of a form that has already made its video."""
    link = made.link if made else None
    return Refusal(AlreadyThere(RefusalCode.FORM_SENT, link=link) if link else RefusalCode.FORM_SENT_UNSEEN)
