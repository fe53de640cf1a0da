"""The error that a call ends in."""

from collections.abc import Callable

import pytest

from bot.domain.errors import Unusable
from bot.domain.refusals.refusal import Refusal


def refused(ask: Callable[[], object]) -> Refusal:
    """The Refusal that a call ends in."""
    with pytest.raises(Refusal) as caught:
        ask()
    return caught.value


def unusable(ask: Callable[[], object]) -> str:
    """The one line that a call ends in."""
    with pytest.raises(Unusable) as caught:
        ask()
    said = str(caught.value)
    assert "\n" not in said
    return said
