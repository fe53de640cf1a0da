"""One change each: for a command, which answers with a sentence, and for a menu of the card, which shows the card anew."""

import asyncio
from dataclasses import replace
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import aiohttp
import discord
import structlog

from bot.domain.audit import Change
from bot.domain.errors import Refusal
from bot.domain.guild_settings import GuildSettings, Threads
from bot.domain.ledger import MICROS
from bot.usecases.guild_settings import MOST_CHANNELS, Edit
from bot.usecases.quotas import Actor
from bot.usecases.results import PostedResult, reported
from cogs._ui.access import moderator
from cogs._ui.refusals import services
from cogs._ui.replies import answer
from cogs._ui.replies import replace as show
from cogs._ui.wording import server_language, speaking, spoken, words
from cogs.moderation import log_channel as log
from cogs.moderation.config import card, values

logger = structlog.stdlib.get_logger()

HELLO_SECONDS = 2.0  # of the three that Discord waits for an answer


async def picked(interaction: discord.Interaction[Any], name: str, chosen: list[str]) -> None:
    """Something was picked in a menu of the card. Raises Refusal."""
    by = moderator(interaction)
    first = chosen[0] if chosen else ""  # nothing, where a client does not keep to the menu
    if name == "report":
        await answer(interaction, await report(interaction, by, first))
        return
    if name in ("log-channel", "log-off"):
        await set_log_channel(interaction, by, first or None)
    elif name == "channels":
        await change(interaction, by, "channels", _exactly_channels(frozenset(chosen)), values.channels(interaction))
    elif name == "models":
        await change(interaction, by, "models", _exactly_families(frozenset(chosen)), values.families)
    elif name == "threads":
        await change(interaction, by, "threads", with_threads(first), values.threads)
    else:
        await change(interaction, by, "results", with_spoiler(chosen == ["on"]), values.spoiler)
    await show(interaction, await card.shown(interaction))


async def change(
    interaction: discord.Interaction[Any], by: Actor, name: str, edit: Edit, said: values.Said
) -> tuple[GuildSettings, Change | None]:
    """Change a setting of this server. The audit log keeps it in the server's language, for all who read it later."""

    def kept(settings: GuildSettings) -> str:
        with speaking(server_language(interaction)):
            return said(settings)

    return await services(interaction).guilds.change(by, name, edit, kept)


async def set_log_channel(
    interaction: discord.Interaction[Any], by: Actor, channel_id: str | None
) -> tuple[GuildSettings, Change | None]:
    """Say hello in the channel, which proves that the bot can post there, and then use it. None switches the log off."""
    now = await services(interaction).guilds.settings(by.guild_id)
    if channel_id is not None and channel_id != now.log_channel_id:
        await _hello(interaction, by, channel_id)
    edit = _with_log_channel(channel_id)
    return await change(interaction, by, "log-channel", edit, values.log_channel(interaction))


async def _hello(interaction: discord.Interaction[Any], by: Actor, channel_id: str) -> None:
    """Raises Refusal `log_channel_closed`, or `log_channel_slow` where Discord does not answer in time."""
    channel = interaction.client.get_partial_messageable(int(channel_id), guild_id=int(by.guild_id))
    said = words(server_language(interaction))("log-channel-hello", who=f"<@{by.actor_id}>")
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            await channel.send(said, allowed_mentions=discord.AllowedMentions.none())
    except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
        logger.info("log_channel_refused", channel=channel_id, error=error)
        passing = not isinstance(error, discord.HTTPException) or error.status >= 500 or error.status == 429
        raise Refusal("log_channel_slow" if passing else "log_channel_closed", channels=(channel_id,)) from error


async def report(interaction: discord.Interaction[Any], by: Actor, generation_id: str) -> discord.ui.LayoutView:
    """An open report as the log channel would show it, with its buttons."""
    complaint = await services(interaction).results.complaint(by.guild_id, generation_id)
    generation = complaint.generation
    posted = complaint.posted or PostedResult(generation=generation, channel_id=generation.channel_id, message_id="")
    return log.entry(reported(posted, complaint.reporter_ids[0]), frozenset(), spoken())


def with_threads(mode: str) -> Edit:
    """When results get a thread."""
    try:
        wanted = Threads(mode)
    except ValueError as error:
        raise Refusal("word_unknown", word=mode) from error
    return lambda now: replace(now, threads=wanted)


def with_spoiler(spoiler: bool) -> Edit:
    """Whether results are covered until clicked."""
    return lambda now: replace(now, spoiler=spoiler)


def with_family(family: str) -> Edit:
    """One more allowed model."""
    return lambda now: replace(now, families=now.families | {family})


def without_family(family: str) -> Edit:
    """One allowed model less. Raises Refusal `model_not_listed`."""

    def edit(now: GuildSettings) -> GuildSettings:
        found = {one for one in now.families if one.casefold() == family.casefold()}
        if not found:
            raise Refusal("model_not_listed", model=family)
        return replace(now, families=now.families - found)

    return edit


def without_channel(channel_id: str) -> Edit:
    """One allowed channel less. Raises Refusal `channel_not_listed`."""

    def edit(now: GuildSettings) -> GuildSettings:
        if channel_id not in now.channels:
            raise Refusal("channel_not_listed", channels=(channel_id,))
        return replace(now, channels=now.channels - {channel_id})

    return edit


def with_limits(running: int | None, waiting: int | None, longest: int | None, dearest: float | None) -> Edit:
    """What was named; -1 lifts, and nothing waiting is no queue.

    Raises Refusal `limit_zero` for another 0: that would close the server, and `/quota` does that.
    """
    wanted = {"most_running": running, "most_waiting": waiting, "longest": longest, "dearest": dearest}
    named = {name: value for name, value in wanted.items() if value is not None}
    if any(-1 < value <= 0 for name, value in named.items() if name != "most_waiting"):
        raise Refusal("limit_zero")
    set_to: dict[str, Any] = {name: None if value < 0 else value for name, value in named.items()}
    if set_to.get("dearest") is not None:
        set_to["dearest"] = max(1, round(set_to["dearest"] * MICROS))
    return lambda now: replace(now, **set_to)


def _with_log_channel(channel_id: str | None) -> Edit:
    return lambda now: replace(now, log_channel_id=channel_id)


def _exactly_channels(chosen: frozenset[str]) -> Edit:
    if len(chosen) > MOST_CHANNELS:
        raise Refusal("too_many_channels", most=MOST_CHANNELS)
    return lambda now: replace(now, channels=chosen)


def _exactly_families(chosen: frozenset[str]) -> Edit:
    return lambda now: replace(now, families=chosen)


@cache
def zones() -> tuple[str, ...]:
    """Every time zone by name; UTC first."""
    return ("UTC", *sorted(available_timezones() - {"UTC", "localtime", "Factory"}))


def zone_named(name: str) -> str:
    """The zone as IANA writes it. Raises Refusal `timezone_unknown`."""
    wanted = name.strip().replace(" ", "_").casefold()
    for zone in zones():
        if zone.casefold() == wanted:
            return zone
    raise Refusal("timezone_unknown", zone=name.strip())
