"""`/quota grant`: extra quota for a member or for everyone with a role, with an end, and announced."""

from typing import Any, Final

import aiohttp
import discord
import structlog
from discord import app_commands

from bot.domain.moderation.audit import Actor, GrantChanged
from bot.domain.quota.grants import Grant
from bot.domain.quota.rules import Subject
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import MissingPermissions, Refusal
from bot.usecases.moderation.quotas import GrantRequest
from cogs._ui import phrases, text
from cogs._ui.refusals import services
from cogs._ui.replies import answer, answer_and_log, card, reason_lines
from cogs._ui.wording import Words, server_language, words
from cogs.moderation.undo import undo_row

log = structlog.stdlib.get_logger()
THREADS: Final = (
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
)
NOBODY = discord.AllowedMentions.none()


async def grant(interaction: discord.Interaction[Any], actor: Actor, wanted: GrantRequest, *, announce: bool) -> None:
    """Change grants, show the change to the moderator, then announce it. Raises Refusal before anything is changed."""
    if announce:
        if wanted.number < 0:
            raise Refusal(RefusalCode.GRANT_TAKE_PLAIN)
        _check_channel(interaction)
    result = await services(interaction).quotas.grant(actor, wanted)
    view = grant_card(actor.guild_id, wanted, result)
    await answer_and_log(interaction, answer, view, result.change)
    if announce:
        await _announce(interaction, actor.guild_id, wanted, result)


def grant_card(guild_id: str, wanted: GrantRequest, result: GrantChanged) -> discord.ui.LayoutView:
    """Show a member's grant before and after, or what each holder of a role gets; its end; and Undo."""
    say, unit = words(), wanted.unit
    amount = phrases.figure(say, unit, abs(result.after - result.before))
    who = f"<@{wanted.subject_id}>"
    parts = [say("grant-title")]
    if wanted.subject is Subject.ROLE:
        of_everyone = wanted.subject_id == guild_id
        role = {} if of_everyone else {"who": f"<@&{wanted.subject_id}>"}
        parts.append(say("grant-everyone" if of_everyone else "grant-role", amount=amount, **role))
    else:
        before, after = (phrases.figure(say, unit, number) for number in (result.before, result.after))
        line = "grant-given" if result.after >= result.before else "grant-taken"
        parts.append(say(line, who=who, amount=amount, before=before, after=after))
    if result.grant and result.grant.ends_at:
        parts.append(say("grant-ends", amount=amount, when=text.moment(result.grant.ends_at)))
    parts += [*reason_lines(say, result.change.reason), say("grant-note")]
    if wanted.subject is Subject.ROLE:
        parts.append(say("grant-role-note"))
    return card(phrases.fit(say, parts), *undo_row(result.change), colour=discord.Colour.green())


def announcement(say: Words, guild_id: str, wanted: GrantRequest, result: GrantChanged) -> str:
    """Return the public line about a grant."""
    name, with_end = "grant-announced", "grant-announced-ends"
    values = {"amount": phrases.figure(say, wanted.unit, result.after - result.before)}
    if wanted.subject is Subject.MEMBER:
        values["who"] = f"<@{wanted.subject_id}>"
    elif wanted.subject_id == guild_id:
        name, with_end = "grant-announced-everyone", "grant-announced-everyone-ends"
    else:
        name, with_end = "grant-announced-role", "grant-announced-role-ends"
        values["who"] = f"<@&{wanted.subject_id}>"
    if result.grant and result.grant.ends_at:
        return say(with_end, when=text.moment(result.grant.ends_at), **values)
    return say(name, **values)


def role_is_gone(guild: discord.Guild | None, role_id: str) -> bool:
    """Return whether a role was deleted. False while that is not known, as in an outage of its server."""
    return guild is not None and not guild.unavailable and guild.get_role(int(role_id)) is None


def role_grant_lines(say: Words, grants: list[Grant], guild: discord.Guild | None, guild_id: str) -> list[str]:
    """Return the grants to roles, one a line, with their ends. Empty where there are none."""
    if not grants:
        return []
    lines = [say("list-grants")]
    for one in grants:
        who = say("quota-everyone") if one.subject_id == guild_id else f"<@&{one.subject_id}>"
        amount = phrases.figure(say, one.unit, one.amount)
        if role_is_gone(guild, one.subject_id):
            lines.append(say("list-grant-role-gone", who=who, amount=amount))
        elif one.ends_at:
            lines.append(say("list-grant-ends", who=who, amount=amount, when=text.moment(one.ends_at)))
        else:
            lines.append(say("list-grant", who=who, amount=amount))
    return lines


async def close(interaction: discord.Interaction[Any], actor: Actor, grant_id: str) -> None:
    """End a grant to a role, and say so to the moderator."""
    say = words()
    ended, change = await services(interaction).quotas.close_grant(actor, grant_id)
    amount = phrases.figure(say, ended.unit, ended.amount)
    who = say("quota-everyone") if ended.subject_id == actor.guild_id else f"<@&{ended.subject_id}>"
    parts = [say("grant-closed", amount=amount, who=who), *reason_lines(say, actor.reason)]
    await answer_and_log(interaction, answer, card("\n".join(parts)), change)


def choices(
    guild: discord.Guild | None, grants: list[Grant], guild_id: str, typed: str
) -> list[app_commands.Choice[str]]:
    """Return the grants to roles that contain what is typed so far, for a menu, which cannot show mentions."""
    say, found = words(), list[app_commands.Choice[str]]()
    for one in grants:
        role = guild.get_role(int(one.subject_id)) if guild else None
        who = f"@{role.name if role else one.subject_id}" if one.subject_id != guild_id else say("quota-everyone")
        amount = say("grant-choice", amount=phrases.figure(say, one.unit, one.amount))
        name = say("quota-rule-of", who=who[: 96 - len(amount)], rule=amount)
        if typed in name.casefold():
            found.append(app_commands.Choice(name=name, value=one.id))
    return found


def _check_channel(interaction: discord.Interaction[Any]) -> None:
    """Raises Refusal `missing_permissions` where the bot may not post here."""
    allowed = interaction.app_permissions
    thread = interaction.channel is not None and interaction.channel.type in THREADS
    needed = ("view_channel", "send_messages_in_threads" if thread else "send_messages")
    missing = tuple(name for name in needed if not getattr(allowed, name))
    if missing:
        raise Refusal(MissingPermissions(permissions=missing))


async def _announce(
    interaction: discord.Interaction[Any], guild_id: str, wanted: GrantRequest, result: GrantChanged
) -> None:
    """Post the line where the command was given; only that member or role may be pinged.

    The nonce makes two attempts one message. If Discord refuses it, the moderator is told.
    """
    say = words(server_language(interaction))
    subject = discord.Object(id=int(wanted.subject_id))
    mentions = discord.AllowedMentions(
        everyone=False,
        users=[subject] if wanted.subject is Subject.MEMBER else False,
        roles=[subject] if wanted.subject is Subject.ROLE and wanted.subject_id != guild_id else False,
        replied_user=False,
    )
    channel = interaction.client.get_partial_messageable(int(interaction.channel_id or 0), guild_id=int(guild_id))
    try:
        line = announcement(say, guild_id, wanted, result)
        await channel.send(line, allowed_mentions=mentions, nonce=f"grant-{result.change.id}")
    except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
        log.info("grant_not_announced", guild=guild_id, error=error)
        await interaction.followup.send(words()("grant-not-announced"), ephemeral=True, allowed_mentions=NOBODY)
