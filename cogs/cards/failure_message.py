"""The message that tells an author that their job has failed: why, that the quota is back, and how to go on."""

import discord
from discord import ui

from bot.domain.generation import Generation
from cogs._ui import text
from cogs._ui.buttons import buttons
from cogs._ui.wording import in_language, words

PROMPT_SHOWN = 300


def render(generation: Generation) -> ui.LayoutView:
    """Return the message, in the language of the member who asked for the video. Its buttons name the generation."""
    with in_language(generation.locale):
        say = words()
        fault = f"fault-{generation.fault}"
        why = say(fault if say.has(fault) else "fault-upstream_failed")
        line = say("notice-failed", mention=f"<@{generation.member_id}>", why=why)
        if generation.prompt:
            line = f"{line}\n> {text.safe(generation.prompt, PROMPT_SHOWN)}"
        view = ui.LayoutView(timeout=None)
        box: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(line), accent_colour=discord.Colour.red())
        view.add_item(box)
        if generation.prompt:
            box.add_item(buttons(generation.id, "retry", "remix"))
        else:
            box.add_item(buttons(generation.id, "retry"))
        return view
