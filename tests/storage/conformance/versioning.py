"""Families of versions, where they are found, and the drafts of open forms."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.generation import Generation
from bot.domain.messages.delivery import LOST, DeliveryState
from bot.domain.quota.ledger import Resolution
from bot.domain.refusals.refusal import Refusal
from bot.domain.versions.version import Version
from tests.storage.life import Life, WholeStore, terms


def ids(versions: Sequence[Version]) -> list[str]:
    return [one.generation.id for one in versions]


async def page(store: WholeStore, number: int, size: int = 2, member: str = "ann", guild: str = "guild") -> list[str]:
    found, _ = await store.history(guild, member, skip=number * size, limit=size)
    return ids(found)


async def fail(store: WholeStore, life: Life, job: Generation) -> None:
    """UniAll makes nothing of it."""
    job, claim = await life.polling(job)
    await store.fail(job.id, claim, fault="refused", detail="", resolution=Resolution.VOID, now=life.now)


async def take_away(store: WholeStore, life: Life, job: Generation) -> None:
    """Post it, and delete the post."""
    await life.posted(job, message=f"post of {job.id}")
    await store.remove_result(job.id, None, now=life.now)


async def lose(store: WholeStore, life: Life, job: Generation) -> None:
    """Its file is gone before it could be posted."""
    job, claim = await life.posting(job)
    await store.give_up_delivery(f"d-{job.id}", claim, why=LOST, now=life.now)


async def call_off(store: WholeStore, life: Life, job: Generation) -> None:
    await store.cancel(job.id, now=life.now)


class Versioning:
    async def test_what_has_no_parent_begins_a_family_of_its_own(self, life: Life) -> None:
        first, second = await life.accept(), await life.accept()
        for job in (first, second):
            assert (job.root_id, job.version, job.parent_id) == (job.id, 1, None)

    async def test_the_versions_of_a_family_are_numbered_one_by_one_in_the_order_they_are_accepted(
        self, life: Life
    ) -> None:
        first = await life.accept()
        made = [first, await life.version(first)]
        for parent in (1, 0, 2):
            made.append(await life.version(made[parent]))
        assert [job.version for job in made] == [1, 2, 3, 4, 5]
        assert {job.root_id for job in made} == {first.id}
        assert [job.parent_id for job in made[1:]] == [first.id, made[1].id, first.id, made[2].id]

    async def test_anyone_s_version_of_anyone_s_counts_in_the_same_family_and_no_other_family_counts(
        self, life: Life
    ) -> None:
        first, other = await life.accept(), await life.accept()
        assert (await life.version(first, "bob")).version == 2
        assert (await life.version(other, "bob")).version == 2
        assert (await life.version(first, "cem", channel_id="thread")).version == 3

    async def test_a_cancelled_version_keeps_its_number_and_a_refused_one_never_had_any(
        self, store: WholeStore, life: Life
    ) -> None:
        first = await life.accept()
        second = await life.version(first)
        await store.cancel(second.id, now=life.now)
        with pytest.raises(Refusal, match="too_many_open"):
            await store.accept(replace(life.new(), parent_id=first.id), terms(most_open=1), now=life.now)
        assert (await life.version(second)).version == 3

    async def test_twenty_versions_accepted_in_parallel_have_twenty_numbers(
        self, store: WholeStore, life: Life
    ) -> None:
        first = await life.accept()
        new = [replace(life.new(member), parent_id=first.id) for member in ("ann", "bob") for _ in range(10)]
        placed = await asyncio.gather(*(store.accept(job, terms(), now=life.now) for job in new))
        assert sorted(one.generation.version for one in placed) == list(range(2, 22))
        family = await store.versions([node.id for node in await store.family(first.id)])
        assert sorted(one.generation.version for one in family) == list(range(1, 22))

    async def test_the_same_interaction_twice_is_one_version_also_in_parallel(
        self, store: WholeStore, life: Life
    ) -> None:
        first = await life.accept()
        new = replace(life.new(), parent_id=first.id)
        again = [replace(life.new(), parent_id=first.id, interaction_id=new.interaction_id) for _ in range(4)]
        placed = await asyncio.gather(*(store.accept(job, terms(), now=life.now) for job in (new, *again)))
        assert {one.generation.version for one in placed} == {2}
        assert (await life.version(first)).version == 3

    async def test_a_version_comes_with_its_post_and_without_one_while_there_is_none(
        self, store: WholeStore, life: Life
    ) -> None:
        job = await life.posted(message="m1", channel="elsewhere")
        waiting = await life.accept()
        assert await store.version(job.id) == Version(generation=job, delivery=await life.delivery(job))
        assert await store.version(waiting.id) == Version(generation=waiting)
        assert await store.version("nobody") is None

    async def test_the_standing_of_a_version_brings_its_parent_with_its_post(
        self, store: WholeStore, life: Life
    ) -> None:
        first = await life.posted()
        second = await life.version(first)
        assert (await store.card_context(second)).parent == await store.version(first.id)
        assert (await store.card_context(first)).parent is None

    async def test_a_family_is_listed_by_number_with_the_posts_that_there_are(
        self, store: WholeStore, life: Life
    ) -> None:
        first = await life.posted()
        second = await life.undeliverable(await life.version(first))
        third = await life.version(first, "bob", guild_id="guild")
        await life.accept()
        family = await store.family(first.id)
        assert [(node.id, node.parent_id) for node in family] == [
            (first.id, None),
            (second.id, first.id),
            (third.id, first.id),
        ]
        newest_first = await store.versions([*(node.id for node in family), "nobody"])
        assert ids(newest_first) == [third.id, second.id, first.id]
        assert [one.delivery and one.delivery.state for one in newest_first] == [None, "undeliverable", "sent"]
        assert await store.family(second.id) == await store.family("nobody") == await store.versions([]) == []

    async def test_a_message_is_found_as_a_result_and_as_a_card(self, store: WholeStore, life: Life) -> None:
        first, second = await life.accept(), await life.accept()
        await life.show(first, message_id="card 1")
        await life.show(second, message_id="card 2")
        await life.posted(first, message="result 1")
        for message, job in (("card 1", first), ("result 1", first), ("card 2", second)):
            found = await store.at_message(message)
            assert found == await store.version(job.id), message
        assert await store.at_message("result 2") is None
        assert await store.at_message("card") is None

    async def test_a_result_that_was_removed_is_found_but_has_no_message_any_more(
        self, store: WholeStore, life: Life
    ) -> None:
        job = await life.posted(message="result")
        await store.remove_result(job.id, None, now=life.now)
        found = await store.at_message("result")
        assert found
        assert found.generation.id == job.id
        assert found.delivery
        assert (found.delivery.state, found.delivery.message_id) == (DeliveryState.SENT, None)

    async def test_the_newest_version_in_a_thread_is_that_of_the_highest_number(
        self, store: WholeStore, life: Life
    ) -> None:
        start = await life.posted(message="thread")
        assert await store.newest_in("thread") == start
        second = await life.version(start, channel_id="thread")
        assert await store.newest_in("thread") == second
        third = await life.version(start, "bob", channel_id="thread")
        assert await store.newest_in("thread") == third
        assert await store.newest_in("nowhere") is None

    async def test_in_a_thread_only_the_versions_of_its_own_family_made_there_count(
        self, store: WholeStore, life: Life
    ) -> None:
        start = await life.posted(message="thread")
        inside = await life.version(start, channel_id="thread")
        await life.version(start, channel_id="channel")
        await life.version(inside, channel_id="another thread")
        other = await life.accept(life.new(channel="thread"))
        for _ in range(5):
            other = await life.version(other, channel_id="thread")
        assert other.version > inside.version
        assert await store.newest_in("thread") == inside

    async def test_the_thread_of_a_later_version_begins_with_that_version(self, store: WholeStore, life: Life) -> None:
        first = await life.posted(message="thread 1")
        second = await life.posted(await life.version(first), message="thread 2")
        third = await life.version(first, channel_id="thread 1")
        assert await store.newest_in("thread 2") == second
        assert await store.newest_in("thread 1") == third

    async def test_versions_of_a_thread_that_were_cancelled_or_forgotten_are_passed_over(
        self, store: WholeStore, life: Life
    ) -> None:
        start = await life.posted(message="thread")
        kept = await life.version(start, channel_id="thread")
        forgotten = await life.version(start, "bob", channel_id="thread")
        cancelled = await life.version(start, channel_id="thread")
        await store.cancel(cancelled.id, now=life.now)
        assert await store.newest_in("thread") == forgotten
        await store.cancel(forgotten.id, now=life.now)
        await store.forget("bob")
        assert await store.newest_in("thread") == kept
        await store.cancel(kept.id, now=life.now)
        assert await store.newest_in("thread") == start

    async def test_a_finished_version_that_its_author_had_forgotten_is_passed_over_too(
        self, store: WholeStore, life: Life
    ) -> None:
        start = await life.posted(message="thread")
        bobs = await life.posted(await life.version(start, "bob", channel_id="thread"), message="m2")
        assert await store.newest_in("thread") == bobs
        await store.forget("bob")
        assert await store.newest_in("thread") == start

    @pytest.mark.parametrize("end", [fail, take_away, lose, call_off])
    async def test_a_thread_goes_on_from_what_has_its_video_or_is_under_way(
        self, store: WholeStore, life: Life, end: Callable[[WholeStore, Life, Generation], Awaitable[None]]
    ) -> None:
        start = await life.posted(message="thread")
        await end(store, life, await life.version(start, channel_id="thread"))
        assert await store.newest_in("thread") == start
        kept = await life.undeliverable(await life.version(start, channel_id="thread"))
        await end(store, life, await life.version(start, channel_id="thread"))
        assert await store.newest_in("thread") == kept
        under_way = await life.version(start, "bob", channel_id="thread")
        assert await store.newest_in("thread") == under_way

    @pytest.mark.parametrize("end", [fail, take_away, lose, call_off])
    async def test_where_nothing_in_a_thread_has_its_video_it_goes_on_from_the_newest_words(
        self, store: WholeStore, life: Life, end: Callable[[WholeStore, Life, Generation], Awaitable[None]]
    ) -> None:
        start = await life.posted(message="thread")
        await store.remove_result(start.id, None, now=life.now)
        assert await store.newest_in("thread") == start
        ended = await life.version(start, channel_id="thread")
        await end(store, life, ended)
        assert await store.newest_in("thread") == await life.reload(ended)

    async def test_in_a_thread_that_members_opened_the_newest_is_anyone_s_of_any_family(
        self, store: WholeStore, life: Life
    ) -> None:
        assert await store.newest_made_in("talk") is None
        await life.accept(life.new(channel="channel"))
        for member in ("ann", "bob"):
            life.later(milliseconds=1)
            newest = await life.accept(replace(life.new(member, channel="talk"), parent_channel_id="channel"))
            assert await store.newest_made_in("talk") == newest
        assert await store.newest_made_in("channel") is None, "no thread"
        assert await store.newest_in("talk") is None, "opened on no result"

    @pytest.mark.parametrize("end", [fail, take_away, lose, call_off])
    async def test_in_a_thread_that_members_opened_what_has_its_video_or_is_under_way_is_preferred_too(
        self, store: WholeStore, life: Life, end: Callable[[WholeStore, Life, Generation], Awaitable[None]]
    ) -> None:
        async def made(member: str = "ann") -> Generation:
            life.later(milliseconds=1)
            return await life.accept(replace(life.new(member, channel="talk"), parent_channel_id="channel"))

        first = await made()
        await end(store, life, first)
        assert await store.newest_made_in("talk") == await life.reload(first)
        kept = await life.undeliverable(await made("bob"))
        await end(store, life, await made())
        assert await store.newest_made_in("talk") == kept
        under_way = await made()
        assert await store.newest_made_in("talk") == under_way
        await store.cancel(under_way.id, now=life.now)
        await store.forget("bob")
        assert await store.newest_made_in("talk") == await life.reload(under_way)

    async def test_the_language_of_a_member_is_that_of_their_newest_in_any_server(
        self, store: WholeStore, life: Life
    ) -> None:
        assert await store.locale_of("ann") is None
        for guild, locale in (("guild", "zh-CN"), ("other", "en-US"), ("third", "zh-CN")):
            life.later(milliseconds=1)
            await life.accept(replace(life.new(guild=guild), locale=locale))
            assert await store.locale_of("ann") == locale
        life.later(milliseconds=1)
        await life.accept(life.new("bob"))
        assert (await store.locale_of("ann"), await store.locale_of("bob")) == ("zh-CN", "en-US")

    async def test_the_card_of_a_version_is_no_thread(self, store: WholeStore, life: Life) -> None:
        job = await life.accept()
        await life.show(job, message_id="card")
        assert await store.newest_in("card") is None

    async def test_history_pages_through_a_member_s_own_the_newest_first(self, store: WholeStore, life: Life) -> None:
        mine = [job.id for job in await life.accepted("ann", 5)]
        await life.accepted("bob", 2)
        assert [await page(store, number) for number in range(4)] == [mine[:2:-1], mine[2:0:-1], mine[:1], []]
        for number in range(4):
            _, count = await store.history("guild", "ann", skip=number, limit=2)
            assert count == 5

    async def test_what_was_accepted_in_the_same_moment_is_on_one_page_only(
        self, store: WholeStore, life: Life
    ) -> None:
        jobs = [life.new() for _ in range(6)]
        for job in jobs:
            await store.accept(job, terms(), now=life.now)
        pages = [await page(store, number) for number in range(3)]
        assert sorted(one for found in pages for one in found) == sorted(job.id for job in jobs)

    async def test_history_is_of_one_server(self, store: WholeStore, life: Life) -> None:
        here, there = await life.accept(), await life.accept(life.new(guild="other"))
        assert await store.history("guild", "ann", skip=0, limit=9) == ([Version(generation=here)], 1)
        assert await page(store, 0, guild="other") == [there.id]
        assert await store.history("guild", "stranger", skip=0, limit=9) == ([], 0)

    async def test_history_brings_the_posts_and_leaves_out_what_is_forgotten(
        self, store: WholeStore, life: Life
    ) -> None:
        posted, kept = await life.posted(), await life.undeliverable()
        found, count = await store.history("guild", "ann", skip=0, limit=9)
        assert found == [await store.version(kept.id), await store.version(posted.id)]
        assert count == 2
        running = await life.accept()
        await store.forget("ann")
        assert ids((await store.history("guild", "ann", skip=0, limit=9))[0]) == [running.id]
        await store.cancel(running.id, now=life.now)
        assert await store.history("guild", "ann", skip=0, limit=9) == ([], 0)


class Drafting:
    async def test_a_draft_is_kept_as_it_is_and_replaced_by_what_was_filled_in(
        self, store: WholeStore, life: Life
    ) -> None:
        job = await life.accept()
        empty = life.draft()
        filled = life.draft(
            generation_id=job.id,
            pictures=("https://cdn/a.png?ex=1", "https://cdn/b.png"),
            covered=frozenset({"https://cdn/b.png"}),
            image_gone=True,
            prompt="a cat\nat night 🌙",
            orientation="portrait",
            seconds=8,
            model="Sora 2",
            picture=1,
            no_image=True,
            image_lost=True,
        )
        for draft in (empty, filled):
            await store.keep_draft(draft)
            assert await store.draft(draft.id) == draft
        again = replace(empty, prompt="words", seconds=12, image_gone=True)
        await store.fill_draft(again)
        assert await store.draft(empty.id) == again
        assert await store.draft(filled.id) == filled
        assert await store.draft("nobody") is None

    async def test_what_a_form_has_become_is_found_by_its_draft(self, store: WholeStore, life: Life) -> None:
        plain, made = await life.accept(), await life.accept(replace(life.new(), draft_id="form"))
        assert (plain.draft_id, made.draft_id) == (None, "form")
        assert await store.made_from("form") == await store.version(made.id)
        assert await store.made_from("another") is None

    async def test_drafts_are_forgotten_by_their_age(self, store: WholeStore, life: Life) -> None:
        old, new = life.draft(), life.draft(made_at=life.now + timedelta(days=1))
        for draft in (old, new):
            await store.keep_draft(draft)
        await store.forget_drafts(made_before=old.made_at)
        assert await store.draft(old.id) == old
        await store.forget_drafts(made_before=new.made_at)
        assert (await store.draft(old.id), await store.draft(new.id)) == (None, new)

    async def test_a_member_who_is_forgotten_leaves_no_drafts(self, store: WholeStore, life: Life) -> None:
        drafts = [life.draft(), life.draft(guild_id="other"), life.draft("bob")]
        for draft in drafts:
            await store.keep_draft(draft)
        await store.forget("ann")
        assert [await store.draft(draft.id) for draft in drafts] == [None, None, drafts[2]]
        await store.fill_draft(replace(drafts[0], prompt="read before they were forgotten, refused after"))
        assert await store.draft(drafts[0].id) is None
