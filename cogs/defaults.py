"""`/defaults`: what `/sora` and `/video` take for a member in this server where they say nothing."""

import re
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.domain.generation import Orientation
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal, UnknownWord
from bot.domain.requests.member_defaults import NO_DEFAULTS, MemberDefaults
from bot.usecases.requests.defaults import ShownDefaults
from cogs._ui import suggestions, text
from cogs._ui.buttons import button_handler, buttons
from cogs._ui.refusals import services
from cogs._ui.replies import answer, card, replace
from cogs._ui.suggestions import Names, Numbers
from cogs._ui.text import SHAPES
from cogs._ui.wording import Words, words

NAME_SHOWN = 64


class Defaults(commands.Cog):
    """The `/defaults` command."""

    @app_commands.command(name="defaults", description="What /sora and /video take for you here where you say nothing")
    @app_commands.describe(
        model="Which model makes your videos here",
        shape="Their shape; a picture goes before it",
        seconds="How long they are, with the price",
        style="A style of this server",
    )
    @app_commands.choices(shape=[app_commands.Choice(name=name, value=str(shape)) for shape, name in SHAPES.items()])
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    async def defaults(
        self,
        interaction: discord.Interaction[Any],
        model: str | None = None,
        shape: str | None = None,
        seconds: app_commands.Range[int, 1, 3600] | None = None,
        style: str | None = None,
    ) -> None:
        """Set what is given; without anything, show them."""
        guild_id, member_id = _here(interaction), str(interaction.user.id)
        use = services(interaction).defaults
        changes = MemberDefaults(
            model=(model or "").strip() or None,
            shape=_shape(shape),
            seconds=_seconds(seconds),
            style=(style or "").strip() or None,
        )
        given = changes != NO_DEFAULTS
        shown = await (use.change(guild_id, member_id, changes) if given else use.shown(guild_id, member_id))
        await answer(interaction, _card(words(), shown, member_id, changed=given))

    @defaults.autocomplete("model")
    async def models(self, interaction: discord.Interaction[Any], current: str) -> Names:
        """Suggest models with their prices."""
        return await suggestions.models(interaction, current)

    @defaults.autocomplete("seconds")
    async def lengths(self, interaction: discord.Interaction[Any], current: Any) -> Numbers:
        """Suggest lengths with their prices."""
        return await suggestions.lengths(interaction, current)

    @defaults.autocomplete("style")
    async def styles(self, interaction: discord.Interaction[Any], current: str) -> Names:
        """Suggest the styles of the server."""
        return await suggestions.styles(interaction, current)


@button_handler("defaults-clear")
async def clear(interaction: discord.Interaction[Any], member_id: str) -> None:
    """Forget the member's defaults in this server, and say so in the same message. Pressed again, it changes nothing."""
    guild_id = _here(interaction)
    if str(interaction.user.id) != member_id:
        raise Refusal(RefusalCode.NOT_YOUR_DATA)
    await services(interaction).defaults.clear(guild_id, member_id)
    await replace(interaction, card(words()("defaults-cleared")))


def _here(interaction: discord.Interaction[Any]) -> str:
    """Return the id of the server. Raises Refusal `guild_only` or `guild_not_allowed`."""
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    return str(guild_id)


def _shape(word: str | None) -> Orientation | None:
    """Return the shape with this value. Raises Refusal `shape_unknown`: Discord may still show older choices."""
    value = (word or "").strip().lower()
    if value and value not in list(Orientation):
        raise Refusal(UnknownWord(RefusalCode.SHAPE_UNKNOWN, word=word or ""))
    return Orientation(value) if value else None


def _seconds(number: object) -> int | None:
    """Return the length. Raises Refusal `seconds_unknown`: Discord's own limits are its word alone."""
    if number is not None and not re.fullmatch(r"[1-9][0-9]{0,3}", str(number)):
        raise Refusal(UnknownWord(RefusalCode.SECONDS_UNKNOWN, word=str(number)))
    return None if number is None else int(str(number))


def _card(say: Words, shown: ShownDefaults, member_id: str, *, changed: bool) -> ui.LayoutView:
    """Return the card: each default, what a video costs with them, and the button that clears them."""
    if shown.defaults == NO_DEFAULTS:
        return card(f"{say('defaults-title')}\n{say('defaults-none')}")
    lines = [say("defaults-title"), *([say("defaults-changed")] if changed else []), *_lines(say, shown)]
    lines += [_costs(say, shown), say("defaults-order")]
    return card("\n".join(lines), buttons(member_id, "defaults-clear"))


def _lines(say: Words, shown: ShownDefaults) -> list[str]:
    """Return a line for each default that is set."""
    chosen, lines = shown.defaults, list[str]()
    if chosen.model:
        lines.append(say("defaults-model", model=text.safe(chosen.model, NAME_SHOWN)))
    if chosen.shape:
        lines.append(say("defaults-shape", shape=text.shape(say, chosen.shape)))
    if chosen.seconds:
        lines.append(say("defaults-seconds", length=say("unit-seconds", amount=chosen.seconds)))
    if chosen.style:
        name = "defaults-style-gone" if shown.style_gone else "defaults-style"
        lines.append(say(name, style=text.safe(chosen.style, NAME_SHOWN)))
    return lines


def _costs(say: Words, shown: ShownDefaults) -> str:
    """Return what `/video` costs with these defaults alone, or that they are refused as they stand."""
    if shown.choice is None:
        return say("defaults-refused")
    choice = shown.choice
    return say(
        "defaults-price",
        model=text.safe(choice.offer.family, NAME_SHOWN),
        length=say("unit-seconds", amount=choice.seconds),
        price=text.price(say, choice.price_micros, estimate=choice.offer.estimate),
    )


async def setup(bot: commands.Bot) -> None:
    """Register the command."""
    await bot.add_cog(Defaults())
