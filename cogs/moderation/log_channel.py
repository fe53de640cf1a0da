"""Messages of a server's log channel: starts, failures, reports, refusals by the filter, and changes.

They ping nobody.
"""

from typing import Final

import discord
from discord import ui

from bot.domain.generation import Generation
from bot.domain.moderation.audit import Change
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from cogs._ui import text
from cogs._ui.buttons import buttons
from cogs._ui.wording import Words, in_language, words
from cogs.moderation import audit_words

PROMPT_SHOWN = 500
VALUE_SHOWN = 700
_COLOURS: Final = {
    LogEventKind.STARTED: discord.Colour.blurple(),
    LogEventKind.FAILED: discord.Colour.dark_grey(),
    LogEventKind.REPORTED: discord.Colour.red(),
    LogEventKind.FILTERED: discord.Colour.orange(),
    LogEventKind.CHANGED: discord.Colour.gold(),
    LogEventKind.MODELS_GONE: discord.Colour.orange(),
    LogEventKind.MODELS_BACK: discord.Colour.green(),
}


def entry(event: LogEvent, role_ids: frozenset[str], locale: str) -> ui.LayoutView:
    """Return one message of the log channel.

    role_ids: the server's roles, to tell them from members. locale: its language.
    """
    with in_language(locale):
        view = ui.LayoutView(timeout=None)
        box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_COLOURS[event.kind])
        box.add_item(ui.TextDisplay("\n".join(_lines(words(), event, role_ids))))
        if event.kind is LogEventKind.REPORTED and event.generation:
            box.add_item(buttons(event.generation.id, "remove", "block", "dismiss"))
        view.add_item(box)
        return view


def _lines(say: Words, event: LogEvent, role_ids: frozenset[str]) -> list[str]:
    who, generation = f"<@{event.member_id}>", event.generation
    if event.change:
        return _changed(say, event.change, role_ids)
    if event.kind is LogEventKind.FILTERED:
        return [say("told-filtered", who=who, term=text.safe(event.text, 200))]
    if event.kind in (LogEventKind.MODELS_GONE, LogEventKind.MODELS_BACK):
        return [say(f"told-{event.kind}", names=text.safe(event.text, VALUE_SHOWN))]
    if generation is None:
        raise AssertionError(f"{event.kind} is about a generation")
    where = f"<#{generation.channel_id}>"
    if event.kind is LogEventKind.REPORTED:
        link = link_to(generation, event.message_id)
        author = f"<@{generation.member_id}>"
        head = say("told-reported", who=who, author=author, where=where, link=link)
    elif event.kind is LogEventKind.FAILED:
        fault = f"fault-{generation.fault}"
        why = say(fault if say.has(fault) else "fault-upstream_failed")
        head = say("told-failed", who=who, where=where, why=why)
    else:
        head = say("told-started", who=who, where=where)
    prompt = [f"> {text.safe(generation.prompt, PROMPT_SHOWN)}"] if generation.prompt else []
    return [head, *prompt, text.title(say, generation, "told-details")]


def _changed(say: Words, change: Change, role_ids: frozenset[str]) -> list[str]:
    """Return the lines of a change: who did what to whom, from what, to what, and why."""
    subject = audit_words.subject(say, change, role_ids)
    head = say(
        "told-changed",
        who=f"<@{change.actor_id}>",
        did=audit_words.action(say, change),
        subject=f" · {subject}" if subject else "",
    )
    lines = [head]
    before, after = audit_words.sides(say, change, VALUE_SHOWN)
    if before or after:
        nothing = say("config-nothing")
        lines.append(say("told-from-to", before=before or nothing, after=after or nothing))
    if change.reason:
        lines.append(say("told-why", reason=text.safe(change.reason, VALUE_SHOWN)))
    return lines


def link_to(generation: Generation, message_id: str | None, channel_id: str | None = None) -> str:
    """Return the address of a message of a generation."""
    return f"https://discord.com/channels/{generation.guild_id}/{channel_id or generation.channel_id}/{message_id}"
