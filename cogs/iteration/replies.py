"""Makes the next version from a reply to a result or a mention in its thread; any other mention gets a hint.

Without the privileged intent, Discord sends the text only of messages that mention the bot. A reply with ping mentions
it. A reply to a card that answered a command names the bot but comes without text.
"""

import asyncio
import re
from dataclasses import replace
from typing import Any

import discord
import structlog
from discord.ext import commands

from bot.domain.errors import StoreUnavailable
from bot.domain.messages.own_messages import generation_of
from bot.domain.messages.result_status import ResultStatus
from bot.domain.refusals.models import PriceQuestion
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.request import Edits, RequestContext
from bot.domain.versions.version import Version
from bot.gateway.client import SoraBot
from bot.usecases.requests.generation_request import AcceptedCard
from cogs._ui.access import role_ids
from cogs._ui.errors import as_refusal
from cogs._ui.names import names_in
from cogs._ui.refusal_texts import sentence
from cogs._ui.refusals import is_reply_error
from cogs._ui.wording import current_language, in_language, language, words
from cogs.cards.accepting import NOBODY, channels_read, image_of, parent_of, picture_size
from cogs.cards.acknowledgement import cards_on
from cogs.iteration.questions import ask_author, pictures_of
from cogs.iteration.reply_card import check_channel, is_private, post_card, show_card
from cogs.iteration.reply_syntax import revise

log = structlog.stdlib.get_logger()

GONE_AFTER = 20.0  # seconds; a reply to a message cannot be shown to one member only
POST_TIMEOUT = 60.0
REMOVE_TIMEOUT = 1.0
OWN_CARD = (0.2, 0.8, 2.0, 4.0)  # seconds between looks for our own card, once another copy's card is there
REMEMBERED = 200  # messages whose cards are remembered
WRITTEN = (discord.MessageType.default, discord.MessageType.reply)


class Hint(Exception):
    """The message cannot be used as a prompt; `name` is the id of a text that says what to do."""


class Replies(commands.Cog):
    """Listens to messages that mention the bot."""

    def __init__(self, bot: SoraBot) -> None:
        self._bot = bot
        self._hints: dict[asyncio.Task[None], discord.Message] = {}
        self._cards: dict[int, int] = {}  # our latest cards, by the id of the message they reply to

    async def cog_unload(self) -> None:
        """Remove all hints now: after a stop nothing would remove them in time."""
        hints = list(self._hints.values())
        for task in list(self._hints):
            task.cancel()
        await asyncio.gather(*(_remove(hint) for hint in hints))

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Make the next version of the message replied to, or of the newest version in this thread."""
        me = self._bot.user
        if me is not None and message.author.id == me.id:
            await self._look_for_twin(message)
        if message.author.bot or message.guild is None or message.type not in WRITTEN or me is None:
            return
        if self._bot.services.second_copy.leaving:
            return
        if me.id in (user.id for user in message.mentions):
            with in_language(language(await self._locale_of(message.author), str(message.guild.preferred_locale))):
                await self._answer(message, me.id)

    async def _look_for_twin(self, message: discord.Message) -> None:
        """Check whether a message of this bot is another copy's card for the same message; the later copy stops."""
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
        """Return the language of the author's earlier videos: a message does not carry its author's language."""
        try:
            return await self._bot.services.versions.locale_of(str(author.id))
        except StoreUnavailable as error:
            log.warning("language_unknown", error=error)
        except Exception:  # the default language is better than no reply
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
            if card and card.fresh:
                await self._show(message, card)

    async def _accept(self, message: discord.Message, me: int) -> AcceptedCard | None:
        """Accept the request in a message; None where its author is asked first, or was asked before.

        Raises Refusal or Hint. Nothing was spent then, nor where None is returned.
        """
        use, guild = self._bot.services, message.guild
        assert guild is not None  # noqa: S101 - checked before
        use.requests.check_guild(str(guild.id))
        if await use.questions.asked(str(message.id)):
            return None
        context = self._context(message)
        found, on_card = await self._parent(message, context)
        parent = found.generation
        edits = revise(parent.prompt, _text(message, me))
        picture, end_picture = pictures_of(message)
        if edits == Edits() and picture is None:
            raise Hint(_card_hint(found) if on_card and not message.content else "hint-empty")
        check_channel(message.channel, guild.me)
        if picture:
            size = picture_size(picture)
            edits = replace(edits, image=image_of(picture), picture=size, spoiler=picture.is_spoiler())
        if end_picture:
            edits = replace(edits, end_image=image_of(end_picture), end_spoiler=end_picture.is_spoiler())
        try:
            return await use.iteration.make(context, parent, edits, ask_first=True)
        except Refusal as refusal:
            if not isinstance(refusal.payload, PriceQuestion):
                raise
            await ask_author(self._bot.services, message, context, parent, edits, refusal.payload)
            return None

    def _context(self, message: discord.Message) -> RequestContext:
        """Return the author and the channel of a message. A member who has just written there can read there."""
        guild_id = str(message.guild.id if message.guild else 0)
        return RequestContext(
            ask_id=str(message.id),
            guild_id=guild_id,
            channel_id=str(message.channel.id),
            member_id=str(message.author.id),
            role_ids=role_ids(message.author, guild_id),
            parent_channel_id=parent_of(message.channel),
            private=is_private(message.channel),
            locale=current_language(),
            here=channels_read(message.channel.id, message.channel),
            names=names_in(message),
        )

    async def _parent(self, message: discord.Message, context: RequestContext) -> tuple[Version, bool]:
        """Return the version to continue from, and whether the message replies to its card. Raises Refusal or Hint."""
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
        """Return the id of the version that a message replies to.

        A result or card may get a reply before its post is recorded, so its buttons carry the id too.
        """
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
        """Post the card as a reply. If that fails, the job goes on and its result comes without a card."""
        try:
            posted = await show_card(self._bot.services, card, lambda: post_card(message, card))
        except Refusal as refusal:
            return await self._say(message, sentence(refusal))
        if posted:
            self._cards[message.id] = posted.id
            self._cards = dict(list(self._cards.items())[-REMEMBERED:])
        return None

    async def _say(self, message: discord.Message, text: str) -> None:
        """Post a short reply that is removed later. If it cannot be posted, nothing else is tried."""
        try:
            async with asyncio.timeout(POST_TIMEOUT):
                hint = await message.reply(text, allowed_mentions=NOBODY, mention_author=False)
        except Exception as error:
            if not is_reply_error(error):
                raise
            log.warning("hint_not_shown", message=message.id, error=error)
            return
        task = asyncio.create_task(_remove(hint, after=GONE_AFTER))
        self._hints[task] = hint
        task.add_done_callback(lambda done: self._hints.pop(done, None))


async def _remove(hint: discord.Message, *, after: float = 0) -> None:
    """Delete a hint. One that is already gone is fine."""
    await asyncio.sleep(after)
    try:
        async with asyncio.timeout(REMOVE_TIMEOUT):
            await hint.delete()
    except Exception as error:
        if not is_reply_error(error):
            raise
        log.info("hint_not_removed", message=hint.id, error=error)


def _card_hint(found: Version) -> str:
    """Return the id of the hint for a reply to a card that cannot be used."""
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
    """Return the text of a message without the mention and the punctuation after it: "@Sora Bot, at night"."""
    mention = f"<@!?{me}>"
    text = re.sub(rf"^\s*(?:{mention}[\s,，:：、]*)+", "", message.content)
    return re.sub(rf"[^\S\n]*{mention}[^\S\n]*", " ", text).strip()


async def setup(bot: Any) -> None:
    """Register the listener."""
    await bot.add_cog(Replies(bot))
