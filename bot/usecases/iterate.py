"""From one version to the next: Again, Remix, replies, mentions, threads, history. Each ends in `Requests.accept`.

A version is found by its id or by a message, in the database, so that it works after months and restarts. It may be made
into a new one by anyone who may read it (`bot.domain.visibility`): in its own server, against the quota of whoever asks.
"""

import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bot.domain.claims import Work
from bot.domain.delivery import Delivery, Try
from bot.domain.drafts import Draft
from bot.domain.errors import PostError, PostImpossible, StoreUnavailable
from bot.domain.generation import Generation, Image, Orientation
from bot.domain.guild_settings import Threads
from bot.domain.links import without_links
from bot.domain.mentions import Names
from bot.domain.parameters import Edits, ReadImage
from bot.domain.posts import MessageStatus, PostedMessage
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import AlreadyThere, DearerNow, MaybePosted, Refusal
from bot.domain.result_status import ResultStatus, posted_message
from bot.domain.versions import Version
from bot.domain.visibility import Reader, hidden, may_read, places
from bot.runtime.background import spawn_background
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.runtime.persist import persist
from bot.usecases.admission import ChannelRef, check_place
from bot.usecases.generate import AcceptedCard, GenerationRequest, Requests, form_sent

PAGE = 5
NAME_LENGTH = 100  # of a thread, as Discord allows
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # would turn the list of threads around


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """Who asks, where, in which language. ask_id: the interaction's or message's, the same when it arrives twice.

    private: not everybody reads the thread. draft_id: the form's, which makes one video at most. here: the channels that they
    are known to read, as they act there. names: what Discord said along with it of the ids in the text.
    """

    ask_id: str
    guild_id: str
    channel_id: str
    member_id: str
    role_ids: frozenset[str] = frozenset()
    parent_channel_id: str | None = None
    private: bool = False
    locale: str = "en-US"
    draft_id: str | None = None
    here: frozenset[str] = frozenset()
    names: Names = field(default_factory=Names)

    @property
    def reader(self) -> Reader:
        """The same as who wants to read something."""
        return Reader(guild_id=self.guild_id, member_id=self.member_id, role_ids=self.role_ids, here=self.here)

    def wish(self, prompt: str, image: ReadImage | None) -> GenerationRequest:
        """What they ask for, with nothing chosen yet."""
        return GenerationRequest(
            interaction_id=self.ask_id,
            guild_id=self.guild_id,
            channel_id=self.channel_id,
            member_id=self.member_id,
            prompt=prompt,
            image=image,
            role_ids=self.role_ids,
            parent_channel_id=self.parent_channel_id,
            private=self.private,
            locale=self.locale,
            draft_id=self.draft_id,
            reader=self.reader,
            names=self.names,
        )


class Versions:
    """The use cases of creators."""

    def __init__(self, context: ServiceContext, requests: Requests) -> None:
        self._context = context
        self._requests = requests

    async def find(self, reader: Reader, generation_id: str) -> Version:
        """A version of this server that the member may read and whose words are still there.

        Raises Refusal `gone`, `elsewhere` or `forgotten`.
        """
        found = await self._context.store.version(generation_id)
        if found is None or found.generation.guild_id != reader.guild_id:
            raise Refusal(RefusalCode.GONE)
        own = found.generation.member_id == reader.member_id
        if not own and not may_read(reader, found, await self._context.readers.readable(reader, places(found))):
            raise Refusal(RefusalCode.ELSEWHERE)
        if not found.generation.prompt:
            raise Refusal(RefusalCode.FORGOTTEN)
        return found

    async def at_message(self, guild_id: str, message_id: str) -> Version | None:
        """The version whose result or card a message is, in this server."""
        found = await self._context.store.at_message(message_id)
        return found if found and found.generation.guild_id == guild_id else None

    async def newest_in(self, thread_id: str) -> Generation | None:
        """What a mention in a thread goes on from: the newest there, in one that a result has or that members opened."""
        store = self._context.store
        return await store.newest_in(thread_id) or await store.newest_made_in(thread_id)

    async def locale_of(self, member_id: str) -> str | None:
        """The language in which a member was spoken to last, by Discord's name; None before their first video."""
        return await self._context.store.locale_of(member_id)

    async def image_of(self, generation: Generation, image: Image) -> bytes:
        """The reference image of a version, from the folder or from its card. Raises Refusal `image_gone`."""
        try:
            return await self._context.media.read(image.file)
        except OSError:
            log.info("image_not_in_folder", generation=generation.id)
        try:
            data = await self._context.messenger.image_data(generation)
        except PostError as error:
            raise Refusal(RefusalCode.IMAGE_UNREADABLE) from error
        if data is None:
            raise Refusal(RefusalCode.IMAGE_GONE)
        return data

    async def picture(self, address: str) -> bytes:
        """A picture in Discord, by the address that a message gave for it. Raises Refusal `picture_gone`."""
        try:
            data = await self._context.messenger.picture(address)
        except PostError as error:
            raise Refusal(RefusalCode.IMAGE_UNREADABLE) from error
        if data is None:
            raise Refusal(RefusalCode.PICTURE_GONE)
        return data

    async def make(
        self, asker: RequestContext, parent: Generation, edits: Edits, *, no_image: bool = False
    ) -> AcceptedCard:
        """The next version of a family: what edits leave out stays. Raises Refusal; then nothing was spent.

        no_image: without the parent's own. Whoever sees a video where its author has posted it again does not see the picture
        on its card: then `image_elsewhere`.
        """
        prompt = parent.prompt if edits.prompt is None else edits.prompt
        same = None if edits.image or no_image else parent.image
        if same and parent.member_id != asker.member_id:
            asked_in = frozenset({parent.channel_id})
            if not await self._context.readers.readable(asker.reader, asked_in):
                raise Refusal(RefusalCode.IMAGE_ELSEWHERE)
        image = partial(self.image_of, parent, same) if same else edits.image
        choice = self._choice(parent, edits, image=image is not None)
        self._check_price(parent, edits, choice, image=image is not None)
        wish = replace(asker.wish(prompt, image), parent_id=parent.id, same_image=same, spoiler=edits.spoiler)
        return await self._requests.accept(replace(wish, **choice))

    async def animate(self, asker: RequestContext, edits: Edits) -> AcceptedCard:
        """A first version, from a picture. Raises Refusal; then nothing was spent."""
        wish = asker.wish(edits.prompt or "", edits.image)
        return await self._requests.accept(
            replace(
                wish,
                orientation=edits.orientation,
                seconds=edits.seconds,
                model=edits.model,
                spoiler=edits.spoiler,
            )
        )

    def _choice(self, parent: Generation, edits: Edits, *, image: bool) -> dict[str, str | int | None]:
        """Model, orientation and seconds: the very model while it fits and is there, else its family's first that fits.

        A raw id that says its shape and length itself brings them along where the old ones do not fit it.
        """
        catalog = self._context.catalog
        orientation, seconds = edits.orientation or parent.orientation, edits.seconds or parent.seconds
        tries: list[tuple[str, Orientation | None, int | None]]
        if edits.model is None:
            tries = [(name, orientation, seconds) for name in (parent.model, parent.family)]
        else:
            name = catalog.named(edits.model)
            tries = [(name, orientation, seconds)]
            if catalog.encoded(name):
                tries.append((name, edits.orientation, edits.seconds))
        last: Refusal | None = None
        for model, shape, length in tries:
            try:
                found = catalog.resolve(model, orientation=shape, seconds=length, image=image)
                if edits.model is None and found.offer.family != parent.family:
                    continue  # an id that several families have stands for the first of them
            except Refusal as refusal:
                # The family's own answer is the clearer one; of a raw id that was asked for, the first.
                last = refusal if edits.model is None or last is None else last
            else:
                return {"model": model, "orientation": shape, "seconds": length}
        raise last or Refusal(RefusalCode.NO_MODELS)

    def _check_price(self, parent: Generation, edits: Edits, choice: dict[str, Any], *, image: bool) -> None:
        """Raises Refusal `dearer_now` where the same model and length cost more than the card said."""
        now = self._context.catalog.resolve(**choice, image=image)
        if edits.model is None and now.seconds == parent.seconds and now.price_micros > parent.price_micros:
            raise Refusal(DearerNow(price=now.price_micros, before=parent.price_micros))

    async def other_models(self, generation: Generation) -> list[str]:
        """The families to choose from where this version's own cannot be had here any more; none where it can."""
        here = await self._families(generation.guild_id)
        return [] if generation.family in here else here

    async def lengths(self, guild_id: str, start: Generation | None) -> list[int]:
        """The lengths to choose from in a form, of any shape: its version's family's, or those of what may replace it."""
        catalog = self._context.catalog
        if start:
            families = await self.other_models(start) or [start.family]
        else:
            allowed = (await self._context.moderation.guild(guild_id)).families
            families = [catalog.default_family(allowed) or ""]
        offers = [offer for offer in catalog.offers if offer.family in families and catalog.usable(offer)]
        return sorted({seconds for offer in offers for seconds in offer.seconds})

    async def _families(self, guild_id: str) -> list[str]:
        """Those that can be had in this server now."""
        allowed = (await self._context.moderation.guild(guild_id)).families
        return [name for name in self._context.catalog.families() if not allowed or name in allowed]

    # Forms

    async def open_draft(
        self,
        guild_id: str,
        member_id: str,
        *,
        generation_id: str | None = None,
        pictures: tuple[str, ...] = (),
        covered: frozenset[str] = frozenset(),
        image_gone: bool = False,
    ) -> Draft:
        """A new draft."""
        context = self._context
        now = context.clock.now()
        draft = Draft(
            id=context.ids.new(),
            guild_id=guild_id,
            member_id=member_id,
            made_at=now,
            generation_id=generation_id,
            pictures=pictures,
            covered=covered,
            image_gone=image_gone,
        )
        await context.store.keep_draft(draft)
        return draft

    async def draft(self, guild_id: str, member_id: str, draft_id: str, *, ask_id: str | None = None) -> Draft:
        """A member's own draft in this server. Raises Refusal `form_gone`, `not_your_form` or `form_sent`.

        ask_id: of a submission, which may arrive twice and then meets its own video.
        """
        draft = await self._context.store.draft(draft_id)
        if draft is None or draft.guild_id != guild_id:
            raise Refusal(RefusalCode.FORM_GONE)
        if draft.member_id != member_id:
            raise Refusal(RefusalCode.NOT_YOUR_FORM)
        made = await self._context.store.made_from(draft_id)
        if made and made.generation.interaction_id != ask_id:
            raise form_sent(made)
        return draft

    async def keep_draft(self, draft: Draft) -> None:
        """Keep what was filled in, so that the form can be shown again, as soon as the database takes it; unless its
        member had it forgotten meanwhile.
        """
        try:
            await self._context.store.fill_draft(draft)
        except StoreUnavailable as error:
            log.warning("not_stored", what="draft", error=error)
            spawn_background(persist(lambda: self._context.store.fill_draft(draft)), "draft")

    # Threads

    async def open_thread(self, reader: Reader, generation_id: str, seen: PostedMessage | None = None) -> str:
        """The id of the thread on a result, opened unless it is there. Raises Refusal.

        seen: the message whose button was pressed: it is there, though its post may not be recorded yet.
        """
        context, guild_id = self._context, reader.guild_id
        found = await self.find(reader, generation_id)
        generation = found.generation
        if (await context.moderation.guild(guild_id)).threads is Threads.NEVER:
            raise Refusal(RefusalCode.THREADS_OFF)
        seen = seen or posted_message(generation, found.delivery)
        if seen is None:
            raise Refusal(RefusalCode.RESULT_GONE)
        if generation.parent_channel_id and seen.channel_id == generation.channel_id:
            raise Refusal(RefusalCode.IN_A_THREAD)
        try:
            return await context.messenger.open_thread(
                seen.channel_id, guild_id, seen.message_id, thread_name(generation)
            )
        except PostImpossible as error:
            log.info("thread_impossible", generation=generation.id, error=error)
            raise Refusal(RefusalCode.THREAD_IMPOSSIBLE) from error
        except PostError as error:
            log.warning("thread_failed", generation=generation.id, error=error)
            raise Refusal(RefusalCode.DISCORD_BUSY) from error

    # History

    async def history(self, guild_id: str, member_id: str, page: int) -> tuple[list[Version], int, int, int]:
        """One page of a member's own, newest first; the page's number, the last one at most; how many pages, and videos."""
        store = self._context.store
        found, count = await store.history(guild_id, member_id, skip=max(0, page) * PAGE, limit=PAGE)
        pages = max(1, -(-count // PAGE))
        if not found and count:
            page = pages - 1
            found, count = await store.history(guild_id, member_id, skip=page * PAGE, limit=PAGE)
        return found, min(max(0, page), pages - 1), pages, count

    async def family(self, reader: Reader, generation_id: str) -> list[Version]:
        """All versions of the family of one, by number; what the member may not read is hidden. Raises Refusal as `find`.

        Of a family in very many channels, what Discord was not asked about is hidden too.
        """
        start = await self.find(reader, generation_id)
        family = await self._context.store.versions(start.generation.root_id)
        others = [one for one in (start, *reversed(family)) if one.generation.member_id != reader.member_id]
        asked = list(dict.fromkeys(place for one in others for place in sorted(places(one))))
        readable = await self._context.readers.readable(reader, asked)
        return [one if may_read(reader, one, readable) else hidden(one) for one in family]

    async def post_here(self, asker: RequestContext, generation_id: str, *, told: str | None = None) -> Version:
        """Post a finished video that could not be posted where it was asked for, or whose thread is gone. Raises Refusal.

        `posted_already` (link) where it can be seen; `post_under_way` while it is on its way; `result_gone` once it was
        deleted, or its file is. `maybe_posted` (channels, doubt) where it may be visible already in places that cannot be
        looked into now: a second one is posted once its author, told so, gives that doubt back as `told`.
        """
        context = self._context
        found = await self.find(asker.reader, generation_id)
        if found.generation.member_id != asker.member_id:
            raise Refusal(RefusalCode.NOT_YOURS_TO_POST)
        settings = await context.moderation.guild(asker.guild_id)
        place = ChannelRef(channel_id=asker.channel_id, parent_id=asker.parent_channel_id)
        check_place(settings, asker.member_id, place)
        post, video = found.delivery, found.generation.video
        status = found.status
        if status is ResultStatus.NOT_MADE:
            raise Refusal(RefusalCode.NO_VIDEO)
        if status is ResultStatus.UNDER_WAY or post is None:
            raise Refusal(RefusalCode.NO_VIDEO_YET)
        if status is ResultStatus.REMOVED:
            raise Refusal(RefusalCode.RESULT_GONE)
        gone = status is ResultStatus.POSTED and await self._place_gone(found)
        if video is None or not context.media.path(video.file).is_file():
            raise Refusal(RefusalCode.RESULT_GONE)
        store, now, here = context.store, context.clock.now(), asker.channel_id
        new_id, asked_id = context.ids.new(), asker.ask_id
        if gone:
            queued = await store.post_again(
                generation_id, delivery_id=new_id, channel_id=here, now=now, asked_id=asked_id
            )
        else:
            if not status.is_undeliverable:
                raise Refusal(RefusalCode.POST_UNDER_WAY)
            waived = await self._waived(found, post, told)
            queued = await store.requeue(
                generation_id, channel_id=here, now=now, delivery_id=new_id, asked_id=asked_id, waived=waived
            )
        if not queued:
            raise Refusal(RefusalCode.POST_UNDER_WAY)
        log.info("posting_elsewhere", generation=generation_id, channel=here)
        context.wake_signals.send(Work.DELIVER)
        return found

    async def _waived(self, found: Version, post: Delivery, told: str | None) -> list[Try]:
        """The places that may have the post already and cannot be looked into now. Raises Refusal unless they were told.

        What they were told of is named by the delivery's id, which is another after every post that they ask for.
        """
        tries = [tried for tried in await self._context.store.tries(found.generation.id) if not tried.waived]
        try:
            unseen = await self._context.messenger.unseen(found.generation, tries) if tries else []
        except PostError as error:
            raise Refusal(RefusalCode.DISCORD_BUSY) from error
        if unseen and told != post.id:
            channels = tuple(dict.fromkeys(tried.channel_id for tried in unseen))
            raise Refusal(MaybePosted(channels=channels, doubt=post.id))
        return unseen

    async def _place_gone(self, found: Version) -> bool:
        """Whether the channel or thread of the post was deleted. A post that somebody deleted is not posted again.

        Raises Refusal `posted_already` or `result_gone`.
        """
        posted = posted_message(found.generation, found.delivery)
        if posted is None:
            raise Refusal(RefusalCode.RESULT_GONE)
        try:
            became = await self._context.messenger.message_status(posted.channel_id, posted.message_id)
        except PostError as error:
            raise Refusal(RefusalCode.DISCORD_BUSY) from error
        if became is MessageStatus.THERE:
            raise Refusal(AlreadyThere(RefusalCode.POSTED_ALREADY, link=found.link or ""))
        if became is MessageStatus.DELETED:
            raise Refusal(RefusalCode.RESULT_GONE)
        return True


def thread_name(generation: Generation) -> str:
    """The prompt on one line without links, as long as Discord lets a thread's name be."""
    line = " ".join(_TURNS.sub("", without_links(generation.prompt)).split())
    return line if len(line) <= NAME_LENGTH else f"{line[: NAME_LENGTH - 1].rstrip()}…"
