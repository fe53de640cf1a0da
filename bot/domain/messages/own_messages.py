"""Recognises the bot's own messages by the ids of their buttons and files, never by text that a person can write.

A prompt, an alt text or a reply may contain any text, including another generation's id. A `custom_id` and the name of
an attached file are made by the bot alone, and are compared whole. Source: `docs/sources.md`, Discord.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from bot.domain.messages.component_ids import BUTTON, make, parse

_INSIDE = ("components", "accessory", "component")  # the keys under which a component contains others
_ON_ALL = ("again", "cancel")  # each card and each result has one of these
_ON_NOTICE = "retry"  # only the message about a failure has it, in the place of Again
_SPOILER = "SPOILER_"  # the prefix with which Discord marks a file as a spoiler


def custom_ids(components: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The `custom_id` of every component in Discord's JSON, at any depth."""
    for component in components:
        if isinstance(name := component.get("custom_id"), str):
            yield name
        for key in _INSIDE:
            inner = component.get(key) or ()
            yield from custom_ids(
                cast("Iterable[Mapping[str, Any]]", (inner,) if isinstance(inner, Mapping) else inner)
            )


def result_file(generation_id: str, suffix: str) -> str:
    """The file name of a posted video. suffix: with its dot."""
    return f"sora-{generation_id}{suffix}"


def is_result(generation_id: str, components: Iterable[Mapping[str, Any]], files: Iterable[str]) -> bool:
    """Whether a message of the bot is the post of this generation: its Report button or its file has the generation's id.

    Neither the card nor a message in the log channel has that button or that file.
    """
    if make("report", generation_id) in custom_ids(components):
        return True
    return any(is_video_of(generation_id, name) for name in files)


def is_video_of(generation_id: str, name: str) -> bool:
    """Whether a file of a message of the bot is the video of this generation, by its name."""
    return name.removeprefix(_SPOILER).rpartition(".")[0] == f"sora-{generation_id}"


def is_card(generation_id: str, components: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a message of the bot is the status card of this generation, waiting or ended. A result has a Report button."""
    found = set(custom_ids(components))
    if make("report", generation_id) in found:
        return False
    return any(make(name, generation_id) in found for name in _ON_ALL)


def is_failure_notice(generation_id: str, components: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a message of the bot tells the author that this generation has failed."""
    return make(_ON_NOTICE, generation_id) in custom_ids(components)


def generation_of(components: Iterable[Mapping[str, Any]]) -> str | None:
    """The id of the generation whose card, result or failure a message of the bot is about; None where it is none."""
    for custom_id in custom_ids(components):
        if BUTTON.fullmatch(custom_id):
            name, carried = parse(custom_id)
            if name in (*_ON_ALL, _ON_NOTICE):
                return carried[0]
    return None
