"""What becomes of a job's one submit, and of the ones in doubt; polling and fetching."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import IllegalTransition, LostLease
from bot.domain.generation import State
from bot.domain.provider import JobState, JobStatus
from bot.domain.queue.claims import Work
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Scope
from bot.ports.database.store import Store
from tests.storage.life import Life


class Submitting:
    async def test_uniall_s_id_is_stored_with_the_answer(self, store: Store, life: Life) -> None:
        job, claim = await life.submitting()
        due = life.now + timedelta(seconds=5)
        status = JobStatus(job_id="task_1", state=JobState.QUEUED, progress=3)
        assert await store.record_submitted(job.id, claim, status, due_at=due, now=life.later(seconds=1))
        job = await life.reload(job)
        assert (job.state, job.job_id, job.progress) == (State.SUBMITTED, "task_1", 3)
        assert (job.submitted_at, job.due_at) == (life.now, due)
        assert await life.tally(Scope.MEMBER) == (0, 1)

    async def test_an_id_that_another_job_has_already_leaves_this_one_in_doubt(self, store: Store, life: Life) -> None:
        owner = await life.submitted()
        status = JobStatus(job_id=str(owner.job_id), state=JobState.RUNNING)
        job, claim = await life.submitting()
        assert not await store.record_submitted(job.id, claim, status, due_at=life.now, now=life.now)
        assert not await store.record_submitted(job.id, None, status, due_at=life.now, now=life.now)
        job = await life.reload(job)
        assert (job.state, job.job_id, job.submitted_at) == (State.UNKNOWN, None, None)
        assert await life.reload(owner) == owner

    async def test_a_job_whose_card_may_still_be_refused_waits_and_the_others_do_not(
        self, store: Store, life: Life
    ) -> None:
        first, second = await life.accepted("ann", 2)
        claimed = await store.claim_submit(life.claim(), most=9, now=life.now, unsettled={first.id, "another"})
        assert claimed is not None
        assert claimed.id == second.id
        assert await store.claim_submit(life.claim(), most=9, now=life.later(days=1), unsettled=[first.id]) is None
        last = await store.claim_submit(life.claim(), most=9, now=life.now)
        assert last is not None
        assert last.id == first.id

    async def test_a_job_whose_card_was_refused_gives_everything_back_once_and_its_form_may_be_sent_again(
        self, store: Store, life: Life
    ) -> None:
        job = await life.accept(replace(life.new(), draft_id="form"))
        assert await store.withdraw(job.id, now=life.now)
        assert not await store.withdraw(job.id, now=life.now)
        assert (await life.reload(job)).state is State.CANCELLED
        assert await life.tally(Scope.MEMBER) == (0, 0)
        assert await store.cardless() == []
        assert await store.made_from("form") is None
        sent, _ = await life.submitting()
        assert not await store.withdraw(sent.id, now=life.now)
        assert (await life.reload(sent)).state is State.SUBMITTING

    async def test_an_id_that_comes_after_the_job_was_given_up_is_kept_beside_it(
        self, store: Store, life: Life
    ) -> None:
        job = await life.unknown()
        assert not await store.keep_job_id(job.id, "task_1")
        await store.fail(job.id, None, fault="unclear", detail="", resolution=Resolution.BILLED, now=life.now)
        assert await store.keep_job_id(job.id, "task_1")
        assert not await store.keep_job_id(job.id, "task_2")
        assert await store.known_jobs(["task_1", "task_2"]) == {"task_1"}
        other = await life.failed(Resolution.BILLED)
        assert not await store.keep_job_id(other.id, "task_1")

    async def test_a_released_job_waits_says_why_and_is_sent_again(self, store: Store, life: Life) -> None:
        job, claim = await life.submitting()
        due = life.now + timedelta(seconds=30)
        await store.release_submit(job.id, claim, hold="insufficient_funds", due_at=due, now=life.now)
        held = await life.reload(job)
        assert (held.state, held.hold, held.due_at, held.job_id) == (State.RESERVED, "insufficient_funds", due, None)
        assert await life.next() is None
        life.now = due
        again = await life.next()
        assert again is not None
        assert (again.id, again.hold, again.attempts) == (job.id, None, 2)

    async def test_a_released_job_can_be_cancelled(self, store: Store, life: Life) -> None:
        job, claim = await life.submitting()
        await store.release_submit(job.id, claim, hold="rate_limited", due_at=life.now, now=life.now)
        cancelled = await store.cancel(job.id, now=life.now)
        assert (cancelled.state, cancelled.hold) == (State.CANCELLED, None)

    async def test_a_job_in_doubt_is_listed_and_never_sent_again(self, store: Store, life: Life) -> None:
        first, second = await life.unknown(), await life.unknown()
        await life.submitted()
        sending, _ = await life.submitting()
        assert await store.unclear() == [first, second]
        assert await store.submitting(now=life.now) == [sending]
        assert await life.next() is None
        assert await life.tally(Scope.MEMBER) == (0, 4)

    async def test_a_job_in_doubt_that_is_found_goes_on_as_submitted(self, store: Store, life: Life) -> None:
        job = await life.unknown()
        status = JobStatus(job_id="task_9", state=JobState.RUNNING)
        await store.record_submitted(job.id, None, status, due_at=life.now, now=life.now)
        assert (await life.reload(job)).state is State.SUBMITTED
        assert await store.unclear() == []
        assert await store.known_jobs(["task_9"]) == {"task_9"}

    async def test_a_job_in_doubt_that_is_not_found_ends_and_the_operators_side_stays_used(
        self, store: Store, life: Life
    ) -> None:
        job = await life.unknown()
        await store.fail(job.id, None, fault="unclear", detail="", resolution=Resolution.BILLED, now=life.now)
        assert (await life.reload(job)).fault == "unclear"
        assert [await life.tally(scope) for scope in (Scope.MEMBER, Scope.GUILD, Scope.OPERATOR)] == [
            (0, 0),
            (0, 0),
            (1, 0),
        ]

    @pytest.mark.parametrize("state", ["reserved", "submitting", "submitted", "succeeded", "failed"])
    async def test_without_a_claim_only_a_job_in_doubt_is_touched(self, store: Store, life: Life, state: str) -> None:
        steps = {
            "reserved": life.accept,
            "submitted": life.submitted,
            "succeeded": life.succeeded,
            "failed": life.failed,
        }
        job = (await life.submitting())[0] if state == "submitting" else await steps[state]()
        job, uses = await life.reload(job), await life.uses()
        with pytest.raises(LostLease):
            await store.fail(job.id, None, fault="lost", detail="", resolution=Resolution.VOID, now=life.now)
        status = JobStatus(job_id="other", state=JobState.RUNNING)
        with pytest.raises(LostLease):
            await store.record_submitted(job.id, None, status, due_at=life.now, now=life.now)
        assert (await life.reload(job), await life.uses()) == (job, uses)

    async def test_known_jobs_are_those_a_generation_owns(self, store: Store, life: Life) -> None:
        one, two = await life.succeeded(), await life.submitted()
        owned = {str(one.job_id), str(two.job_id)}
        assert await store.known_jobs([*owned, "stranger"]) == owned
        assert await store.known_jobs([]) == set()

    async def test_a_refused_submit_gives_everything_back(self, store: Store, life: Life) -> None:
        before = await life.uses()
        job, claim = await life.submitting()
        await store.fail(
            job.id, claim, fault="bad_request", detail="no", resolution=Resolution.VOID, now=life.later(seconds=1)
        )
        job = await life.reload(job)
        assert (job.state, job.fault, job.finished_at) == (State.FAILED, "bad_request", life.now)
        assert await life.uses() == before

    async def test_the_job_due_longest_is_polled_first_and_none_before_its_time(self, store: Store, life: Life) -> None:
        first, second = await life.submitted(), await life.submitted()
        claim = life.claim()
        got = await life.claim_poll(claim, now=life.now)
        assert got == await life.reload(first)
        due = life.now + timedelta(seconds=20)
        await life.record_poll(first.id, claim, progress=None, missing_since=None, due_at=due, now=life.now)
        assert await store.next_due(Work.POLL) == second.due_at
        got = await life.claim_poll(life.claim(), now=life.now)
        assert got is not None
        assert got.id == second.id
        assert await life.claim_poll(life.claim(), now=life.now) is None
        assert await store.next_due(Work.POLL) == due

    async def test_a_poll_keeps_what_it_learned_and_progress_never_goes_back(self, store: Store, life: Life) -> None:
        job = await life.submitted()
        shown: list[int | None] = []
        for progress in (None, 10, 60, 40, None, 100):
            claim = life.claim()
            assert await life.claim_poll(claim, now=life.now) is not None
            await life.record_poll(
                job.id, claim, progress=progress, missing_since=life.now, due_at=life.now, now=life.now
            )
            job = await life.reload(job)
            assert job.missing_since == life.now
            shown.append(job.progress)
        assert shown == [None, 10, 60, 60, 60, 100]

    async def test_a_rendered_job_is_fetched_and_no_longer_polled(self, store: Store, life: Life) -> None:
        job = await life.rendered()
        assert (job.state, job.video_url, job.progress) == (State.SUBMITTED, "https://cdn/v", 100)
        assert await life.claim_poll(life.claim(), now=life.now) is None
        assert (await store.next_due(Work.POLL), await store.next_due(Work.FETCH)) == (None, job.due_at)
        got = await store.claim_fetch(life.claim(), now=life.now)
        assert got is not None
        assert got.id == job.id
        assert await store.claim_fetch(life.claim(), now=life.now) is None

    async def test_a_file_that_could_not_be_had_is_tried_again_later(self, store: Store, life: Life) -> None:
        job, claim = await life.fetching()
        due = life.now + timedelta(minutes=1)
        await store.retry_fetch(job.id, claim, video_url="https://cdn/w", due_at=due, now=life.now)
        assert await store.claim_fetch(life.claim(), now=life.now) is None
        life.now = due
        got = await store.claim_fetch(life.claim(), now=life.now)
        assert got is not None
        assert (got.video_url, got.attempts) == ("https://cdn/w", 1)

    async def test_a_step_the_table_does_not_have_is_refused_though_the_lease_holds(
        self, store: Store, life: Life
    ) -> None:
        job, claim = await life.polling()
        before = await life.reload(job), await life.uses()
        with pytest.raises(IllegalTransition):
            await store.release_submit(job.id, claim, hold=None, due_at=life.now, now=life.now)
        with pytest.raises(IllegalTransition):
            await store.record_unclear(job.id, claim, now=life.now)
        with pytest.raises(IllegalTransition):
            await store.fail(job.id, claim, fault="lost", detail="", resolution=Resolution.POST, now=life.now)
        assert (await life.reload(job), await life.uses()) == before
