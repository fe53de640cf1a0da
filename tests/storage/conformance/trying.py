"""Where a post may be that nobody has seen: kept until it is settled, over leases, restarts and posts elsewhere."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import LostLease
from bot.domain.messages.delivery import DeliveryState, Try
from bot.domain.messages.posts import PostedMessage
from tests.storage.life import POSTED, Life, WholeStore


class Trying:
    async def test_a_place_is_kept_until_it_is_settled_and_knows_since_when_it_was_tried(
        self, store: WholeStore, life: Life
    ) -> None:
        job, claim = await life.posting()
        first = Try(delivery_id=f"d-{job.id}", channel_id="here", after_id="10", first_at=life.now, last_at=life.now)
        later = life.now + timedelta(minutes=1)
        await store.record_try(claim, first)
        await store.record_try(claim, replace(first, after_id="99", first_at=later, last_at=later))
        await store.record_try(claim, there := replace(first, channel_id="there"))
        kept = replace(first, last_at=later)
        assert await store.tries(job.id) == [kept, there]
        with pytest.raises(LostLease):
            await store.settle_tries(first.delivery_id, life.claim(), [kept])
        with pytest.raises(LostLease):
            await store.record_try(life.claim(), replace(first, channel_id="nowhere"))
        await store.settle_tries(first.delivery_id, claim, [there])
        await store.void_leases(now=life.now)
        assert await store.tries(job.id) == [kept]

    async def test_what_its_author_was_told_of_is_waived_and_outlives_the_post(
        self, store: WholeStore, life: Life
    ) -> None:
        job, claim = await life.posting()
        tried = Try(delivery_id=f"d-{job.id}", channel_id="here", after_id="10")
        await store.record_try(claim, tried)
        await store.give_up_delivery(tried.delivery_id, claim, why="hidden", now=life.now)
        asked: dict[str, Any] = {"channel_id": "there", "now": life.now, "asked_id": "77", "waived": [tried]}
        assert await store.requeue(job.id, delivery_id="new", **asked)
        assert not await store.requeue(job.id, delivery_id="newer", **asked)
        got = await store.claim_delivery(claim := life.claim(), now=life.now)
        assert got is not None
        assert (got[0].id, got[0].asked_id, got[0].channel_id) == ("new", "77", "there")
        await store.record_try(claim, replace(tried, delivery_id="new", channel_id="there"))
        await store.record_sent("new", claim, POSTED, now=life.now)
        assert await store.tries(job.id) == [replace(tried, waived=True)]

    async def test_a_post_that_somebody_has_seen_is_sent_unless_one_is_under_way(
        self, store: WholeStore, life: Life
    ) -> None:
        seen = PostedMessage(channel_id="here", message_id="seen")
        job, claim = await life.posting()
        await life.show(job)
        assert not await store.adopt_post(job.id, seen, now=life.now)
        await store.record_try(claim, Try(delivery_id=f"d-{job.id}", channel_id="here", after_id="10"))
        await store.give_up_delivery(f"d-{job.id}", claim, why="hidden", now=life.now)
        assert await store.adopt_post(job.id, seen, now=life.now)
        delivery = await life.delivery(job)
        assert delivery is not None
        assert (delivery.state, delivery.message_id) == (DeliveryState.SENT, "seen")
        assert await store.tries(job.id) == []
        assert not await store.adopt_post(job.id, replace(seen, message_id="other"), now=life.now)
        assert [card.generation.id for card in await store.cards_due(now=life.later(minutes=1), limit=9)] == [job.id]
