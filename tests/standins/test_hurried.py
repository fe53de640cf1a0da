"""A forked bot's pauses are those of the bot, only shorter."""

import importlib
from datetime import timedelta
from typing import Any

from tests.standins.hurried import PAUSES


def test_each_pause_that_is_shortened_is_one_of_the_bots_own() -> None:
    """Where this fails, no bot of any test starts: a constant was renamed."""
    for name, constants in PAUSES.items():
        module = importlib.import_module(name)
        for constant in constants:
            pause: Any = getattr(module, constant)
            assert isinstance(pause, int | float | timedelta | tuple), f"{name}.{constant}"
