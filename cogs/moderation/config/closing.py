"""`/config pause`, `resume`, `block` and `unblock`: who may make videos here at all, and until when not."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.moderation.audit import Actor, SettingsChanged
from cogs._ui import text
from cogs._ui.access import moderator
from cogs._ui.refusals import services
from cogs._ui.replies import answer, card
from cogs._ui.wording import words
from cogs.moderation.config.options import Hours, Minutes, Reason, Someone
from cogs.moderation.undo import undo_row

REASON_SHOWN = 300


class Closing(commands.Cog):
    """These commands of `/config`, which `Config` inherits."""

    @app_commands.command(name="pause", description="Accept no new videos here; running ones finish")
    @app_commands.describe(
        reason="Why: members read it, and the log keeps it",
        minutes="It ends by itself after so many minutes; without, /config resume ends it",
    )
    async def pause(
        self, interaction: discord.Interaction[Any], reason: Reason | None = None, minutes: Minutes | None = None
    ) -> None:
        """Accept nothing new. A pause that holds is replaced."""
        actor, say = moderator(interaction, reason), words()
        changed = await services(interaction).guilds.pause(actor, minutes)
        until = changed.after.pause.until if changed.after.pause else None
        done = say("pause-done", when=text.moment(until)) if until else say("pause-done-open")
        await _answer(interaction, done, changed, actor)

    @app_commands.command(name="resume", description="Accept new videos here again")
    async def resume(self, interaction: discord.Interaction[Any]) -> None:
        """End a pause."""
        actor = moderator(interaction)
        await _answer(interaction, words()("resume-done"), await services(interaction).guilds.resume(actor))

    @app_commands.command(name="block", description="Let a member make no more videos here")
    @app_commands.describe(
        member="Whom",
        reason="Why: they read it, and the log keeps it",
        hours="It ends by itself after so many hours; without, /config unblock ends it",
    )
    async def block(
        self,
        interaction: discord.Interaction[Any],
        member: Someone,
        reason: Reason | None = None,
        hours: Hours | None = None,
    ) -> None:
        """Block a member. Their running jobs finish. A block that holds gets the new end."""
        actor, say, who = moderator(interaction, reason), words(), f"<@{member.id}>"
        changed = await services(interaction).guilds.block(actor, str(member.id), hours)
        block = changed.after.block_of(str(member.id))
        until = block.until if block else None
        done = say("block-done-until", who=who, when=text.moment(until)) if until else say("block-done", who=who)
        await _answer(interaction, done, changed, actor)

    @app_commands.command(name="unblock", description="Let a blocked member make videos again")
    @app_commands.describe(member="Whom", reason="Why, for the log")
    async def unblock(
        self, interaction: discord.Interaction[Any], member: Someone, reason: Reason | None = None
    ) -> None:
        """Remove a block."""
        changed = await services(interaction).guilds.unblock(moderator(interaction, reason), str(member.id))
        await _answer(interaction, words()("unblock-done", who=f"<@{member.id}>"), changed)


async def _answer(
    interaction: discord.Interaction[Any], done: str, changed: SettingsChanged, shown_to: Actor | None = None
) -> None:
    """Say what was done, with Undo. shown_to: whose reason members read."""
    lines = [done]
    if shown_to and shown_to.reason:
        lines.append(words()("rules-reason-shown", reason=text.safe(shown_to.reason, REASON_SHOWN)))
    await answer(interaction, card("\n".join(lines), *undo_row(changed.change)))
