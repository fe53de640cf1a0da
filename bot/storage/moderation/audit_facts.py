"""Stores the facts of the audit log in a text column: JSON with its kind, after one space.

Rows of earlier versions hold prose in the same columns. None of it begins with white space: terms were stripped, and
everything else began with a word, a digit or "#". So the space distinguishes the two, whatever a moderator typed, and a
JSON parser skips it. What cannot be read, such as a kind of a later version, is shown unchanged. Unknown keys are
ignored.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

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
from bot.domain.quota.limits import Limit, Per, Unit
from bot.domain.quota.rules import Subject
from bot.storage.columns import from_ms, maybe_ms

MARK: Final = " "


def to_column(fact: Fact | None) -> str:
    """Return a fact as it is stored; None is the empty text."""
    if fact is None:
        return ""
    if isinstance(fact, TextFact):
        return fact.text.lstrip()
    return MARK + json.dumps(_json(fact), ensure_ascii=False)


def from_column(column: str) -> Fact | None:
    """Return the fact in a column. Never raises: what is not a fact of this version is returned as text."""
    if not column:
        return None
    if column.startswith(MARK):
        try:
            return _fact(json.loads(column))
        except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError):
            return TextFact(text=column.strip())
    return TextFact(text=column)


def _json(fact: Fact) -> dict[str, Any]:
    match fact:
        case RuleFact():
            return {"kind": "rule", **_rule(fact)}
        case PlanFact():
            return {"kind": "plan", "rules": [_rule(one) for one in fact.rules]}
        case GrantFact():
            more: dict[str, Any] = {"until": maybe_ms(fact.until)} if fact.until else {}
            if fact.role:
                more["role"] = True
            return {"kind": "grant", "unit": fact.unit, "amount": fact.amount, **more}
        case PauseFact():
            return {"kind": "pause", "until": maybe_ms(fact.until), "reason": fact.reason}
        case BlockFact():
            return {"kind": "block", "until": maybe_ms(fact.until), "reason": fact.reason}
        case UsageFact():
            return {"kind": "usage", "limits": [_used(one) for one in fact.limits]}
        case ChannelsFact():
            return {"kind": "channels", "ids": fact.channel_ids}
        case FamiliesFact():
            return {"kind": "families", "names": fact.families}
        case TermsFact():
            return {"kind": "terms", "terms": fact.terms}
        case MemberLimitsFact():
            numbers = {"running": fact.running, "waiting": fact.waiting, "longest": fact.longest}
            return {"kind": "limits", **numbers, "dearest": fact.dearest}
        case ThreadsFact():
            return {"kind": "threads", "mode": fact.mode}
        case SpoilerFact():
            return {"kind": "spoiler", "spoiler": fact.spoiler}
        case ZoneFact():
            return {"kind": "zone", "zone": fact.zone}
        case ResultFact():
            return {"kind": "result", "generation_id": fact.generation_id, "link": fact.link}
        case StyleFact():
            return {"kind": "style", "name": fact.name, "text": fact.text}
        case TextFact():
            return {"kind": "text", "text": fact.text}


def _fact(found: Mapping[str, Any]) -> Fact:
    """Return the fact in parsed JSON. Raises ValueError, TypeError or KeyError if this version does not know it."""
    match found["kind"]:
        case "rule":
            return _rule_fact(found)
        case "plan":
            return PlanFact(rules=tuple(_rule_fact(one) for one in found["rules"]))
        case "grant":
            return GrantFact(
                unit=Unit(found["unit"]),
                amount=_number(found["amount"]),
                until=_maybe_at(found.get("until")),
                role=bool(found.get("role")),
            )
        case "pause":
            return PauseFact(until=_maybe_at(found["until"]), reason=str(found["reason"]))
        case "block":
            return BlockFact(until=_maybe_at(found["until"]), reason=str(found["reason"]))
        case "usage":
            return UsageFact(limits=tuple(_used_limit(one) for one in found["limits"]))
        case "channels":
            return ChannelsFact(channel_ids=_texts(found["ids"]))
        case "families":
            return FamiliesFact(families=_texts(found["names"]))
        case "terms":
            return TermsFact(terms=_texts(found["terms"]))
        case "limits":
            return MemberLimitsFact(
                running=_maybe_number(found.get("running")),
                waiting=_maybe_number(found.get("waiting")),
                longest=_maybe_number(found.get("longest")),
                dearest=_maybe_number(found.get("dearest")),
            )
        case "threads":
            return ThreadsFact(mode=Threads(found["mode"]))
        case "spoiler":
            return SpoilerFact(spoiler=bool(found["spoiler"]))
        case "zone":
            return ZoneFact(zone=str(found["zone"]))
        case "result":
            return ResultFact(generation_id=str(found["generation_id"]), link=str(found.get("link", "")))
        case "style":
            return StyleFact(name=str(found["name"]), text=str(found["text"]))
        case kind:
            raise ValueError(f"no kind of fact: {kind}")


def _rule(fact: RuleFact) -> dict[str, Any]:
    return {"subject": fact.subject, "amount": fact.amount, "unit": fact.unit, "per": fact.per}


def _rule_fact(found: Mapping[str, Any]) -> RuleFact:
    return RuleFact(
        subject=Subject(found["subject"]),
        amount=_number(found["amount"]),
        unit=Unit(found["unit"]),
        per=Per(found["per"]),
    )


def _maybe_at(found: Any) -> datetime | None:
    return None if found is None else from_ms(_number(found))


def _used(one: UsedLimit) -> dict[str, Any]:
    limit = {"limit": one.limit.amount, "unit": one.limit.unit, "per": one.limit.per}
    return {"used": one.used, **limit, "estimate": one.estimate}


def _used_limit(found: Mapping[str, Any]) -> UsedLimit:
    limit = Limit(amount=_number(found["limit"]), unit=Unit(found["unit"]), per=Per(found["per"]))
    return UsedLimit(limit=limit, used=_number(found["used"]), estimate=bool(found.get("estimate")))


def _texts(found: Any) -> tuple[str, ...]:
    if isinstance(found, str):  # a string would be taken for a list of its characters
        raise TypeError(f"no list: {found!r}")
    return tuple(str(one) for one in found)


def _number(found: Any) -> int:
    """Return a number that the database could also store in an integer column."""
    number = int(found)
    if abs(number) >= 1 << 63:
        raise ValueError(f"too large: {number}")
    return number


def _maybe_number(found: Any) -> int | None:
    return None if found is None else _number(found)
