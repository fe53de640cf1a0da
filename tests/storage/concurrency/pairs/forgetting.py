"""A member is forgotten while something becomes of their video."""

from functools import partial
from typing import Any

from bot.domain.generation import Generation
from tests.storage.concurrency.interleaving import Bench, Pair
from tests.storage.concurrency.pairs.registry import after, pair
from tests.storage.life import POSTED, VIDEO


async def _erased(bench: Bench, job: Generation) -> None:
    assert (await bench.life.reload(job)).prompt == ""


@pair("deliveries._leave: rows")
async def a_video_is_posted_and_its_author_forgotten(bench: Bench) -> Pair:
    life = bench.life
    job, claim = await life.posting()
    return Pair(
        one=partial(bench.one.record_sent, f"d-{job.id}", claim, POSTED, now=life.now),
        other=partial(bench.other.forget, "ann", now=life.now),
        check=after(_erased, bench, job),
    )


@pair("deliveries._leave: rows")
async def an_author_is_forgotten_and_their_video_posted(bench: Bench) -> Pair:
    life = bench.life
    job, claim = await life.posting()
    return Pair(
        one=partial(bench.one.forget, "ann", now=life.now),
        other=partial(bench.other.record_sent, f"d-{job.id}", claim, POSTED, now=life.now),
        check=after(_erased, bench, job),
    )


@pair("deliveries.adopt_post: rows")
async def a_post_is_found_and_its_author_forgotten(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.succeeded()
    return Pair(
        one=partial(bench.one.adopt_post, job.id, POSTED, now=life.now),
        other=partial(bench.other.forget, "ann", now=life.now),
        check=after(_erased, bench, job),
    )


async def _kept_or_erased(bench: Bench, job: Generation) -> None:
    """A video that is to be posted still has its file."""
    post = await bench.store.delivery_of(job.id)
    discarded = await bench.store.to_discard()
    assert post
    assert post.state == "undeliverable" or VIDEO.file not in discarded


@pair("deliveries.requeue: rows")
async def a_video_is_asked_for_again_and_its_author_forgotten(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.undeliverable()
    return Pair(
        one=partial(bench.one.requeue, job.id, channel_id="channel", now=life.now),
        other=partial(bench.other.forget, "ann", now=life.now),
        check=after(_kept_or_erased, bench, job),
    )


@pair("deliveries.post_again: rows")
async def a_lost_post_is_made_again_and_its_author_forgotten(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.posted()

    async def either(*_: Any) -> None:
        post = await bench.store.delivery_of(job.id)
        assert post
        assert post.state == "sent" or (await life.reload(job)).prompt != ""

    return Pair(
        one=partial(bench.one.post_again, job.id, delivery_id="d2", channel_id="channel", now=life.now),
        other=partial(bench.other.forget, "ann", now=life.now),
        check=either,
    )
