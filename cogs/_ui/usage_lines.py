"""Text of a member's quota: each limit with a bar, what is used, held and left, and when it resets; then the grants."""

from bot.domain.quota.allowance import Allowance, EffectiveLimit
from bot.domain.quota.grants import GrantLot
from bot.domain.quota.limits import Limit, LimitUsage, Unit
from cogs._ui import phrases, text
from cogs._ui.wording import Words

BAR = 10  # characters
FEW = (3, 20)  # videos; with fewer boxes, used and held could not be told apart from what is left
LOTS_SHOWN = 8


def use_lines(say: Words, use: LimitUsage) -> str:
    """Return the text of a limit in force."""
    limit = use.limit
    per = say(f"per-{limit.per}")
    size = phrases.figure(say, limit.unit, limit.amount)
    if limit.amount == 0:
        return say("usage-closed", limit=size, per=per)
    over = use.used + use.held - limit.amount
    left = say("usage-over", over=text.use(say, use, over)) if over > 0 else None
    head = say(
        "usage-line",
        limit=size,
        per=per,
        bar=text.bar(use.used, limit.amount, held=use.held, length=_boxes(limit)),
        left=left or say("usage-left", left=text.use(say, use, use.left)),
    )
    details = say(
        "usage-details",
        used=text.use(say, use, use.used),
        held=text.use(say, use, use.held),
        resets=text.relative(use.window.end),
    )
    if use.held:
        details = f"{details} · {say('usage-legend')}"
    return f"{head}\n-# {details}"


def _boxes(limit: Limit) -> int:
    """Return the length of a limit's bar: one for each video, where there are few."""
    return limit.amount if limit.unit is Unit.VIDEOS and FEW[0] <= limit.amount <= FEW[1] else BAR


def bound_lines(say: Words, bound: EffectiveLimit, *, reasons: bool = False) -> str:
    """Return the text of a limit in force, or of one that is lifted. reasons: also name its rule, and the rules it
    overrides.
    """
    binding = bound.binding
    if bound.use is None:
        lines = say("usage-lifted", kind=phrases.kind(say, binding.unit), per=say(f"per-{binding.per}"))
    else:
        lines = use_lines(say, bound.use)
    if not reasons:
        return lines
    why = phrases.why(say, binding.rule)
    if not binding.beaten:
        return f"{lines}\n{say('show-why', why=why)}"
    beaten = [
        say("show-beaten", why=phrases.why(say, rule), rule=phrases.rule_text(say, rule)) for rule in binding.beaten[:3]
    ]
    if len(binding.beaten) > 3:
        beaten.append(say("picture-more", count=len(binding.beaten) - 3))
    return f"{lines}\n{say('show-beats', why=why, beaten=text.listed(say, beaten))}"


def allowance_lines(say: Words, allowance: Allowance, *, reasons: bool = False) -> list[str]:
    """Return everything that applies to a member: limits, grants beyond those, and pools, which grants never cover."""
    lines = [bound_lines(say, bound, reasons=reasons) for bound in allowance.bounds]
    lines += _grant_lines(say, allowance)
    if allowance.pools:
        lines.append(say("usage-pools"))
        lines += [use_lines(say, use) for use in allowance.pools]
    return lines


def _grant_lines(say: Words, allowance: Allowance) -> list[str]:
    """Return what is left of grants, and what open jobs hold of them."""
    left, held = allowance.grants, allowance.grants_held
    units = [unit for unit in Unit if left.get(unit) or held.get(unit)]
    if not units:
        return []
    shown = text.listed(say, (phrases.figure(say, unit, left.get(unit, 0)) for unit in units))
    lines = say("usage-grants", grants=shown)
    if held:
        shown = text.listed(say, (phrases.figure(say, unit, held[unit]) for unit in units if held.get(unit)))
        lines = f"{lines}\n{say('usage-grants-held', held=shown)}"
    dated = [lot for lot in allowance.lots if lot.ends_at or lot.role_id]
    more = [_lot_line(say, lot, allowance.guild_id) for lot in dated[:LOTS_SHOWN]]
    if len(dated) > LOTS_SHOWN:
        more.append(say("usage-lots-more", count=len(dated) - LOTS_SHOWN))
    return ["\n".join([lines, *more])]


def _lot_line(say: Words, lot: GrantLot, guild_id: str) -> str:
    """Return what is left of one grant, from which role it is, and when it ends."""
    amount = phrases.figure(say, lot.unit, lot.left)
    when = {"when": text.moment(lot.ends_at)} if lot.ends_at else {}
    if lot.role_id is None:
        return say("usage-lot", amount=amount, **when)
    role = say("usage-lot-everyone") if lot.role_id == guild_id else f"<@&{lot.role_id}>"
    return say("usage-lot-role-ends" if when else "usage-lot-role", amount=amount, role=role, **when)
