"""The rows of buttons below a result, and what is said of a joined video in place of model, shape and price."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.domain.generation import Generation
from bot.domain.versions.joins import Join, JoinFault
from cogs._ui import text
from cogs._ui.buttons import buttons
from cogs._ui.replies import card
from cogs._ui.wording import Words, in_language, words


def numbers(say: Words, versions: Sequence[int]) -> str:
    """Return "v1, v2, v3"."""
    return text.listed(say, [say("version-name", version=version) for version in versions])


def ready(say: Words, generation: Generation) -> str:
    """Return the line above a joined video, which mentions whoever asked for it."""
    return say("joined-ready", mention=f"<@{generation.member_id}>", versions=numbers(say, generation.joined))


def details(say: Words, generation: Generation) -> str:
    """Return the line below a joined video."""
    return say("joined-details", seconds=generation.seconds, version=generation.version)


def rows(generation: Generation, *, thread: bool) -> list[ui.ActionRow[Any]]:
    """Return the buttons of a result. thread: whether it may get a thread.

    A joined video is not made by a model: it cannot be made again, and what goes on from it goes on from its last part.
    """
    more = ("thread",) if thread else ()
    if generation.joined:
        return [buttons(generation.id, *more, "delete", "report")]
    join = ("join",) if generation.continues_id else ()
    return [
        buttons(generation.id, "again", "remix", "continue", *join, *more),
        buttons(generation.id, "delete", "report"),
    ]


def failed(join: Join) -> ui.LayoutView:
    """Return the note for whoever asked for a join that cannot be made."""
    with in_language(join.locale):
        fault = join.fault or JoinFault.UNUSABLE
        if fault is JoinFault.PART_UNREADABLE and join.fault_version is None:
            fault = JoinFault.UNUSABLE
        more = {} if join.fault_version is None else {"version": join.fault_version}
        why = words()(f"join-failed-{fault}", mention=f"<@{join.member_id}>", **more)
        return card(why, colour=discord.Colour.red())
