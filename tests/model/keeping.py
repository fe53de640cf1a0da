"""Deleting results and forgetting members, by the services that do it, beside the model of what must be left."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from bot.domain.messages.delivery import DeliveryState
from bot.domain.moderation.audit import Actor, AuditAction
from bot.domain.refusals.refusal import Refusal
from bot.runtime.discarding import discard_files
from tests.model.driver import Driver
from tests.model.outside import Died

MODERATOR = "mod"
MOODS = (0, 1, 0, 2, 3, 1)  # of what is outside: see there


class Keeping:
    """Each answers False where the process died in the middle: with Discord's or the disk's work done, and not stored."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    def _sent(self, job_id: str) -> bool:
        post = self.driver.books.posts.get(job_id)
        return post is not None and post.state is DeliveryState.SENT and not post.removed

    def steps(self) -> Sequence[Callable[[int], Coroutine[Any, Any, bool]]]:
        """What members and moderators could do next; the number chooses between the ways it may go."""
        steps = [self.forget, self.tidy, self.delete]
        return steps + [self.delete] * 4 * any(map(self._sent, self.driver.books.posts))

    async def delete(self, how: int) -> bool:
        """Somebody presses Delete on a result, mostly on one that is there."""
        books, outside, life = self.driver.books, self.driver.outside, self.driver.life
        found = [job_id for job_id in books.posts if self._sent(job_id)] if how % 5 else []
        job_id = (found or list(books.jobs))[how % len(found or books.jobs)]
        who, mood = ("ann", "bob", MODERATOR)[how // 5 % 3], MOODS[how // 15 % len(MOODS)]
        expected = self._answer(job_id, who, mood)
        outside.mood = mood
        service = outside.results(self.driver.store, life.later(milliseconds=1))
        answer = ""
        try:
            await service.delete(Actor(guild_id="guild", actor_id=who), job_id, moderates=who == MODERATOR)
        except Refusal as refusal:
            answer = refusal.code
        except Died:
            return False
        finally:
            outside.mood = 0
            await outside.settle()
        assert answer == expected
        if answer == "":
            books.posts[job_id].removed = True
            books.removals += who == MODERATOR
        return True

    def _answer(self, job_id: str, who: str, mood: int) -> str:
        """The refusal to expect, empty where there is none."""
        if who not in (MODERATOR, self.driver.books.jobs[job_id].accepted.member_id):
            return "not_yours_to_delete"  # whether or not it is there: nothing of another's is looked at for them
        if not self._sent(job_id):
            return "result_gone"
        return {1: "delete_failed", 2: "delete_impossible"}.get(mood, "")

    async def forget(self, how: int) -> bool:
        """A member wants to be forgotten."""
        driver, member = self.driver, ("ann", "bob")[how % 2]
        for job in driver.books.jobs.values():
            job.forget = job.forget or job.accepted.member_id == member
        return await self._discarding(driver.outside.privacy(driver.store, driver.life.now).forget(member), how // 2)

    async def tidy(self, how: int) -> bool:
        """One look at the files to discard."""
        driver = self.driver
        listed = await driver.store.to_discard()
        return await self._discarding(discard_files(driver.outside.world(driver.store, driver.life.now), listed), how)

    async def _discarding(self, work: Coroutine[Any, Any, None], how: int) -> bool:
        outside, mood = self.driver.outside, MOODS[how % len(MOODS)]
        outside.mood = mood
        try:
            await work
        except Died:
            return False
        finally:
            outside.mood = 0
        if mood != 1:
            assert await self.driver.store.to_discard() == []
        return True

    async def write_in_vain(self, pick: int, what: str) -> None:
        """A write of this kind, or another where there is nothing to delete; the process will not live to see its end."""
        store, life = self.driver.store, self.driver.life
        sent = [job_id for job_id in self.driver.books.posts if self._sent(job_id)]
        if what == "forget":
            await store.forget("ann")
        elif what == "delete" and sent:
            line = life.change(action=AuditAction.RESULT_REMOVED)
            await store.remove_result(sent[pick % len(sent)], line, now=life.now)
        else:
            await self.driver.write_in_vain(pick)
