"""`/config`: what a server settles for itself, changed while the bot runs. All answers are the moderator's alone."""

from collections.abc import Iterable
from typing import Any, Final, Literal

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.domain.audit import Change
from bot.domain.errors import Refusal
from bot.domain.guild_settings import GuildSettings
from bot.usecases.guild_settings import LONGEST_TERM, Edit, with_channel, with_term, without_term
from cogs._ui import text
from cogs._ui.access import moderator
from cogs._ui.refusals import services
from cogs._ui.replies import answer
from cogs._ui.replies import card as box
from cogs._ui.wording import words
from cogs.moderation.config import card, changes, values
from cogs.moderation.config.card import Menu

LIFTS = "-1 lifts it"
OPEN: Final = {"channels": "config-channels-open", "models": "config-models-open"}  # what an empty list means
WHY = "Why, for the log"

Place = app_commands.AppCommandChannel | app_commands.AppCommandThread


class _Askable(app_commands.Transformer):
    """A channel or thread that commands can be used in, as the interaction brings it: the cache may lack it."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """What Discord offers."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Of which kinds."""
        return list(dict.fromkeys([*card.ASKABLE, *card.POSTABLE]))

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> Place:
        """As it is."""
        return value


class _Postable(_Askable):
    """A channel or thread of text."""

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Of which kinds."""
        return card.POSTABLE


AskablePlace = app_commands.Transform[Place, _Askable]
PostablePlace = app_commands.Transform[Place, _Postable]
Someone = discord.Member | discord.User
Reason = app_commands.Range[str, 1, 512]
Term = app_commands.Range[str, 1, LONGEST_TERM]
Choices = list[app_commands.Choice[str]]


@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
class Config(commands.GroupCog, group_name="config", group_description="What this server settles for itself"):
    """Everything under `/config`; each command looks again whether its user may."""

    @app_commands.command(
        name="show", description="All settings on one card, with menus to change them, and open reports"
    )
    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """The card."""
        await answer(interaction, await card.shown(interaction))

    @app_commands.command(name="channels", description="Where videos may be asked for; none listed is everywhere")
    @app_commands.describe(
        allow="Allow this channel with its threads; then only listed ones are allowed",
        remove="Take this channel off the list",
    )
    async def channels(
        self,
        interaction: discord.Interaction[Any],
        allow: AskablePlace | None = None,
        remove: AskablePlace | None = None,
    ) -> None:
        """Show the list, or change it."""
        edit = _both(
            with_channel(_channel_id(allow)) if allow else None,
            changes.without_channel(_channel_id(remove)) if remove else None,
        )
        await _change(interaction, "channels", edit, values.channels(interaction), "config-channels")

    @app_commands.command(name="models", description="Which models may be used; none listed is all")
    @app_commands.describe(
        allow="Allow this model; then only listed ones are allowed", remove="Take this model off the list"
    )
    async def models(
        self, interaction: discord.Interaction[Any], allow: str | None = None, remove: str | None = None
    ) -> None:
        """Show the list, or change it."""
        moderator(interaction)
        known = services(interaction).catalog.families()
        named = next((one for one in known if allow and one.casefold() == allow.strip().casefold()), None)
        if allow and named is None:
            raise Refusal("model_unknown", model=allow, names=text.listed(words(), known))
        edit = _both(
            changes.with_family(named) if named else None,
            changes.without_family(remove.strip()) if remove else None,
        )
        await _change(interaction, "models", edit, values.families, "config-models")

    @models.autocomplete("allow")
    async def families_known(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The models there are."""
        return _choices(services(interaction).catalog.families(), current) if _may(interaction) else []

    @models.autocomplete("remove")
    async def families_listed(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """Those on the list."""
        return _choices(sorted((await _settings(interaction)).families), current) if _may(interaction) else []

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
        """Show, or change those that are named."""
        by = moderator(interaction)
        if (running, waiting, longest, dearest) == (None, None, None, None):
            await _answer(interaction, words()("config-limits", value=values.limits(await _settings(interaction))))
            return
        edit = changes.with_limits(running, waiting, longest, dearest)
        settings, change = await changes.change(interaction, by, "limits", edit, values.limits)
        await _answer(interaction, _outcome(change, words()("config-limits", value=values.limits(settings))))

    @app_commands.command(name="filter", description="Terms that no prompt may contain, also in disguise")
    @app_commands.describe(
        add="Ban this: one word or several, whatever their case, accents or disguise", remove="Allow this term again"
    )
    async def banned(
        self, interaction: discord.Interaction[Any], add: Term | None = None, remove: Term | None = None
    ) -> None:
        """Say how many there are, or change them; only moderators see the terms."""
        by = moderator(interaction)
        edit = _both(with_term(add) if add else None, without_term(remove) if remove else None)
        settings, change = await _settings(interaction), None
        if edit:
            said = values.term(add or remove or "")
            settings, change = await changes.change(interaction, by, "filter", edit, said)
        now = words()("config-filter-now", count=len(settings.terms))
        await _answer(interaction, _outcome(change, now) if edit else now)

    @banned.autocomplete("remove")
    async def terms_listed(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The banned terms."""
        return _choices(sorted((await _settings(interaction)).terms), current) if _may(interaction) else []

    @app_commands.command(name="log-channel", description="Where I tell of starts, failures, reports and changes")
    @app_commands.describe(channel="Which one; the menu in /config show switches the log off")
    async def log_channel(self, interaction: discord.Interaction[Any], channel: PostablePlace | None = None) -> None:
        """Switch the log on, after posting there; without a channel, show where it is and how to switch it off."""
        by, say = moderator(interaction), words()
        settings, change = await _settings(interaction), None
        if channel:
            settings, change = await changes.set_log_channel(interaction, by, str(channel.id))
        # What was set just now was posted in: the cache may not have heard yet that the bot may.
        shown = f"<#{channel.id}>" if channel else card.log_channel(say, settings, interaction.guild)
        now = say("config-log-channel", value=shown)
        if settings.log_channel_id:
            now = f"{now}\n{say('config-log-off-note')}"
        await _answer(interaction, _outcome(change, now) if channel else now)

    @app_commands.command(name="threads", description="When a result gets a thread of its own")
    @app_commands.describe(mode="Never, when somebody asks for it, or always")
    async def threads(
        self, interaction: discord.Interaction[Any], mode: Literal["never", "on request", "always"] | None = None
    ) -> None:
        """Show or set the mode."""
        edit = changes.with_threads(mode) if mode else None
        await _change(interaction, "threads", edit, values.threads, "config-threads")

    @app_commands.command(name="timezone", description="In which time zone days, weeks and months begin")
    @app_commands.describe(name="A city or UTC, as in Europe/Berlin; holds from the next window on")
    async def timezone(self, interaction: discord.Interaction[Any], name: str | None = None) -> None:
        """Show or set the zone; the windows under way run to their end."""
        by = moderator(interaction)
        if not name:
            await _answer(interaction, words()("config-timezone", value=(await _settings(interaction)).zone))
            return
        edit = services(interaction).guilds.with_zone(changes.zone_named(name))
        settings, change = await changes.change(interaction, by, "timezone", edit, values.zone)
        said = words()("config-timezone", value=settings.zone)
        if change:
            said = f"{said}\n{words()('config-timezone-note')}"
        await _answer(interaction, _outcome(change, said))

    @timezone.autocomplete("name")
    async def zones(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """Zones that contain what is typed so far."""
        return _choices(changes.zones(), current.replace(" ", "_")) if _may(interaction) else []

    @app_commands.command(name="results", description="How finished videos are posted")
    @app_commands.describe(spoiler="Whether a video is covered until somebody clicks it")
    async def results(self, interaction: discord.Interaction[Any], spoiler: bool | None = None) -> None:
        """Show or set whether results are spoilers."""
        edit = None if spoiler is None else changes.with_spoiler(spoiler)
        await _change(interaction, "results", edit, values.spoiler, "config-results")

    @app_commands.command(name="block", description="Let a member make no more videos here")
    @app_commands.describe(member="Whom", reason=WHY)
    async def block(self, interaction: discord.Interaction[Any], member: Someone, reason: Reason | None = None) -> None:
        """Block; what they have running is finished."""
        by = moderator(interaction, reason)
        await services(interaction).guilds.block(by, str(member.id))
        await _answer(interaction, words()("block-done", who=f"<@{member.id}>"))

    @app_commands.command(name="unblock", description="Let a blocked member make videos again")
    @app_commands.describe(member="Whom", reason=WHY)
    async def unblock(
        self, interaction: discord.Interaction[Any], member: Someone, reason: Reason | None = None
    ) -> None:
        """Undo a block."""
        by = moderator(interaction, reason)
        await services(interaction).guilds.unblock(by, str(member.id))
        await _answer(interaction, words()("unblock-done", who=f"<@{member.id}>"))


async def _change(
    interaction: discord.Interaction[Any], name: str, edit: Edit | None, said: values.Said, line: str
) -> None:
    """Change a setting, if there is something to change, and answer with what it is now."""
    by = moderator(interaction)
    settings, change = await _settings(interaction), None
    if edit:
        settings, change = await changes.change(interaction, by, name, edit, said)
    value = text.safe(said(settings), 1500) or words()("config-everywhere" if name == "channels" else "config-all")
    now = words()(line, value=value)
    if change and name in OPEN and not said(settings):
        now = f"{now}\n{words()(OPEN[name])}"
    await _answer(interaction, _outcome(change, now) if edit else now)


def _both(first: Edit | None, then: Edit | None) -> Edit | None:
    """Two edits as one; None where there is neither."""
    if first and then:
        return lambda settings: then(first(settings))
    return first or then


def _outcome(change: Change | None, said: str) -> str:
    return f"{words()('config-changed' if change else 'config-unchanged')}\n{said}"


async def _answer(interaction: discord.Interaction[Any], said: str) -> None:
    view: ui.LayoutView = box(said)
    await answer(interaction, view)


async def _settings(interaction: discord.Interaction[Any]) -> GuildSettings:
    return await services(interaction).guilds.settings(str(interaction.guild_id))


def _may(interaction: discord.Interaction[Any]) -> bool:
    """Whether to offer choices: they tell what a server has settled."""
    try:
        moderator(interaction)
    except Refusal:
        return False
    return True


def _choices(names: Iterable[str], current: str) -> Choices:
    """At most 25 that contain what is typed so far, those that begin with it first."""
    typed = current.strip().casefold()
    found = [name for name in names if typed in name.casefold()]
    found.sort(key=lambda name: not name.casefold().startswith(typed))
    return [app_commands.Choice(name=name[:100], value=name[:100]) for name in found[:25]]


def _channel_id(channel: Place) -> str:
    """A channel's id; of a thread, the channel's it belongs to."""
    return str(channel.parent_id if isinstance(channel, app_commands.AppCommandThread) else channel.id)


async def setup(bot: commands.Bot) -> None:
    """Register the commands and the menus."""
    bot.add_dynamic_items(Menu)
    await bot.add_cog(Config())
