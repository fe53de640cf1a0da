"""The audit log keeps facts, of whatever was done, and gives them back as they were."""

from dataclasses import replace
from typing import get_args

from bot.domain.moderation.audit import AuditAction
from bot.domain.moderation.audit_facts import (
    BlockFact,
    ChannelsFact,
    Fact,
    FamiliesFact,
    GrantFact,
    MemberLimitsFact,
    PauseFact,
    PlanFact,
    ResultFact,
    RuleFact,
    SpoilerFact,
    StyleFact,
    TermsFact,
    TextFact,
    ThreadsFact,
    UsageFact,
    UsedLimit,
    ZoneFact,
)
from bot.domain.moderation.guild_settings import Threads
from bot.domain.quota.limits import Per, Unit
from bot.domain.quota.rules import Subject
from tests.storage.life import START, Life, WholeStore, at_most

RULE = RuleFact(subject=Subject.ROLE, amount=-1, unit=Unit.USD, per=Per.WEEK)
USAGE = UsageFact(limits=(UsedLimit(limit=at_most(5), used=3), UsedLimit(limit=at_most(10**12, Unit.USD), used=1)))
# What may stand before and after each kind of change.
FACTS: dict[AuditAction, list[Fact | None]] = {
    AuditAction.RULE_SET: [RULE, replace(RULE, subject=Subject.EVERYONE, amount=0)],
    AuditAction.RULE_REMOVED: [RULE, None],
    AuditAction.GRANTED: [
        GrantFact(unit=Unit.SECONDS, amount=0),
        GrantFact(unit=Unit.SECONDS, amount=24, until=START),
        GrantFact(unit=Unit.SECONDS, amount=24, role=True),
    ],
    AuditAction.RESET: [USAGE, UsageFact()],
    AuditAction.SETTING: [
        ChannelsFact(channel_ids=("1", "2")),
        FamiliesFact(families=("Sora 2", 'A "model"')),
        TermsFact(terms=('{"kind": "zone", "zone": "UTC"}', "naïve 词", "🦊")),
        MemberLimitsFact(running=2, dearest=500_000),
        MemberLimitsFact(),
        ThreadsFact(mode=Threads.ON_REQUEST),
        SpoilerFact(spoiler=False),
        ZoneFact(zone="America/New_York"),
        TextFact(text='{"kind": "zone", "zone": "UTC"}'),
    ],
    AuditAction.PLANNED: [None, PlanFact(rules=(RULE, replace(RULE, per=Per.DAY)))],
    AuditAction.BLOCKED: [None, BlockFact(), BlockFact(until=START, reason='"no"')],
    AuditAction.UNBLOCKED: [BlockFact(until=START), None],
    AuditAction.PAUSED: [None, PauseFact(), PauseFact(until=START, reason="late 晚")],
    AuditAction.RESUMED: [PauseFact(until=START), None],
    AuditAction.UNDONE: [RULE, None],
    AuditAction.RESULT_REMOVED: [ResultFact(generation_id="0a1b"), None],
    AuditAction.STYLE_ADDED: [None, StyleFact(name="Noir 黑", text='grainy, "black" and white')],
    AuditAction.STYLE_REMOVED: [StyleFact(name="Noir", text="grainy"), None],
}


class Auditing:
    async def test_the_facts_of_every_action_read_back_as_they_were(self, store: WholeStore, life: Life) -> None:
        assert set(FACTS) == set(AuditAction)
        assert {type(fact) for facts in FACTS.values() for fact in facts if fact} == set(get_args(Fact))
        for action, facts in FACTS.items():
            for fact in facts:
                line = life.change(action=action, before=fact, after=facts[0])
                await store.log_change(line)
                [found] = await store.changes("guild", None, before_id=None, limit=1)
                assert replace(found, id=0) == line
