"""Types and choices of the `/config` options."""

from collections.abc import Iterable
from typing import Any

import discord
from discord import app_commands

from bot.domain.moderation.guild_settings import Threads
from bot.domain.moderation.settings_edits import LONGEST_TERM
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import NamedPrice
from bot.domain.refusals.refusal import Refusal, UnknownWord
from bot.usecases.moderation.guild_settings import LONGEST_BLOCK, LONGEST_PAUSE
from cogs._ui import text
from cogs._ui.access import moderator
from cogs._ui.suggestions import LONGEST, SEPARATOR
from cogs._ui.wording import words

POSTABLE = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
]
ASKABLE = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
]

AppChannel = app_commands.AppCommandChannel | app_commands.AppCommandThread


class _Askable(app_commands.Transformer):
    """A channel or thread where commands can be used.

    It is taken from the interaction, because the cache may lack it.
    """

    @property
    def type(self) -> discord.AppCommandOptionType:
        """Return the type of the option."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Return the kinds of channels that Discord offers."""
        return list(dict.fromkeys([*ASKABLE, *POSTABLE]))

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> AppChannel:
        """Return the channel unchanged."""
        return value


class _Postable(_Askable):
    """A text channel or thread."""

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Return the kinds of channels that Discord offers."""
        return POSTABLE


AskableChannel = app_commands.Transform[AppChannel, _Askable]
PostableChannel = app_commands.Transform[AppChannel, _Postable]
Someone = discord.Member | discord.User
Reason = app_commands.Range[str, 1, 512]
Term = app_commands.Range[str, 1, LONGEST_TERM]
Minutes = app_commands.Range[int, 1, LONGEST_PAUSE]
Hours = app_commands.Range[int, 1, LONGEST_BLOCK]
Choices = list[app_commands.Choice[str]]


def channel_id(channel: AppChannel) -> str:
    """Return a channel's id; for a thread, the id of its parent channel."""
    return str(channel.parent_id if isinstance(channel, app_commands.AppCommandThread) else channel.id)


def thread_mode(word: str) -> Threads:
    """Return the mode with this name. Raises Refusal `word_unknown`."""
    try:
        return Threads(word)
    except ValueError as error:
        raise Refusal(UnknownWord(RefusalCode.WORD_UNKNOWN, word=word)) from error


def may(interaction: discord.Interaction[Any]) -> bool:
    """Return whether to offer choices: they reveal a server's settings."""
    try:
        moderator(interaction)
    except Refusal:
        return False
    return True


def priced(prices: Iterable[NamedPrice], names: Iterable[str], current: str) -> Choices:
    """Return the same of models, each with the price of a second where it is known."""
    say, known = words(), {one.name: one for one in prices}
    found = choices(names, current.partition(SEPARATOR)[0])
    for choice in found:
        if price := known.get(choice.value):
            shown = text.a_second(say, price)
            name = text.shortened(choice.value, LONGEST - len(SEPARATOR) - len(shown))
            choice.name = f"{name}{SEPARATOR}{shown}"
    return found


def choices(names: Iterable[str], current: str) -> Choices:
    """Return at most 25 names that contain what is typed so far; names that begin with it come first."""
    typed = current.strip().casefold()
    found = [name for name in names if typed in name.casefold()]
    found.sort(key=lambda name: not name.casefold().startswith(typed))
    return [app_commands.Choice(name=name[:100], value=name[:100]) for name in found[:25]]
