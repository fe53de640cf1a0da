"""Taking a member's wish: everything is checked before anything is spent, then quota is reserved in one transaction.

From the acceptance until it is known whether Discord took the card, the generation is in `ServiceContext.unsettled` and is not
sent: a card that was refused gives everything back. A process that dies meanwhile leaves a job that goes on.
"""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from structlog.contextvars import bind_contextvars

from bot.catalog.catalog import Choice
from bot.domain.admission import AcceptResult, AdmissionPolicy
from bot.domain.card import CardContext
from bot.domain.claims import Work
from bot.domain.errors import IllegalTransition, StoreUnavailable
from bot.domain.generation import Generation, Image, Orientation, State
from bot.domain.guild_settings import GuildSettings
from bot.domain.ledger import usd
from bot.domain.mentions import Names, mentioned, with_names
from bot.domain.parameters import ReadImage
from bot.domain.quota import LimitUsage, Scope, Unit
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import AlreadyThere, PromptTooLong, QuotaExceeded, Refusal, UnknownWord
from bot.domain.versions import Version
from bot.domain.visibility import Reader
from bot.runtime.background import spawn_background
from bot.runtime.context import ServiceContext
from bot.runtime.disk_pressure import PICTURES
from bot.runtime.failpoints import Failpoint, reach
from bot.runtime.log import log
from bot.runtime.persist import persist
from bot.usecases.admission import ChannelRef, check_choice, check_place, check_words
from bot.usecases.reference_images import Pictures

LONGEST_PROMPT = 4000
TELL_SECONDS = 5.0
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that show nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """What a member asked for; None is what they did not say. image: how the bytes of the attachment are had, spoiler: it is
    covered.

    parent_channel_id: the channel of the thread it was asked in, where Discord said it; private: not everybody reads that
    thread. parent_id: the version it goes on from; without one, in a thread of a result, the newest there. same_image:
    image is that version's own, checked before. locale: Discord's name of the member's language. draft_id: the form's,
    which makes one video at most. reader: the same member, as who may read what; names: of the ids in the prompt, as far as
    Discord said them along with it.
    """

    interaction_id: str
    guild_id: str
    channel_id: str
    member_id: str
    prompt: str = field(repr=False)
    orientation: str | None = None
    seconds: int | None = None
    model: str | None = None
    image: ReadImage | None = None
    spoiler: bool = False
    role_ids: frozenset[str] = frozenset()
    parent_channel_id: str | None = None
    private: bool = False
    parent_id: str | None = None
    same_image: Image | None = None
    locale: str = "en-US"
    draft_id: str | None = None
    reader: Reader | None = None
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCard:
    """An accepted generation with what its card shows. image: the bytes to attach to it. fresh: see `AcceptResult`."""

    generation: Generation
    card_context: CardContext
    image: bytes | None = None
    fresh: bool = True


class Requests:
    """The use cases behind `/sora` and Cancel."""

    def __init__(self, context: ServiceContext, second_copy: asyncio.Event) -> None:
        """second_copy is set once it is certain that another copy of the bot runs, and the operator was told."""
        self._context = context
        self._pictures = Pictures(context.media)
        self._closed = False
        self.leaving = False
        """It is certain that another copy with this token runs on another database: nobody is answered any more."""
        self._second_copy = second_copy

    def close(self) -> None:
        """The bot is stopping: refuse what comes now."""
        self._closed = True

    def check_guild(self, guild_id: str | None) -> None:
        """Raises Refusal `guild_only`, or `guild_not_allowed` where the operator serves other servers only."""
        if guild_id is None:
            raise Refusal(RefusalCode.GUILD_ONLY)
        allowed = self._context.policy.allowed_guilds
        if allowed and guild_id not in allowed:
            raise Refusal(RefusalCode.GUILD_NOT_ALLOWED)

    async def accept(self, wish: GenerationRequest) -> AcceptedCard:
        """Check, reserve, and leave the job to the submit loop. Raises Refusal; then nothing was spent."""
        if self._closed:
            raise Refusal(RefusalCode.RESTARTING)
        self.check_guild(wish.guild_id)
        context = self._context
        if context.servers.has(wish.guild_id) is False:  # its commands may be there without the bot
            raise Refusal(RefusalCode.NOT_IN_SERVER)
        settings = await context.moderation.guild(wish.guild_id)
        check_place(settings, wish.member_id, ChannelRef(channel_id=wish.channel_id, parent_id=wish.parent_channel_id))
        prompt = clean(await self._named(wish))
        await check_words(context, settings, wish.member_id, prompt)
        choice = self._choice(wish, settings)
        check_choice(settings, choice)
        parent_id = wish.parent_id
        if parent_id is None and wish.parent_channel_id:
            newest = await context.store.newest_in(wish.channel_id)
            parent_id = newest.id if newest else None
        if context.disk.full:
            raise Refusal(RefusalCode.DISK_FULL)
        generation_id, now = context.ids.new(), context.clock.now()
        new = Generation(
            id=generation_id,
            interaction_id=wish.interaction_id,
            guild_id=wish.guild_id,
            channel_id=wish.channel_id,
            member_id=wish.member_id,
            prompt=prompt,
            family=choice.offer.family,
            model=choice.offer.model,
            format=choice.offer.format,
            orientation=choice.orientation,
            seconds=choice.seconds,
            price_micros=choice.price_micros,
            state=State.RESERVED,
            accepted_at=now,
            due_at=now,
            parent_id=parent_id,
            parent_channel_id=wish.channel_id if wish.private else wish.parent_channel_id,
            locale=wish.locale,
            draft_id=wish.draft_id,
        )
        terms = AdmissionPolicy(
            role_ids=wish.role_ids,
            default=context.policy.default_quota,
            budget=context.policy.operator_budget,
            most_open=context.policy.most_open,
        )
        image = data = None
        try:
            # All that can be said without the picture is said before a byte of it is read.
            if wish.image is not None and await context.store.check_accept(new, terms, now=now):
                same = wish.same_image
                checked = await self._pictures.take(wish.member_id, wish.image, checked_before=same)
                data, name = checked.data, f"{generation_id}-reference.{checked.suffix}"
                spoiler = same.spoiler if same else wish.spoiler
                image = Image(file=name, media_type=checked.media_type, kept=same is not None, spoiler=spoiler)
                await self._keep(image.file, data)
                reach(Failpoint.ACCEPT_IMAGE_KEPT)
                now = context.clock.now()
            context.unsettled.add(generation_id)
            placed = await context.store.accept(replace(new, image=image, accepted_at=now, due_at=now), terms, now=now)
        except (Refusal, StoreUnavailable) as refusal:
            context.unsettled.discard(generation_id)
            if image:
                await context.media.discard(image.file)
            if isinstance(refusal, Refusal):
                self._tell(refusal)
            raise
        if not placed.fresh:
            context.unsettled.discard(generation_id)
            if image:
                await context.media.discard(image.file)
        if placed.generation.interaction_id != wish.interaction_id:
            raise form_sent(await context.store.version(placed.generation.id))
        return await self._placed(placed, data)

    async def _named(self, wish: GenerationRequest) -> str:
        """The prompt with names for ids: the model, the word filter and everybody who reads it need those."""
        asked, names = mentioned(wish.prompt), wish.names
        if wish.reader and (lacking := names.lacking(asked)):
            names = names.with_more(await self._context.readers.names(wish.reader, lacking))
        return with_names(wish.prompt, names)

    async def _keep(self, file: str, data: bytes) -> None:
        try:
            await self._context.media.keep_image(file, data)
        except OSError as error:
            log.error("disk", file=file, error=error)
            self._context.disk.refused(PICTURES)
            raise Refusal(RefusalCode.DISK_FULL) from error

    def _choice(self, wish: GenerationRequest, settings: GuildSettings) -> Choice:
        """The offer: of whoever names no model, from the first family of the file that this server allows."""
        catalog = self._context.catalog
        return catalog.resolve(
            wish.model or catalog.default_family(settings.families),
            orientation=_orientation(wish.orientation),
            seconds=wish.seconds,
            image=wish.image is not None,
        )

    def _tell(self, refusal: Refusal) -> None:
        """What the operator must know of a refusal."""
        met = refusal.payload
        if isinstance(met, QuotaExceeded) and met.use.limit.scope is Scope.OPERATOR:
            spawn_background(self._tell_budget(met.use, met.use.limit.unit.of(met.amount)), "budget")

    async def _tell_budget(self, use: LimitUsage, need: int) -> None:
        """The operator's own limit has refused a job: said once in its window, over restarts too.

        One job that is more than all of it says nothing of what is left, and is told apart.
        """
        context, limit = self._context, use.limit
        alone = need > limit.amount
        name = f"told-budget{'-alone' if alone else ''}:{limit.unit}:{limit.per}"
        window = use.window.start.isoformat()
        if await context.store.get_value(name) == window:
            return
        await context.store.set_value(name, window)
        budget = f"OPERATOR_BUDGET ({_said(limit.unit, limit.amount)} per {limit.per})"
        text = f"{budget} is used up: jobs that would pass it are refused until {use.window.end:%Y-%m-%d %H:%M} UTC."
        if alone:
            text = f"A job of {_said(limit.unit, need)} was refused: by itself it is more than {budget}."
        context.alerts.tell(f"{name} {window}", text)

    async def _placed(self, placed: AcceptResult, data: bytes | None) -> AcceptedCard:
        context, generation = self._context, placed.generation
        bind_contextvars(generation=generation.id)
        reach(Failpoint.ACCEPT_COMMITTED)
        log.info(
            "accepted" if placed.fresh else "accepted_before",
            generation=generation.id,
            model=generation.model,
            seconds=generation.seconds,
            micros=generation.price_micros,
        )
        try:
            card_context = await context.store.card_context(generation)
        except StoreUnavailable as error:  # it is accepted: what its card shows beside it comes later
            log.warning("standing_not_read", error=error)
            card_context = CardContext()
        return AcceptedCard(
            generation=context.with_hold_reason(generation), card_context=card_context, image=data, fresh=placed.fresh
        )

    async def card_shown(
        self, generation: Generation, message_id: str | None, *, image_url: str | None, shown: str
    ) -> None:
        """The card is in the channel under message_id, or could not be answered (None): the job may go on either way.

        image_url: the address of the reference image as attached to the card; shown: the digest of what it shows.
        Where the database does not take it for now, it is kept, and the job waits; a crash before that leaves a card to be
        found, as one before this.
        """
        context, now = self._context, self._context.clock.now()

        async def keep() -> None:
            await context.store.set_card(
                generation.id,
                message_id=message_id,
                image_url=image_url,
                image_until=expiry(image_url),
                shown=shown,
                now=now,
            )
            reach(Failpoint.CARD_SHOWN)
            context.unsettled.discard(generation.id)
            context.wake_signals.send(Work.SUBMIT, Work.CARD)

        await self._kept(keep, "card")

    async def give_back(self, generation: Generation, why: str) -> None:
        """Discord has refused the card: nothing is sent, and everything is given back.

        Where the database does not take it for now, it is kept, and the job waits. A crash before that lets it go on.
        """
        context, now = self._context, self._context.clock.now()

        async def keep() -> None:
            withdrawn = await context.store.withdraw(generation.id, now=now)
            context.unsettled.discard(generation.id)
            if withdrawn and generation.image:
                try:
                    await context.media.discard(generation.image.file)
                except OSError as error:  # it is nobody's now: it goes when room is needed
                    log.warning("not_discarded", file=generation.image.file, error=error.strerror)
            log.info("withdrawn", generation=generation.id, why=why, before=not withdrawn)

        await self._kept(keep, "withdrawal")

    async def _kept(self, write: Callable[[], Awaitable[None]], name: str) -> None:
        """Write now, or aside as soon as the database takes it."""
        try:
            await write()
        except StoreUnavailable as error:
            log.warning("not_stored", what=name, error=error)
            spawn_background(persist(write), name)

    async def answered_elsewhere(self, found_id: str, *, both: bool = False) -> None:
        """What this process was asked to answer shows the card of this generation. One that is not in this database is of
        another copy of the bot, and two of them bill and post everything twice: this one stops.

        both: this one has answered too, since nothing keeps two copies from replying to one message.
        """
        context = self._context
        if self.leaving or await persist(lambda: context.store.generation(found_id)) is not None or self.leaving:
            return
        self._closed = self.leaving = True
        log.error("second_copy", found=found_id)
        what = (
            "it answered a command that this one was about to answer. What this one had accepted there is given back, nothing of"
            " it was sent, and this one stops."
        )
        if both:
            what = "both have replied to one message, and may both have been billed for it. This one stops."
        text = f"Another copy of this bot runs with the same token on another database: {what} Run one copy for each token."
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await context.notices.tell_operator(text)
        except TimeoutError:
            log.warning("operator_not_told", text=text)
        finally:
            self._second_copy.set()

    async def thread_opened(self, thread_id: str) -> None:
        """Somebody has opened a thread: its cards that could not be edited are edited now."""
        if await self._context.store.cards_due_now(thread_id, now=self._context.clock.now()):
            self._context.wake_signals.send(Work.CARD)

    async def cancel(self, generation_id: str, member_id: str) -> AcceptedCard:
        """Cancel one's own job while it has not been sent. Raises Refusal `not_yours` or `too_late`."""
        bind_contextvars(generation=generation_id)
        generation = await self._context.store.generation(generation_id)
        if generation is None:
            raise Refusal(RefusalCode.GONE)
        if generation.member_id != member_id:
            raise Refusal(RefusalCode.NOT_YOURS)
        try:
            generation = await self._context.store.cancel(generation_id, now=self._context.clock.now())
        except IllegalTransition as error:
            stands = await self._context.store.generation(generation_id)  # another press may have been quicker
            cancelled = stands is not None and stands.state is State.CANCELLED
            raise Refusal(RefusalCode.ALREADY_CANCELLED if cancelled else RefusalCode.TOO_LATE) from error
        reach(Failpoint.CANCEL_COMMITTED)
        log.info("cancelled", generation=generation_id)
        self._context.wake_signals.send(Work.CARD)
        return AcceptedCard(generation=generation, card_context=CardContext())


def form_sent(made: Version | None) -> Refusal:
    """What is said of a form that has made its video already."""
    link = made.link if made else None
    return Refusal(AlreadyThere(RefusalCode.FORM_SENT, link=link) if link else RefusalCode.FORM_SENT_UNSEEN)


def clean(prompt: str) -> str:
    """The prompt without outer space and control characters. Raises Refusal `prompt_empty` or `prompt_too_long`.

    Joiners and direction marks stay: emoji and many scripts need them.
    """
    kept = "".join(sign for sign in prompt if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs")).strip()
    if not any(unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANK for sign in kept):
        raise Refusal(RefusalCode.PROMPT_EMPTY)
    if len(kept) > LONGEST_PROMPT:
        raise Refusal(PromptTooLong(length=len(kept), most=LONGEST_PROMPT))
    return kept


def expiry(url: str | None) -> datetime | None:
    """When a signed attachment address stops working: its `ex`, seconds since the epoch in hex; None where unsaid."""
    for value in parse_qs(urlsplit(url or "").query).get("ex", []):
        try:
            return datetime.fromtimestamp(int(value, 16), UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return None


def _orientation(word: str | None) -> Orientation | None:
    if not word:
        return None
    try:
        return Orientation(word.strip().lower())
    except ValueError as error:
        raise Refusal(UnknownWord(RefusalCode.ORIENTATION_UNKNOWN, word=word)) from error


def _said(unit: Unit, amount: int) -> str:
    return usd(amount) if unit is Unit.USD else f"{amount} {unit}"
