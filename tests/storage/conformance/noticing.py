"""Who is told that their job has failed, and which place a waiting card shows."""

from datetime import timedelta

from bot.domain.generation import Generation
from bot.domain.messages.card import DueCard
from bot.domain.queue.claims import Claim
from bot.domain.quota.ledger import Resolution
from bot.ports.database.store import Store
from tests.storage.life import Life
from tests.storage.single_cards import record_card, take_place


class Noticing:
    async def test_a_job_that_fails_once_it_was_sent_is_told_once(self, store: Store, life: Life) -> None:
        job, claim = await life.polling()
        await self.fail(store, life, job, claim)
        notice = await store.claim_notice(claim := life.claim(), now=life.now + timedelta(minutes=1))
        assert notice
        assert (notice.generation.id, notice.generation.fault, notice.attempts) == (job.id, "x", 1)
        assert await store.claim_notice(life.claim(), now=life.now + timedelta(minutes=1)) is None, "it is leased"
        later = life.now + timedelta(minutes=2)
        await store.retry_notice(job.id, claim, due_at=later, now=life.now, tried=timedelta(minutes=1))
        assert await store.claim_notice(life.claim(), now=later - timedelta(seconds=1)) is None
        again = await store.claim_notice(claim := life.claim(), now=later)
        assert again
        assert (again.attempts, again.tried) == (2, timedelta(minutes=1))
        await store.void_leases(now=later)
        last = await store.claim_notice(claim := life.claim(), now=later)
        assert last
        assert last.attempts == 3, "the process died in between"
        await store.end_notice(job.id, claim, sent=True)
        await store.void_leases(now=later)
        assert await store.claim_notice(life.claim(), now=later + timedelta(days=1)) is None

    async def test_a_job_in_doubt_that_is_not_found_is_told_too(self, store: Store, life: Life) -> None:
        job = await life.unknown()
        await store.fail(job.id, None, fault="unclear", detail="", resolution=Resolution.BILLED, now=life.now)
        assert await store.claim_notice(life.claim(), now=life.now + timedelta(minutes=1))

    async def test_what_was_cancelled_or_refused_before_is_not_told(self, store: Store, life: Life) -> None:
        cancelled, refused, left = [await life.accept() for _ in range(3)]
        await store.cancel(cancelled.id, now=life.now)
        job, claim = await life.submitting(refused)
        await self.fail(store, life, job, claim)
        assert await store.give_back_waiting(left.guild_id, fault="server_left", most=9, now=life.now) == 1
        assert await store.claim_notice(life.claim(), now=life.now + timedelta(days=1)) is None

    async def test_no_two_cards_of_a_server_show_the_same_place(self, store: Store, life: Life) -> None:
        first, second, third = [await life.accept(life.new(member)) for member in ("ann", "bob", "cem")]
        for place, job in enumerate((first, second, third), start=1):
            assert await take_place(store, job.id, job.guild_id, place, now=life.now)
            await life.show(job, message_id=f"card-{place}")
        running, _ = await life.submitting(first)
        assert (await store.card_context(second)).queue_position == 1
        assert not await take_place(store, second.id, second.guild_id, 1, now=life.now), "the first card still shows it"
        elsewhere = await life.accept(life.new("zoe", "other"))
        assert await take_place(store, elsewhere.id, elsewhere.guild_id, 1, now=life.now)
        card = DueCard(generation=running, shown="", revision=0)
        await record_card(store, card, shown="sending", again_at=None, now=life.now)
        assert await take_place(store, second.id, second.guild_id, 1, now=life.now)
        assert not await take_place(store, third.id, third.guild_id, 1, now=life.now), (
            "the second card is about to show it"
        )
        assert not await take_place(store, third.id, third.guild_id, 2, now=life.now), "the second card still shows it"
        card = DueCard(generation=second, shown="", revision=0)
        await record_card(store, card, shown="next", again_at=life.later(seconds=10), now=life.now)
        assert await take_place(store, third.id, third.guild_id, 2, now=life.now)

    async def test_the_queue_names_the_place_of_every_card_in_one_look(self, store: Store, life: Life) -> None:
        first, second = await life.accepted("ann", 2)
        held = await life.accept(life.new("bob"))
        await life.show(first, message_id="card")
        _, claim = await life.submitting(first)
        await store.release_submit(first.id, claim, hold="x", due_at=life.now, now=life.now)
        assert await take_place(store, held.id, held.guild_id, 1, now=life.now)
        view = await store.queue(most=1, now=life.now)
        cards = {key: (card.place.position, card.hold, card.posted, card.takes) for key, card in view.cards.items()}
        assert cards == {
            second.id: (2, None, False, None),
            held.id: (1, None, False, 1),
            first.id: (3, "x", True, None),
        }
        joined = view.joined("bob", ("sora-2", 4))
        assert joined.position == 3, "after the first jobs of all, and before their others"
        late = await life.accept(life.new("bob"))
        assert (await store.queue(most=1, now=life.now)).cards[late.id].place.position == joined.position

    async def test_a_waiting_job_is_expected_after_those_before_it(self, store: Store, life: Life) -> None:
        done, poll = await life.polling()
        life.later(seconds=60)
        await store.record_rendered(done.id, poll, video_url=None, now=life.now)
        await life.submitted()
        life.later(seconds=20)
        _, second = await life.accepted("bob", 2)
        expected = await store.card_context(second, most=1, now=life.now)
        assert expected.starts_in is not None
        assert 95 < expected.starts_in < 105, "40 s of the one that runs, and a minute of the one before"
        assert expected.queue_position == 2
        free = await store.card_context(second, most=9, now=life.now)
        assert (free.starts_in, free.queue_position) == (0, 0)
        assert (await store.card_context(second, most=2, now=life.now)).queue_position == 1
        assert (await store.card_context(second)).starts_in is None
        unknown = await life.accept(life.new("cem", model="new"))
        assert (await store.card_context(unknown, most=1, now=life.now)).starts_in is None

    async def fail(self, store: Store, life: Life, job: Generation, claim: Claim) -> None:
        """It ends without a video."""
        await store.fail(job.id, claim, fault="x", detail="", resolution=Resolution.VOID, now=life.now)
