"""The texts of `/quota`: amounts that are exact, and cards within Discord's limits."""

from types import SimpleNamespace
from typing import Any

import pytest
from discord import ui

from bot.domain.moderation.audit import AuditAction, Change
from bot.domain.moderation.audit_facts import TextFact
from bot.domain.quota.allowance import Allowance, EffectiveLimit
from bot.domain.quota.limits import Limit, Per, Scope, Unit
from bot.domain.quota.rules import Binding, Rule, Subject
from bot.usecases.moderation.rule_effects import RuleSet
from cogs._ui import phrases
from cogs._ui.access import role_ids
from cogs._ui.wording import words
from cogs.moderation.quota import cards, pages
from tests.cogs.moderation.quota.conftest import NOW, pool

MEMBER = "500000000000000000"


@pytest.mark.parametrize(
    ("unit", "number", "said"),
    [
        *(
            (Unit.USD, 2_500_000, "$2.50"),
            (Unit.USD, 272_000, "$0.272"),
            (Unit.USD, 0, "$0.00"),
            (Unit.USD, 1, "$0.000001"),
        ),
        *((Unit.USD, 1_234_567_000_000, "$1,234,567.00"), (Unit.USD, -500_000, "-$0.50")),
        *((Unit.VIDEOS, 1, "1 video"), (Unit.VIDEOS, 2000, "2,000 videos"), (Unit.SECONDS, 24, "24 s")),
    ],
)
def test_an_amount_that_a_moderator_sets_is_never_rounded(unit: Unit, number: int, said: str) -> None:
    assert phrases.figure(words(), unit, number) == said


def test_the_role_everyone_is_not_one_of_a_members_roles() -> None:
    member: Any = SimpleNamespace(_roles=[1, 7], roles=[])  # `roles` are those of the cache, which may be empty
    stranger: Any = SimpleNamespace()
    assert role_ids(member, "1") == {"7"}
    assert role_ids(stranger, "1") == frozenset()


def rule(subject: Subject = Subject.MEMBER, amount: int = 5, unit: Unit = Unit.VIDEOS, per: Per = Per.DAY) -> Rule:
    subject_id = MEMBER if subject in (Subject.MEMBER, Subject.ROLE) else ""
    return Rule(id="r", guild_id="1", subject=subject, subject_id=subject_id, amount=amount, unit=unit, per=per)


def text_of(view: ui.LayoutView) -> str:
    found: list[str] = []

    def walk(parts: Any) -> None:
        for part in parts:
            found.extend([part["content"]] if "content" in part else [])
            walk(part.get("components", []))

    walk(view.to_components())
    return "\n".join(found)


def everything() -> tuple[list[Binding], list[Limit]]:
    """Every unit and window bound at once, each beating many others."""
    bound = [
        Binding(
            unit=unit,
            per=per,
            limit=Limit(amount=999_999_999_999, unit=unit, per=per),
            rule=rule(Subject.ROLE, 999_999, unit, per),
            beaten=tuple(rule(Subject.ROLE, 999_999, unit, per) for _ in range(50)),
        )
        for unit in Unit
        for per in Per
    ]
    pooled = [Limit(amount=999_999_999_999, unit=unit, per=per, scope=Scope.GUILD) for unit in Unit for per in Per]
    return bound, pooled


def test_the_fullest_cards_keep_within_4000_characters() -> None:
    bound, pooled = everything()
    change = Change(
        guild_id="1",
        at=NOW,
        actor_id=MEMBER,
        action=AuditAction.RULE_SET,
        subject_id=MEMBER,
        after=TextFact(text="x"),
        reason="*" * 512,
    )
    for subject in Subject:
        result = RuleSet(
            rule=rule(subject),
            before=rule(subject, 3),
            bindings=tuple(bound),
            pools=tuple(pooled),
            unreachable_limits=tuple(pooled),
            stronger=tuple(rule(Subject.ROLE) for _ in range(500)),
            default_gone=tuple(pooled),
            change=change,
        )
        shown = text_of(cards.rule_set(result))
        assert len(shown) <= 4000
        assert subject is Subject.SERVER or "-# … and " in shown
    uses = [pool(limit.amount, limit.unit, limit.per) for limit in pooled]
    bounds = tuple(EffectiveLimit(binding=one, use=use) for one, use in zip(bound, uses, strict=True))
    full = Allowance(bounds=bounds, pools=tuple(uses), grants=dict.fromkeys(Unit, 5))
    shown = text_of(cards.shown(MEMBER, full))
    assert len(shown) <= 4000
    assert "-# … and " in shown


class OfMany:
    """Stands for the use cases, with a long log."""

    async def rules(self, guild_id: str) -> tuple[list[Rule], list[Limit]]:
        """One of a role, which the cache of a server that is away does not have."""
        return [rule(Subject.ROLE)], []

    async def changes(self, guild_id: str, member_id: str | None, *, before_id: int | None, limit: int) -> list[Change]:
        """Every kind of change, as long as they get."""
        kinds = list(AuditAction)
        newest = (before_id or 100) - 1
        return [
            Change(
                guild_id=guild_id,
                at=NOW,
                actor_id=MEMBER,
                action=kinds[number % len(kinds)],
                subject_id="terms" if kinds[number % len(kinds)] is AuditAction.SETTING else MEMBER,
                before=TextFact(text="`@everyone` " * 100),
                after=TextFact(text="[a](https://e.vil) " * 100),
                reason="*" * 512,
                id=number,
            )
            for number in range(newest, newest - limit, -1)
        ]


async def test_a_page_of_the_log_is_as_full_as_a_message_takes_and_says_nothing_dangerous() -> None:
    quotas: Any = OfMany()
    view = await pages.log_page(quotas, None, "1", MEMBER, None)
    shown = text_of(view)
    assert 2500 < len(shown) <= 4000
    for live in ("`@", " @everyone", "https://", " [a"):
        assert live not in shown
    [row] = [part for part in view.to_components()[0]["components"] if part["type"] == 1]  # type: ignore[typeddict-item]
    older = row["components"][1]  # type: ignore[typeddict-item]
    assert older["custom_id"] == f"quota-log:{MEMBER}:{100 - shown.count('<t:')}"  # type: ignore[typeddict-item]
