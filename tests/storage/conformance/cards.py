"""Which status cards may show something old, and when they may be edited."""

from datetime import timedelta

from bot.domain.generation import Generation, State
from bot.domain.messages.card import DueCard
from bot.domain.messages.delivery import DeliveryState
from bot.domain.queue.claims import Claim, Work
from bot.domain.quota.ledger import Resolution
from bot.ports.database.store import Store
from tests.storage.conformance.delivering import sending
from tests.storage.life import POSTED, Life
from tests.storage.single_cards import record_card

GAP = timedelta(seconds=5)


async def due(store: Store, life: Life) -> list[DueCard]:
    return await store.cards_due(now=life.now, limit=100)


async def edited(store: Store, life: Life, shown: str, *, again: timedelta | None = None) -> DueCard:
    """The one card that is due, edited now."""
    [card] = await due(store, life)
    await record_card(store, card, shown=shown, again_at=life.now + again if again else None, now=life.now)
    return card


class Cards:
    async def running(self, store: Store, life: Life) -> tuple[Generation, Claim]:
        """A polled job whose card was edited just now."""
        job = await life.submitted()
        await life.show(job)
        life.later(seconds=5)
        await edited(store, life, "running")
        return job, await self.poll(store, life, 10)

    async def poll(self, store: Store, life: Life, progress: int) -> Claim:
        claim = life.claim()
        job = await life.claim_poll(claim, now=life.now)
        assert job is not None
        await life.record_poll(job.id, claim, progress=progress, missing_since=None, due_at=life.now, now=life.now)
        return claim

    async def test_a_card_that_is_not_in_the_channel_is_never_due(self, store: Store, life: Life) -> None:
        await life.show(await life.failed(), message_id=None)
        await life.accept()
        life.later(days=1)
        assert await due(store, life) == []
        assert await store.next_due(Work.CARD) is None

    async def test_a_fresh_card_is_looked_at_once_the_gap_has_passed(self, store: Store, life: Life) -> None:
        job = await life.accept()
        await life.show(job, "waiting")
        assert await store.next_due(Work.CARD) is None, "while a job waits, its card follows the queue"
        life.later(seconds=4.999)
        assert await due(store, life) == []
        life.later(seconds=0.001)
        card = await edited(store, life, "waiting")
        assert (card.generation, card.shown) == (await life.reload(job), "waiting")
        life.later(days=1)
        assert await due(store, life) == []

    async def test_a_card_answered_after_the_end_is_due_at_once(self, store: Store, life: Life) -> None:
        job = await life.failed()
        await life.show(job)
        assert [card.generation.id for card in await due(store, life)] == [job.id]

    async def test_a_card_may_ask_to_be_looked_at_again(self, store: Store, life: Life) -> None:
        await life.show(await life.accept())
        life.later(seconds=5)
        await edited(store, life, "place 3", again=timedelta(seconds=15))
        assert await due(store, life) == []
        life.later(seconds=15)
        assert [card.shown for card in await due(store, life)] == ["place 3"]

    async def test_progress_is_shown_once_in_five_seconds_however_often_it_changes(
        self, store: Store, life: Life
    ) -> None:
        await self.running(store, life)
        edits: list[float] = []
        start = life.now
        for second in range(1, 21):
            life.now = start + timedelta(seconds=second)
            await self.poll(store, life, 10 + second)
            for card in await due(store, life):
                await record_card(store, card, shown=f"{second}", again_at=None, now=life.now)
                edits.append(second)
        assert edits == [5, 10, 15, 20]

    async def test_a_poll_without_news_makes_no_card_due(self, store: Store, life: Life) -> None:
        await self.running(store, life)
        life.later(seconds=5)
        await edited(store, life, "10 %")
        await self.poll(store, life, 10)
        life.later(seconds=30)
        assert await due(store, life) == []

    async def test_an_edit_that_changed_nothing_does_not_delay_the_next(self, store: Store, life: Life) -> None:
        await self.running(store, life)
        life.later(seconds=5)
        await edited(store, life, "running")
        life.later(seconds=1)
        await self.poll(store, life, 20)
        assert [card.generation.progress for card in await due(store, life)] == [20]

    async def test_a_finished_card_is_due_at_once_whatever_was_edited_just_before(
        self, store: Store, life: Life
    ) -> None:
        job, _ = await self.running(store, life)
        life.later(seconds=5)
        await edited(store, life, "10 %")
        claim = life.claim()
        await life.claim_poll(claim, now=life.now)
        await store.fail(job.id, claim, fault="lost", detail="", resolution=Resolution.VOID, now=life.now)
        assert (await edited(store, life, "failed")).generation.state is State.FAILED
        life.later(days=1)
        assert await due(store, life) == []

    async def test_a_cancelled_card_is_due_at_once(self, store: Store, life: Life) -> None:
        job = await life.accept()
        await life.show(job)
        await store.cancel(job.id, now=life.now)
        assert [card.generation.state for card in await due(store, life)] == [State.CANCELLED]

    async def test_a_succeeded_card_waits_until_its_delivery_is_sent(self, store: Store, life: Life) -> None:
        job = await life.succeeded()
        await life.show(job)
        assert (await due(store, life), await store.next_due(Work.CARD)) == ([], None)
        delivery, _, claim = await sending(store, life)
        assert await due(store, life) == []
        await store.record_sent(delivery.id, claim, POSTED, now=life.now)
        assert await store.next_due(Work.CARD) == life.now
        card = await edited(store, life, "done")
        shown = (await store.card_context(card.generation)).delivery
        assert shown is not None
        assert (shown.state, shown.message_id) == (DeliveryState.SENT, "m")
        life.later(days=1)
        assert await due(store, life) == []

    async def test_a_succeeded_card_is_due_when_its_delivery_has_failed_once_and_when_it_is_given_up(
        self, store: Store, life: Life
    ) -> None:
        job = await life.succeeded()
        await life.show(job)
        assert await due(store, life) == []
        delivery, _, claim = await sending(store, life)
        assert await due(store, life) == []
        await store.retry_delivery(delivery.id, claim, due_at=life.now, now=life.now)
        assert [card.generation.id for card in await due(store, life)] == [job.id]
        delivery, _, claim = await sending(store, life)
        assert await due(store, life) == []
        await store.give_up_delivery(delivery.id, claim, why="gone", now=life.now)
        assert [card.generation.id for card in await due(store, life)] == [job.id]

    async def test_a_change_while_the_card_is_edited_keeps_it_due(self, store: Store, life: Life) -> None:
        await self.running(store, life)
        life.later(seconds=5)
        [card] = await due(store, life)
        await self.poll(store, life, 80)
        await record_card(store, card, shown="10 %", again_at=None, now=life.now)
        assert await due(store, life) == []
        life.later(seconds=5)
        assert [card.generation.progress for card in await due(store, life)] == [80]

    async def test_an_end_while_the_card_is_edited_keeps_it_due_at_once(self, store: Store, life: Life) -> None:
        job = await life.accept()
        await life.show(job)
        life.later(seconds=5)
        [card] = await due(store, life)
        await store.cancel(job.id, now=life.now)
        await record_card(store, card, shown="waiting", again_at=None, now=life.now)
        assert [card.generation.state for card in await due(store, life)] == [State.CANCELLED]

    async def test_a_claim_while_the_card_is_edited_keeps_it_due(self, store: Store, life: Life) -> None:
        await life.show(await life.accept())
        life.later(seconds=5)
        [card] = await due(store, life)
        await life.next()
        await record_card(store, card, shown="place 1", again_at=None, now=life.now)
        life.later(seconds=5)
        assert [card.generation.state for card in await due(store, life)] == [State.SUBMITTING]

    async def test_the_cards_due_longest_come_first_and_no_more_than_asked_for(self, store: Store, life: Life) -> None:
        jobs = [await life.accept(life.new(channel=channel)) for channel in ("one", "two", "three")]
        for job in reversed(jobs):
            life.later(seconds=1)
            await life.show(job)
        life.later(seconds=5)
        found = await store.cards_due(now=life.now, limit=2)
        assert [card.generation.id for card in found] == [jobs[2].id, jobs[1].id]
        assert len(await due(store, life)) == 3

    async def test_of_one_channel_s_cards_one_is_due_at_a_time_and_the_ended_ones_go_first(
        self, store: Store, life: Life
    ) -> None:
        jobs = [await life.accept() for _ in range(3)]
        other = await life.accept(life.new(channel="other"))
        for job in (*jobs, other):
            life.later(seconds=1)
            await life.show(job)
        life.later(seconds=6)
        await store.cancel(jobs[2].id, now=life.now)
        order: list[list[str]] = []
        while found := await due(store, life):
            order.append([card.generation.id for card in found])
            for card in found:
                await record_card(store, card, shown="x", again_at=None, now=life.now)
        assert order == [[jobs[2].id, other.id], [jobs[0].id], [jobs[1].id]]

    async def test_at_a_restart_a_card_now_in_doubt_is_due_at_once(self, store: Store, life: Life) -> None:
        job, _ = await life.submitting()
        await life.show(job)
        await store.void_leases(now=life.now)
        assert [card.generation.state for card in await due(store, life)] == [State.UNKNOWN]
