"""The status card, built from Discord's Components V2.

The texts of a message may total 4,000 characters and an alt text 1,024. Prompts are shortened, escaped, and never ping.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import discord
from discord import ui

from bot.domain.generation import OPEN, Generation, Image, State
from bot.domain.messages.card import CardContext
from bot.domain.messages.delivery import DeliveryState
from bot.domain.messages.posts import CardPictures
from bot.domain.messages.result_status import ResultStatus, posted_message, result_status
from bot.domain.queue.expected_time import UNANSWERED, is_late, ready_at, tried_until
from bot.domain.versions.version import Version
from cogs._ui import layout, text
from cogs._ui.layout import Layout, Part
from cogs._ui.wording import Words, in_language, words
from cogs.cards import diff, taken_over

PROMPT_SHOWN = 1500
IN_SECTION = 3  # texts beside one picture, the most that Discord allows
TEXTS = 3990  # of the 4,000 characters of a message
_FIRST, _END = "reference", "end"  # file names without their type
_COLOURS = {
    State.FAILED: discord.Colour.red(),
    State.CANCELLED: discord.Colour.dark_grey(),
}
_RESULT_COLOURS = {
    ResultStatus.POSTED: discord.Colour.green(),
    ResultStatus.REMOVED: discord.Colour.dark_grey(),
    ResultStatus.KEPT: discord.Colour.orange(),
    ResultStatus.TOO_LARGE: discord.Colour.orange(),
    ResultStatus.LOST: discord.Colour.red(),
}
_OWN_END = ("disk",)  # what a job waits for without an end of its own
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


def render(generation: Generation, card_context: CardContext) -> Layout:
    """Return the status card of a generation in its current state, in the language of the member who asked for it."""
    with in_language(generation.locale):
        return Layout(_render(words(), generation, card_context))


def cut_off(locale: str) -> Layout:
    """Return what stands in the place of a card whose request was not accepted before its process ended."""
    with in_language(locale):
        return Layout(layout.box([layout.text(words()("card-cut-off"))], discord.Colour.dark_grey()))


def _render(say: Words, generation: Generation, card_context: CardContext) -> Part:
    title = f"**{text.title(say, generation)}**\n-# {say('card-author', mention=f'<@{generation.member_id}>')}"
    state = _state(say, generation, card_context)
    changes = _changes(say, card_context.parent, generation) if card_context.parent else ""
    asked = f"-# {asked}" if (asked := text.asked(say, generation)) else ""
    taken = taken_over.lines(say, generation)
    lines = [title]
    if generation.prompt:
        left = TEXTS - sum(_units(part) for part in (title, changes, asked, taken, state))
        lines.append(f"> {_prompt(generation.prompt, left)}")
    lines += [*filter(None, (changes, asked, taken)), state]
    parts = list(_beside(_pictures(say, generation), [layout.text(line) for line in lines]))
    if generation.state is State.RESERVED:
        parts.append(layout.buttons(generation.id, "cancel"))
    elif (
        generation.prompt
        and not card_context.removed
        and result_status(generation, card_context.delivery).came_to_nothing
    ):
        parts.append(layout.buttons(generation.id, "again", "remix"))
    return layout.box(parts, _colour(generation, card_context))


def _colour(generation: Generation, card_context: CardContext) -> discord.Colour:
    """Return green for a video that can be seen, and for nothing else."""
    if generation.state is State.SUCCEEDED:
        status = result_status(generation, card_context.delivery)
        return _RESULT_COLOURS.get(status, discord.Colour.blurple())
    return _COLOURS.get(generation.state, discord.Colour.blurple())


def _prompt(prompt: str, left: int) -> str:
    """Return the prompt, shortened; further where the rest of the card leaves less."""
    shown = text.safe(prompt, PROMPT_SHOWN)
    return shown if _units(shown) <= left else text.safe(prompt, left // 2)


def _units(line: str) -> int:
    """Return the length in UTF-16 units, the strictest way to count: most emoji take two."""
    return len(line) if line.isascii() else len(line.encode("utf-16-le")) // 2


def _pictures(say: Words, generation: Generation) -> list[Part]:
    """Return the picture that the video starts from and the one that it ends with, as far as there are any."""
    image, end_image, found = generation.image, generation.end_image, list[Part]()
    if image:
        name, alt = image_name(image), say("alt-first" if end_image else "alt-reference")
        found.append(layout.thumbnail(f"attachment://{name}", description=alt, spoiler=image.spoiler))
    if end_image:
        name = image_name(end_image, end=True)
        found.append(layout.thumbnail(f"attachment://{name}", description=say("alt-end"), spoiler=end_image.spoiler))
    return found


def _beside(pictures: list[Part], texts: list[Part]) -> Iterator[Part]:
    """Yield the texts, some of them with a picture beside them: there are at least the title and the state."""
    for left, picture in enumerate(pictures, start=1 - len(pictures)):
        count = min(IN_SECTION, len(texts) if left == 0 else len(texts) // 2)
        yield layout.section(texts[:count], picture)
        texts = texts[count:]
    yield from texts


def picture_urls(message: discord.Message) -> CardPictures:
    """Return the addresses of a card's pictures, told apart by their file names.

    Discord may omit a file that a component shows from either list, or both.
    """
    shown = [
        url
        for component in message.components
        for part in getattr(component, "children", [component])
        for url in _media(part)
    ]
    urls = [url for url in shown if url.startswith("http")]
    urls += [attachment.url for attachment in message.attachments]
    end = next((url for url in urls if _stem(url) == _END), None)
    return CardPictures(image=next((url for url in urls if _stem(url) != _END), None), end_image=end)


def _media(part: object) -> list[str]:
    """Return the addresses that a part of a card shows. Cards had a gallery before their pictures became small."""
    if isinstance(part, discord.SectionComponent) and isinstance(part.accessory, discord.ThumbnailComponent):
        return [part.accessory.media.url]
    if isinstance(part, discord.MediaGalleryComponent):
        return [item.media.url for item in part.items]
    return []


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
                return _held(say, generation, generation.hold)
            return _waiting(say, card_context)
        case State.SUBMITTING:
            since, line = generation.submitting_at, say("card-submitting")
            silent = since is not None and discord.utils.utcnow() - since >= UNANSWERED
            return f"{line}\n-# {say('card-submitting-silent')}" if silent else line
        case State.UNKNOWN:
            return f"{say('card-unknown')}\n-# {say('card-unknown-until')}"
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
    if generation.state is State.FAILED:
        return "card-removed-failed"
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
    origin = text.of_another(say, parent, generation) or text.origin(say, parent)
    changed = diff.settings(say, old, generation)
    words_changed = diff.prompt(say, old.prompt, generation.prompt)
    if not changed and not words_changed:
        known = old.prompt and generation.prompt  # a deleted prompt may have been different
        return f"-# {say('diff-same' if known else 'diff-from', origin=origin)}"
    names = " · ".join([*changed, *([say("diff-prompt")] if words_changed else [])])
    line = f"-# {say('diff-changed', origin=origin, changes=names)}"
    goes_on = generation.continues_id == old.id  # then other words are meant
    if words_changed and not goes_on and diff.replaced(old.prompt, generation.prompt):
        line = f"{line}\n-# {say('diff-replaced')}"
    return f"{line}\n{words_changed}" if words_changed else line


def _held(say: Words, generation: Generation, hold: str) -> str:
    """Return what a job waits for, until when it is tried, and what becomes of the quota."""
    line = say("card-held", why=say(f"hold-{hold}"))
    if hold in _OWN_END:
        return f"{line}\n-# {say('card-held-open')}"
    return f"{line}\n-# {say('card-held-until', until=text.date_and_time(tried_until(generation)))}"


def _waiting(say: Words, card_context: CardContext) -> str:
    """Return the place in the queue, and how long it usually takes until the video is ready."""
    match card_context.queue_position:
        case None:
            line = say("card-waiting-somewhere")
        case 0:
            line = say("card-starting")
        case 1:
            line = say("card-next")
        case place:
            line = say("card-waiting", place=place)
    if card_context.starts_in is None or card_context.expected_seconds is None:
        return line
    whole = text.rough_length(say, card_context.starts_in + card_context.expected_seconds)
    return f"{line}\n-# {say('card-expected-in', length=whole)}"


def _rendering(say: Words, generation: Generation, card_context: CardContext) -> str:
    until = text.date_and_time(tried_until(generation))
    if generation.rendered_at:
        line = say("card-fetching")
        return f"{line}\n-# {say('card-fetching-again', until=until)}" if generation.attempts else line
    line = say("card-queued")
    if generation.progress:
        line = say("card-rendering", bar=text.bar(generation.progress, 100), percent=generation.progress)
    now, usual = discord.utils.utcnow(), card_context.expected_seconds
    if generation.overdue:
        return f"{line}\n-# {say('card-late', until=until)}"
    if usual is None:
        return line
    length = text.length(say, usual)
    if is_late(generation, usual, now):
        return f"{line}\n-# {say('card-overdue', length=length, until=until)}"
    if ready := ready_at(generation, usual, now):
        return f"{line}\n-# {say('card-expected', when=text.relative(ready), length=length)}"
    return f"{line}\n-# {say('card-expected-soon', length=length)}"


def _done(say: Words, generation: Generation, card_context: CardContext) -> str:
    if posted := posted_message(generation, card_context.delivery):
        link = f"https://discord.com/channels/{generation.guild_id}/{posted.channel_id}/{posted.message_id}"
        ended_at = generation.finished_at or generation.accepted_at
        took = text.length(say, (ended_at - generation.accepted_at).total_seconds())
        return say("card-done", took=took, link=link)
    return say(_WITHOUT_POST[result_status(generation, card_context.delivery)])
