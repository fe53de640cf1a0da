"""Which rules bind a member: own, else the largest of the roles, else everyone's, else the operator's default."""

import itertools

import pytest

from bot.domain.quota.limits import Limit, Per, Scope, Unit
from bot.domain.quota.rules import Binding, Rule, Subject, bindings, order, pools

DEFAULT = (
    Limit(amount=5, unit=Unit.VIDEOS, per=Per.DAY),
    Limit(amount=3_000_000, unit=Unit.USD, per=Per.DAY),
)


def rule(subject: Subject, amount: int, of: str = "", unit: Unit = Unit.VIDEOS, per: Per = Per.DAY) -> Rule:
    return Rule(
        id=f"{subject}{of}{amount}", guild_id="guild", subject=subject, subject_id=of, amount=amount, unit=unit, per=per
    )


ANN, BOB = rule(Subject.MEMBER, 2, "ann"), rule(Subject.MEMBER, 9, "bob")
ARTIST, PATRON, ADMIN = (
    rule(Subject.ROLE, size, role) for size, role in ((7, "artist"), (20, "patron"), (99, "admin"))
)
ALL = rule(Subject.EVERYONE, 4)


def bound(*rules: Rule, default: tuple[Limit, ...] = DEFAULT) -> list[Binding]:
    return bindings("ann", {"artist", "patron"}, rules, default)


@pytest.mark.parametrize(
    ("rules", "winner"),
    [
        ((ALL, BOB, ADMIN), ALL),
        ((ALL, ARTIST), ARTIST),
        ((ALL, ARTIST, PATRON, ADMIN), PATRON),
        ((ALL, ARTIST, PATRON, ANN, BOB), ANN),
        ((rule(Subject.ROLE, -1, "artist"), PATRON), rule(Subject.ROLE, -1, "artist")),
        ((rule(Subject.ROLE, 0, "artist"), PATRON), PATRON),
        ((rule(Subject.MEMBER, 0, "ann"), PATRON, ALL), rule(Subject.MEMBER, 0, "ann")),
        ((rule(Subject.MEMBER, -1, "ann"), rule(Subject.EVERYONE, 0)), rule(Subject.MEMBER, -1, "ann")),
    ],
)
def test_the_member_s_own_wins_else_the_largest_of_their_roles_else_everyone_s(
    rules: tuple[Rule, ...], winner: Rule
) -> None:
    for given in (rules, rules[::-1]):
        [binding] = bound(*given, default=())
        assert binding.rule == winner
        assert (binding.limit is None) == (winner.amount == -1)


def test_a_binding_names_the_rules_it_beat_the_next_first() -> None:
    [binding] = bound(ALL, ARTIST, ANN, PATRON, BOB, default=())
    assert binding.beaten == (PATRON, ARTIST, ALL)


def test_each_unit_and_window_is_settled_on_its_own() -> None:
    weekly, hourly = rule(Subject.EVERYONE, 9, per=Per.WEEK), rule(Subject.ROLE, 1, "artist", per=Per.HOUR)
    seconds = rule(Subject.EVERYONE, 60, unit=Unit.SECONDS)
    assert [binding.rule for binding in bound(weekly, seconds, ANN, hourly)] == [hourly, ANN, seconds, weekly]


def test_the_default_holds_while_the_server_has_no_rule_for_everyone() -> None:
    assert [binding.limit for binding in bound()] == list(DEFAULT)
    assert [binding.limit for binding in bound(BOB, ADMIN, rule(Subject.SERVER, 3))] == list(DEFAULT)
    everyone = rule(Subject.EVERYONE, 1, unit=Unit.SECONDS, per=Per.WEEK)
    assert [binding.rule for binding in bound(everyone)] == [everyone]


def test_the_default_gives_way_to_a_rule_of_the_member_or_their_role_for_its_own_unit_and_window() -> None:
    for winner in (ANN, ARTIST):
        videos, usd = bound(winner)
        assert (videos.rule, usd.rule, usd.limit) == (winner, None, DEFAULT[1])


def test_a_lifted_rule_lifts_the_default_too() -> None:
    videos, usd = bound(rule(Subject.MEMBER, -1, "ann"))
    assert (videos.limit, usd.limit) == (None, DEFAULT[1])


def test_pools_are_limits_of_the_server_beside_the_bindings_and_a_lifted_one_is_none() -> None:
    pool, lifted = rule(Subject.SERVER, 30), rule(Subject.SERVER, -1, per=Per.WEEK)
    assert pools([ALL, pool, lifted, ANN]) == [Limit(amount=30, unit=Unit.VIDEOS, per=Per.DAY, scope=Scope.GUILD)]
    assert [binding.rule for binding in bound(pool, lifted, default=())] == []


def test_rules_are_listed_in_the_order_in_which_they_win() -> None:
    lifted = rule(Subject.ROLE, -1, "artist")
    listed = [ANN, lifted, PATRON, ARTIST, rule(Subject.ROLE, 0, "artist"), ALL, rule(Subject.SERVER, 30)]
    for mixed in itertools.permutations(listed):
        assert sorted(mixed, key=order) == listed
