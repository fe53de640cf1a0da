"""Applies the choices in the menus of the card, and tests a log channel before it is used."""

import asyncio
from functools import partial
from typing import Any

import aiohttp
import discord
import structlog

from bot.domain.moderation.audit import Actor, SettingsChanged
from bot.domain.moderation.guild_settings import Setting
from bot.domain.moderation.settings_edits import (
    with_channels,
    with_families,
    with_log_channel,
    with_spoiler,
    with_threads,
)
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Channels, Refusal
from cogs._ui.access import moderator
from cogs._ui.refusals import services
from cogs._ui.wording import current_language, server_language, words
from cogs.moderation import log_channel as log
from cogs.moderation.config.options import thread_mode

logger = structlog.stdlib.get_logger()

HELLO_SECONDS = 2.0  # of the three seconds that Discord waits for a reply


async def apply(interaction: discord.Interaction[Any], name: str, chosen: list[str]) -> SettingsChanged:
    """Apply a choice in a menu of the card. Raises Refusal."""
    actor, guilds = moderator(interaction), services(interaction).guilds
    if name in ("log-channel", "log-off"):
        return await set_log_channel(interaction, actor, first(chosen) or None)
    if name == "channels":
        return await guilds.change(actor, Setting.CHANNELS, partial(with_channels, channel_ids=frozenset(chosen)))
    if name == "models":
        return await guilds.change(actor, Setting.MODELS, partial(with_families, families=frozenset(chosen)))
    if name == "threads":
        return await guilds.change(actor, Setting.THREADS, partial(with_threads, mode=thread_mode(first(chosen))))
    return await guilds.change(actor, Setting.RESULTS, partial(with_spoiler, spoiler=chosen == ["on"]))


def first(chosen: list[str]) -> str:
    """Return the choice of a menu with one choice, or "" if a client does not follow the menu's limits."""
    return chosen[0] if chosen else ""


async def set_log_channel(
    interaction: discord.Interaction[Any], actor: Actor, channel_id: str | None
) -> SettingsChanged:
    """Post a greeting in the channel, which proves that the bot can post there, then use it.

    None switches the log off.
    """
    guilds = services(interaction).guilds
    now = await guilds.settings(actor.guild_id)
    if channel_id is not None and channel_id != now.log_channel_id:
        await _hello(interaction, actor, channel_id)
    return await guilds.change(actor, Setting.LOG_CHANNEL, partial(with_log_channel, channel_id=channel_id))


async def _hello(interaction: discord.Interaction[Any], actor: Actor, channel_id: str) -> None:
    """Post the greeting.

    Raises Refusal `log_channel_closed`, or `log_channel_slow` if Discord does not reply in time.
    """
    channel = interaction.client.get_partial_messageable(int(channel_id), guild_id=int(actor.guild_id))
    hello = words(server_language(interaction))("log-channel-hello", who=f"<@{actor.actor_id}>")
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            await channel.send(hello, allowed_mentions=discord.AllowedMentions.none())
    except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
        logger.info("log_channel_refused", channel=channel_id, error=error)
        passing = not isinstance(error, discord.HTTPException) or error.status >= 500 or error.status == 429
        code = RefusalCode.LOG_CHANNEL_SLOW if passing else RefusalCode.LOG_CHANNEL_CLOSED
        raise Refusal(Channels(code, channels=(channel_id,))) from error


async def report(interaction: discord.Interaction[Any], actor: Actor, generation_id: str) -> discord.ui.LayoutView:
    """Return an open report as the log channel shows it, with its buttons."""
    event = await services(interaction).reports.event(actor.guild_id, generation_id)
    if event.case is None or event.case.end is not None:
        raise Refusal(RefusalCode.REPORT_SETTLED)
    return log.entry(event, frozenset(), current_language())
