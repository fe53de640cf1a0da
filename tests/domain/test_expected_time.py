"""When a job is expected: from when it will start, and never at a moment that has passed."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.generation import State
from bot.domain.queue.expected_time import LOOKED_AGAIN, SOON, Job, next_change, ready_at, starts, tried_until
from tests.cogs.conftest import generation
from tests.tables import every_row

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ANN, BOB = ("guild", "ann"), ("guild", "bob")


def job(seconds: float, owner: tuple[str, str] = ANN, most_running: int | None = None) -> Job:
    return Job(owner=owner, seconds=seconds, most_running=most_running)


@every_row(
    ("running", "queue", "most", "start"),
    [
        ([], [job(60)], 1, 0),
        ([job(40)], [job(60)], 2, 0),
        ([job(40)], [job(60)], 1, 40),
        ([job(40), job(10)], [job(60)], 2, 10),
        ([job(40), job(10)], [job(60), job(60)], 2, 40),
        ([job(40)], [job(100), job(60), job(60)], 1, 200),
        ([job(-5)], [job(60)], 1, 0),
        ([job(40, ANN, 1), job(90, BOB)], [job(60, ANN, 1)], 9, 40),  # the member's own job is in the way
        ([job(40)], [job(60, ANN, 1), job(60, BOB)], 9, 0),  # who may not start yet is passed
        ([], [job(60, ANN, 0)], 9, None),
    ],
)
def test_a_job_starts_once_those_before_it_have_left_a_slot(
    running: list[Job], queue: list[Job], most: int, start: float | None
) -> None:
    assert starts(running, queue, most=most)[-1] == start


@pytest.mark.parametrize("usual", [1.0, 10.0, 90.0, 7200.0])
def test_no_expected_moment_is_shown_that_could_pass_before_the_card_is_looked_at_again(usual: float) -> None:
    one, now = generation(State.SUBMITTED, submitted_at=NOW, due_at=NOW), NOW
    for _ in range(40):
        shown = ready_at(one, usual, now)
        again = next_change(one, usual, now)
        assert again is not None
        assert now < again <= now + LOOKED_AGAIN
        if shown:
            assert again <= shown - SOON + timedelta(seconds=1)
        now = again


def test_a_deadline_is_never_before_the_last_try_and_single_tries_do_not_move_it() -> None:
    for tried in (timedelta(0), timedelta(hours=20), timedelta(hours=23, minutes=59), timedelta(hours=30)):
        one = generation(State.SUBMITTED, submitted_at=NOW, due_at=NOW, tried=tried)
        assert (
            timedelta(0)
            <= tried_until(one) - NOW - max(timedelta(0), timedelta(hours=24) - tried)
            <= timedelta(hours=1)
        )
