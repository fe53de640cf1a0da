"""A forked bot's pauses are those of the bot, only shorter."""

from datetime import timedelta

from tests.standins.hurried import LIVES, PAUSES, constant


def test_each_pause_that_is_shortened_is_one_of_the_bots_own() -> None:
    """Where this fails, no bot of any test starts: a constant was renamed."""
    for name, share in (*PAUSES.items(), *LIVES.items()):
        _, _, pause = constant(name)
        assert isinstance(pause, int | float | timedelta | tuple), name
        assert 0 < share < 1
