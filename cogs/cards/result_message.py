"""The result message: it carries a finished video, or a link to it, and its buttons."""

import discord
from discord import ui

from bot.domain.generation import Generation
from bot.domain.messages.posts import LONGEST_LINK, SmallerCopy
from bot.domain.moderation.guild_settings import GuildSettings, Threads
from bot.domain.versions.version import Version
from cogs._ui import text
from cogs._ui.wording import Words, in_language, words
from cogs.cards import chains

PROMPT_SHOWN = 300  # characters; the card and `/history` have the rest


def render(
    generation: Generation,
    file_name: str,
    settings: GuildSettings,
    smaller: SmallerCopy | None = None,
    place: str = "",
    source: Version | None = None,
) -> ui.LayoutView:
    """Return the message with the video, in the language of the member who made it.

    The video is a spoiler if one of its pictures was one or if the server wants that. place: the id of the channel of the post;
    it may differ from the channel of the request. source: the version that it was made from.
    """
    with in_language(generation.locale):
        say = words()
        view = ui.LayoutView(timeout=None)
        mention = f"<@{generation.member_id}>"
        ready = _with_prompt(say("result-ready", mention=mention), generation)
        view.add_item(ui.TextDisplay(chains.ready(say, generation) if generation.joined else ready))
        description = text.alt(generation.prompt)
        video = discord.MediaGalleryItem(
            f"attachment://{file_name}", description=description, spoiler=_covered(generation, settings)
        )
        view.add_item(ui.MediaGallery(video))
        if smaller:
            view.add_item(ui.TextDisplay(_shrunk(say, smaller)))
        _add_rest(view, say, generation, settings, place, source)
        return view


def _with_prompt(line: str, generation: Generation) -> str:
    """Add the prompt, shortened. There is none once its author has deleted it."""
    return f"{line}\n> {text.safe(generation.prompt, PROMPT_SHOWN)}" if generation.prompt else line


def _covered(generation: Generation, settings: GuildSettings) -> bool:
    """Return whether a video is a spoiler: if the server wants that, or if one of its pictures was one."""
    return settings.spoiler or any(image.spoiler for image in (generation.image, generation.end_image) if image)


def _shrunk(say: Words, smaller: SmallerCopy) -> str:
    """Say that the video was shrunk. A link to the original is left out if it leaves no room for the rest."""
    if smaller.original is None or len(smaller.original) > LONGEST_LINK:
        return say("result-shrunk")
    return say("result-shrunk-from", link=smaller.original)


def render_link(
    generation: Generation, link: str, settings: GuildSettings, place: str = "", source: Version | None = None
) -> ui.LayoutView:
    """Return the message with a link to the video, for a server whose upload limit is too small."""
    with in_language(generation.locale):
        say = words()
        view = ui.LayoutView(timeout=None)
        mention = f"<@{generation.member_id}>"
        view.add_item(ui.TextDisplay(_with_prompt(say("result-link", mention=mention, link=link), generation)))
        _add_rest(view, say, generation, settings, place, source)
        return view


def _add_rest(
    view: ui.LayoutView,
    say: Words,
    generation: Generation,
    settings: GuildSettings,
    place: str,
    source: Version | None,
) -> None:
    """Add the line below a video and its buttons.

    There is no Thread button inside a thread, or if the server turned threads off.
    """
    moved = place not in ("", generation.channel_id)
    if moved:
        private = generation.parent_channel_id == generation.channel_id
        name = say("place-private") if private else f"<#{generation.channel_id}>"
        view.add_item(ui.TextDisplay(say("result-moved", channel=name)))
    elif source and (origin := text.of_another(say, source, generation)):
        view.add_item(ui.TextDisplay(f"-# {say('diff-from', origin=origin)}"))
    own = text.title(say, generation, "result-details")
    view.add_item(ui.TextDisplay(chains.details(say, generation) if generation.joined else own))
    threads = (moved or generation.parent_channel_id is None) and settings.threads is not Threads.NEVER
    for row in chains.rows(generation, thread=threads):
        view.add_item(row)
