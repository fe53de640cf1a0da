"""The database, as use cases and workers need it.

`Store` is the one that keeps the promises: each of its writes is one transaction, and each takes and leaves a consistent
picture. A write that finishes a claimed step names the claim and raises LostLease when that is no longer held.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.admission import AcceptResult, AdmissionPolicy
from bot.domain.card import CardContext, DueCard
from bot.domain.claims import Claim, Work
from bot.domain.delivery import Delivery, Try
from bot.domain.drafts import Draft
from bot.domain.generation import Generation, Video
from bot.domain.jobs import JobStatus
from bot.domain.ledger import Resolution
from bot.domain.media_inventory import RetentionState
from bot.domain.posts import PostedMessage
from bot.domain.versions import Version


class Store(Protocol):
    """The database, as use cases need it. Where it cannot be had for now, all raise StoreUnavailable, and nothing happened."""

    async def accept(self, new: Generation, terms: AdmissionPolicy, *, now: datetime) -> AcceptResult:
        """Check every limit that holds and reserve, in one transaction: rules, grants and windows are read inside it.

        Raises Refusal `quota` (details: use, a `LimitUsage`; amount; grants, what is left of them in that unit) or
        what `GuildSettings.check_open` says. An interaction or a form's draft that was accepted before returns that
        generation. With a parent it becomes the next version of that family.
        """
        ...

    async def check_accept(self, new: Generation, terms: AdmissionPolicy, *, now: datetime) -> bool:
        """What `accept` would say now, without reserving: raises as it does; False where it was accepted before.

        Only `accept` itself is the truth; this is asked before what `accept` needs is made at some cost.
        """
        ...

    async def generation(self, generation_id: str) -> Generation | None:
        """One generation, or None."""
        ...

    async def delivery_of(self, generation_id: str) -> Delivery | None:
        """The post of a generation's result, or None while there is none."""
        ...

    async def set_card(
        self,
        generation_id: str,
        *,
        message_id: str | None,
        image_url: str | None,
        image_until: datetime | None,
        shown: str,
        now: datetime,
    ) -> None:
        """The card is in the channel (or, with message_id None, could not be answered); the job may be submitted."""
        ...

    async def cardless(self) -> list[Generation]:
        """Every generation of which nobody knows whether its card was answered: at a start, before anything is accepted."""
        ...

    async def cancel(self, generation_id: str, *, now: datetime) -> Generation:
        """Cancel what is still reserved and give everything back. Raises IllegalTransition once it was sent."""
        ...

    async def withdraw(self, generation_id: str, *, now: datetime) -> bool:
        """Its card was refused: reserved → cancelled, everything given back; False where it is reserved no more."""
        ...

    async def waiting_guilds(self) -> list[str]:
        """The servers that have reserved jobs."""
        ...

    async def give_back_waiting(self, guild_id: str, *, fault: str, most: int, now: datetime) -> int:
        """reserved → failed and everything given back, for the oldest of one server, in one transaction; for how many."""
        ...

    async def card_context(self, generation: Generation) -> CardContext:
        """What the card of this generation shows beside it."""
        ...

    # Submitting

    async def claim_submit(
        self,
        claim: Claim,
        *,
        most: int,
        now: datetime,
        there: datetime | None = None,
        unsettled: Collection[str] = (),
    ) -> Generation | None:
        """The next reserved job in an order fair between members, now `submitting`; None while `most` are in flight.

        there: the time by UniAll's own clock, where it is known. A job past its soft deadline is not in flight.
        unsettled: those whose card may still be refused, which wait.
        """
        ...

    async def record_submitted(
        self, generation_id: str, claim: Claim | None, status: JobStatus, *, due_at: datetime, now: datetime
    ) -> bool:
        """submitting or unknown → submitted: UniAll's id is stored before anything else happens.

        False, and in doubt (`unknown`), where another generation has this id already.
        """
        ...

    async def keep_job_id(self, generation_id: str, job_id: str) -> bool:
        """UniAll's id came after the generation had ended: it is kept beside it, unless another one has it."""
        ...

    async def release_submit(
        self,
        generation_id: str,
        claim: Claim,
        *,
        hold: str | None,
        due_at: datetime,
        now: datetime,
        tried: timedelta = timedelta(0),
        stops_all: bool = False,
    ) -> None:
        """submitting → reserved: provably nothing was started; it waits until due_at, `hold` says for what.

        tried: how much longer it will then have been tried; stops_all: and every other reserved job with it.
        """
        ...

    async def record_unclear(self, generation_id: str, claim: Claim, *, now: datetime) -> None:
        """submitting → unknown: there is no proof either way."""
        ...

    async def unclear(self) -> list[Generation]:
        """Every unknown generation, the oldest first."""
        ...

    async def submitting(self, *, now: datetime, leases_at: datetime | None = None) -> list[Generation]:
        """Every generation whose submit is under way; one whose lease has run out is nobody's and becomes unknown.

        leases_at: the time by the clock of the claims, where that is another than that of `now`.
        """
        ...

    async def known_jobs(self, job_ids: Sequence[str]) -> set[str]:
        """Those of these UniAll ids that a generation owns already."""
        ...

    # Polling and fetching

    async def claim_poll(self, claim: Claim, *, now: datetime, overdue_too: bool = True) -> Generation | None:
        """The submitted job that has been due longest and that UniAll has not called done; one past its soft deadline is
        marked as overdue, comes after all others, and without overdue_too not at all."""
        ...

    async def record_poll(
        self,
        generation_id: str,
        claim: Claim,
        *,
        progress: int | None,
        missing_since: datetime | None,
        due_at: datetime,
        now: datetime,
        tried: timedelta = timedelta(0),
    ) -> None:
        """Still going: keep the progress and poll again at due_at. tried: how much longer it will then have been tried."""
        ...

    async def record_rendered(self, generation_id: str, claim: Claim, *, video_url: str | None, now: datetime) -> None:
        """UniAll says done; the file is still to be fetched, from video_url or the API's own content address."""
        ...

    async def claim_fetch(self, claim: Claim, *, now: datetime, failed_too: bool = True) -> Generation | None:
        """The rendered job whose file has been due longest; one that was tried before comes after all others, and without
        failed_too not at all."""
        ...

    async def retry_fetch(
        self,
        generation_id: str,
        claim: Claim,
        *,
        video_url: str | None,
        due_at: datetime,
        now: datetime,
        tried: timedelta = timedelta(0),
        failed: bool = True,
    ) -> None:
        """The file could not be had for now. video_url: the link of this try. tried: see `record_poll`.

        failed: whether it was the link's fault; otherwise the job is as before.
        """
        ...

    # Settling

    async def succeed(self, generation_id: str, claim: Claim, video: Video, *, delivery_id: str, now: datetime) -> None:
        """submitted → succeeded, reservation posted, delivery queued, in one transaction."""
        ...

    async def fail(
        self, generation_id: str, claim: Claim | None, *, fault: str, detail: str, resolution: Resolution, now: datetime
    ) -> None:
        """→ failed, reservation voided, in one transaction. With no claim: only from unknown."""
        ...

    # Delivering

    async def claim_delivery(self, claim: Claim, *, now: datetime) -> tuple[Delivery, Generation] | None:
        """The queued delivery that has been due longest, now `sending`."""
        ...

    async def record_sent(self, delivery_id: str, claim: Claim, posted: PostedMessage, *, now: datetime) -> None:
        """sending → sent, there."""
        ...

    async def retry_delivery(
        self, delivery_id: str, claim: Claim, *, due_at: datetime, now: datetime, tried: timedelta = timedelta(0)
    ) -> None:
        """sending → queued. tried: see `record_poll`."""
        ...

    async def give_up_delivery(self, delivery_id: str, claim: Claim, *, why: str, now: datetime) -> None:
        """sending → undeliverable: the file is kept."""
        ...

    async def tries(self, generation_id: str) -> list[Try]:
        """Where the post of a generation may be although nobody has seen it, the oldest try first."""
        ...

    async def record_try(self, claim: Claim, tried: Try) -> None:
        """A post goes there next. A place that was tried under the same id before keeps since when."""
        ...

    async def settle_tries(self, delivery_id: str, claim: Claim, settled: Sequence[Try]) -> None:
        """In these places there is no post: they were looked into, or Discord refused it."""
        ...

    async def requeue(
        self,
        generation_id: str,
        *,
        channel_id: str,
        now: datetime,
        delivery_id: str | None = None,
        asked_id: str | None = None,
        waived: Sequence[Try] = (),
    ) -> bool:
        """undeliverable → queued, for another channel; False where the delivery stands anywhere else.

        delivery_id: a new id, and so a new nonce. asked_id: the interaction that asked. waived: see `Try`.
        """
        ...

    async def post_again(
        self, generation_id: str, *, delivery_id: str, channel_id: str, now: datetime, asked_id: str | None = None
    ) -> bool:
        """sent → queued, for another channel, under a new id: the place of the post is gone. False where it is not sent."""
        ...

    async def adopt_post(self, generation_id: str, posted: PostedMessage, *, now: datetime) -> bool:
        """queued or undeliverable → sent: somebody has seen the post. False where the delivery stands anywhere else."""
        ...

    # Versions

    async def at_message(self, message_id: str) -> Version | None:
        """The generation whose result or card this message is."""
        ...

    async def newest_in(self, thread_id: str) -> Generation | None:
        """The newest version in a thread of a result, that result among them; None where it is no such thread.

        The newest that has its video or is under way; where all have failed, were cancelled or taken away, the newest
        that has words.
        """
        ...

    async def newest_made_in(self, thread_id: str) -> Generation | None:
        """The newest in any thread, by the same preference: of those that were asked for there."""
        ...

    async def locale_of(self, member_id: str) -> str | None:
        """The locale of a member's newest generation, in any server."""
        ...

    async def version(self, generation_id: str) -> Version | None:
        """One generation with its post."""
        ...

    async def versions(self, root_id: str) -> list[Version]:
        """A whole family in the order of its numbers."""
        ...

    async def history(self, guild_id: str, member_id: str, *, skip: int, limit: int) -> tuple[list[Version], int]:
        """A member's own in one server, newest first, and how many there are."""
        ...

    async def keep_draft(self, draft: Draft) -> None:
        """Keep a new draft."""
        ...

    async def fill_draft(self, draft: Draft) -> None:
        """Keep what was filled in since; nothing where the draft has been forgotten."""
        ...

    async def draft(self, draft_id: str) -> Draft | None:
        """A draft, or None once it is forgotten."""
        ...

    async def made_from(self, draft_id: str) -> Version | None:
        """The generation that a form's submission has become."""
        ...

    async def forget_drafts(self, *, made_before: datetime) -> None:
        """Forget old ones."""
        ...

    # Cards

    async def cards_due(self, *, now: datetime, limit: int) -> list[DueCard]:
        """Cards that may show something old: one for each channel, those of ended jobs first, then the longest due."""
        ...

    async def record_card(self, card: DueCard, *, shown: str, again_at: datetime | None, now: datetime) -> None:
        """The card shows the digest `shown`. It is looked at again at again_at, or when the generation changes."""
        ...

    async def cards_due_now(self, channel_id: str, *, now: datetime) -> int:
        """The cards of a channel that wait for another look get it now; how many do."""
        ...

    # Keeping files

    async def kept_for(self, generation_ids: Sequence[str]) -> dict[str, RetentionState]:
        """What became of these, by id; one that was never accepted is missing."""
        ...

    async def images_needed(self) -> set[str]:
        """The files of the reference images of every generation that has not ended."""
        ...

    async def hold_waiting(self, hold: str, *, now: datetime) -> int:
        """Every reserved job waits for `hold`, and its card says so; how many did not before."""
        ...

    async def let_go(self, hold: str, *, now: datetime) -> int:
        """Nothing waits for `hold` any more; how many did."""
        ...

    # Starting

    async def void_leases(self, *, now: datetime) -> None:
        """At the start of the one process: earlier leases are void.

        Every `submitting` becomes unknown, every `sending` queued. Which cards nobody knows of stays known (`cardless`).
        """
        ...

    async def end_leases(self, owners: Sequence[str], *, now: datetime) -> None:
        """These claims are over, whatever they were for: what each has left is claimed again, a submit put in doubt.

        now: by the clock of the claims.
        """
        ...

    async def next_due(self, work: Work) -> datetime | None:
        """When the next item of this work is due, maybe long ago; None while there is none."""
        ...

    async def get_value(self, name: str) -> str | None:
        """A small fact kept between runs, such as the digest of the synced commands."""
        ...

    async def set_value(self, name: str, value: str) -> None:
        """Keep a small fact."""
        ...
