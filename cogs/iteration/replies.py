"""Replies to a result and mentions in its thread make the next version; what else mentions the bot gets a hint.

Without the privileged intent Discord shows the bot the text only of messages that mention it, which a reply with ping on
does; one to a card that answered a command names the bot and comes without text (`facts/discord.md`, section 4).
"""

import asyncio
import re
from dataclasses import replace
from typing import Any

import aiohttp
import discord
import structlog
from discord.ext import commands

from bot.domain.errors import StoreUnavailable
from bot.domain.identity import generation_of
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from bot.domain.request import Edits, RequestContext
from bot.domain.result_status import ResultStatus
from bot.domain.versions import Version
from bot.gateway.client import SoraBot
from bot.runtime.failpoints import Failpoint, reach
from bot.usecases.generate import AcceptedCard
from cogs._ui.errors import as_refusal
from cogs._ui.names import names_in
from cogs._ui.refusals import sentence, unanswerable
from cogs._ui.wording import language, speaking, spoken, words
from cogs.cards import status_card
from cogs.cards.accepting import NOBODY, attached, check_permissions, image_of, parent_of, role_ids, rooms
from cogs.cards.acknowledgement import Fate, cards_on, fate
from cogs.cards.link_filter import card_past_filter, told_of_card
from cogs.iteration.reply_syntax import revise

log = structlog.stdlib.get_logger()

GONE_AFTER = 20.0  # seconds: what answers a message cannot be shown to one member alone
POST_TIMEOUT = 60.0
REMOVE_TIMEOUT = 1.0
OWN_CARD = (0.2, 0.8, 2.0, 4.0)  # seconds between looks for our own card, once another copy's is there
REMEMBERED = 200  # messages whose cards are remembered
WRITTEN = (discord.MessageType.default, discord.MessageType.reply)


class Hint(Exception):
    """What was written is nothing to go on from; the text of this name says what would be."""


class Replies(commands.Cog):
    """Listens to messages that mention the bot."""

    def __init__(self, bot: SoraBot) -> None:
        self._bot = bot
        self._hints: dict[asyncio.Task[None], discord.Message] = {}
        self._cards: dict[int, int] = {}  # our latest cards, by the message that they reply to

    async def cog_unload(self) -> None:
        """At a stop nobody will be there to remove them in time: they go now."""
        hints = list(self._hints.values())
        for task in list(self._hints):
            task.cancel()
        await asyncio.gather(*(_remove(hint) for hint in hints))

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Make the next version of what is replied to, or of the newest in this thread."""
        me = self._bot.user
        if me is not None and message.author.id == me.id:
            await self._look_for_twin(message)
        if message.author.bot or message.guild is None or message.type not in WRITTEN or me is None:
            return
        if self._bot.services.second_copy.leaving:
            return
        if me.id in (user.id for user in message.mentions):
            with speaking(language(await self._locale_of(message.author), str(message.guild.preferred_locale))):
                await self._answer(message, me.id)

    async def _look_for_twin(self, message: discord.Message) -> None:
        """Where a message in our name is another copy's card, for what this one answered too, the later of the two stops."""
        to, others = message.reference, cards_on(message)
        if to is None or to.message_id is None or not others:
            return
        for pause in OWN_CARD:
            if to.message_id in self._cards:
                break
            await asyncio.sleep(pause)
        if self._cards.get(to.message_id, message.id) > message.id:
            for other in others:
                await self._bot.services.second_copy.answered_elsewhere(other, both=True)

    async def _locale_of(self, author: discord.abc.User) -> str | None:
        """A message does not say its author's language; what they made before does."""
        try:
            return await self._bot.services.versions.locale_of(str(author.id))
        except StoreUnavailable as error:
            log.warning("language_unknown", error=error)
        except Exception:  # it is no reason to say nothing
            log.exception("language_unknown")
        return None

    async def _answer(self, message: discord.Message, me: int) -> None:
        try:
            card = await self._accept(message, me)
        except Hint as hint:
            await self._say(message, words()(str(hint)))
        except Refusal as refusal:
            log.info("refused", code=refusal.code, message=message.id, member=message.author.id)
            await self._say(message, sentence(refusal))
        except Exception as error:  # noqa: BLE001 - as for commands: a sentence for the member, the rest in the log
            await self._say(message, sentence(as_refusal(error)))
        else:
            if card.fresh:
                await self._show(message, card)

    async def _accept(self, message: discord.Message, me: int) -> AcceptedCard:
        """Raises Refusal or Hint; then nothing was spent."""
        use, guild = self._bot.services, message.guild
        assert guild is not None  # noqa: S101 - looked at before
        use.requests.check_guild(str(guild.id))
        context = self._context(message)
        found, on_card = await self._parent(message, context)
        parent = found.generation
        edits = revise(parent.prompt, _text(message, me))
        picture = next(iter(message.attachments), None)
        if edits == Edits() and picture is None:
            raise Hint(_card_hint(found) if on_card and not message.content else "hint-empty")
        _check_channel(message.channel, guild.me)
        if picture:
            edits = replace(edits, image=image_of(picture), spoiler=picture.is_spoiler())
        return await use.iteration.make(context, parent, edits)

    def _context(self, message: discord.Message) -> RequestContext:
        """Who wrote it, where: whoever has just written there reads there."""
        return RequestContext(
            ask_id=str(message.id),
            guild_id=str(message.guild.id if message.guild else 0),
            channel_id=str(message.channel.id),
            member_id=str(message.author.id),
            role_ids=role_ids(message.author),
            parent_channel_id=parent_of(message.channel),
            private=_private(message.channel),
            locale=spoken(),
            here=rooms(message.channel.id, message.channel),
            names=names_in(message),
        )

    async def _parent(self, message: discord.Message, context: RequestContext) -> tuple[Version, bool]:
        """The version to go on from, and whether this replies to its card. Raises Refusal or Hint."""
        use, guild_id = self._bot.services.versions, context.guild_id
        answered = (
            message.reference.message_id if message.type is discord.MessageType.reply and message.reference else None
        )
        if answered and (found_id := await self._found(message, guild_id)):
            found = await use.find(context.reader, found_id)
            return found, found.generation.card_message_id == str(answered)
        if newest := await use.newest_in(str(message.channel.id)):
            return await use.find(context.reader, newest.id), False
        raise Hint("hint-mention")

    async def _found(self, message: discord.Message, guild_id: str) -> str | None:
        """The id of the version that this replies to. A result or a card may be answered before its post is recorded:
        its buttons carry the id too."""
        to = message.reference
        if to is None:
            return None
        if found := await self._bot.services.versions.at_message(guild_id, str(to.message_id)):
            return found.generation.id
        answered = to.resolved
        if isinstance(answered, discord.Message) and self._bot.user and answered.author.id == self._bot.user.id:
            return generation_of([component.to_dict() for component in answered.components])
        return None

    async def _show(self, message: discord.Message, card: AcceptedCard) -> None:
        """The card, as a reply. Where it cannot be posted the job goes on, and its result comes without one."""
        generation, cards = card.generation, self._bot.services.cards
        try:
            shown = status_card.digest(status_card.render(generation, card.card_context))
        except BaseException:  # a fault of ours, before anything was said
            await cards.give_back(generation, "not drawn")
            raise
        posted = None
        try:
            async with asyncio.timeout(POST_TIMEOUT):
                posted = await _post_card(message, card)
        except Exception as error:  # noqa: BLE001 - also an answer that discord.py cannot read: the job must not wait for ever
            log.warning("card_not_shown", generation=generation.id, error=error)
            if _refused(error):
                await cards.give_back(generation, _code(error))
                return await self._say(message, sentence(told_of_card(error, Refusal(RefusalCode.CARD_REFUSED))))
        if posted:
            self._cards[message.id] = posted.id
            self._cards = dict(list(self._cards.items())[-REMEMBERED:])
        reach(Failpoint.CARD_ANSWERED)
        return await cards.card_shown(
            generation,
            str(posted.id) if posted else None,
            image_url=status_card.picture_url(posted) if posted and card.image else None,
            shown=shown,
        )

    async def _say(self, message: discord.Message, said: str) -> None:
        """A short answer that removes itself; where it cannot be posted, there is nobody to tell."""
        try:
            async with asyncio.timeout(POST_TIMEOUT):
                hint = await message.reply(said, allowed_mentions=NOBODY, mention_author=False)
        except Exception as error:
            if not unanswerable(error):
                raise
            log.warning("hint_not_shown", message=message.id, error=error)
            return
        task = asyncio.create_task(_remove(hint, after=GONE_AFTER))
        self._hints[task] = hint
        task.add_done_callback(lambda done: self._hints.pop(done, None))


def _private(channel: object) -> bool:
    """Whether not everybody reads a place. One that the cache does not know may be a private thread, and counts as one."""
    if isinstance(channel, discord.Thread):
        return channel.type is discord.ChannelType.private_thread
    return not isinstance(channel, discord.abc.GuildChannel)


def _check_channel(channel: object, me: discord.Member | None) -> None:
    """Whether the card and the result can be posted there, as far as it is known. Raises Refusal `missing_permissions`."""
    if me is None:  # a server that came without the bot's own member
        return
    if isinstance(channel, discord.Thread):
        if channel.parent:
            check_permissions(channel.permissions_for(me), thread=True)
    elif isinstance(channel, discord.abc.GuildChannel):
        check_permissions(channel.permissions_for(me), thread=False)


async def _post_card(message: discord.Message, card: AcceptedCard) -> discord.Message:
    """Post it as a reply, or without one where the message has gone. The nonce makes of two tries one message."""
    tries = 2
    while True:
        try:
            return await card_past_filter(
                card,
                lambda view: message.channel.send(
                    view=view,
                    files=attached(card),
                    nonce=card.generation.id,
                    reference=message.to_reference(fail_if_not_exists=False),
                    allowed_mentions=NOBODY,
                    mention_author=False,
                ),
            )
        except (aiohttp.ClientError, ConnectionError):
            tries -= 1
            if not tries:
                raise


def _refused(error: Exception) -> bool:
    """Whether Discord has said that there is no card here. Too many at a time says nothing of this one."""
    passing = isinstance(error, discord.RateLimited) or (
        isinstance(error, discord.HTTPException) and error.status == 429
    )
    return fate(error) is Fate.REFUSED and not passing


def _code(error: Exception) -> str:
    """An error without Discord's own words, which may quote the prompt."""
    return f"Discord {error.code}" if isinstance(error, discord.HTTPException) else type(error).__name__


async def _remove(hint: discord.Message, *, after: float = 0) -> None:
    """Remove an answer that nobody needs any more; one that is gone is fine."""
    await asyncio.sleep(after)
    try:
        async with asyncio.timeout(REMOVE_TIMEOUT):
            await hint.delete()
    except Exception as error:
        if not unanswerable(error):
            raise
        log.info("hint_not_removed", message=hint.id, error=error)


def _card_hint(found: Version) -> str:
    """What to do instead of replying to a card."""
    match found.status:
        case ResultStatus.UNDER_WAY | ResultStatus.POSTING:
            return "hint-card-waiting"
        case ResultStatus.NOT_MADE | ResultStatus.LOST:
            return "hint-card-ended"
        case ResultStatus.POSTED:
            return "hint-card"
        case ResultStatus.REMOVED | ResultStatus.KEPT | ResultStatus.TOO_LARGE:
            return "hint-card-nothing"


def _text(message: discord.Message, me: int) -> str:
    """What was written, without the mention itself and what sets it off from the rest: "@Sora Bot, at night"."""
    mention = f"<@!?{me}>"
    said = re.sub(rf"^\s*(?:{mention}[\s,，:：、]*)+", "", message.content)
    return re.sub(rf"[^\S\n]*{mention}[^\S\n]*", " ", said).strip()


async def setup(bot: Any) -> None:
    """Register the listener."""
    await bot.add_cog(Replies(bot))
