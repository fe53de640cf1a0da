"""Long lists in pages: a server's rules, and its audit log.

Each button carries its page, so it works after a restart.
"""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.domain.moderation.audit import AuditAction, Change
from bot.domain.quota.allowance import RuleUsage
from bot.domain.quota.limits import Limit, Unit
from bot.domain.quota.rules import LIFTED, Rule, Subject
from bot.usecases.moderation.quotas import Quotas
from cogs._ui import phrases, text
from cogs._ui.access import moderator
from cogs._ui.buttons import button, button_handler
from cogs._ui.refusals import services
from cogs._ui.replies import answer, answer_and_log, card, reason_lines, replace
from cogs._ui.wording import Words, words
from cogs.moderation import audit_words
from cogs.moderation.quota import confirm
from cogs.moderation.quota.grants import role_grant_lines, role_is_gone

RULES_PER_PAGE = 10  # each takes three of the 40 components of a message
CHANGES_PER_PAGE = 10
VALUE_SHOWN = 160  # characters of an old or new value
GRANTS_SHOWN = 900  # characters for the grants of roles, below the rules


async def rules_page(quotas: Quotas, guild: discord.Guild | None, guild_id: str, page: int) -> ui.LayoutView:
    """Return the rules in order of precedence, each with what is used of it and a button that removes it.

    guild: tells which roles still exist. The first page is 0; a page beyond the end is the last page.
    """
    say = words()
    rules = _in_order(*(await quotas.rules(guild_id)))
    granted = role_grant_lines(say, await quotas.role_grants(guild_id), guild, guild_id)
    if not rules:
        return card(phrases.fit(say, [say("list-title"), say("list-empty"), *granted]))
    pages = -(-len(rules) // RULES_PER_PAGE)
    page = min(page, pages - 1)
    start = page * RULES_PER_PAGE
    shown = rules[start : start + RULES_PER_PAGE]
    usage = await quotas.rule_usage(guild_id, shown)
    items: list[ui.Item[Any]] = []
    for number, (one, used) in enumerate(zip(shown, usage, strict=True), start=start + 1):
        gone = isinstance(one, Rule) and one.subject is Subject.ROLE and role_is_gone(guild, one.subject_id)
        line = f"{_rule_line(say, number, one)}\n{say('list-role-gone') if gone else usage_line(say, one, used)}"
        if isinstance(one, Rule):
            remove: Any = button("quota-list-remove", one.id, str(page), label="button-quota-remove")
            section: ui.Section[Any] = ui.Section(accessory=remove)
            items.append(section.add_item(line))
        else:
            items.append(ui.TextDisplay(line))
    notes = [phrases.fit(say, [say("list-order"), *granted], GRANTS_SHOWN)]
    if pages > 1:
        notes.append(say("page-number", page=page + 1, pages=pages))
    items.append(ui.TextDisplay("\n".join(notes)))
    if pages > 1:
        row: ui.ActionRow[Any] = ui.ActionRow()
        first, last = page == 0, page + 1 == pages
        row.add_item(button("quota-list", "back", str(max(0, page - 1)), label="button-earlier", disabled=first))
        row.add_item(button("quota-list", "next", str(page + 1), label="button-later", disabled=last))
        items.append(row)
    return card(say("list-title"), *items)


def usage_line(say: Words, one: Rule | Limit, usage: RuleUsage) -> str:
    """Return how much of a rule is used now, and until when that counts."""
    if use := usage.use:
        return say(
            "list-used",
            bar=text.bar(use.used + use.held, use.limit.amount),
            used=text.use(say, use, use.used + use.held),
            left=text.use(say, use, use.left),
            resets=text.relative(use.window.end),
        )
    if members := usage.members:
        if not members.active:
            return say("list-used-nobody", resets=text.relative(members.window.end))
        most = text.amount(say, one.unit, members.most)
        if one.unit is Unit.USD:
            most = text.price(say, members.most, estimate=members.estimate)
        return say(
            "list-used-members",
            active=members.active,
            full=members.full,
            most=most,
            resets=text.relative(members.window.end),
        )
    if one.amount == 0:
        return say("list-closed")
    if one.amount == LIFTED:
        return say("list-lifted")
    return say("list-used-role")


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
    if change.action is AuditAction.RESULT_REMOVED:
        lines.append(before)
    elif before and after:
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
    await replace(interaction, await rules_page(quotas, interaction.guild, actor.guild_id, int(page)))


@button_handler("quota-list-remove")
async def remove_listed(interaction: discord.Interaction[Any], rule_id: str, page: str) -> None:
    """Remove a rule of the list, for moderators. For a rule of everyone, ask to confirm first."""
    actor, quotas = moderator(interaction), services(interaction).quotas
    rule = await quotas.rule(actor.guild_id, rule_id)
    if rule.subject is Subject.EVERYONE:
        confirmation_id = await quotas.request_confirmation(actor, rule.id)
        await answer(interaction, confirm.sure_to_remove(rule, confirmation_id, quotas.default, actor.reason))
        return
    view, result = await confirm.removed(quotas, actor, rule_id)
    listed = await rules_page(quotas, interaction.guild, actor.guild_id, int(page))

    async def show(_: discord.Interaction[Any], outcome: ui.LayoutView) -> None:
        await replace(interaction, listed)
        await interaction.followup.send(view=outcome, ephemeral=True, allowed_mentions=discord.AllowedMentions.none())

    await answer_and_log(interaction, show, view, result.change)


@button_handler("quota-log")
async def turn_log(interaction: discord.Interaction[Any], member_id: str, before_id: str) -> None:
    """Show the changes before one entry, or (0) the newest; of one member, or (0) of all. For moderators."""
    actor, quotas = moderator(interaction), services(interaction).quotas
    of = member_id if member_id != "0" else None
    await replace(interaction, await log_page(quotas, interaction.guild, actor.guild_id, of, int(before_id) or None))
