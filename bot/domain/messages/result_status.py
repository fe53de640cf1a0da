"""What became of a video, derived in one place from a generation and its delivery.

    generation                      delivery                              status
    reserved … submitted            –                                     under_way
    failed, cancelled               –                                     not_made
    succeeded                       none yet, queued, sending             posting
    succeeded                       sent, with its message                posted
    succeeded                       sent, the message was deleted         removed
    succeeded                       undeliverable                         kept, too_large, lost or removed, by its reason

Cards, trees, `/history`, hints and the use cases read this status; none of them combines the two states itself.
"""

from enum import StrEnum

from bot.domain.generation import OPEN, Generation, State
from bot.domain.messages.delivery import LOST, PART_REMOVED, REMOVED, TOO_LARGE, Delivery, DeliveryState
from bot.domain.messages.posts import PostedMessage


class ResultStatus(StrEnum):
    """What became of the video of one generation."""

    UNDER_WAY = "under_way"  # there is no video yet
    NOT_MADE = "not_made"  # there will be none: failed or cancelled
    POSTING = "posting"  # it is made, but not posted yet
    POSTED = "posted"  # its message can be seen
    REMOVED = (
        "removed"  # its message was deleted, and its file with it; or a part of a joined one, before it was posted
    )
    KEPT = "kept"  # it could not be posted; the file is kept
    TOO_LARGE = "too_large"  # likewise, because the channel does not accept a file of this size
    LOST = "lost"  # it was made, but its file no longer exists

    @property
    def is_undeliverable(self) -> bool:
        """Whether its delivery was given up."""
        return self in _GIVEN_UP

    @property
    def came_to_nothing(self) -> bool:
        """Whether the member who requested it will never get it."""
        return self in (ResultStatus.NOT_MADE, ResultStatus.LOST)


_GIVEN_UP = frozenset({ResultStatus.KEPT, ResultStatus.TOO_LARGE, ResultStatus.LOST})


def result_status(generation: Generation, delivery: Delivery | None) -> ResultStatus:
    """The status of a video. delivery: the generation's own, None while there is none."""
    if generation.state in OPEN:
        return ResultStatus.UNDER_WAY
    if generation.state is not State.SUCCEEDED:
        return ResultStatus.NOT_MADE
    if delivery is None:
        return ResultStatus.POSTING
    match delivery.state:
        case DeliveryState.QUEUED | DeliveryState.SENDING:
            return ResultStatus.POSTING
        case DeliveryState.SENT:
            return ResultStatus.REMOVED if delivery.message_id is None else ResultStatus.POSTED
        case DeliveryState.UNDELIVERABLE:
            return _given_up(delivery.why or "")


def posted_message(generation: Generation, delivery: Delivery | None) -> PostedMessage | None:
    """The message that shows the video; None unless it is posted."""
    if delivery is None or delivery.message_id is None:
        return None
    if result_status(generation, delivery) is not ResultStatus.POSTED:
        return None
    return PostedMessage(message_id=delivery.message_id, channel_id=delivery.channel_id)


def may_be_visible(generation: Generation, delivery: Delivery | None) -> bool:
    """Whether members may see the post: it is there, or a post was begun and is not recorded yet."""
    status = result_status(generation, delivery)
    begun = delivery is not None and delivery.attempts > 0
    return status is ResultStatus.POSTED or (status is ResultStatus.POSTING and begun)


def _given_up(why: str) -> ResultStatus:
    if why == LOST:
        return ResultStatus.LOST
    if why in (REMOVED, PART_REMOVED):
        return ResultStatus.REMOVED
    return ResultStatus.TOO_LARGE if why.startswith(TOO_LARGE) else ResultStatus.KEPT
