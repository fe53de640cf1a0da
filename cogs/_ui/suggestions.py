"""What Discord suggests while the options of `/sora`, `/video`, `/defaults` and `/style` are typed.

Suggestions never fail, whatever was typed: an error is an empty list.
"""

import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import discord
import structlog
from discord import app_commands

from bot.catalog.offers import Choice
from bot.domain.generation import Orientation
from bot.domain.requests.video_options import VideoOptions
from bot.domain.versions.visibility import Reader
from bot.usecases.requests.commands import TypedCommand
from cogs._ui import text
from cogs._ui.access import role_ids
from cogs._ui.refusals import services
from cogs._ui.wording import words

log = structlog.stdlib.get_logger()

MOST = 25
LONGEST = 100  # characters of a suggestion
SEPARATOR = " · "
SOUND: Mapping[str, bool] = {"on": True, "off": False}

T = TypeVar("T")
Names = list[app_commands.Choice[str]]
Numbers = list[app_commands.Choice[int]]


async def models(interaction: discord.Interaction[Any], typed: object) -> Names:
    """Suggest models, each with the price of a second."""
    return await _or_nothing(_models(interaction, _word(typed)))


async def lengths(interaction: discord.Interaction[Any], typed: object) -> Numbers:
    """Suggest lengths, each with the price of what the options typed so far would make."""
    return await _or_nothing(_lengths(interaction, _word(typed)))


async def _models(interaction: discord.Interaction[Any], typed: str) -> Names:
    say = words()
    found = await services(interaction).suggestions.models(_guild(interaction), typed.partition(SEPARATOR)[0])
    shown: Names = []
    for one in found[:MOST]:
        price = text.a_second(say, one)
        name = text.shortened(one.name, LONGEST - len(SEPARATOR) - len(price))
        shown.append(app_commands.Choice(name=f"{name}{SEPARATOR}{price}", value=one.name[:LONGEST]))
    return shown


async def _lengths(interaction: discord.Interaction[Any], typed: str) -> Numbers:
    say, given = words(), _given(interaction)
    model = _word(given.get("model")).partition(SEPARATOR)[0].strip() or None
    options = replace(options_typed(given), picture=_picture(interaction, _word(given.get("image"))))
    found = await _lengths_found(interaction, model, options)
    shown: Numbers = []
    for choice in _likely(found, typed)[:MOST]:
        price = text.price(say, choice.price_micros, estimate=choice.offer.estimate)
        name = SEPARATOR.join([say("unit-seconds", amount=choice.seconds), price])
        if model is None:
            name += SEPARATOR + text.shortened(choice.offer.family, LONGEST - len(name) - len(SEPARATOR))
        shown.append(app_commands.Choice(name=name, value=choice.seconds))
    return shown


async def _lengths_found(
    interaction: discord.Interaction[Any], model: str | None, options: VideoOptions
) -> list[Choice]:
    """Return the lengths of what the command stands for here: with its thread's video, or the member's defaults."""
    use, guild_id = services(interaction).suggestions, _guild(interaction)
    if guild_id is None:
        return await use.lengths(None, model, options)
    channel_id, parent_id = str(interaction.channel_id), getattr(interaction.channel, "parent_id", None)
    reader = Reader(
        guild_id=guild_id,
        member_id=str(interaction.user.id),
        role_ids=role_ids(interaction.user, guild_id),
        here=frozenset({channel_id, *([str(parent_id)] if parent_id else [])}),
    )
    typed = TypedCommand(prompt="", model=model, any_model=True, options=options)
    in_thread = isinstance(interaction.channel, discord.Thread)
    return await use.lengths_of(
        reader, typed, channel_id=channel_id, parent_channel_id=str(parent_id) if in_thread and parent_id else None
    )


async def styles(interaction: discord.Interaction[Any], typed: object) -> Names:
    """Suggest the styles of the server, each with the beginning of its text."""
    return await _or_nothing(_styles(interaction, _word(typed)))


async def _styles(interaction: discord.Interaction[Any], typed: str) -> Names:
    found = await services(interaction).suggestions.styles(_guild(interaction), typed.partition(SEPARATOR)[0])
    return [
        app_commands.Choice(
            name=text.shortened(f"{one.name}{SEPARATOR}{' '.join(one.text.split())}", LONGEST), value=one.name
        )
        for one in found[:MOST]
    ]


def _likely(found: Sequence[Choice], typed: str) -> Sequence[Choice]:
    """Return the lengths that begin with the typed number; without any, all of them, the nearest first.

    Enter takes the first suggestion, so it must not be far from what was typed.
    """
    digits = re.sub(r"[^0-9].*", "", typed, flags=re.DOTALL)
    beginning = [choice for choice in found if str(choice.seconds).startswith(digits)]
    return beginning or sorted(found, key=lambda choice: abs(choice.seconds - int(digits)))


async def _or_nothing(finding: Awaitable[list[T]]) -> list[T]:
    try:
        return await finding
    except Exception as error:  # noqa: BLE001 - a suggestion may be missing; it must not be an error that members see
        log.warning("nothing_suggested", error=error)
        return []


def options_typed(given: Mapping[str, object]) -> VideoOptions:
    """Return what the options typed so far ask for. A value that is none of the choices counts as not given."""
    shape, seed, prompt = _word(given.get("shape")), _word(given.get("seed")), _word(given.get("prompt"))
    return VideoOptions(
        orientation=Orientation(shape) if shape in list(Orientation) else None,
        image="image" in given,
        end_image="end_image" in given,
        sound=SOUND.get(_word(given.get("sound"))),
        avoid=_word(given.get("avoid")) or None,
        seed=int(seed) if re.fullmatch(r"[0-9]{1,10}", seed) else None,
        prompt_length=len(prompt),
    )


def _given(interaction: discord.Interaction[Any]) -> dict[str, object]:
    """Return the options of the command as Discord sends them: by name, with values of any kind."""
    data: dict[str, Any] = dict(interaction.data or {})
    options: list[dict[str, Any]] = data.get("options") or []
    return {str(option.get("name")): option.get("value") for option in options}


def _picture(interaction: discord.Interaction[Any], attachment_id: str) -> tuple[int, int] | None:
    """Return the width and height of an attached picture; None where Discord does not send them."""
    data: dict[str, Any] = dict(interaction.data or {})
    resolved: dict[str, Any] = data.get("resolved") or {}
    attachments: dict[str, dict[str, Any]] = resolved.get("attachments") or {}
    picture = attachments.get(attachment_id) or {}
    width, height = picture.get("width"), picture.get("height")
    return (int(width), int(height)) if width and height else None


def _word(value: object) -> str:
    """Return a typed value as text; empty where there is none."""
    return "" if value is None else str(value).strip()


def _guild(interaction: discord.Interaction[Any]) -> str | None:
    return str(interaction.guild_id) if interaction.guild_id else None
