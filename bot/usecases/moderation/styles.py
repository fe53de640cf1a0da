"""The styles of a server: added and removed by its moderators, used by its members.

A job keeps the style as it was when it was accepted, so that nothing that is added or removed later changes it.
"""

from bot.domain.moderation.audit import Actor, Change
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal, UnknownStyle, UnknownWord
from bot.domain.requests.mentions import Names, with_names
from bot.domain.requests.origins import StyleSince
from bot.domain.requests.styles import LONGEST_NAME, LONGEST_TEXT, NO_STYLE, Style, key_of
from bot.runtime.context import ServiceContext
from bot.runtime.server_log import announce
from bot.system.log import log
from bot.usecases.requests.checks import check_words
from bot.usecases.requests.prompt import visible


class Styles:
    """The use cases behind `/style`, and the lookup for requests."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def all(self, guild_id: str) -> list[Style]:
        """A server's styles by name."""
        return await self._context.store.styles(guild_id)

    async def named(self, guild_id: str, name: str) -> Style:
        """A server's style, whatever the case of its name. Raises Refusal `style_unknown` with those that there are."""
        if found := await self._context.store.style(guild_id, name):
            return found
        names = tuple(style.name for style in await self.all(guild_id))
        raise Refusal(UnknownStyle(style=" ".join(name.split()), names=names))

    async def add(self, actor: Actor, name: str, text: str, names: Names) -> Style:
        """Add a style. names: take the place of ids in its text. The caller has checked that the actor is a moderator.

        Raises Refusal `style_there`, `too_many_styles`, `filtered`, or one of the name's or the text's length or words.
        """
        style = _checked(name, with_names(text, names))
        context = self._context
        settings = await context.store.guild(actor.guild_id)
        await check_words(context, settings, actor.actor_id, style.text)
        self._record(actor, await context.store.add_style(actor, style, now=context.clock.now()))
        return style

    async def remove(self, actor: Actor, name: str) -> None:
        """Remove a style. The caller has checked that the actor is a moderator. Raises Refusal `style_unknown`."""
        change = await self._context.store.remove_style(actor, name, now=self._context.clock.now())
        if change is None:
            await self.named(actor.guild_id, name)
            raise Refusal(UnknownStyle(style=name, names=()))
        self._record(actor, change)

    async def since(self, guild_id: str, style: Style) -> StyleSince | None:
        """What became of a style since a version was made with it; None where it is as it was."""
        now = await self._context.store.style(guild_id, style.name)
        if now is None:
            return StyleSince.REMOVED
        return None if now.text == style.text else StyleSince.CHANGED

    def _record(self, actor: Actor, change: Change) -> None:
        log.info("style_changed", guild=actor.guild_id, action=change.action, actor=actor.actor_id)
        event = LogEvent(kind=LogEventKind.CHANGED, guild_id=actor.guild_id, member_id=actor.actor_id, change=change)
        announce(self._context, event)


def _checked(name: str, text: str) -> Style:
    """A style with a name and a text that it may have. Raises Refusal."""
    name, text = " ".join(visible(name).split()), visible(text)
    if not any(character.isalnum() for character in name):
        raise Refusal(RefusalCode.STYLE_NAME_EMPTY)
    if len(name) > LONGEST_NAME:
        raise Refusal(AtMost(RefusalCode.STYLE_NAME_TOO_LONG, most=LONGEST_NAME))
    if key_of(name) in NO_STYLE:
        raise Refusal(UnknownWord(RefusalCode.STYLE_NAME_RESERVED, word=name))
    if not text:
        raise Refusal(RefusalCode.STYLE_TEXT_EMPTY)
    if len(text) > LONGEST_TEXT:
        raise Refusal(AtMost(RefusalCode.STYLE_TEXT_TOO_LONG, most=LONGEST_TEXT))
    return Style(name=name, text=text)
