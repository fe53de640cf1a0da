"""`/config`: the settings of a server, changed while the bot runs. Only the moderator sees the replies."""

from functools import partial
from typing import Any, Final, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.moderation.audit import SettingsChanged
from bot.domain.moderation.guild_settings import GuildSettings, Setting
from bot.domain.moderation.settings_edits import (
    Edit,
    with_channel,
    with_family,
    with_limits,
    with_spoiler,
    with_term,
    with_threads,
    without_channel,
    without_family,
    without_term,
    zones,
)
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import UnknownModel
from bot.domain.refusals.refusal import Refusal
from cogs._ui import text
from cogs._ui.access import moderator
from cogs._ui.refusals import services
from cogs._ui.replies import answer
from cogs._ui.replies import card as box
from cogs._ui.wording import words
from cogs.moderation.config import card, changes, values
from cogs.moderation.config.card import Menu
from cogs.moderation.config.closing import Closing
from cogs.moderation.config.options import (
    AskableChannel,
    Choices,
    PostableChannel,
    Term,
    channel_id,
    choices,
    may,
    priced,
    thread_mode,
)
from cogs.moderation.undo import undo_row

LIFTS = "-1 lifts it"
# For each setting, the ids of its texts: with a value, with an empty list, and after the list has become empty.
LINES: Final = {
    Setting.CHANNELS: "config-channels",
    Setting.MODELS: "config-models",
    Setting.LIMITS: "config-limits",
    Setting.THREADS: "config-threads",
    Setting.TIMEZONE: "config-timezone",
    Setting.RESULTS: "config-results",
}
UNLISTED: Final = {Setting.CHANNELS: "config-everywhere", Setting.MODELS: "config-all"}
OPEN: Final = {Setting.CHANNELS: "config-channels-open", Setting.MODELS: "config-models-open"}
VALUE_SHOWN = 1500


@app_commands.default_permissions(manage_guild=True)
class Config(Closing, commands.GroupCog, group_name="config", group_description="What this server settles for itself"):
    """The `/config` commands. Each one checks again whether the member may use it."""

    @app_commands.command(
        name="show", description="All settings on one card, with menus to change them, and open reports"
    )
    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """Show the card."""
        await answer(interaction, await card.shown(interaction))

    @app_commands.command(name="channels", description="Where videos may be asked for; none listed is everywhere")
    @app_commands.describe(
        allow="Allow this channel with its threads; then only listed ones are allowed",
        remove="Take this channel off the list",
    )
    async def channels(
        self,
        interaction: discord.Interaction[Any],
        allow: AskableChannel | None = None,
        remove: AskableChannel | None = None,
    ) -> None:
        """Show the list of channels, or change it."""
        edits: list[Edit] = []
        if allow:
            edits.append(partial(with_channel, channel_id=channel_id(allow)))
        if remove:
            edits.append(partial(without_channel, channel_id=channel_id(remove)))
        await _change(interaction, Setting.CHANNELS, *edits)

    @app_commands.command(name="models", description="Which models may be used; none listed is all")
    @app_commands.describe(
        allow="Allow this model; then only listed ones are allowed", remove="Take this model off the list"
    )
    async def models(
        self, interaction: discord.Interaction[Any], allow: str | None = None, remove: str | None = None
    ) -> None:
        """Show the list of models, or change it."""
        moderator(interaction)
        known = services(interaction).catalog.families()
        named = next((one for one in known if allow and one.casefold() == allow.strip().casefold()), None)
        if allow and named is None:
            prices = services(interaction).catalog.prices()
            raise Refusal(UnknownModel(RefusalCode.MODEL_UNKNOWN, model=allow, names=tuple(known), prices=prices))
        edits: list[Edit] = []
        if named:
            edits.append(partial(with_family, family=named))
        if remove:
            edits.append(partial(without_family, family=remove.strip()))
        await _change(interaction, Setting.MODELS, *edits)

    @models.autocomplete("allow")
    async def families_known(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """Offer the families in the catalogue."""
        catalog = services(interaction).catalog
        return priced(catalog.prices(), catalog.families(), current) if may(interaction) else []

    @models.autocomplete("remove")
    async def families_listed(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """Offer the families on the list."""
        if not may(interaction):
            return []
        listed = sorted((await _settings(interaction)).families)
        return priced(services(interaction).catalog.prices(), listed, current)

    @app_commands.command(name="limits", description="Limits for each member and video; without options shows them")
    @app_commands.describe(
        running=f"Videos of one member made at the same time; {LIFTS}",
        waiting=f"Videos of one member that may wait for their turn; {LIFTS}",
        longest=f"The longest video in seconds; {LIFTS}",
        dearest=f"The dearest video in US dollars; {LIFTS}",
    )
    async def limits(
        self,
        interaction: discord.Interaction[Any],
        running: app_commands.Range[int, -1, 1000] | None = None,
        waiting: app_commands.Range[int, -1, 1000] | None = None,
        longest: app_commands.Range[int, -1, 3600] | None = None,
        dearest: app_commands.Range[float, -1, 10_000] | None = None,
    ) -> None:
        """Show the limits, or change those that are given."""
        if (running, waiting, longest, dearest) == (None, None, None, None):
            await _change(interaction, Setting.LIMITS)
            return
        edit = partial(with_limits, running=running, waiting=waiting, longest=longest, dearest=dearest)
        await _change(interaction, Setting.LIMITS, edit)

    @app_commands.command(name="filter", description="Terms that no prompt may contain, also in disguise")
    @app_commands.describe(
        add="Ban this: one word or several, whatever their case, accents or disguise", remove="Allow this term again"
    )
    async def banned(
        self, interaction: discord.Interaction[Any], add: Term | None = None, remove: Term | None = None
    ) -> None:
        """Show how many terms are banned, or change them. Only moderators see the terms."""
        edits: list[Edit] = []
        if add:
            edits.append(partial(with_term, term=add))
        if remove:
            edits.append(partial(without_term, term=remove))
        await _change(interaction, Setting.FILTER, *edits)

    @banned.autocomplete("remove")
    async def terms_listed(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """Offer the banned terms."""
        return choices(sorted((await _settings(interaction)).terms), current) if may(interaction) else []

    @app_commands.command(name="log-channel", description="Where I tell of starts, failures, reports and changes")
    @app_commands.describe(channel="Which one; the menu in /config show switches the log off")
    async def log_channel(self, interaction: discord.Interaction[Any], channel: PostableChannel | None = None) -> None:
        """Switch the log on after a test message in the channel.

        Without a channel, show the current one and how to switch it off.
        """
        actor, say = moderator(interaction), words()
        changed = await changes.set_log_channel(interaction, actor, str(channel.id)) if channel else None
        settings = changed.after if changed else await _settings(interaction)
        # A channel that was just set has been posted in; the cache may not yet know that the bot may post there.
        shown = f"<#{channel.id}>" if channel else card.log_channel(say, settings, interaction.guild)
        now = say("config-log-channel", value=shown)
        if settings.log_channel_id:
            now = f"{now}\n{say('config-log-off-note')}"
        await _answer(interaction, _outcome(changed.change is not None, now) if changed else now, changed)

    @app_commands.command(name="threads", description="When a result gets a thread of its own")
    @app_commands.describe(mode="Never, when somebody asks for it, or always")
    async def threads(
        self, interaction: discord.Interaction[Any], mode: Literal["never", "on request", "always"] | None = None
    ) -> None:
        """Show or set the mode."""
        edits = [partial(with_threads, mode=thread_mode(mode))] if mode else []
        await _change(interaction, Setting.THREADS, *edits)

    @app_commands.command(name="timezone", description="In which time zone days, weeks and months begin")
    @app_commands.describe(name="A city or UTC, as in Europe/Berlin; holds from the next window on")
    async def timezone(self, interaction: discord.Interaction[Any], name: str | None = None) -> None:
        """Show or set the time zone. Current windows keep their end."""
        actor = moderator(interaction)
        if not name:
            await _change(interaction, Setting.TIMEZONE)
            return
        changed = await services(interaction).guilds.set_zone(actor, name)
        line = words()("config-timezone", value=changed.after.zone)
        if changed.change:
            line = f"{line}\n{words()('config-timezone-note')}"
        await _answer(interaction, _outcome(changed.change is not None, line), changed)

    @timezone.autocomplete("name")
    async def zones_known(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """Offer time zones that contain what is typed so far."""
        return choices(zones(), current.replace(" ", "_")) if may(interaction) else []

    @app_commands.command(name="results", description="How finished videos are posted")
    @app_commands.describe(spoiler="Whether a video is covered until somebody clicks it")
    async def results(self, interaction: discord.Interaction[Any], spoiler: bool | None = None) -> None:
        """Show or set whether results are spoilers."""
        edits = [] if spoiler is None else [partial(with_spoiler, spoiler=spoiler)]
        await _change(interaction, Setting.RESULTS, *edits)


async def _change(interaction: discord.Interaction[Any], setting: Setting, *edits: Edit) -> None:
    """Change a setting, if there is something to change, and reply with its current value."""
    actor = moderator(interaction)
    if not edits:
        await _answer(interaction, _line(interaction, setting, await _settings(interaction)))
        return
    changed = await services(interaction).guilds.change(actor, setting, *edits)
    line = _line(interaction, setting, changed.after)
    if changed.change and changed.change.after is None and setting in OPEN:
        line = f"{line}\n{words()(OPEN[setting])}"
    await _answer(interaction, _outcome(changed.change is not None, line), changed)


def _line(interaction: discord.Interaction[Any], setting: Setting, settings: GuildSettings) -> str:
    say = words()
    if setting is Setting.FILTER:  # only moderators see the terms; the reply gives their number
        return say("config-filter-now", count=len(settings.terms))
    if setting is Setting.CHANNELS:  # by name, as they were picked
        value = text.safe(values.channels(interaction, settings), VALUE_SHOWN)
    elif setting is Setting.LIMITS:
        value = values.limits(say, settings, services(interaction).guilds.most_open)
    else:
        value = values.setting(say, settings, setting, VALUE_SHOWN)
    return say(LINES[setting], value=value or say(UNLISTED.get(setting, "config-nothing")))


def _outcome(changed: bool, line: str) -> str:
    return f"{words()('config-changed' if changed else 'config-unchanged')}\n{line}"


async def _answer(interaction: discord.Interaction[Any], shown: str, changed: SettingsChanged | None = None) -> None:
    """Reply with what holds now; where something was changed, with Undo."""
    await answer(interaction, box(shown, *undo_row(changed.change if changed else None)))


async def _settings(interaction: discord.Interaction[Any]) -> GuildSettings:
    return await services(interaction).guilds.settings(str(interaction.guild_id))


async def setup(bot: commands.Bot) -> None:
    """Register the commands and the menus."""
    bot.add_dynamic_items(Menu)
    await bot.add_cog(Config())
