"""The result: the message that carries a finished video, or the link to it, and its buttons."""

import discord
from discord import ui

from bot.domain.generation import Generation
from bot.domain.guild_settings import GuildSettings, Threads
from bot.domain.posts import LONGEST_LINK, SmallerCopy
from cogs._ui import text
from cogs._ui.buttons import buttons
from cogs._ui.wording import Words, speaking, words


def render(
    generation: Generation, file_name: str, settings: GuildSettings, smaller: SmallerCopy | None = None, place: str = ""
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


def _shrunk(say: Words, smaller: SmallerCopy) -> str:
    """A link that would leave no room for the rest is left out: the video is there."""
    if smaller.original is None or len(smaller.original) > LONGEST_LINK:
        return say("result-shrunk")
    return say("result-shrunk-from", link=smaller.original)


def render_link(generation: Generation, link: str, settings: GuildSettings, place: str = "") -> ui.LayoutView:
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
