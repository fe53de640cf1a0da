"""`/quota report` and `/quota export`: a picture and a table of what was spent."""

import asyncio
import io
from collections.abc import Mapping
from typing import Any, cast

import discord
import structlog
from discord import ui

from bot.domain.moderation.audit import Actor
from bot.domain.quota.limits import Unit
from bot.domain.quota.spending import DELETED
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.usecases.moderation.spending import SpendingReport
from cogs._ui import text
from cogs._ui.refusals import services
from cogs._ui.replies import card
from cogs._ui.wording import Words, words
from cogs.moderation.quota import drawing, picture
from cogs.moderation.quota.csv_table import CsvTable
from cogs.moderation.quota.member_names import ASKED, MemberNames

log = structlog.stdlib.get_logger()

NAME_SECONDS = 5.0
TOP_SHOWN = 5
NAME_SHOWN = 100  # characters


async def report(interaction: discord.Interaction[Any], actor: Actor, days: int, names: MemberNames) -> None:
    """Reply with the picture and its numbers. Raises Refusal `report_not_drawn`."""
    quotas = services(interaction).quotas
    period = await quotas.days(actor.guild_id, days)
    await interaction.response.defer(ephemeral=True, thinking=True)
    spending = await quotas.spending(actor.guild_id, period)
    guild = interaction.guild
    ids = [member_id for member_id, _ in spending.members if member_id != DELETED]
    members = await names.of(guild, actor.guild_id, ids, NAME_SECONDS)
    say = words()
    called = picture.PictureNames(server=guild.name if guild else "", members=members, locale=say.locale)
    drawn = await drawing.drawn(spending, called)
    summary = _summary(say, spending)
    name = f"sora-bot-report-{spending.last.isoformat()}.png"
    shown = ui.MediaGallery[ui.LayoutView](discord.MediaGalleryItem(f"attachment://{name}", description=summary))
    lines = [say("report-title", days=days), summary, *_top(say, spending, members)]
    view = card("\n".join(lines), shown)
    await _attach(interaction, view, discord.File(io.BytesIO(drawn), name))


def _summary(say: Words, spending: SpendingReport) -> str:
    total = spending.total
    if not (total.done or total.running or total.lost):
        return say("report-none")
    return say(
        "report-summary",
        videos=text.amount(say, Unit.VIDEOS, total.done),
        used=text.total(say, total.used, estimates=total.used_estimated),
        running=total.running,
        held=text.total(say, total.held, estimates=total.held_estimated),
        lost=total.lost,
    )


def _top(say: Words, spending: SpendingReport, names: Mapping[str, str]) -> list[str]:
    """Return the members who used most, by name. Someone whose name is not known is mentioned, which pings nobody."""
    lines: list[str] = []
    for place, (member_id, tally) in enumerate(spending.members[:TOP_SHOWN], start=1):
        who = say("picture-deleted")
        if member_id != DELETED:
            who = text.safe(names[member_id], NAME_SHOWN) if names.get(member_id) else f"<@{member_id}>"
        cost = text.total(say, tally.cost, estimates=tally.used_estimated + tally.held_estimated)
        count = text.amount(say, Unit.VIDEOS, tally.done + tally.running)
        lines.append(say("report-top-line", place=place, who=who, cost=cost, count=count))
    return [say("report-top"), *lines] if lines else []


async def export(interaction: discord.Interaction[Any], actor: Actor, days: int, names: MemberNames) -> None:
    """Reply with the table as a file.

    Raises Refusal `export_too_large`, or `export_no_room` if the file cannot be written.
    """
    quotas = services(interaction).quotas
    period = await quotas.days(actor.guild_id, days)
    await interaction.response.defer(ephemeral=True, thinking=True)
    name = f"sora-bot-{period.first.isoformat()}-to-{period.last.isoformat()}.csv"
    to_ask = ASKED
    try:
        with CsvTable(name=name, zone=period.zone, most=interaction.filesize_limit) as table:
            async for rows in quotas.usage(actor.guild_id, period):
                ids = {row.member_id: None for row in rows if row.member_id != DELETED}
                unknown = names.unknown(actor.guild_id, ids)
                called = await names.of(interaction.guild, actor.guild_id, ids, NAME_SECONDS, most=to_ask)
                to_ask -= min(to_ask, len(unknown))
                await asyncio.to_thread(table.add, rows, called)
            data = await asyncio.to_thread(table.finish)
            summary = words()("export-title", count=table.lines, days=days, zone=period.zone.key)
            view = card(summary, ui.File[ui.LayoutView](f"attachment://{table.name}"))
            await _attach(interaction, view, discord.File(cast(io.BufferedIOBase, data), table.name))
    except OSError as error:
        log.error("table_not_written", error=error.strerror or type(error).__name__)
        raise Refusal(RefusalCode.EXPORT_NO_ROOM) from error


async def _attach(interaction: discord.Interaction[Any], view: ui.LayoutView, file: discord.File) -> None:
    await interaction.edit_original_response(
        view=view, attachments=[file], allowed_mentions=discord.AllowedMentions.none()
    )
