"""Messages of a server's log channel: starts, failures, reports, refusals by the filter, and changes.

They ping nobody. A message about a video shows what has become of it at the moment it is made, so it can be made anew.
"""

from typing import Final

import discord
from discord import ui

from bot.domain.generation import Generation
from bot.domain.messages.posts import PostedMessage
from bot.domain.messages.result_status import ResultStatus
from bot.domain.moderation.audit import AuditAction, Change
from bot.domain.moderation.reports import CaseEnd, RemovalKind, Report, ReportReason
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from cogs._ui import text
from cogs._ui.buttons import buttons
from cogs._ui.wording import Words, in_language, words
from cogs.moderation import audit_words

PROMPT_SHOWN = 500
VALUE_SHOWN = 700
WORDS_SHOWN = 300  # characters of a reporter's own words
REPORTS_SHOWN = 6
REASONS: Final = {
    ReportReason.ILLEGAL: "report-reason-illegal",
    ReportReason.HATEFUL: "report-reason-hateful",
    ReportReason.SEXUAL: "report-reason-sexual",
    ReportReason.OTHER: "report-reason-other",
}
REMOVALS: Final = {
    RemovalKind.CANCELLED: "removal-cancelled",
    RemovalKind.UNPOSTED: "removal-unposted",
    RemovalKind.DELETED: "removal-deleted",
}
END_BY_SOMEBODY: Final = {
    CaseEnd.REMOVED: "removal-deleted",
    CaseEnd.GONE: "report-gone",
    CaseEnd.DISMISSED: "report-dismissed",
}
END_BY_NOBODY: Final = {
    CaseEnd.DELETED: "told-deleted",
    CaseEnd.GONE: "told-gone",
}
_NOTHING_THERE = (ResultStatus.NOT_MADE, ResultStatus.REMOVED, ResultStatus.LOST)
_COLOURS: Final = {
    LogEventKind.STARTED: discord.Colour.blurple(),
    LogEventKind.FAILED: discord.Colour.dark_grey(),
    LogEventKind.REPORTED: discord.Colour.red(),
    LogEventKind.FILTERED: discord.Colour.orange(),
    LogEventKind.CHANGED: discord.Colour.gold(),
    LogEventKind.MODELS_GONE: discord.Colour.orange(),
    LogEventKind.MODELS_BACK: discord.Colour.green(),
    LogEventKind.LEFT_OUT: discord.Colour.blurple(),
}


def entry(event: LogEvent, role_ids: frozenset[str], locale: str) -> ui.LayoutView:
    """Return one message of the log channel.

    role_ids: the server's roles, to tell them from members. locale: its language.
    """
    with in_language(locale):
        view = ui.LayoutView(timeout=None)
        box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_COLOURS[event.kind])
        box.add_item(ui.TextDisplay("\n".join(_lines(words(), event, role_ids))))
        if outcome := _outcome(words(), event):
            box.add_item(ui.TextDisplay("\n".join(outcome)))
        if event.generation and (names := _buttons(event)):
            box.add_item(buttons(event.generation.id, *names))
        view.add_item(box)
        return view


def _buttons(event: LogEvent) -> list[str]:
    """Return what moderators can still do about the video of an event."""
    block = [] if event.blocked_by is not None else ["block"]
    if event.kind is LogEventKind.STARTED:
        over = event.removal is not None or event.status in _NOTHING_THERE
        return block if over else ["remove", *block]
    if event.kind is not LogEventKind.REPORTED or event.case is None:
        return []
    if event.case.end is None:
        return ["remove", *block, "dismiss"]
    return block if event.case.end is CaseEnd.REMOVED else []


def _lines(say: Words, event: LogEvent, role_ids: frozenset[str]) -> list[str]:
    who, generation = f"<@{event.member_id}>", event.generation
    if event.change:
        return _changed(say, event, event.change, role_ids)
    if event.kind is LogEventKind.FILTERED:
        return [say("told-filtered", who=who, term=text.safe(event.text, 200))]
    if event.kind in (LogEventKind.MODELS_GONE, LogEventKind.MODELS_BACK):
        return [say(f"told-{event.kind}", names=text.safe(event.text, VALUE_SHOWN))]
    if event.kind is LogEventKind.LEFT_OUT:
        return [say("told-left-out", count=event.count)]
    if generation is None:
        raise AssertionError(f"{event.kind} is about a generation")
    where = f"<#{generation.channel_id}>"
    if event.kind is LogEventKind.REPORTED:
        return [*_reported(say, event, generation), *_video(say, generation)]
    if event.kind is LogEventKind.FAILED:
        fault = f"fault-{generation.fault}"
        why = say(fault if say.has(fault) else "fault-upstream_failed")
        return [say("told-failed", who=who, where=where, why=why), *_video(say, generation)]
    head = say("told-started", who=who, where=where)
    if link := _card_link(generation):
        head = say("told-with-card", line=head, link=link)
    return [head, *_video(say, generation)]


def _video(say: Words, generation: Generation) -> list[str]:
    """Return the prompt, and model, shape, length and price."""
    prompt = [f"> {text.safe(generation.prompt, PROMPT_SHOWN)}"] if generation.prompt else []
    return [*prompt, text.title(say, generation, "told-details")]


def _reported(say: Words, event: LogEvent, generation: Generation) -> list[str]:
    """Return who reported a video, and why; every report of it."""
    reports = event.case.reports if event.case else ()
    there = event.posted
    where = f"<#{there.channel_id if there else generation.channel_id}>"
    what = say("told-video-link", link=link_to(generation, there)) if there else say("told-video")
    author = f"<@{generation.member_id}>"
    if len(reports) == 1:
        lines = [say("told-reported", who=f"<@{event.member_id}>", author=author, where=where, what=what)]
    else:
        lines = [say("told-reported-many", count=len(reports), author=author, where=where, what=what)]
    lines += [_report(say, report, named=len(reports) > 1) for report in reports[:REPORTS_SHOWN]]
    if len(reports) > REPORTS_SHOWN:
        lines.append(say("quota-more", count=len(reports) - REPORTS_SHOWN))
    return lines


def _report(say: Words, report: Report, *, named: bool) -> str:
    who = f"<@{report.reporter_id}> · " if named else ""
    reason = say(REASONS[report.reason])
    said = say("told-report-words", words=text.safe(report.words, WORDS_SHOWN)) if report.words else ""
    return f"- {who}**{reason}**{said}"


def _outcome(say: Words, event: LogEvent) -> list[str]:
    """Return what moderators have done about a video and its author."""
    lines: list[str] = []
    if event.generation is None or event.kind not in (LogEventKind.STARTED, LogEventKind.REPORTED):
        return lines
    if removal := event.removal:
        lines.append(say(REMOVALS[removal.how], who=f"<@{removal.moderator_id}>"))
    elif event.case and event.case.end:
        name = END_BY_SOMEBODY if event.case.ended_by else END_BY_NOBODY
        if line := name.get(event.case.end):
            lines.append(say(line, who=f"<@{event.case.ended_by}>"))
    elif event.status is ResultStatus.REMOVED:
        lines.append(say("told-gone"))
    elif event.status is ResultStatus.NOT_MADE:
        lines.append(say("told-not-made"))
    if event.blocked_by is not None:
        member = f"<@{event.generation.member_id}>"
        known = say("report-blocked", who=f"<@{event.blocked_by}>", member=member) if event.blocked_by else ""
        lines += [known or say("told-blocked", member=member), say("told-unblock")]
    return lines


def _changed(say: Words, event: LogEvent, change: Change, role_ids: frozenset[str]) -> list[str]:
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
    if change.action is AuditAction.RESULT_REMOVED:
        lines += [before, *(_video(say, event.generation) if event.generation else [])]
    elif before or after:
        nothing = say("config-nothing")
        lines.append(say("told-from-to", before=before or nothing, after=after or nothing))
    if change.reason:
        lines.append(say("told-why", reason=text.safe(change.reason, VALUE_SHOWN)))
    return lines


def link_to(generation: Generation, posted: PostedMessage) -> str:
    """Return the address of the post of a generation."""
    return f"https://discord.com/channels/{generation.guild_id}/{posted.channel_id}/{posted.message_id}"


def _card_link(generation: Generation) -> str:
    """Return the address of the card of a generation; empty where it is not known."""
    if generation.card_message_id is None:
        return ""
    return link_to(generation, PostedMessage(channel_id=generation.channel_id, message_id=generation.card_message_id))
