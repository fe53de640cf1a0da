"""What holds for all jobs of the key at once: no key, no funds, a limit, no UniAll; and what has got nowhere for a day."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from aiohttp import web

from tests.process.conftest import said
from tests.process.stage import Played, books_agree, ledger, play, staged
from tests.process.uniall_faults.stage import HTML, Stage, play_all
from tests.standins.discord import Channel
from tests.standins.uniall import Act, Script, answer, refuse, say
from tests.tables import sampled, selected

pytestmark = pytest.mark.asyncio(loop_scope="module")

FUNDS = "the operator's UniAll account needs funds"

BUSY = "UniAll takes no more jobs for the moment"

ACCOUNT: dict[str, tuple[Act, str, str]] = {
    "401": (
        refuse(401, "invalid_api_key"),
        "UniAll does not accept the operator's key",
        "does not accept UNIALL_API_KEY",
    ),
    "402": (refuse(402, "insufficient_quota"), FUNDS, "has no funds left"),
    "403 quota": (refuse(403, "insufficient_user_quota"), FUNDS, "has no funds left"),
    "403 token": (refuse(403, "pre_consume_token_quota_failed"), FUNDS, "has no funds left"),
    "429": (refuse(429), BUSY, ""),
    "429 with Retry-After": (refuse(429, headers={"Retry-After": "7"}), BUSY, ""),
    "429 empty": (answer(status=429), BUSY, ""),
}

QUICK = ("401", "402", "429 with Retry-After")  # no key, no funds, a limit; the others are ways to say one of these

HOLD_DOWN = "UniAll cannot be reached just now"


@dataclass(slots=True)
class Account(Stage):
    """A bot of its own with three jobs, and the operator's channel."""

    operators: Channel | None = None
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self) -> list[str]:
        """What the operator reads."""
        return [message.content for message in self.studio.discord.messages(self.operators)]

    def say(self, why: str) -> bool:
        """Whether every card has said why its job waits."""
        return all(any(why in str(version) for version in job.card.versions) for job in self.jobs.values())


async def open_account(stack: AsyncExitStack, factory: pytest.TempPathFactory) -> Account:
    """A bot whose operator has a channel."""
    studio = await stack.enter_async_context(staged(factory.mktemp("account"), start=False))
    account = Account(studio, operators=studio.discord.world.add_channel(studio.discord.guild, "operators"))
    assert account.operators
    await studio.start(OPERATOR_CHANNEL_ID=account.operators.id, POLL_MAX_SECONDS="7")
    return account


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def accounts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, Account]]:
    """A bot for each fault that this run looks at, with three jobs.

    Their submits are refused, first all at the same moment, until the cards say it.
    """

    async def refused(account: Account, name: str) -> None:
        act, why, _ = ACCOUNT[name]

        async def late(request: web.Request) -> web.StreamResponse | None:
            await account.go.wait()
            return None if account.say(why) else await act(request)

        await play_all(account, {prompt: Script(submit=[late] * 50) for prompt in "abc"})
        await account.studio.discord.wait_for(lambda: all(job.script.heard for job in account.jobs.values()))
        account.go.set()

    async with AsyncExitStack() as stack:
        asked = [name for name in ACCOUNT if name in selected(request, "fault")]
        opened = await asyncio.gather(*(open_account(stack, tmp_path_factory) for _ in (*asked, "down")))
        stages = dict(zip(asked, opened, strict=False))
        down = opened[-1]
        await down.studio.uniall.shut()
        await play_all(down, {"p": Script()})
        await asyncio.gather(*(refused(account, name) for name, account in stages.items()))
        yield {**stages, "down": down}


async def test_while_uniall_cannot_be_reached_jobs_wait_say_so_and_are_sent_once(accounts: dict[str, Account]) -> None:
    down = accounts["down"]
    [job] = down.jobs.values()
    await down.studio.discord.wait_for(lambda: any(HOLD_DOWN in str(v) for v in job.card.versions), "why")
    assert job.ledger()[:2] == (0, 1)
    await down.studio.uniall.open()
    await job.done()
    assert job.script.heard == 1
    assert down.told() == []


@pytest.mark.parametrize("fault", sampled(ACCOUNT, QUICK))
async def test_while_uniall_takes_no_jobs_of_the_key_they_wait_say_why_and_go_on_by_themselves(
    accounts: dict[str, Account], fault: str
) -> None:
    account, (_, why, told) = accounts[fault], ACCOUNT[fault]
    for job in account.jobs.values():
        shown = lambda job=job: next((v for v in job.card.versions if why in str(v)), None)  # noqa: E731
        version = await account.studio.discord.wait_for(shown, why)
        assert "Cancel" in str(version)
    for job in account.jobs.values():
        await job.done()
        assert job.script.heard >= 2
    assert len(account.studio.uniall.jobs) == 3
    assert len(account.told()) == bool(told), "the operator is told once"
    assert all(told in message for message in account.told())


async def test_a_key_that_is_refused_while_polling_is_told_once_and_every_job_is_kept(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with AsyncExitStack() as stack:
        account = await open_account(stack, tmp_path_factory)

        async def no_key(request: web.Request) -> web.StreamResponse | None:
            if len(account.studio.database.in_state("submitted")) < 3:  # a submit that is taken ends the trouble
                return await say(status="in_progress", progress=1)(request)
            return None if account.go.is_set() else await refuse(401, "invalid_api_key")(request)

        await play_all(account, {name: Script(always_poll=no_key) for name in "abc"})
        await account.studio.discord.wait_for(lambda: all(job.script.polled > 3 for job in account.jobs.values()))
        assert [job.generation().state for job in account.jobs.values()] == ["submitted"] * 3
        [told] = await account.studio.discord.wait_for(account.told, "the operator told")
        assert "while polling. Jobs are kept." in told
        account.go.set()  # a refusal may still be under way, and be read after the first answer that is none
        for job in account.jobs.values():
            await job.done()


async def test_while_the_key_is_limited_nothing_is_sent_not_even_what_is_asked_meanwhile(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("limited")) as studio:
        an_hour = refuse(429, headers={"Retry-After": "3600"})
        first = await play(studio, "first", Script(submit=[an_hour]))
        await studio.discord.wait_for(lambda: first.generation().hold, "the refusal")
        second = await play(studio, "second")
        assert BUSY in said(second.card)
        assert await studio.bot.stop() == 0
        assert (first.script.heard, second.script.heard) == (1, 0)
        assert [job.ledger() for job in (first, second)] == [(0, 1, ["reserve"])] * 2
        studio.database.backdate(hours=1)
        await studio.start()
        for job in (first, second):
            await job.done()


STILL: dict[str, tuple[Callable[[], Script], Callable[[Played], object], str, list[str], str]] = {
    "stuck at 99 %": (
        lambda: Script(always_poll=say(status="in_progress", progress=99)),
        lambda job: job.generation().progress == 99,
        "UniAll did not finish within a day.",
        ["reserve", "billed"],
        "",
    ),
    "never answered": (
        lambda: Script(always_poll=answer(HTML, status=502, kind="text/html")),
        lambda job: job.script.polled > 1,
        "UniAll did not finish within a day.",
        ["reserve", "billed"],
        "",
    ),
    "forgotten": (
        lambda: Script(always_poll=refuse(400, "task_not_exist")),
        lambda job: job.generation().missing_since,
        "UniAll no longer knows the job.",
        ["reserve", "billed"],
        "it may have been billed",
    ),
    "never a video": (
        lambda: Script(always_download=answer(HTML, kind="video/mp4")),
        lambda job: job.generation().rendered_at,
        "UniAll finished the video, but it could not be fetched.",
        ["reserve", "billed"],
        "could not be fetched for a day",
    ),
    "no link and no content": (
        lambda: Script(final={"video_url": None}, always_download=refuse(404)),
        lambda job: job.generation().rendered_at,
        "UniAll finished the video, but it could not be fetched.",
        ["reserve", "billed"],
        "could not be fetched for a day",
    ),
    "no funds": (
        lambda: Script(submit=[refuse(402, "insufficient_quota")] * 99),
        lambda job: job.generation().hold,
        "UniAll took no job for a day.",
        ["reserve", "void"],
        "has no funds left",
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def next_day(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Account]:
    """Jobs that were going nowhere, and have been tried for a day."""
    async with AsyncExitStack() as stack:
        account = await open_account(stack, tmp_path_factory)
        studio = account.studio
        await play_all(account, {name: script() for name, (script, *_) in STILL.items() if name != "no funds"})
        for name, job in account.jobs.items():
            await studio.discord.wait_for(lambda job=job, name=name: STILL[name][1](job), name)
        await play_all(account, {"no funds": STILL["no funds"][0]()})  # last: it stops the others from being sent
        await studio.discord.wait_for(lambda: account.jobs["no funds"].generation().hold, "no funds")
        assert await studio.bot.stop() == 0
        assert {job.ledger()[:2] for job in account.jobs.values()} == {(0, 1)}
        studio.database.tried_for_a_day()
        await studio.start()
        yield account


@pytest.mark.parametrize("fault", STILL)
async def test_a_job_that_gets_nowhere_for_a_day_is_given_back_with_its_reason(next_day: Account, fault: str) -> None:
    _, _, why, entries, told = STILL[fault]
    job = next_day.jobs[fault]
    words = await next_day.studio.wait_card(job.card, "Failed")
    assert why in words
    assert "Your quota is back." in words
    assert ledger(next_day.studio, job.person) == (0, 0, entries)
    assert job.results() == []
    await next_day.studio.discord.wait_for(lambda: any(told in message for message in next_day.told()), told)
    await books_agree(next_day.studio)
