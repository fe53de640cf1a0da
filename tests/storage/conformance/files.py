"""What files are kept for, and jobs that wait for room."""

from dataclasses import replace

from bot.domain.generation import Image, State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.processes.media_inventory import RetentionState
from tests.storage.conformance.keeping import posted, sending
from tests.storage.life import POSTED, Life, WholeStore
from tests.storage.single_cards import record_card


class Files:
    async def test_what_became_of_a_job_is_told_with_its_post_and_when(self, store: WholeStore, life: Life) -> None:
        sent = await posted(store, life)
        under_way, claim = await sending(store, life)
        given_up, another = await sending(store, life)
        await store.give_up_delivery(f"d-{given_up.id}", another, why="gone", now=life.later(milliseconds=1))
        queued, failed, open_one = await life.succeeded(), await life.failed(), await life.accept()
        jobs = [sent, under_way, given_up, queued, failed, open_one]
        assert claim.until > life.now
        found = await store.kept_for([*(job.id for job in jobs), "stranger", sent.id])
        delivery = await life.delivery(sent)
        assert delivery is not None
        assert {key: (kept.state, kept.delivery) for key, kept in found.items()} == {
            sent.id: (State.SUCCEEDED, DeliveryState.SENT),
            under_way.id: (State.SUCCEEDED, DeliveryState.SENDING),
            given_up.id: (State.SUCCEEDED, DeliveryState.UNDELIVERABLE),
            queued.id: (State.SUCCEEDED, DeliveryState.QUEUED),
            failed.id: (State.FAILED, None),
            open_one.id: (State.RESERVED, None),
        }
        assert found[failed.id].at == failed.finished_at
        assert found[open_one.id] == RetentionState(state=State.RESERVED, delivery=None, at=open_one.accepted_at)
        assert sent.finished_at is not None
        assert found[sent.id].at >= sent.finished_at
        assert await store.kept_for([]) == {}

    async def test_the_later_post_is_the_younger_file(self, store: WholeStore, life: Life) -> None:
        older, claim_of_older = await sending(store, life)
        newer, claim_of_newer = await sending(store, life)
        await store.record_sent(f"d-{newer.id}", claim_of_newer, POSTED, now=life.later(seconds=5))
        await store.record_sent(f"d-{older.id}", claim_of_older, POSTED, now=life.later(seconds=5))
        found = await store.kept_for([older.id, newer.id])
        assert found[older.id].at > found[newer.id].at

    async def test_an_image_is_needed_until_its_job_has_ended(self, store: WholeStore, life: Life) -> None:
        pictures = [Image(file=f"{name}.png", media_type="image/png") for name in "ab"]
        waiting, ended = [await life.accept(replace(life.new(), image=picture)) for picture in pictures]
        await life.accept()
        await store.cancel(ended.id, now=life.now)
        assert await store.images_needed() == {"a.png"}
        await store.cancel(waiting.id, now=life.now)
        assert await store.images_needed() == set()
        both = replace(life.new(), image=pictures[0], end_image=pictures[1])
        await life.accept(both)
        assert await store.images_needed() == {"a.png", "b.png"}

    async def test_all_that_wait_are_held_their_cards_say_so_and_they_are_let_go(
        self, store: WholeStore, life: Life
    ) -> None:
        running = await life.submitted()
        waiting, other = await life.accepted("bob", 2)
        for job in (waiting, other):
            await life.show(job)
        [released, claim] = await life.submitting(waiting)
        await store.release_submit(released.id, claim, hold="unreachable", due_at=life.now, now=life.now)
        life.later(seconds=10)
        for card in await store.cards_due(now=life.now, limit=10):
            await record_card(store, card, shown="x", again_at=None, now=life.now)
        life.later(seconds=10)
        assert await store.hold_waiting("disk", now=life.now) == 2
        assert [(await life.reload(job)).hold for job in (waiting, other, running)] == ["disk", "disk", None]
        assert await store.cards_due(now=life.now, limit=10)
        assert await store.hold_waiting("disk", now=life.now) == 0
        late = await life.accept()
        assert await store.hold_waiting("disk", now=life.now) == 1
        assert await store.release_held("other", now=life.now) == 0
        assert await store.release_held("disk", now=life.now) == 3
        assert [(await life.reload(job)).hold for job in (waiting, other, late)] == [None, None, None]
        assert await life.next() is not None

    async def test_what_is_held_can_be_cancelled_and_gives_everything_back(self, store: WholeStore, life: Life) -> None:
        job = await life.accept()
        await store.hold_waiting("disk", now=life.now)
        cancelled = await store.cancel(job.id, now=life.now)
        assert cancelled.state is State.CANCELLED
        assert await store.release_held("disk", now=life.now) == 0
