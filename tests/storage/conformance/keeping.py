"""What is kept of members' jobs: rows for a report, reports of results, removal, and forgetting."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.generation import Generation, Image
from bot.domain.moderation.audit import AuditAction
from bot.domain.moderation.audit_facts import ResultFact
from bot.domain.moderation.reports import Report
from bot.domain.queue.claims import Claim
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Scope
from bot.domain.quota.rules import Subject
from bot.domain.quota.spending import UsageRow
from tests.storage.life import POSTED, PRICE, Life, WholeStore

IMAGE = Image(file="i.png", media_type="image/png", url="https://cdn/i")


async def sending(store: WholeStore, life: Life) -> tuple[Generation, Claim]:
    """A finished video whose post is under way."""
    job = await life.succeeded()
    claim = life.claim()
    assert await store.claim_delivery(claim, now=life.now)
    return job, claim


async def posted(store: WholeStore, life: Life) -> Generation:
    job, claim = await sending(store, life)
    await store.record_sent(f"d-{job.id}", claim, POSTED, now=life.now)
    return job


def anonymous(row: UsageRow) -> UsageRow:
    """What is left of a row for a report: its day, length, price and state."""
    nothing = dict.fromkeys(("generation_id", "channel_id", "member_id", "family", "model", "fault", "prompt"), "")
    return replace(row, ended_at=None, **nothing)  # type: ignore[arg-type]


class Keeping:
    async def test_usage_rows_are_every_job_of_one_server_since_then_the_oldest_first(
        self, store: WholeStore, life: Life
    ) -> None:
        failed, done = await life.failed(), await life.succeeded()
        await life.accept(replace(life.new(), accepted_at=life.now - timedelta(days=2)))
        await life.accept(life.new(guild="other"))
        waiting = await life.accept(life.new("bob"))
        rows = await store.usage_rows("guild", life.now - timedelta(days=1))
        assert [(row.generation_id, row.member_id, row.state, row.fault) for row in rows] == [
            (failed.id, "ann", "failed", "lost"),
            (done.id, "ann", "succeeded", ""),
            (waiting.id, "bob", "reserved", ""),
        ]
        [_, row, _] = rows
        assert (row.accepted_at, row.ended_at) == (done.accepted_at, done.finished_at)
        assert (row.family, row.model, row.seconds, row.price_micros) == ("Sora 2", "sora-2", 4, PRICE)
        assert (row.channel_id, row.prompt) == ("channel", done.prompt)
        assert rows[-1].ended_at is None

    async def test_a_member_reports_a_result_once_and_it_is_open_until_settled(
        self, store: WholeStore, life: Life
    ) -> None:
        jobs = [await posted(store, life), await posted(store, life)]
        reports = [
            Report(generation_id=job.id, guild_id="guild", reporter_id=reporter, at=life.later(seconds=1))
            for job, reporter in ((jobs[0], "bob"), (jobs[1], "bob"), (jobs[0], "cem"))
        ]
        assert [await store.report(report) for report in reports] == [True] * 3
        assert not await store.report(replace(reports[0], at=life.later(seconds=1)))
        assert await store.open_reports("guild") == reports
        assert await store.open_reports("other") == []
        await store.settle_reports(jobs[0].id, "mod")
        assert await store.open_reports("guild") == [reports[1]]
        assert not await store.report(reports[0])

    async def test_a_case_that_discord_did_not_take_is_due_again_when_it_says(
        self, store: WholeStore, life: Life
    ) -> None:
        job = await posted(store, life)
        await store.report(Report(generation_id=job.id, guild_id="guild", reporter_id="bob", at=life.now))
        await life.configure(lambda old: replace(old, log_channel_id="9"))
        assert await store.cases_due(now=life.now, limit=9) == [job.id]
        case = await store.report_case(job.id)
        assert case is not None
        again = life.now + timedelta(minutes=1)
        await store.record_case(case, None, due_at=again)
        assert await store.cases_due(now=life.now, limit=9) == []
        assert await store.cases_due(now=again, limit=9) == [job.id]

    async def test_a_removed_result_is_logged_once_and_its_quota_stays_used(
        self, store: WholeStore, life: Life
    ) -> None:
        job = await posted(store, life)
        removed = ResultFact(generation_id=job.id)
        for _ in range(2):
            change = life.change(action=AuditAction.RESULT_REMOVED, before=removed)
            await store.remove_result(job.id, change, now=life.now)
        assert [line.before for line in await store.changes("guild", None, before_id=None, limit=9)] == [removed]
        assert await life.tally(Scope.MEMBER) == (1, 0)
        other = await posted(store, life)
        await store.remove_result(other.id, None, now=life.now)
        assert await store.to_discard() == ["v.mp4"]  # its file is deleted again and again until it is gone
        assert len(await store.changes("guild", None, before_id=None, limit=9)) == 1


class Forgetting:
    async def test_what_has_ended_is_forgotten_at_once_over_all_servers(self, store: WholeStore, life: Life) -> None:
        await posted(store, life)
        await life.failed()
        cancelled = await life.accept(life.new(guild="other", image=IMAGE))
        await store.cancel(cancelled.id, now=life.now)
        bob = await life.accept(life.new("bob"))
        before = await store.stored("ann")
        assert (before.generations, before.forgotten, before.images) == (3, 0, 1)
        uses, rows = await life.uses(), await store.usage_rows("guild", before.since or life.now)
        assert await store.forget("ann") == ["i.png"]
        after = await store.stored("ann")
        assert (after.generations, after.forgotten, after.images, after.since) == (0, 3, 0, None)
        assert (await life.reload(bob)).prompt == bob.prompt
        assert (await life.reload(cancelled)).image is None
        assert await life.uses() == uses
        assert await store.usage_rows("guild", before.since or life.now) == [
            anonymous(row) if row.member_id == "ann" else row for row in rows
        ]

    async def test_the_last_picture_and_what_to_avoid_are_forgotten_with_the_prompt(
        self, store: WholeStore, life: Life
    ) -> None:
        last = Image(file="e.png", media_type="image/png", url="https://cdn/e", url_until=life.now)
        job = await life.accept(replace(life.new(image=IMAGE), end_image=last, avoid="rain", seed=7))
        assert (await store.stored("ann")).images == 2
        await store.cancel(job.id, now=life.now)
        assert await store.forget("ann") == ["e.png", "i.png"]
        left = await life.reload(job)
        assert (left.prompt, left.image, left.end_image, left.avoid) == ("", None, None, None)
        await store.set_card(
            job.id,
            message_id="card",
            image_url="https://cdn/2",
            image_until=life.now,
            end_image_url="https://cdn/3",
            end_image_until=life.now,
            shown="",
            now=life.now,
        )
        assert (await life.reload(job)).end_image is None
        assert (await store.stored("ann")).images == 0

    async def test_a_job_under_way_is_anonymous_in_reports_from_the_request_on(
        self, store: WholeStore, life: Life
    ) -> None:
        job = await life.accept()
        [row] = await store.usage_rows("guild", life.now)
        await store.forget("ann")
        assert await store.usage_rows("guild", life.now) == [anonymous(row)]
        assert (await life.reload(job)).prompt
        assert (await store.stored("ann")).generations == 1

    async def test_files_to_discard_are_remembered_until_they_are_gone(self, store: WholeStore, life: Life) -> None:
        job = await life.accept(life.new(image=IMAGE))
        await store.cancel(job.id, now=life.now)
        await store.forget("ann")
        assert await store.to_discard() == await store.forget("ann") == ["i.png"]
        await store.discarded(["i.png"])
        assert await store.to_discard() == await store.forget("ann") == []
        for _ in range(2):
            await store.discard_later(["a.png", "b.png"])
        assert await store.to_discard() == ["a.png", "b.png"]
        await store.discarded(["a.png", "b.png"])

    async def test_a_job_under_way_keeps_what_it_needs_until_its_post_is_sent(
        self, store: WholeStore, life: Life
    ) -> None:
        job = await life.accept(life.new(image=IMAGE))
        await life.show(job)
        assert await store.forget("ann") == []
        running = await life.submitted(job)
        assert (running.prompt, running.image and running.image.file) == (job.prompt, "i.png")
        await life.finish(running)
        found = await store.claim_delivery(claim := life.claim(), now=life.now)
        assert found is not None
        assert found[1].prompt == job.prompt
        await store.retry_delivery(f"d-{job.id}", claim, due_at=life.now, now=life.now)
        found = await store.claim_delivery(claim := life.claim(), now=life.now)
        assert found is not None
        assert found[1].prompt == job.prompt
        await store.record_sent(f"d-{job.id}", claim, POSTED, now=life.now)
        done = await life.reload(job)
        assert (done.prompt, done.image, done.video) == ("", None, found[1].video)
        assert await store.to_discard() == ["i.png"]
        assert await life.tally(Scope.MEMBER) == (1, 0)

    async def test_a_job_under_way_is_forgotten_when_its_post_is_given_up(self, store: WholeStore, life: Life) -> None:
        job, claim = await sending(store, life)
        await store.forget("ann")
        assert (await life.reload(job)).prompt
        await store.give_up_delivery(f"d-{job.id}", claim, why="gone", now=life.now)
        assert not (await life.reload(job)).prompt

    @pytest.mark.parametrize("end", ["cancel", "fail", "unknown"])
    async def test_a_job_under_way_is_forgotten_when_it_ends_without_a_video(
        self, store: WholeStore, life: Life, end: str
    ) -> None:
        if end == "cancel":
            job = await life.accept()
            await store.forget("ann")
            await store.cancel(job.id, now=life.now)
        elif end == "fail":
            job, claim = await life.polling()
            await store.forget("ann")
            await store.fail(job.id, claim, fault="x", detail="a cat", resolution=Resolution.VOID, now=life.now)
        else:
            job = await life.unknown()
            await store.forget("ann")
            assert (await store.unclear())[0].prompt == job.prompt
            await store.fail(job.id, None, fault="x", detail="a cat", resolution=Resolution.BILLED, now=life.now)
        assert not (await life.reload(job)).prompt

    async def test_a_card_answered_too_late_brings_no_image_back(self, store: WholeStore, life: Life) -> None:
        job = await life.accept(life.new(image=IMAGE))
        await store.cancel(job.id, now=life.now)
        await store.forget("ann")
        await store.set_card(
            job.id, message_id="card", image_url="https://cdn/2", image_until=life.now, shown="", now=life.now
        )
        assert (await life.reload(job)).image is None

    async def test_what_comes_after_is_kept_as_ever(self, store: WholeStore, life: Life) -> None:
        await life.failed()
        await store.forget("ann")
        assert (await life.failed()).prompt
        stored = await store.stored("ann")
        assert (stored.generations, stored.forgotten) == (1, 1)

    async def test_a_video_that_could_not_be_posted_goes_with_its_members_words(
        self, store: WholeStore, life: Life
    ) -> None:
        await life.posted()
        waiting, claim = await life.posting()
        assert await store.forget("ann") == []
        await store.give_up_delivery(f"d-{waiting.id}", claim, why="channel gone", now=life.now)
        assert await store.to_discard() == ["v.mp4"]
        await store.discarded(["v.mp4"])
        await life.undeliverable()
        assert await store.forget("ann") == ["v.mp4"]

    async def test_moderators_keep_their_rules_and_log(self, store: WholeStore, life: Life) -> None:
        await life.set_rule(Subject.MEMBER, 1, of="ann")
        await life.grant(2)
        await store.forget("ann")
        assert len(await store.rules("guild")) == 1
        assert await life.granted() == 2

    async def test_a_stranger_has_nothing_stored(self, store: WholeStore) -> None:
        nothing = await store.stored("nobody")
        assert (nothing.generations, nothing.forgotten, nothing.images, nothing.since) == (0, 0, 0, None)
        assert await store.forget("nobody") == []
