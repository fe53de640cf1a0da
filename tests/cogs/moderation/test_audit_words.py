"""The audit log is worded when it is read: in the reader's language, harmless, and by ids where it names somebody."""

from dataclasses import replace

import pytest

from bot.domain.moderation.audit import AuditAction, Change
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
    TermsFact,
    TextFact,
    ThreadsFact,
    UsageFact,
    UsedLimit,
    ZoneFact,
)
from bot.domain.moderation.guild_settings import Threads
from bot.domain.quota.limits import Limit, Per, Unit
from bot.domain.quota.rules import Subject
from cogs._ui.wording import words
from cogs.moderation import audit_words
from tests.cogs.conftest import NOW
from tests.tables import every_row

RULE = RuleFact(subject=Subject.MEMBER, amount=5, unit=Unit.VIDEOS, per=Per.DAY)
WHEN = f"<t:{int(NOW.timestamp())}:f> (<t:{int(NOW.timestamp())}:R>)"
FIVE = Limit(amount=5, unit=Unit.VIDEOS, per=Per.DAY)


@every_row(
    ("fact", "english", "chinese"),
    [
        (RULE, "5 videos per day", "每天 5 个视频"),
        (replace(RULE, subject=Subject.EVERYONE, amount=0), "0 videos per day (closed) for everyone", None),
        (
            replace(RULE, subject=Subject.SERVER, amount=-1, unit=Unit.USD),
            "unlimited dollars per day for the whole server together",
            None,
        ),
        (GrantFact(unit=Unit.USD, amount=272_000), "$0.272", "$0.272"),
        (
            GrantFact(unit=Unit.VIDEOS, amount=2, until=NOW, role=True),
            f"2 videos for each holder until {WHEN}",
            f"每位成员 2 个视频，有效期至 {WHEN}",
        ),
        (PlanFact(rules=(RULE, replace(RULE, per=Per.WEEK))), "5 videos per day, 5 videos per week", None),
        (PauseFact(), "paused until a moderator ends it", "暂停（直到管理员解除）"),
        (BlockFact(until=NOW, reason="**x**"), f"blocked until {WHEN}", f"禁用（至 {WHEN}）"),
        (UsageFact(), "nothing used in the current windows", "当前周期内没有用量"),
        (UsageFact(limits=(UsedLimit(limit=FIVE, used=3),)), "3 videos of 5 videos per day", None),
        (ChannelsFact(channel_ids=("1", "2")), "<#1>, <#2>", None),
        (FamiliesFact(families=("Sora 2", "Veo")), "Sora 2, Veo", None),
        (TermsFact(terms=("**bad**",)), r"\*\*bad\*\*", None),
        (
            MemberLimitsFact(running=2, longest=8, dearest=500_000),
            "at once: 2 · waiting: no limit · longest: 8 s · dearest: $0.50",
            None,
        ),
        (ThreadsFact(mode=Threads.ALWAYS), "always", "总是"),
        (SpoilerFact(spoiler=True), "covered until clicked", None),
        (ZoneFact(zone="America/New_York"), r"America/New\_York", r"America/New\_York"),
        (ResultFact(generation_id="0a1b"), "a video", "视频"),
        (ResultFact(generation_id="0a1b", link="https://x/1"), "[the card of the video](https://x/1)", None),
        (TextFact(text="5 videos per day @everyone"), r"5 videos per day \@everyone", r"5 videos per day \@everyone"),
        (None, "", ""),
    ],
)
def test_a_fact_reads_in_the_language_of_whoever_reads_it(fact: Fact | None, english: str, chinese: str | None) -> None:
    assert audit_words.value(words("en-US"), fact, 160) == english
    if chinese is not None:
        assert audit_words.value(words("zh-CN"), fact, 160) == chinese


def test_of_many_channels_as_many_are_named_as_fit_and_none_is_cut() -> None:
    many = ChannelsFact(channel_ids=tuple(str(10**19 + number) for number in range(100)))
    for most in (160, 700):
        shown = audit_words.value(words(), many, most)
        assert len(shown) <= most
        named = shown.count(f"<#{10**18}"[:3])
        assert named == shown.count(">") > 1
        assert shown.endswith(f" and {100 - named} more")


def change(action: AuditAction, subject_id: str, after: Fact | None) -> Change:
    return Change(guild_id="1", at=NOW, actor_id="2", action=action, subject_id=subject_id, after=after)


@pytest.mark.parametrize(
    ("action", "subject_id", "after", "roles", "shown"),
    [
        (AuditAction.RULE_SET, "3", replace(RULE, subject=Subject.ROLE), frozenset[str](), "<@&3>"),
        (AuditAction.RULE_SET, "3", RULE, frozenset({"3"}), "<@3>"),
        (AuditAction.RULE_SET, "", replace(RULE, subject=Subject.EVERYONE), frozenset[str](), ""),
        (AuditAction.RULE_SET, "3", TextFact(text="5 videos per day"), frozenset({"3"}), "<@&3>"),
        (AuditAction.BLOCKED, "3", None, frozenset[str](), "<@3>"),
        (AuditAction.SETTING, "log-channel", None, frozenset[str](), "日志频道"),
        (AuditAction.SETTING, "**new**", None, frozenset[str](), r"\*\*new\*\*"),
    ],
)
def test_a_role_is_told_from_a_member_by_the_facts_else_by_the_servers_roles(
    action: AuditAction, subject_id: str, after: Fact | None, roles: frozenset[str], shown: str
) -> None:
    assert audit_words.subject(words("zh-CN"), change(action, subject_id, after), roles) == shown


@pytest.mark.parametrize(
    ("setting", "before", "after", "english", "chinese"),
    [
        ("models", None, FamiliesFact(families=("Veo",)), ("all", "Veo"), ("全部", "Veo")),
        ("models", FamiliesFact(families=("Veo",)), None, ("Veo", "all"), ("Veo", "全部")),
        ("channels", None, ChannelsFact(channel_ids=("1",)), ("everywhere", "<#1>"), ("所有频道", "<#1>")),
        ("channels", ChannelsFact(channel_ids=("1",)), None, ("<#1>", "everywhere"), ("<#1>", "所有频道")),
        ("filter", None, TermsFact(terms=("bad",)), ("", "bad"), ("", "bad")),
        ("models", None, None, ("", ""), ("", "")),
    ],
)
def test_without_a_list_of_models_or_channels_all_are_allowed(
    setting: str, before: Fact | None, after: Fact | None, english: tuple[str, str], chinese: tuple[str, str]
) -> None:
    changed = replace(change(AuditAction.SETTING, setting, after), before=before)
    assert audit_words.sides(words("en-US"), changed, 160) == english
    assert audit_words.sides(words("zh-CN"), changed, 160) == chinese
