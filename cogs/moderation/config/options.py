"""What the options of `/config` take, and what is offered for them while they are typed."""

from collections.abc import Iterable
from typing import Any

import discord
from discord import app_commands

from bot.domain.guild_settings import Threads
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal, UnknownWord
from bot.domain.settings_edits import LONGEST_TERM
from cogs._ui.access import moderator
from cogs.moderation.config import card

AppChannel = app_commands.AppCommandChannel | app_commands.AppCommandThread


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

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> AppChannel:
        """As it is."""
        return value


class _Postable(_Askable):
    """A channel or thread of text."""

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Of which kinds."""
        return card.POSTABLE


AskableChannel = app_commands.Transform[AppChannel, _Askable]
PostableChannel = app_commands.Transform[AppChannel, _Postable]
Someone = discord.Member | discord.User
Reason = app_commands.Range[str, 1, 512]
Term = app_commands.Range[str, 1, LONGEST_TERM]
Choices = list[app_commands.Choice[str]]


def channel_id(channel: AppChannel) -> str:
    """A channel's id; of a thread, the channel's it belongs to."""
    return str(channel.parent_id if isinstance(channel, app_commands.AppCommandThread) else channel.id)


def thread_mode(word: str) -> Threads:
    """The mode that a command or a menu names. Raises Refusal `word_unknown`."""
    try:
        return Threads(word)
    except ValueError as error:
        raise Refusal(UnknownWord(RefusalCode.WORD_UNKNOWN, word=word)) from error


def may(interaction: discord.Interaction[Any]) -> bool:
    """Whether to offer choices: they tell what a server has settled."""
    try:
        moderator(interaction)
    except Refusal:
        return False
    return True


def choices(names: Iterable[str], current: str) -> Choices:
    """At most 25 that contain what is typed so far, those that begin with it first."""
    typed = current.strip().casefold()
    found = [name for name in names if typed in name.casefold()]
    found.sort(key=lambda name: not name.casefold().startswith(typed))
    return [app_commands.Choice(name=name[:100], value=name[:100]) for name in found[:25]]
