"""How old an interaction is, by Discord's clock alone, and what a proxy's clock may not do."""

from email.utils import formatdate

import pytest
import yarl
from discord.http import Route

from bot.gateway import interactions
from bot.gateway.interactions import SeenInteractions
from bot.messenger import DiscordClock

NOW = 1_795_000_000.0
CALLBACK = "/interactions/77/token/callback"


class Clock:
    """A machine that does not know the time."""

    def __init__(self) -> None:
        self.now = 12.0

    def __call__(self) -> float:
        return self.now


def made(at: float) -> int:
    """The id of an interaction that was made then."""
    return int((at - 1_420_070_400) * 1000) << 22


def url(path: str) -> yarl.URL:
    return yarl.URL(Route.BASE + path)


def seen(clock: Clock, *, wrong: float = 0) -> SeenInteractions:
    """Discord's time is NOW; what stands between says so much more."""
    found = SeenInteractions(DiscordClock(clock), clock)
    found.answered(url("/users/@me"), 200, formatdate(NOW + wrong, usegmt=True))
    return found


def test_an_interaction_that_the_gateway_replays_is_too_old_once_others_came_in_time() -> None:
    clock = Clock()
    found = seen(clock)
    assert not found.too_old(made(NOW - 1))
    clock.now += 20
    typed = [made(NOW + 20 - ago) for ago in (14, 10, 8)]
    assert [found.too_old(one) for one in typed] == [True, True, True]
    assert not found.too_old(made(NOW + 20 - 4.5))


def test_where_every_interaction_seems_old_the_clocks_disagree_and_none_is_refused() -> None:
    found = seen(Clock(), wrong=30)
    assert [found.too_old(made(NOW - 0.2)) for _ in range(9)] == [False] * 9


def test_a_clock_that_goes_wrong_later_refuses_no_more_than_a_few() -> None:
    clock = Clock()
    found = seen(clock)
    assert not found.too_old(made(NOW))
    for _ in range(40):
        found.answered(url("/users/@me"), 200, formatdate(NOW + 90, usegmt=True))
    assert sum(found.too_old(made(NOW)) for _ in range(20)) == 5


def test_without_an_answer_of_discords_or_with_a_date_that_is_none_nothing_is_too_old() -> None:
    clock = DiscordClock(Clock())
    found = SeenInteractions(clock)
    found.answered(url("/users/@me"), 200, "yesterday")
    found.answered(yarl.URL("https://cdn.example/a.png"), 200, formatdate(NOW, usegmt=True))
    assert clock.age(made(NOW)) is None
    assert not found.too_old(made(0.0 + 1_420_070_400))


def test_one_wrong_date_among_many_changes_nothing() -> None:
    clock = Clock()
    found = seen(clock)
    for wrong in (0, 3600, 0):
        found.answered(url("/users/@me"), 200, formatdate(NOW + wrong, usegmt=True))
    assert not found.too_old(made(NOW - 1))
    assert not found.too_old(made(NOW - 2))
    assert found.too_old(made(NOW - 7))


def test_only_an_answer_that_was_lost_or_failed_there_may_have_been_taken() -> None:
    found = SeenInteractions(DiscordClock(Clock()))
    for status, doubtful in ((204, False), (404, False), (429, False), (500, True)):
        found.answered(url(CALLBACK), status, None)
        assert found.in_doubt(77) is doubtful
    found.answered(url("/interactions/78/token/callback"), None, None)
    assert found.in_doubt(78)
    assert not found.in_doubt(79)


@pytest.mark.parametrize(
    "date", ["", "Mon, 30 Nov 99999999999999999999 06:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"]
)
def test_a_date_that_is_none_breaks_no_request(date: str) -> None:
    found, own = seen(Clock()), DiscordClock()
    found.answered(url("/users/@me"), 200, date)
    own.record(date)
    assert (found.too_old(made(NOW)), own.now()) == (False, None)


def test_an_interaction_is_new_once_and_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interactions, "RECEIVED", 2)
    found = seen(Clock())
    assert [found.is_new(one) for one in ("1", "2", "1", "2")] == [True, True, False, False]
    assert [found.is_new(one) for one in ("3", "2", "1")] == [True, False, True]
