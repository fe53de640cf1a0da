"""Long lists in pages: a server's rules, and its audit log.

Each button carries its page, so it works after a restart.
"""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.domain.moderation.audit import Change
from bot.domain.quota.limits import Limit
from bot.domain.quota.rules import Rule, Subject
from bot.usecases.quotas import Quotas
from cogs._ui import phrases
from cogs._ui.access import moderator
from cogs._ui.buttons import button, button_handler
from cogs._ui.refusals import services
from cogs._ui.replies import card, reason_lines, replace
from cogs._ui.wording import Words, words
from cogs.moderation import audit_words
from cogs.moderation.quota.grants import role_grant_lines

RULES_PER_PAGE = 20
CHANGES_PER_PAGE = 10
VALUE_SHOWN = 160  # characters of an old or new value


async def rules_page(quotas: Quotas, guild_id: str, page: int) -> ui.LayoutView:
    """Return the rules in order of precedence. The first page is 0; a page beyond the end is the last page."""
    say = words()
    rules = _in_order(*(await quotas.rules(guild_id)))
    granted = role_grant_lines(say, await quotas.role_grants(guild_id), guild_id)
    if not rules:
        return card(phrases.fit(say, [say("list-title"), say("list-empty"), *granted]))
    pages = -(-len(rules) // RULES_PER_PAGE)
    page = min(page, pages - 1)
    start = page * RULES_PER_PAGE
    lines = [
        _rule_line(say, start + number, one)
        for number, one in enumerate(rules[start : start + RULES_PER_PAGE], start=1)
    ]
    parts = [say("list-title"), *lines, say("list-order"), *granted]
    if pages == 1:
        return card(phrases.fit(say, parts))
    parts.append(say("page-number", page=page + 1, pages=pages))
    row: ui.ActionRow[Any] = ui.ActionRow()
    first, last = page == 0, page + 1 == pages
    row.add_item(button("quota-list", "back", str(max(0, page - 1)), label="button-earlier", disabled=first))
    row.add_item(button("quota-list", "next", str(page + 1), label="button-later", disabled=last))
    return card(phrases.fit(say, parts), row)


def _in_order(rules: Sequence[Rule], default: Sequence[Limit]) -> list[Rule | Limit]:
    """Return members' limits, the operator's default, then the pools. Only one page of thousands is formatted."""
    own = [rule for rule in rules if rule.subject is not Subject.SERVER]
    return [*own, *default, *(rule for rule in rules if rule.subject is Subject.SERVER)]


def _rule_line(say: Words, number: int, one: Rule | Limit) -> str:
    if isinstance(one, Limit):
        return say("list-default", number=number, rule=phrases.limit_text(say, one))
    who = phrases.who(say, one.subject, one.subject_id)
    return say("list-line", number=number, who=who, rule=phrases.rule_text(say, one))


async def log_page(
    quotas: Quotas, guild: discord.Guild | None, guild_id: str, member_id: str | None, before_id: int | None
) -> ui.LayoutView:
    """Return the audit log before a given entry, newest first; as many changes as fit into a message."""
    say = words()
    changes = await quotas.changes(guild_id, member_id, before_id=before_id, limit=CHANGES_PER_PAGE + 1)
    title = say("log-title-member", who=f"<@{member_id}>") if member_id else say("log-title")
    roles = {str(role.id) for role in guild.roles} if guild else set[str]()
    if guild is None or guild.unavailable:  # its roles are unknown: those that have a rule are used
        rules, _ = await quotas.rules(guild_id)
        roles |= {rule.subject_id for rule in rules if rule.subject is Subject.ROLE}
    parts, last, left = [title], 0, phrases.TEXT_LIMIT - len(title)
    for change in changes[:CHANGES_PER_PAGE]:
        shown = _change_lines(say, change, frozenset(roles))
        if len(shown) + 1 > left:
            break
        parts.append(shown)
        left -= len(shown) + 1
        last = change.id
    more = len(changes) > len(parts) - 1
    if not changes:
        parts.append(say("log-end") if before_id else say("log-empty"))
    if not more and before_id is None:
        return card("\n".join(parts))
    row: ui.ActionRow[Any] = ui.ActionRow()
    of = member_id or "0"
    row.add_item(button("quota-log", of, "0", label="button-newest", disabled=before_id is None))
    if last:
        row.add_item(button("quota-log", of, str(last), label="button-older", disabled=not more))
    return card("\n".join(parts), row)


def _change_lines(say: Words, change: Change, role_ids: frozenset[str]) -> str:
    """Return the lines of one change: who, when, what, from, to, why."""
    when = f"<t:{int(change.at.timestamp())}:f>"
    who = audit_words.subject(say, change, role_ids)
    subject = say("log-subject", who=who) if who else ""
    did = audit_words.action(say, change)
    lines = [say("log-line", when=when, actor=f"<@{change.actor_id}>", did=did, subject=subject)]
    before, after = audit_words.sides(say, change, VALUE_SHOWN)
    if before and after:
        lines.append(say("log-change", before=before, after=after))
    elif after:
        lines.append(say("log-new", after=after))
    elif before:
        lines.append(say("log-gone", before=before))
    return "\n".join([*lines, *reason_lines(say, change.reason)])


@button_handler("quota-list")
async def turn_rules(interaction: discord.Interaction[Any], _way: str, page: str) -> None:
    """Show another page of the rules, for moderators."""
    actor, quotas = moderator(interaction), services(interaction).quotas
    await replace(interaction, await rules_page(quotas, actor.guild_id, int(page)))


@button_handler("quota-log")
async def turn_log(interaction: discord.Interaction[Any], member_id: str, before_id: str) -> None:
    """Show the changes before one entry, or (0) the newest; of one member, or (0) of all. For moderators."""
    actor, quotas = moderator(interaction), services(interaction).quotas
    of = member_id if member_id != "0" else None
    await replace(interaction, await log_page(quotas, interaction.guild, actor.guild_id, of, int(before_id) or None))
