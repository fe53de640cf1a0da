"""The machines: every legal step is taken, every other one is refused."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import pytest

from bot.domain import generation
from bot.domain.errors import IllegalTransition
from bot.domain.generation import ENDED, OPEN, State
from bot.domain.messages import delivery
from bot.domain.messages.delivery import DeliveryState
from bot.domain.quota import ledger
from bot.domain.quota.ledger import ReservationState
from bot.domain.versions import joins
from bot.domain.versions.joins import JoinState
from tests.tables import every_row

# Written out a second time on purpose: a step added or lost by accident fails here.
GENERATION = {
    ("reserved", "submitting"),
    ("reserved", "cancelled"),
    ("reserved", "failed"),
    ("submitting", "submitted"),
    ("submitting", "failed"),
    ("submitting", "reserved"),
    ("submitting", "unknown"),
    ("unknown", "submitted"),
    ("unknown", "failed"),
    ("submitted", "succeeded"),
    ("submitted", "failed"),
}
RESERVATION = {("pending", "posted"), ("pending", "voided")}
DELIVERY = {
    ("queued", "sending"),
    ("queued", "sent"),  # a post that nobody had recorded was found, or a button of it pressed
    ("sending", "queued"),
    ("sending", "sent"),
    ("sent", "queued"),
    ("sending", "undeliverable"),
    ("undeliverable", "queued"),
    ("undeliverable", "sent"),  # likewise
}

JOIN = {
    ("queued", "made"),
    ("queued", "failed"),
    ("made", "removing"),
    ("made", "removed"),
    ("removing", "removed"),
    ("failed", "told"),
}

Step = Callable[[Any, Any], Any]
MACHINES: list[tuple[str, Step, type[StrEnum], set[tuple[str, str]]]] = [
    ("generation", generation.step, State, GENERATION),
    ("reservation", ledger.step, ReservationState, RESERVATION),
    ("delivery", delivery.step, DeliveryState, DELIVERY),
    ("join", joins.step, JoinState, JOIN),
]
CASES = [
    pytest.param(step, old, new, (str(old), str(new)) in legal, id=f"{name}-{old}-{new}")
    for name, step, states, legal in MACHINES
    for old in states
    for new in states
]


@every_row(("step", "old", "new", "legal"), CASES)
def test_only_the_steps_of_the_design_are_legal(step: Step, old: StrEnum, new: StrEnum, legal: bool) -> None:
    if legal:
        assert step(old, new) is new
    else:
        with pytest.raises(IllegalTransition, match=f"from {old} to {new}"):
            step(old, new)


def test_what_has_ended_stays_as_it_is() -> None:
    assert {State.SUCCEEDED, State.FAILED, State.CANCELLED} == ENDED
    assert {State.RESERVED, State.SUBMITTING, State.UNKNOWN, State.SUBMITTED} == OPEN


@pytest.mark.parametrize("table", [generation.TRANSITIONS, ledger.TRANSITIONS, delivery.TRANSITIONS, joins.TRANSITIONS])
def test_a_table_names_every_state_and_cannot_be_changed(table: Mapping[StrEnum, frozenset[StrEnum]]) -> None:
    assert set(table) == set(type(next(iter(table))))
    with pytest.raises(TypeError):
        table[next(iter(table))] = frozenset()  # type: ignore[index]
