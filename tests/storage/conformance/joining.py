"""Joins: one for a chain, one in the making for a server, outside the ledger, and gone with any of their parts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.generation import Generation, State, Video
from bot.domain.messages.delivery import DeliveryState
from bot.domain.messages.posts import PostedMessage
from bot.domain.queue.claims import Claim
from bot.domain.quota.limits import Scope
from bot.domain.refusals.refusal import Refusal
from bot.domain.versions.joins import Join, JoinFault, JoinState
from tests.storage.life import Life, WholeStore


async def chain(life: Life, *members: str) -> list[Generation]:
    """Posted versions, each of which goes on from the one before."""
    made: list[Generation] = []
    for member in members:
        before = made[-1] if made else None
        new = life.new(member)
        job = await (life.version(before, member, continues_id=before.id) if before else life.accept(new))
        await life.posted(job, message=f"post of {job.id}")
        made.append(await life.reload(job))
    return made


def wanted(life: Life, parts: list[Generation], *, member: str = "cem", guild: str = "guild") -> Join:
    name = life.fresh("join")
    return Join(
        id=name,
        guild_id=guild,
        channel_id="channel",
        member_id=member,
        interaction_id=f"press-{name}",
        parts=tuple(part.id for part in parts),
        asked_at=life.now,
    )


async def finish(store: WholeStore, life: Life, join: Join, claim: Claim, parts: list[Generation]) -> Generation | None:
    """Its file is there."""
    made = replace(
        parts[-1],
        id=join.id,
        interaction_id=join.interaction_id,
        member_id=join.member_id,
        price_micros=0,
        state=State.SUCCEEDED,
        video=Video(file=f"{join.id}.mp4", size=1, media_type="video/mp4", sha256="0"),
        parent_id=parts[-1].id,
        continues_id=None,
        draft_id=None,
        joined=tuple(part.version for part in parts),
    )
    return await store.finish_join(join.id, claim, made, delivery_id=f"d-{join.id}", now=life.now)


async def join_of(store: WholeStore, life: Life, parts: list[Generation], **who: str) -> Generation:
    """A joined video whose post is queued."""
    join = await store.request_join(wanted(life, parts, **who), now=life.now)
    claim = life.claim()
    assert await store.claim_join(claim, now=life.now)
    made = await finish(store, life, join, claim, parts)
    assert made
    return made


async def post(store: WholeStore, life: Life, made: Generation) -> None:
    claim = life.claim()
    taken = await store.claim_delivery(claim, now=life.now)
    assert taken is not None
    assert taken[1].id == made.id
    there = PostedMessage(message_id=f"post of {made.id}", channel_id="channel")
    await store.record_sent(taken[0].id, claim, there, now=life.now)


async def status(store: WholeStore, life: Life) -> JoinState | None:
    """The state of the one join that is due."""
    claim = life.claim()
    found = await store.claim_join(claim, now=life.now)
    if found:
        await store.retry_join(found.id, claim, due_at=life.now, now=life.now)
    return found.state if found else None


class Joining:
    async def test_a_chain_is_joined_once_and_a_server_has_one_in_the_making(
        self, store: WholeStore, life: Life
    ) -> None:
        parts, others = await chain(life, "ann", "bob"), await chain(life, "ann", "bob")
        assert [one.generation.id for one in await store.chain(parts[1].id, most=9)] == [one.id for one in parts]
        assert len(await store.chain(parts[1].id, most=1)) == 1
        first = await store.request_join(wanted(life, parts), now=life.now)
        assert (await store.request_join(wanted(life, parts), now=life.now)).id == first.id
        with pytest.raises(Refusal, match="join_busy"):
            await store.request_join(wanted(life, others), now=life.now)
        claim = life.claim()
        assert await store.claim_join(claim, now=life.now, encode_too=False) is None
        assert (await store.claim_join(claim, now=life.now)) == replace(first, attempts=1)
        assert await store.claim_join(life.claim(), now=life.now) is None, "it is leased"
        await store.void_leases(now=life.now)
        claim = life.claim()
        assert (await store.claim_join(claim, now=life.now)) == replace(first, attempts=2)
        assert await finish(store, life, first, claim, parts)
        assert (await store.request_join(wanted(life, parts), now=life.now)).state is JoinState.MADE
        await store.request_join(wanted(life, others), now=life.now)

    async def test_a_joined_video_is_a_version_that_costs_and_counts_nothing(
        self, store: WholeStore, life: Life
    ) -> None:
        parts = await chain(life, "ann", "ann")
        before = [await life.tally(scope) for scope in Scope]
        rows = await store.usage_rows("guild", life.now - timedelta(days=1))
        made = await join_of(store, life, parts, member="ann")
        assert (made.joined, made.root_id, made.version) == ((1, 2), parts[0].root_id, 3)
        assert [await life.tally(scope) for scope in Scope] == before
        assert await store.usage_rows("guild", life.now - timedelta(days=1)) == rows
        found, count = await store.history("guild", "ann", skip=0, limit=9)
        assert (count, [one.generation.id for one in found][:1]) == (3, [made.id])
        await post(store, life, made)
        assert (await store.newest_in(f"post of {made.id}")) == await life.reload(parts[-1])

    @pytest.mark.parametrize("how", ["removed", "forgotten"])
    async def test_a_join_goes_with_any_of_its_parts(self, store: WholeStore, life: Life, how: str) -> None:
        async def take(part: Generation) -> None:
            if how == "removed":
                await store.remove_result(part.id, None, now=life.now)
            else:
                await store.forget(part.member_id, now=life.now)

        # While it is encoded: its member is told, and what was encoded is not stored.
        parts = await chain(life, "ann", "bob")
        join = await store.request_join(wanted(life, parts), now=life.now)
        claim = life.claim()
        await store.claim_join(claim, now=life.now)
        await take(parts[0])
        assert await finish(store, life, join, claim, parts) is None
        telling = life.claim()
        failed = await store.claim_join(telling, now=life.now)
        assert failed is not None
        assert (failed.state, failed.fault, failed.fault_version) == (JoinState.FAILED, JoinFault.PART_GONE, 1)
        await store.join_told(join.id, telling)
        assert await status(store, life) is None
        with pytest.raises(Refusal, match="join_part_gone"):
            await store.request_join(wanted(life, parts), now=life.now)
        # Before it is posted: its post is given up.
        parts = await chain(life, "dan", "bob")
        made = await join_of(store, life, parts)
        assert not await store.join_unwanted(made.id)
        await take(parts[0])
        assert await store.join_unwanted(made.id)
        assert await store.drop_join(made.id) == (), "its post is on the way"
        claim = life.claim()
        taken = await store.claim_delivery(claim, now=life.now)
        assert taken
        await store.give_up_delivery(taken[0].id, claim, why="part_removed", now=life.now)
        assert await store.drop_join(made.id) == (f"{made.id}.mp4",)
        assert f"{made.id}.mp4" in await store.to_discard()
        assert await status(store, life) is None
        # Once it is posted: its post is removed, and its file is on the list.
        parts = await chain(life, "eve", "bob")
        made = await join_of(store, life, parts)
        await post(store, life, made)
        await take(parts[0])
        assert await status(store, life) is JoinState.REMOVING
        await store.remove_result(made.id, None, now=life.now)
        assert f"{made.id}.mp4" in await store.to_discard()
        assert await status(store, life) is None
        delivery = await life.delivery(made)
        assert delivery
        assert (delivery.state, delivery.message_id) == (DeliveryState.SENT, None)

    async def test_what_was_removed_alone_may_be_joined_again_and_who_is_forgotten_is_told_nothing(
        self, store: WholeStore, life: Life
    ) -> None:
        parts = await chain(life, "ann", "bob")
        made = await join_of(store, life, parts)
        await post(store, life, made)
        await store.remove_result(made.id, None, now=life.now)
        again = wanted(life, parts)
        assert (await store.request_join(again, now=life.now)).id == again.id
        await store.forget("cem", now=life.now)
        assert await status(store, life) is None
