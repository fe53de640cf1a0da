"""`/privacy`: shows and deletes what is stored about a member in all servers. It works in direct messages too."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.privacy import StoredData
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from cogs._ui.buttons import button_handler, buttons
from cogs._ui.refusals import services
from cogs._ui.replies import answer, card
from cogs._ui.wording import words


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
class Privacy(commands.GroupCog, group_name="privacy", group_description="What I store about you"):
    """The `/privacy` commands."""

    @app_commands.command(name="show", description="What I store about you, in all servers")
    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """Show how much is stored, since when, and why."""
        stored = await services(interaction).privacy.stored(str(interaction.user.id))
        await answer(interaction, card("\n".join(_shown(stored))))

    @app_commands.command(name="delete", description="Delete my prompts, image copies and history, in all servers")
    async def delete(self, interaction: discord.Interaction[Any]) -> None:
        """Show what would be deleted and what stays, and ask to confirm."""
        say, stored = words(), await services(interaction).privacy.stored(str(interaction.user.id))
        if not stored.generations and not stored.images and not stored.defaults:
            await answer(interaction, card(say("privacy-nothing")))
            return
        lines = [say("privacy-sure"), say("privacy-goes", count=stored.generations, images=stored.images)]
        lines += [say("privacy-goes-defaults")] if stored.defaults else []
        lines += [say("privacy-stays")]
        sure = buttons(str(interaction.user.id), "privacy-delete")
        await answer(interaction, card("\n".join(lines), sure, colour=discord.Colour.red()))


@button_handler("privacy-delete")
async def forget(interaction: discord.Interaction[Any], member_id: str) -> None:
    """Delete what is stored about the member, and confirm it in the same message."""
    if interaction.guild_id is not None:
        services(interaction).requests.check_guild(str(interaction.guild_id))
    if str(interaction.user.id) != member_id:
        raise Refusal(RefusalCode.NOT_YOUR_DATA)
    await interaction.response.defer()
    await services(interaction).privacy.forget(member_id)
    await interaction.edit_original_response(
        view=card(words()("privacy-done")), allowed_mentions=discord.AllowedMentions.none()
    )


def _shown(stored: StoredData) -> list[str]:
    say = words()
    lines = [say("privacy-title")]
    if stored.since:
        since = f"<t:{int(stored.since.timestamp())}:D>"
        lines.append(say("privacy-generations", count=stored.generations, since=since))
        lines.append(say("privacy-images", count=stored.images))
    if stored.defaults:
        lines.append(say("privacy-defaults", count=stored.defaults))
    if stored.since or stored.defaults:
        lines += [say("privacy-why"), say("privacy-how")]
    elif not stored.forgotten and not stored.expired:
        lines.append(say("privacy-none"))
    if stored.forgotten:
        lines.append(say("privacy-left", count=stored.forgotten))
    if stored.expired:
        lines.append(say("privacy-expired", count=stored.expired))
    return lines


async def setup(bot: commands.Bot) -> None:
    """Register the commands."""
    await bot.add_cog(Privacy())
