"""What became of a video: every generation state with every delivery there can be, written out."""

from dataclasses import replace
from itertools import product

import pytest

from bot.domain.generation import State
from bot.domain.messages.delivery import Delivery, DeliveryState
from bot.domain.messages.result_status import ResultStatus, may_be_visible, posted_message, result_status
from tests.cogs.conftest import delivered, generation
from tests.tables import every_row

SENT = delivered()
QUEUED, SENDING, UNDELIVERABLE = (
    replace(SENT, state=state, message_id=None)
    for state in (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNDELIVERABLE)
)
# By delivery, of a generation that has succeeded: the status, and whether members may see a post.
SUCCEEDED: list[tuple[Delivery | None, str, bool]] = [
    (None, "posting", False),
    (replace(QUEUED, attempts=0), "posting", False),
    (QUEUED, "posting", True),  # the answer to an earlier post was lost
    (SENDING, "posting", True),
    (SENT, "posted", True),
    (replace(SENT, message_id=None), "removed", False),
    (UNDELIVERABLE, "kept", False),
    (replace(UNDELIVERABLE, why="Missing Access"), "kept", False),
    (replace(UNDELIVERABLE, why="the video is lost"), "kept", False),
    (replace(UNDELIVERABLE, why="too_large: 20 MB, and it cannot be shrunk"), "too_large", False),
    (replace(UNDELIVERABLE, why="lost"), "lost", False),
    (replace(UNDELIVERABLE, why="removed"), "removed", False),
]
WITHOUT_VIDEO = {
    State.RESERVED: "under_way",
    State.SUBMITTING: "under_way",
    State.UNKNOWN: "under_way",
    State.SUBMITTED: "under_way",
    State.FAILED: "not_made",
    State.CANCELLED: "not_made",
}


def test_every_state_is_in_one_of_the_tables() -> None:
    assert {*WITHOUT_VIDEO, State.SUCCEEDED} == set(State)
    assert {post.state for post, _, _ in SUCCEEDED if post} == set(DeliveryState)
    named = {name for _, name, _ in SUCCEEDED} | set(WITHOUT_VIDEO.values())
    assert named == set(ResultStatus)


@every_row(("delivery", "status", "visible"), SUCCEEDED)
def test_a_made_video_is_what_its_delivery_says(delivery: Delivery | None, status: str, visible: bool) -> None:
    made = generation(State.SUCCEEDED)
    assert result_status(made, delivery) == status
    assert may_be_visible(made, delivery) is visible
    assert (posted_message(made, delivery) is not None) is (status == "posted")


@every_row(("state", "delivery"), [*product(WITHOUT_VIDEO, [post for post, _, _ in SUCCEEDED])])
def test_what_was_not_made_is_nowhere_whatever_delivery_stands_beside_it(
    state: State, delivery: Delivery | None
) -> None:
    job = generation(state)
    assert result_status(job, delivery) == WITHOUT_VIDEO[state]
    assert posted_message(job, delivery) is None
    assert not may_be_visible(job, delivery)


@pytest.mark.parametrize("status", ResultStatus)
def test_what_may_be_done_with_each(status: ResultStatus) -> None:
    assert status.is_undeliverable is (status in ("kept", "too_large", "lost"))
    assert status.came_to_nothing is (status in ("not_made", "lost"))
