"""`/quota`: moderators set, read, change, undo and explain every limit while the bot runs.

Only they see the replies.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.moderation.audit import Actor
from bot.domain.quota.limits import Per, Unit
from bot.domain.quota.rules import Rule, Subject
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal, UnknownWord
from bot.usecases.moderation.quotas import GrantRequest, RuleRequest
from cogs._ui import phrases, replies
from cogs._ui.access import moderator, role_ids
from cogs._ui.refusals import services
from cogs._ui.wording import words
from cogs.moderation.quota import cards, confirm, grants, pages, spent
from cogs.moderation.quota import plan as plans
from cogs.moderation.quota.member_names import MemberNames, nameless

UNIT = "What the limit counts: videos, seconds of video, or US dollars"
LIMIT = "How much: 0 closes, -1 lifts the limit; dollars may have decimals"
PER = "The calendar window, in the server's time zone"
WHY = "Why, for the log"
MOST_CHOICES = 25
NAME_SECONDS = 1.5  # of the three seconds that Discord waits for choices

UnitName = Literal["videos", "seconds", "usd"]
PerName = Literal["hour", "day", "week", "month"]
Limit = app_commands.Range[float, -1, 10_000_000]
Reason = app_commands.Range[str, 1, 512]
Days = app_commands.Range[int, 1, 366]
Someone = discord.Member | discord.User


@app_commands.default_permissions(manage_guild=True)
class Quota(commands.GroupCog, group_name="quota", group_description="Limits on what members may spend"):
    """The `/quota` commands. Each one checks again whether the member may use it."""

    def __init__(self) -> None:
        self._names = MemberNames()

    @commands.Cog.listener("on_interaction")
    async def remember_names(self, interaction: discord.Interaction[Any]) -> None:
        """Remember names for pictures, tables and menus, which cannot show mentions."""
        self._names.see(interaction)

    @app_commands.command(name="set", description="Set a limit for everyone, a role or a member")
    @app_commands.describe(
        limit=LIMIT, unit=UNIT, per=PER, member="Only for this member", role="Only for this role", reason=WHY
    )
    async def set_(
        self,
        interaction: discord.Interaction[Any],
        limit: Limit,
        unit: UnitName,
        per: PerName,
        member: Someone | None = None,
        role: discord.Role | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Set a rule, and show what it changes and which limits still apply."""
        actor = moderator(interaction, reason)
        await _set(interaction, actor, *_subject(actor, member, role), limit, unit, per)

    @app_commands.command(name="plan", description="Replace all limits of everyone, a role or a member in one step")
    @app_commands.describe(
        limits="As in 5 videos per day, 3 usd per week; none removes all, unlimited lifts all",
        member="Only for this member",
        role="Only for this role",
        reason=WHY,
    )
    async def plan(
        self,
        interaction: discord.Interaction[Any],
        limits: str,
        member: Someone | None = None,
        role: discord.Role | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Replace all rules of a subject, and show what binds it now."""
        actor = moderator(interaction, reason)
        await plans.plan(interaction, actor, *_subject(actor, member, role), limits)

    @app_commands.command(name="server", description="Set one pool that all members share")
    @app_commands.describe(limit=LIMIT, unit=UNIT, per=PER, reason=WHY)
    async def server(
        self,
        interaction: discord.Interaction[Any],
        limit: Limit,
        unit: UnitName,
        per: PerName,
        reason: Reason | None = None,
    ) -> None:
        """Set the pool of the whole server."""
        actor = moderator(interaction, reason)
        await _set(interaction, actor, Subject.SERVER, "", frozenset(), limit, unit, per)

    @app_commands.command(name="remove", description="Remove a limit")
    @app_commands.describe(rule="Which one", reason=WHY)
    async def remove(self, interaction: discord.Interaction[Any], rule: str, reason: Reason | None = None) -> None:
        """Remove a rule, or end a role's grant. For a rule of everyone, ask to confirm first."""
        actor, quotas = moderator(interaction, reason), services(interaction).quotas
        if rule in {one.id for one in await quotas.role_grants(actor.guild_id)}:
            await grants.close(interaction, actor, rule)
            return
        found = await quotas.rule(actor.guild_id, rule)
        if found.subject is Subject.EVERYONE:
            view = confirm.sure_to_remove(
                found, await quotas.request_confirmation(actor, found.id), quotas.default, actor.reason
            )
            await replies.answer(interaction, view)
            return
        view, result = await confirm.removed(quotas, actor, rule)
        await replies.answer_and_log(interaction, replies.answer, view, result.change)

    @remove.autocomplete("rule")
    async def rules(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """Offer this server's rules and grants to roles by name, to moderators."""
        try:
            actor = moderator(interaction)
        except Refusal:
            return []
        rules, _ = await services(interaction).quotas.rules(actor.guild_id)
        ids = [rule.subject_id for rule in rules if rule.subject is Subject.MEMBER]
        names = await self._names.of(interaction.guild, actor.guild_id, ids, NAME_SECONDS)
        typed = current.strip().casefold()
        granted = grants.choices(
            interaction.guild, await services(interaction).quotas.role_grants(actor.guild_id), actor.guild_id, typed
        )
        found = await asyncio.to_thread(_choices, interaction.guild, names, rules, typed)
        return [*granted, *found][:MOST_CHOICES]

    @app_commands.command(name="list", description="All limits of this server, in the order in which they win")
    async def list_(self, interaction: discord.Interaction[Any]) -> None:
        """Show the rules, the operator's default and the pools."""
        actor = moderator(interaction)
        quotas = services(interaction).quotas
        await replies.answer(interaction, await pages.rules_page(quotas, interaction.guild, actor.guild_id, 0))

    @app_commands.command(name="show", description="What holds for a member, why, and what it stands at")
    @app_commands.describe(member="Whose quota")
    async def show(self, interaction: discord.Interaction[Any], member: Someone) -> None:
        """Show each limit with the rule that it comes from."""
        actor = moderator(interaction)
        roles = sorted(role_ids(member, actor.guild_id))
        allowance = await services(interaction).quotas.allowance(actor.guild_id, str(member.id), roles)
        await replies.answer(interaction, cards.shown(str(member.id), allowance))

    @app_commands.command(name="grant", description="Give a member or a role extra quota, or take it back")
    @app_commands.describe(
        amount="How much; negative takes back what is unspent",
        unit=UNIT,
        member="The member who gets it",
        role="Everyone who has this role gets it",
        days="It ends by itself after so many days; without, it is kept until spent",
        announce="Say so here in public; only that member or role may be pinged",
        reason=WHY,
    )
    async def grant(
        self,
        interaction: discord.Interaction[Any],
        amount: app_commands.Range[float, -10_000_000, 10_000_000],
        unit: UnitName,
        member: Someone | None = None,
        role: discord.Role | None = None,
        days: Days | None = None,
        announce: bool = False,
        reason: Reason | None = None,
    ) -> None:
        """Change the grants of a member, or give everyone with a role one of their own."""
        actor, kind = moderator(interaction, reason), _unit(unit)
        if (member is None) is (role is None):
            raise Refusal(RefusalCode.GRANT_WHOM)
        if member and member.bot:
            raise Refusal(RefusalCode.GRANT_BOT)
        subject, subject_id = (Subject.MEMBER, member.id) if member else (Subject.ROLE, role.id if role else 0)
        wanted = GrantRequest(subject=subject, subject_id=str(subject_id), number=amount, unit=kind, days=days)
        await grants.grant(interaction, actor, wanted, announce=announce)

    @app_commands.command(name="reset", description="Bring what a member has used back to zero")
    @app_commands.describe(member="Whose use", reason=WHY)
    async def reset(self, interaction: discord.Interaction[Any], member: Someone, reason: Reason | None = None) -> None:
        """Ask to confirm a reset."""
        actor, quotas = moderator(interaction, reason), services(interaction).quotas
        member_id, roles = str(member.id), role_ids(member, actor.guild_id)
        allowance = await quotas.allowance(actor.guild_id, member_id, sorted(roles))
        confirmation_id = await quotas.request_confirmation(actor, member_id, roles)
        await replies.answer(interaction, confirm.sure_to_reset(member_id, confirmation_id, allowance, actor.reason))

    @app_commands.command(name="report", description="A picture of what was made and spent")
    @app_commands.describe(days="How many days back, today included (30 unless you choose)")
    async def report(self, interaction: discord.Interaction[Any], days: Days = 30) -> None:
        """Show a picture of what was made per day, by member and by model, and of the pools."""
        await spent.report(interaction, moderator(interaction), days, self._names)

    @app_commands.command(name="export", description="A table of every video for a spreadsheet (CSV)")
    @app_commands.describe(days="How many days back, today included (30 unless you choose)")
    async def export(self, interaction: discord.Interaction[Any], days: Days = 30) -> None:
        """Send a table with one line for each requested video."""
        await spent.export(interaction, moderator(interaction), days, self._names)

    @app_commands.command(name="log", description="Who changed what, when and why")
    @app_commands.describe(member="Only changes by or for this member")
    async def log(self, interaction: discord.Interaction[Any], member: Someone | None = None) -> None:
        """Show the audit log, newest first."""
        actor = moderator(interaction)
        member_id = str(member.id) if member else None
        view = await pages.log_page(services(interaction).quotas, interaction.guild, actor.guild_id, member_id, None)
        await replies.answer(interaction, view)


def _subject(actor: Actor, member: Someone | None, role: discord.Role | None) -> tuple[Subject, str, frozenset[str]]:
    """Return the subject of a rule: a member with their roles, a role, or everyone. Raises Refusal `subject_both`."""
    if member and role:
        raise Refusal(RefusalCode.SUBJECT_BOTH)
    if member:
        return Subject.MEMBER, str(member.id), role_ids(member, actor.guild_id)
    if role and str(role.id) != actor.guild_id:  # the role @everyone means everyone
        return Subject.ROLE, str(role.id), frozenset()
    return Subject.EVERYONE, "", frozenset()


async def _set(
    interaction: discord.Interaction[Any],
    actor: Actor,
    subject: Subject,
    subject_id: str,
    roles: frozenset[str],
    limit: float,
    unit: str,
    per: str,
) -> None:
    wanted = RuleRequest(
        subject=subject, subject_id=subject_id, role_ids=roles, limit=limit, unit=_unit(unit), per=_per(per)
    )
    result = await services(interaction).quotas.set_rule(actor, wanted)
    await replies.answer_and_log(interaction, replies.answer, cards.rule_set(result), result.change)


def _unit(word: str) -> Unit:
    if word not in list(Unit):
        raise Refusal(UnknownWord(RefusalCode.WORD_UNKNOWN, word=word))
    return Unit(word)


def _per(word: str) -> Per:
    if word not in list(Per):
        raise Refusal(UnknownWord(RefusalCode.WORD_UNKNOWN, word=word))
    return Per(word)


def _choices(
    guild: discord.Guild | None, names: dict[str, str], rules: Sequence[Rule], typed: str
) -> list[app_commands.Choice[str]]:
    """Return the rules that contain what is typed so far, as many as a menu holds.

    Call it in a thread: thousands of rules take a while to format.
    """
    found: list[app_commands.Choice[str]] = []
    for rule in rules:
        name = _choice(guild, names, rule)
        if typed in name.casefold():
            found.append(app_commands.Choice(name=name, value=rule.id))
        if len(found) == MOST_CHOICES:
            break
    return found


def _choice(guild: discord.Guild | None, names: dict[str, str], rule: Rule) -> str:
    """Return a rule's text for a menu, which cannot show mentions; at most 100 characters."""
    say = words()
    who = phrases.who(say, rule.subject, rule.subject_id)
    if rule.subject is Subject.MEMBER:
        who = names.get(rule.subject_id) or nameless(rule.subject_id)
    elif rule.subject is Subject.ROLE:
        role = guild.get_role(int(rule.subject_id)) if guild else None
        who = f"@{role.name if role else rule.subject_id}"
    limit = phrases.rule_text(say, rule)
    return say("quota-rule-of", who=who[: 96 - len(limit)], rule=limit)


async def setup(bot: commands.Bot) -> None:
    """Register the commands."""
    await bot.add_cog(Quota())
