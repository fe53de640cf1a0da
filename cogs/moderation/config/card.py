"""`/config show`: one card with all settings of a server, and menus to change them.

Each menu is a dynamic item whose `custom_id` names its setting, so it works after a restart. For a setting without a
menu the card names the command.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Self

import discord
from discord import ui

from bot.catalog.catalog import Catalog
from bot.domain.messages import component_ids
from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.audit import Change
from bot.domain.moderation.guild_settings import GuildSettings, Threads
from bot.usecases.moderation.reports import Complaint
from cogs._ui import phrases, text
from cogs._ui.access import moderator
from cogs._ui.buttons import button_handler
from cogs._ui.errors import run_handler
from cogs._ui.refusals import services
from cogs._ui.replies import answer, answer_and_log, replace
from cogs._ui.replies import card as box_with
from cogs._ui.wording import Words, words
from cogs.moderation.audit_words import MODES
from cogs.moderation.config import changes, values
from cogs.moderation.config.changes import first
from cogs.moderation.config.lines import Holding, lines
from cogs.moderation.config.options import ASKABLE, POSTABLE
from cogs.moderation.log_channel import REASONS, link_to
from cogs.moderation.undo import undo_row

MOST_CHOICES = 25
REPORTS_SHOWN = 8
PROMPT_SHOWN = 100  # characters of a menu option
LABELS = {  # what each menu sets: once something is chosen, a menu no longer shows its own hint
    "log-channel": "label-log-channel",
    "channels": "label-channels",
    "models": "label-models",
    "threads": "label-threads",
    "results": "label-results",
    "report": "label-report",
}


class _ChannelMenu(ui.ChannelSelect[ui.LayoutView]):
    """Writes preselected channel ids as text, as in Discord's API description; discord.py writes numbers."""

    def to_component_dict(self) -> Any:
        """Return the payload with the ids as text."""
        menu: Any = super().to_component_dict()
        for chosen in menu.get("default_values", ()):
            chosen["id"] = str(chosen["id"])
        return menu


class Menu(
    ui.DynamicItem[ui.Item[ui.LayoutView]],
    template=component_ids.CONFIG_MENU,
):
    """A menu of the card, or its button. A choice is applied at once, and the card is updated."""

    def __init__(self, menu: ui.Item[ui.LayoutView], name: str) -> None:
        super().__init__(menu)
        self.name = name

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Rebuild the menu from a message, also one that another process has sent."""
        return cls(item, match["name"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Apply the choice. An error becomes one sentence for the member who picked."""
        data: Any = interaction.data
        picks: list[Any] = data.get("values") or []
        chosen = [str(value) for value in picks]
        await run_handler(interaction, _picked(interaction, self.name, chosen))


async def _picked(interaction: discord.Interaction[Any], name: str, chosen: list[str]) -> None:
    """Apply a choice and update the card; a chosen report is shown in a reply of its own. Raises Refusal."""
    if name == "report":
        await answer(interaction, await changes.report(interaction, moderator(interaction), first(chosen)))
        return
    if name == "log-offer":
        changed = await changes.set_log_channel(interaction, moderator(interaction), first(chosen) or None)
        line = words()("config-log-channel", value=log_channel(words(), changed.after, interaction.guild))
        await replace(interaction, box_with(line))
        return
    changed = await changes.apply(interaction, name, chosen)
    await replace(interaction, await shown(interaction, changed.change))


@button_handler("undo-card")
async def undo(interaction: discord.Interaction[Any], change_id: str) -> None:
    """Undo the last choice in a menu of the card, for moderators, and update the card."""
    actor = moderator(interaction)
    result = await services(interaction).undo.undo(actor, int(change_id))
    await answer_and_log(interaction, replace, await shown(interaction), result.undone.change)


async def shown(interaction: discord.Interaction[Any], changed: Change | None = None) -> ui.LayoutView:
    """Return the current card. changed: the change that its menu made. Raises Refusal `not_a_moderator`."""
    actor, use = moderator(interaction), services(interaction)
    settings = await use.guilds.settings(actor.guild_id)
    complaints = await use.reports.complaints(actor.guild_id)
    rules, default = await use.quotas.rules(actor.guild_id)
    holding = Holding(
        pause=use.guilds.pause_of(settings),
        blocks=use.guilds.holding(settings.blocks),
        most_open=use.guilds.most_open,
        rules=rules,
        default=default,
    )
    waiting = await use.reports.waiting(actor.guild_id) if complaints else 0
    return card(settings, use.catalog, complaints, interaction.guild, waiting=waiting, holding=holding, changed=changed)


def card(
    settings: GuildSettings,
    catalog: Catalog,
    complaints: Sequence[Complaint],
    guild: discord.Guild | None,
    *,
    waiting: int = 0,
    holding: Holding | None = None,
    changed: Change | None = None,
) -> ui.LayoutView:
    """Return the card: all settings, the open reports, the menus, and Undo for a change that was just made.

    complaints: the first of those that are open; waiting: how many are, if more.
    """
    say = words()
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour.blurple())
    shown = lines(say, settings, holding or Holding(), log_channel(say, settings, guild))
    box.add_item(ui.TextDisplay("\n".join(shown)[:2300]))
    if complaints:
        box.add_item(ui.TextDisplay("\n".join(_reports(say, complaints, max(waiting, len(complaints))))[:1000]))
    else:
        box.add_item(ui.TextDisplay(say("config-no-reports")))
    if len(_families(settings, catalog)) > MOST_CHOICES:  # a menu that cannot show all models would drop some
        box.add_item(ui.TextDisplay(say("config-models-many", most=MOST_CHOICES)))
    for menu in _menus(say, settings, catalog, complaints, guild):
        row: ui.ActionRow[Any] = ui.ActionRow()
        if label := LABELS.get(menu.name):
            box.add_item(ui.TextDisplay(f"-# {say(label)}"))
        box.add_item(row.add_item(menu))
    for row in undo_row(changed, "undo-card"):
        box.add_item(row)
    view.add_item(box)
    return view


def log_channel(say: Words, settings: GuildSettings, guild: discord.Guild | None) -> str:
    """Return the log channel as a mention, with a warning if the bot is known not to see it or not to post there."""
    if settings.log_channel_id is None:
        return say("config-no-log-channel")
    channel = f"<#{settings.log_channel_id}>"
    if values.may_view(guild, settings.log_channel_id) is False:
        return say("config-log-unseen", channel=channel)
    if values.may_post(guild, settings.log_channel_id) is False:
        return say("config-log-closed", channel=channel)
    return channel


def _there(guild: discord.Guild | None, channel_id: str) -> bool:
    """Return whether a channel exists, as far as it is known. A channel that is hidden from the bot exists."""
    return guild is None or guild.get_channel_or_thread(int(channel_id)) is not None


def _reports(say: Words, complaints: Sequence[Complaint], count: int) -> list[str]:
    lines = [say("config-reports", count=count)]
    for complaint in complaints[:REPORTS_SHOWN]:
        generation = complaint.generation
        who = phrases.some(say, [f"<@{one}>" for one in complaint.reporter_ids], 3)
        author, posted = f"<@{generation.member_id}>", complaint.posted
        if posted:
            message = PostedMessage(channel_id=posted.channel_id, message_id=posted.message_id)
            link = link_to(generation, message)
            lines.append("- " + say("config-report", author=author, who=who, link=link))
        else:
            lines.append("- " + say("config-report-gone", author=author, who=who))
        reasons = text.listed(say, dict.fromkeys(say(REASONS[one.reason]) for one in complaint.reports))
        lines[-1] = f"{lines[-1]} · {reasons}"
    return lines


def _menus(
    say: Words,
    settings: GuildSettings,
    catalog: Catalog,
    complaints: Sequence[Complaint],
    guild: discord.Guild | None,
) -> list[Menu]:
    menus = [
        _channels(say("menu-log-channel"), "log-channel", POSTABLE, [settings.log_channel_id], 1, guild),
        _options(
            say("menu-threads"),
            "threads",
            [
                (str(mode), say("menu-threads-option", mode=say(MODES[mode])), mode is settings.threads)
                for mode in Threads
            ],
        ),
        _options(
            say("menu-results"),
            "results",
            [
                ("off", say("config-spoiler-off"), not settings.spoiler),
                ("on", say("config-spoiler-on"), settings.spoiler),
            ],
        ),
    ]
    known = guild is None or not guild.unavailable or not settings.channels
    if len(settings.channels) <= MOST_CHOICES and known:  # a menu that cannot show all channels would drop some
        menu = _channels(say("menu-channels"), "channels", ASKABLE, settings.channels, MOST_CHOICES, guild)
        menus.insert(1, menu)
    families = _families(settings, catalog)
    if 0 < len(families) <= MOST_CHOICES:
        prices = {one.name: text.a_second(say, one) for one in catalog.prices()}
        labels = {name: f"{text.shortened(name, 60)} · {prices[name]}" if name in prices else name for name in families}
        named = [(name, labels[name], name in settings.families) for name in families]
        menus.insert(2, _options(say("menu-models"), "models", named, least=0, most=len(named)))
    if settings.log_channel_id and not _there(guild, settings.log_channel_id):
        menus.insert(1, _log_off(say))
    if complaints:
        named = [(one.generation.id, _report_option(say, one), False) for one in complaints[:MOST_CHOICES]]
        menus.append(_options(say("menu-report"), "report", named))
    return menus


def _families(settings: GuildSettings, catalog: Catalog) -> list[str]:
    """Return the models to choose from: those that are available, and those that are listed."""
    return list(dict.fromkeys([*catalog.families(), *sorted(settings.families)]))


def _log_off(say: Words) -> Menu:
    """Return a button that switches the log off.

    The menu cannot do this for a deleted channel, because it does not show it.
    """
    return Menu(ui.Button(label=say("button-log-off"), custom_id=component_ids.make("config", "log-off")), "log-off")


def _report_option(say: Words, complaint: Complaint) -> str:
    expired = complaint.generation.prompt_expired
    prompt = " ".join(complaint.generation.prompt.split())[:PROMPT_SHOWN]
    prompt = prompt or say("tree-expired" if expired else "tree-forgotten")
    return say("menu-report-option", count=len(complaint.reporter_ids), prompt=prompt)


def _channels(
    placeholder: str,
    name: str,
    types: list[discord.ChannelType],
    chosen: Iterable[str | None],
    most: int,
    guild: discord.Guild | None,
) -> Menu:
    """Return a menu of channels. Of the chosen ones, those that still exist are preselected."""
    there = [one for one in chosen if one and _there(guild, one)]
    menu = _ChannelMenu(
        custom_id=component_ids.make("config", name),
        channel_types=types,
        placeholder=placeholder,
        min_values=0,
        max_values=most,
        default_values=[
            discord.SelectDefaultValue(id=int(one), type=discord.SelectDefaultValueType.channel)
            for one in sorted(there)[:most]
        ],
    )
    return Menu(menu, name)


def log_offer_menu(say: Words) -> Menu:
    """Return the menu of the offer to set a log channel."""
    return _channels(say("log-offer-menu"), "log-offer", POSTABLE, [], 1, None)


def _options(
    placeholder: str, name: str, options: Iterable[tuple[str, str, bool]], *, least: int = 1, most: int = 1
) -> Menu:
    """Return a menu of options: value, label, and whether it is chosen."""
    menu: ui.Select[ui.LayoutView] = ui.Select(
        custom_id=component_ids.make("config", name),
        placeholder=placeholder,
        min_values=least,
        max_values=most,
        options=[
            discord.SelectOption(value=value[:100], label=label[:100], default=chosen)
            for value, label, chosen in options
        ],
    )
    return Menu(menu, name)
