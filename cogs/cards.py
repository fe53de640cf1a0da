"""The status card and the result, as Components V2. A fresh view for every message (a view reused by discord.py forgets
the patterns of its dynamic buttons for everyone).

A message's texts may total 4,000 characters and an alt text 1,024; prompts are shortened, escaped and never ping.
"""

import hashlib
import json
from datetime import datetime, timedelta

import discord
from discord import ui

from bot.domain.delivery import DeliveryState
from bot.domain.generation import TRIED_FOR, Generation, State
from bot.domain.guild import GuildSettings, Threads
from bot.domain.messaging import Smaller
from bot.domain.ports import Standing, Version
from bot.services.deliver import LONGEST_LINK
from cogs import diff, text
from cogs.buttons import buttons
from cogs.wording import Words, speaking, words

PROMPT_SHOWN = 1500
_COLOURS = {
    State.SUCCEEDED: discord.Colour.green(),
    State.FAILED: discord.Colour.red(),
    State.CANCELLED: discord.Colour.dark_grey(),
}


def image_name(generation: Generation) -> str:
    """The name under which the reference image is attached to the card."""
    suffix = generation.image.file.rpartition(".")[2] if generation.image else "png"
    return f"reference.{suffix}"


def card(generation: Generation, standing: Standing) -> ui.LayoutView:
    """The status card of a generation as it stands, in the language of whoever asked for it."""
    with speaking(generation.locale):
        return _card(words(), generation, standing)


def _card(say: Words, generation: Generation, standing: Standing) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(
        accent_colour=_COLOURS.get(generation.state, discord.Colour.blurple())
    )
    box.add_item(ui.TextDisplay(f"**{text.title(say, generation)}**"))
    if generation.prompt:
        box.add_item(ui.TextDisplay(f"> {text.safe(generation.prompt, PROMPT_SHOWN)}"))
    if standing.parent:
        box.add_item(ui.TextDisplay(_changes(say, standing.parent, generation)))
    if generation.image:
        picture = discord.MediaGalleryItem(
            f"attachment://{image_name(generation)}", description=say("alt-reference"), spoiler=generation.image.spoiler
        )
        box.add_item(ui.MediaGallery(picture))
    box.add_item(ui.TextDisplay(_state(say, generation, standing)))
    if generation.state is State.RESERVED:
        box.add_item(buttons(generation.id, "cancel"))
    elif generation.prompt and _came_to_nothing(generation, standing):
        box.add_item(buttons(generation.id, "again", "remix"))
    view.add_item(box)
    return view


def _came_to_nothing(generation: Generation, standing: Standing) -> bool:
    lost = standing.delivery is not None and standing.delivery.lost
    return lost or generation.state in (State.FAILED, State.CANCELLED)


def picture_url(message: discord.Message) -> str | None:
    """Where the reference image of a card lies. Discord may list a file that a component shows under neither or both."""
    for component in message.components:
        for part in getattr(component, "children", [component]):
            if isinstance(part, discord.MediaGalleryComponent) and part.items[0].media.url.startswith("http"):
                return part.items[0].media.url
    return message.attachments[0].url if message.attachments else None


def digest(view: ui.LayoutView) -> str:
    """What a view shows, in short: equal digests need no edit."""
    return hashlib.sha256(json.dumps(view.to_components(), sort_keys=True).encode()).hexdigest()[:32]


def _state(say: Words, generation: Generation, standing: Standing) -> str:
    match generation.state:
        case State.RESERVED:
            if generation.hold and say.has(f"hold-{generation.hold}"):
                return say("card-held", why=say(f"hold-{generation.hold}"))
            if (standing.place or 1) == 1:
                return _with_expected(say("card-next"), say, generation, standing)
            return _with_expected(say("card-waiting", place=standing.place or 1), say, generation, standing)
        case State.SUBMITTING:
            return say("card-submitting")
        case State.UNKNOWN:
            return say("card-unknown")
        case State.SUBMITTED:
            return _rendering(say, generation, standing)
        case State.SUCCEEDED:
            return _done(say, generation, standing)
        case State.FAILED:
            fault = f"fault-{generation.fault}"
            return say("card-failed", why=say(fault if say.has(fault) else "fault-upstream_failed"))
        case State.CANCELLED:
            return say("card-cancelled")


def _changes(say: Words, parent: Version, generation: Generation) -> str:
    """What is different from the version it was made from, with a link back to that."""
    if parent.elsewhere:
        return f"-# {say('diff-from', origin=say('version-elsewhere'))}"
    old = parent.generation
    name = say("version-name", version=old.version)
    origin = f"[{name}]({parent.link})" if parent.link else name
    changed = diff.settings(say, old, generation)
    words_changed = diff.prompt(say, old.prompt, generation.prompt)
    if not changed and not words_changed:
        known = old.prompt and generation.prompt  # what was forgotten may have been another
        return f"-# {say('diff-same' if known else 'diff-from', origin=origin)}"
    names = " · ".join([*changed, *([say("diff-prompt")] if words_changed else [])])
    said = f"-# {say('diff-changed', origin=origin, changes=names)}"
    return f"{said}\n{words_changed}" if words_changed else said


def _rendering(say: Words, generation: Generation, standing: Standing) -> str:
    if generation.rendered_at:
        return say("card-fetching")
    line = say("card-queued")
    if generation.progress:
        line = say("card-rendering", bar=text.bar(generation.progress, 100), percent=generation.progress)
    if generation.overdue:
        return f"{line}\n-# {say('card-late', when=text.relative(_given_up_at(generation)))}"
    return _with_expected(line, say, generation, standing)


def _given_up_at(generation: Generation) -> datetime:
    """When a job that does not end is given up, as things stand: to ten minutes, so that no poll changes the card."""
    at = generation.due_at + max(timedelta(0), TRIED_FOR - generation.tried)
    return at + timedelta(seconds=-at.timestamp() % 600)


def _with_expected(line: str, say: Words, generation: Generation, standing: Standing) -> str:
    """The usual time; once submitted as a moment, which counts down by itself without an edit."""
    usual = standing.expected_seconds
    if usual is None:
        return f"{line}\n-# {say('card-expected-unknown')}"
    since = generation.submitted_at or generation.accepted_at
    ready = since + timedelta(seconds=usual)
    if generation.submitted_at and ready < discord.utils.utcnow():
        return f"{line}\n-# {say('card-overdue', length=text.length(say, usual))}"
    when = text.relative(ready)
    if generation.submitted_at is None and (standing.place or 1) > 1:
        return f"{line}\n-# {say('card-expected-about', length=text.length(say, usual))}"
    return f"{line}\n-# {say('card-expected', when=when, length=text.length(say, usual))}"


def _done(say: Words, generation: Generation, standing: Standing) -> str:
    delivery = standing.delivery
    if delivery is None or delivery.state in (DeliveryState.QUEUED, DeliveryState.SENDING):
        return say("card-posting")
    if delivery.lost:
        return say("card-lost")
    if delivery.too_large:
        return say("card-too-large")
    if delivery.state is DeliveryState.UNDELIVERABLE or generation.finished_at is None:
        return say("card-kept")
    if delivery.message_id is None:
        return say("card-removed")
    link = f"https://discord.com/channels/{generation.guild_id}/{delivery.channel_id}/{delivery.message_id}"
    took = text.length(say, (generation.finished_at - generation.accepted_at).total_seconds())
    return say("card-done", took=took, link=link)


def result(
    generation: Generation, file_name: str, settings: GuildSettings, smaller: Smaller | None = None, place: str = ""
) -> ui.LayoutView:
    """The message that carries the video, covered where its image was or the server wants that, in the language of whoever asked.

    place: the id of the channel it is posted in, where that may be another than the one it was asked for in.
    """
    with speaking(generation.locale):
        say = words()
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(say("result-ready", mention=f"<@{generation.member_id}>")))
        said = text.alt(generation.prompt)
        video = discord.MediaGalleryItem(
            f"attachment://{file_name}", description=said, spoiler=_covered(generation, settings)
        )
        view.add_item(ui.MediaGallery(video))
        if smaller:
            view.add_item(ui.TextDisplay(_shrunk(say, smaller)))
        _add_rest(view, say, generation, settings, place)
        return view


def _covered(generation: Generation, settings: GuildSettings) -> bool:
    """Whether a video is covered: where the server wants that, and where the image that it shows was."""
    return settings.spoiler or (generation.image is not None and generation.image.spoiler)


def _shrunk(say: Words, smaller: Smaller) -> str:
    """A link that would leave no room for the rest is left out: the video is there."""
    if smaller.original is None or len(smaller.original) > LONGEST_LINK:
        return say("result-shrunk")
    return say("result-shrunk-from", link=smaller.original)


def result_link(generation: Generation, link: str, settings: GuildSettings, place: str = "") -> ui.LayoutView:
    """The message that says where the video is, for a server that takes none so large."""
    with speaking(generation.locale):
        say = words()
        view = ui.LayoutView(timeout=None)
        mention = f"<@{generation.member_id}>"
        view.add_item(ui.TextDisplay(say("result-link", mention=mention, link=link)))
        _add_rest(view, say, generation, settings, place)
        return view


def _add_rest(view: ui.LayoutView, say: Words, generation: Generation, settings: GuildSettings, place: str) -> None:
    """The line below a video and its buttons. A thread has no threads of its own, and a server may want none."""
    moved = place not in ("", generation.channel_id)
    if moved:
        private = generation.parent_channel_id == generation.channel_id
        name = say("place-private") if private else f"<#{generation.channel_id}>"
        view.add_item(ui.TextDisplay(say("result-moved", channel=name)))
    view.add_item(ui.TextDisplay(text.title(say, generation, "result-details", id=generation.id)))
    threads = (moved or generation.parent_channel_id is None) and settings.threads is not Threads.NEVER
    view.add_item(buttons(generation.id, "again", "remix", *(("thread",) if threads else ()), "delete", "report"))
