"""The status card, built from Discord's Components V2.

Each message gets a fresh view: when discord.py reuses a view, the patterns of its dynamic buttons stop working for
everyone. The texts of a message may total 4,000 characters and an alt text 1,024. Prompts are shortened, escaped, and
never ping.
"""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import discord
from discord import ui

from bot.domain.card import CardContext
from bot.domain.delivery import DeliveryState
from bot.domain.generation import OPEN, TRIED_FOR, Generation, Image, State
from bot.domain.posts import CardPictures
from bot.domain.result_status import ResultStatus, posted_message, result_status
from bot.domain.versions import Version
from cogs._ui import text
from cogs._ui.buttons import buttons
from cogs._ui.wording import Words, in_language, words
from cogs.cards import diff

PROMPT_SHOWN = 1500
TEXTS = 3990  # of the 4,000 characters of a message
_FIRST, _END = "reference", "end"  # file names without their type
_COLOURS = {
    State.SUCCEEDED: discord.Colour.green(),
    State.FAILED: discord.Colour.red(),
    State.CANCELLED: discord.Colour.dark_grey(),
}
_WITHOUT_POST = {  # videos that are made but cannot be seen
    ResultStatus.POSTING: "card-posting",
    ResultStatus.REMOVED: "card-removed",
    ResultStatus.KEPT: "card-kept",
    ResultStatus.TOO_LARGE: "card-too-large",
    ResultStatus.LOST: "card-lost",
}


def image_name(image: Image, *, end: bool = False) -> str:
    """Return the file name under which a picture is attached to the card. end: the video ends with it."""
    return f"{_END if end else _FIRST}.{image.file.rpartition('.')[2]}"


def render(generation: Generation, card_context: CardContext) -> ui.LayoutView:
    """Return the status card of a generation in its current state, in the language of the member who asked for it."""
    with in_language(generation.locale):
        return _render(words(), generation, card_context)


def _render(say: Words, generation: Generation, card_context: CardContext) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(
        accent_colour=_COLOURS.get(generation.state, discord.Colour.blurple())
    )
    title, state = f"**{text.title(say, generation)}**", _state(say, generation, card_context)
    changes = _changes(say, card_context.parent, generation) if card_context.parent else ""
    asked = f"-# {asked}" if (asked := text.asked(say, generation)) else ""
    box.add_item(ui.TextDisplay(title))
    if generation.prompt:
        left = TEXTS - sum(_units(part) for part in (title, changes, asked, state))
        box.add_item(ui.TextDisplay(f"> {_prompt(generation.prompt, left)}"))
    for part in filter(None, (changes, asked)):
        box.add_item(ui.TextDisplay(part))
    if pictures := _pictures(say, generation):
        box.add_item(ui.MediaGallery(*pictures))
    box.add_item(ui.TextDisplay(state))
    if generation.state is State.RESERVED:
        box.add_item(buttons(generation.id, "cancel"))
    elif generation.prompt and result_status(generation, card_context.delivery).came_to_nothing:
        box.add_item(buttons(generation.id, "again", "remix"))
    view.add_item(box)
    return view


def _prompt(prompt: str, left: int) -> str:
    """Return the prompt, shortened; further where the rest of the card leaves less."""
    shown = text.safe(prompt, PROMPT_SHOWN)
    return shown if _units(shown) <= left else text.safe(prompt, left // 2)


def _units(line: str) -> int:
    """Return the length in UTF-16 units, the strictest way to count: most emoji take two."""
    return len(line.encode("utf-16-le")) // 2


def _pictures(say: Words, generation: Generation) -> list[discord.MediaGalleryItem]:
    """Return the picture that the video starts from and the one that it ends with, as far as there are any."""
    image, end_image, found = generation.image, generation.end_image, list[discord.MediaGalleryItem]()
    if image:
        name, alt = image_name(image), say("alt-first" if end_image else "alt-reference")
        found.append(discord.MediaGalleryItem(f"attachment://{name}", description=alt, spoiler=image.spoiler))
    if end_image:
        name = image_name(end_image, end=True)
        found.append(
            discord.MediaGalleryItem(f"attachment://{name}", description=say("alt-end"), spoiler=end_image.spoiler)
        )
    return found


def picture_urls(message: discord.Message) -> CardPictures:
    """Return the addresses of a card's pictures, told apart by their file names.

    Discord may omit a file that a component shows from either list, or both.
    """
    urls = [
        item.media.url
        for component in message.components
        for part in getattr(component, "children", [component])
        if isinstance(part, discord.MediaGalleryComponent)
        for item in part.items
        if item.media.url.startswith("http")
    ]
    urls += [attachment.url for attachment in message.attachments]
    end = next((url for url in urls if _stem(url) == _END), None)
    return CardPictures(image=next((url for url in urls if _stem(url) != _END), None), end_image=end)


def _stem(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).stem


def digest(view: ui.LayoutView) -> str:
    """Return a digest of what a view shows. With equal digests no edit is needed."""
    return hashlib.sha256(json.dumps(view.to_components(), sort_keys=True).encode()).hexdigest()[:32]


def _state(say: Words, generation: Generation, card_context: CardContext) -> str:
    if card_context.removed and (name := _removed(generation, card_context)):
        return say(name)
    match generation.state:
        case State.RESERVED:
            if generation.hold and say.has(f"hold-{generation.hold}"):
                return say("card-held", why=say(f"hold-{generation.hold}"))
            if (card_context.queue_position or 1) == 1:
                return _with_expected(say("card-next"), say, generation, card_context)
            return _with_expected(
                say("card-waiting", place=card_context.queue_position or 1), say, generation, card_context
            )
        case State.SUBMITTING:
            return say("card-submitting")
        case State.UNKNOWN:
            return say("card-unknown")
        case State.SUBMITTED:
            return _rendering(say, generation, card_context)
        case State.SUCCEEDED:
            return _done(say, generation, card_context)
        case State.FAILED:
            fault = f"fault-{generation.fault}"
            return say("card-failed", why=say(fault if say.has(fault) else "fault-upstream_failed"))
        case State.CANCELLED:
            return say("card-cancelled")


def _removed(generation: Generation, card_context: CardContext) -> str | None:
    """Return the text for a video that a moderator removed before it was posted; None for one that was posted."""
    if generation.state is State.CANCELLED:
        return "card-removed-waiting"
    if generation.state in OPEN:
        return "card-removed-running"
    status, delivery = result_status(generation, card_context.delivery), card_context.delivery
    if status is ResultStatus.POSTING:
        return "card-removed-running"
    unposted = status is ResultStatus.REMOVED and delivery and delivery.state is DeliveryState.UNDELIVERABLE
    return "card-removed-unposted" if unposted else None


def _changes(say: Words, parent: Version, generation: Generation) -> str:
    """Return the differences to the parent version, with a link to it."""
    if parent.elsewhere:
        return f"-# {say('diff-from', origin=say('version-elsewhere'))}"
    old = parent.generation
    name = say("version-name", version=old.version)
    origin = f"[{name}]({parent.link})" if parent.link else name
    changed = diff.settings(say, old, generation)
    words_changed = diff.prompt(say, old.prompt, generation.prompt)
    if not changed and not words_changed:
        known = old.prompt and generation.prompt  # a deleted prompt may have been different
        return f"-# {say('diff-same' if known else 'diff-from', origin=origin)}"
    names = " · ".join([*changed, *([say("diff-prompt")] if words_changed else [])])
    line = f"-# {say('diff-changed', origin=origin, changes=names)}"
    return f"{line}\n{words_changed}" if words_changed else line


def _rendering(say: Words, generation: Generation, card_context: CardContext) -> str:
    if generation.rendered_at:
        return say("card-fetching")
    line = say("card-queued")
    if generation.progress:
        line = say("card-rendering", bar=text.bar(generation.progress, 100), percent=generation.progress)
    if generation.overdue:
        return f"{line}\n-# {say('card-late', when=text.relative(_given_up_at(generation)))}"
    return _with_expected(line, say, generation, card_context)


def _given_up_at(generation: Generation) -> datetime:
    """Return when an overdue job is given up, rounded to ten minutes so that polls do not change the card."""
    at = generation.due_at + max(timedelta(0), TRIED_FOR - generation.tried)
    return at + timedelta(seconds=-at.timestamp() % 600)


def _with_expected(line: str, say: Words, generation: Generation, card_context: CardContext) -> str:
    """Add the usual time. After the submit it is a timestamp, which Discord counts down without an edit."""
    usual = card_context.expected_seconds
    if usual is None:
        return f"{line}\n-# {say('card-expected-unknown')}"
    since = generation.submitted_at or generation.accepted_at
    ready = since + timedelta(seconds=usual)
    if generation.submitted_at and ready < discord.utils.utcnow():
        return f"{line}\n-# {say('card-overdue', length=text.length(say, usual))}"
    when = text.relative(ready)
    if generation.submitted_at is None and (card_context.queue_position or 1) > 1:
        return f"{line}\n-# {say('card-expected-about', length=text.length(say, usual))}"
    return f"{line}\n-# {say('card-expected', when=when, length=text.length(say, usual))}"


def _done(say: Words, generation: Generation, card_context: CardContext) -> str:
    if posted := posted_message(generation, card_context.delivery):
        link = f"https://discord.com/channels/{generation.guild_id}/{posted.channel_id}/{posted.message_id}"
        ended_at = generation.finished_at or generation.accepted_at
        took = text.length(say, (ended_at - generation.accepted_at).total_seconds())
        return say("card-done", took=took, link=link)
    return say(_WITHOUT_POST[result_status(generation, card_context.delivery)])
