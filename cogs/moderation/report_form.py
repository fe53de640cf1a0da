"""Report on a posted video: a form with four reasons and a field for words, for any member.

The form's `custom_id` carries the video and the message, and submissions are read from an event, `form_submitted`, so it
works after a restart.
"""

from typing import Any

import discord
from discord import ui
from discord.ext import commands

from bot.domain.messages import component_ids
from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.audit import Actor
from bot.domain.moderation.reports import LONGEST_REPORT, ReportReason
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.usecases.moderation.reports import ReportTold
from cogs._ui.buttons import button_handler
from cogs._ui.errors import run_handler
from cogs._ui.refusals import services
from cogs._ui.replies import answer, card
from cogs._ui.wording import words
from cogs.cards.accepting import pressed_message
from cogs.moderation.log_channel import REASONS
from cogs.moderation.log_offer import offer_after_report

KEPT_IN_MEMORY = 900.0  # seconds; a later submission is handled as after a restart
TITLE = 45


@button_handler("report")
async def report(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Open the form, unless this member has reported this video before."""
    actor, seen = _member(interaction), pressed_message(interaction)
    await services(interaction).reports.check(actor.guild_id, generation_id, actor.actor_id, seen)
    await interaction.response.send_modal(form(generation_id, seen))


def form(generation_id: str, seen: PostedMessage | None) -> ui.Modal:
    """Return the form."""
    say = words()
    where = (seen.channel_id, seen.message_id) if seen else ("0", "0")
    made = ui.Modal(
        title=say("report-form-title")[:TITLE],
        custom_id=component_ids.make("report-form", generation_id, *where),
        timeout=KEPT_IN_MEMORY,
    )
    options = [discord.RadioGroupOption(label=say(name), value=str(reason)) for reason, name in REASONS.items()]
    made.add_item(ui.Label(text=say("report-why"), component=ui.RadioGroup(custom_id="reason", options=options)))
    written: ui.TextInput[Any] = ui.TextInput(
        custom_id="words", style=discord.TextStyle.paragraph, required=False, max_length=LONGEST_REPORT
    )
    made.add_item(ui.Label(text=say("report-words"), description=say("report-words-hint"), component=written))
    return made


async def submitted(interaction: discord.Interaction[Any], generation_id: str, seen: PostedMessage | None) -> None:
    """Store a report, show it to the moderators, and tell the reporter what happens next."""
    actor, use = _member(interaction), services(interaction)
    reason, written = _filled(interaction)
    told = await use.reports.report(actor, generation_id, reason, written, seen)
    say = words()
    view = card(say("report-told" if told is ReportTold.LOG else "report-kept"))
    await answer(interaction, view)
    if told is ReportTold.NO_LOG:
        await offer_after_report(interaction)


def _member(interaction: discord.Interaction[Any]) -> Actor:
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    return Actor(guild_id=str(guild_id), actor_id=str(interaction.user.id))


def _filled(interaction: discord.Interaction[Any]) -> tuple[ReportReason, str]:
    """Return what a form holds, by the ids of its fields. Raises Refusal `form_broken`."""
    data: Any = interaction.data
    parts: list[Any] = data.get("components") or []
    fields: list[Any] = [part.get("component") or {} for part in parts]
    values = {str(field.get("custom_id")): str(field.get("value") or "") for field in fields}
    try:
        return ReportReason(values.get("reason", "")), values.get("words", "")
    except ValueError as error:
        raise Refusal(RefusalCode.FORM_BROKEN) from error


class SubmittedReports(commands.Cog):
    """Receives submitted forms from the event: after a restart discord.py no longer knows them."""

    @commands.Cog.listener()
    async def on_form_submitted(self, interaction: discord.Interaction[Any]) -> None:
        """Handle a submission of the form."""
        data: dict[str, Any] = dict(interaction.data or {})
        if match := component_ids.REPORT_FORM.fullmatch(str(data.get("custom_id"))):
            seen = PostedMessage(channel_id=match["channel"], message_id=match["message"])
            await run_handler(
                interaction, submitted(interaction, match["id"], seen if match["message"] != "0" else None)
            )
