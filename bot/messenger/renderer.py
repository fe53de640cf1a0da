"""How messages look: functions of the commands, so that no wording is here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import discord
from discord import ui

from bot.domain.generation import Generation, Image
from bot.domain.messages.card import CardContext
from bot.domain.messages.posts import CardPictures, SmallerCopy
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.requests.questions import Question
from bot.domain.versions.joins import Join
from bot.domain.versions.version import Version


class ImageName(Protocol):
    """See `Renderer`."""

    def __call__(self, image: Image, *, end: bool) -> str:
        """Return the name. end: the video ends with this picture."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """Functions that render messages. `bot.app.adapters` provides them, so that wording stays with the commands.

    result: gets the file's name, the server's settings, whether it was shrunk, the id of the channel of the post, and the
    version it was made from. result_link: gets the link in place of the file. join_failed: a note for the member who asked
    for a join. question: an answered question. image_name: the file name of a picture on its card. cut_off: what a member is
    told in this language whose request was not accepted before its process ended.
    """

    card: Callable[[Generation, CardContext], ui.LayoutView]
    result: Callable[[Generation, str, GuildSettings, SmallerCopy | None, str, Version | None], ui.LayoutView]
    result_link: Callable[[Generation, str, GuildSettings, str, Version | None], ui.LayoutView]
    failure: Callable[[Generation], ui.LayoutView]
    digest: Callable[[ui.LayoutView], str]
    picture_urls: Callable[[discord.Message], CardPictures]
    thread_name: Callable[[Generation], str]
    join_failed: Callable[[Join], ui.LayoutView]
    question: Callable[[Question], ui.LayoutView]
    image_name: ImageName
    cut_off: Callable[[str], ui.LayoutView]
