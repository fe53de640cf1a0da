"""Every fault of UniAll, to the whole bot: what the member sees, what the ledger says, and that nothing is sent twice."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from aiohttp import web

from tests.process.conftest import Studio, buttons, said
from tests.process.stage import Played, backdate, books_agree, ledger, play, staged, tried_for_a_day, until
from tests.standins.discord import Channel
from tests.standins.uniall import Act, Script, answer, cut, cut_within, huge, refuse, say, video, when

pytestmark = pytest.mark.asyncio(loop_scope="module")

HTML = "<!DOCTYPE html><html><title>502 Bad Gateway</title></html>"
JOB = b'{"id": "job-lost", "status": "queued", "progress": 0, "created_at": 1790000000}'
HUNDRED_MEGABYTES = 100 * 2**20


@dataclass(slots=True)
class Stage:
    """A bot and the jobs on it, by the name of their fault."""

    studio: Studio
    jobs: dict[str, Played] = field(default_factory=dict[str, Played])


async def play_all(stage: Stage, scripts: dict[str, Script]) -> None:
    """All at once, each as a member of its own."""
    played = await asyncio.gather(*(play(stage.studio, name, script) for name, script in scripts.items()))
    stage.jobs.update(zip(scripts, played, strict=True))


# -- submits of which nobody knows what became

UNCLEAR: dict[str, Act] = {
    "500": refuse(500, "do_request_failed"),
    "500 without a code": refuse(500),
    "502 page": answer(HTML, status=502, kind="text/html"),
    "503 empty": answer(status=503),
    "504 page": answer(HTML, status=504, kind="text/html"),
    "524 page": answer(HTML, status=524, kind="text/html"),
    "408": refuse(408),
    "302": answer(status=302, headers={"Location": "/login"}),
    "page": answer(HTML, kind="text/html"),
    "empty": answer(),
    "half a JSON": answer(JOB[:14]),
    "no id": answer('{"status": "queued"}'),
    "text": answer("accepted", kind="text/plain"),
    "binary": answer(b"\x00\xff\xfe" * 100, kind="application/octet-stream"),
    "cut": cut,
    "cut within the id": cut_within(JOB, part=0.2),
    "100 MB": huge(HUNDRED_MEGABYTES),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def unlisted(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Submits that end in each of these ways, and no job has begun; UniAll does not list jobs."""
    async with staged(tmp_path_factory.mktemp("unlisted")) as studio:
        studio.uniall.lists_jobs = False
        stage = Stage(studio)
        studio.uniall.next_unread.append(cut)
        await play_all(stage, {"cut before it was read": Script()})
        await studio.discord.wait_for(lambda: not studio.uniall.next_unread, "the cut")
        await play_all(stage, {name: Script(submit=[act]) for name, act in UNCLEAR.items()})
        yield stage


@pytest.mark.parametrize("fault", ["cut before it was read", *UNCLEAR])
async def test_a_submit_without_a_clear_answer_is_never_sent_again_and_costs_the_member_nothing(
    unlisted: Stage, fault: str
) -> None:
    job = unlisted.jobs[fault]
    words = await unlisted.studio.wait_card(job.card, "Failed")
    assert "UniAll gave no clear answer" in words
    assert "was not sent again" in words
    assert "Your quota is back." in words
    assert buttons(job.card) == ["Again", "Remix"]
    assert job.script.heard == (fault in UNCLEAR)
    assert job.ledger() == (0, 0, ["reserve", "billed"])  # not the member's, but the operator's budget counts it


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The same, but each job has begun and UniAll lists it."""
    async with staged(tmp_path_factory.mktemp("listed")) as studio:

        def begun(act: Act) -> Act:
            async def both(request: web.Request) -> web.StreamResponse | None:
                studio.uniall.add(request.path, await request.json())
                return await act(request)

            return both

        stage = Stage(studio)
        await play_all(stage, {name: Script(submit=[begun(act)]) for name, act in UNCLEAR.items()})
        yield stage


@pytest.mark.parametrize("fault", UNCLEAR)
async def test_a_job_that_began_although_its_answer_was_lost_is_found_and_posted_once(
    listed: Stage, fault: str
) -> None:
    job = listed.jobs[fault]
    await job.done()
    assert job.script.heard == 1


async def test_an_id_that_arrived_before_its_answer_was_cut_is_followed_and_never_looked_for(unlisted: Stage) -> None:
    uniall = unlisted.studio.uniall

    async def half(request: web.Request) -> web.StreamResponse | None:
        job = uniall.add(request.path, await request.json())
        return await cut_within(JOB.replace(b"job-lost", job.id.encode()))(request)

    job = await play(unlisted.studio, "cut after the id", Script(submit=[half]))
    await job.done()
    assert job.script.heard == 1


# -- polls

POLLS: dict[str, Callable[[], Script]] = {
    "401": lambda: Script(poll=[refuse(401)]),
    "402": lambda: Script(poll=[refuse(402)]),
    "403 without funds": lambda: Script(poll=[refuse(403, "insufficient_user_quota")]),
    "403": lambda: Script(poll=[refuse(403)]),
    "404": lambda: Script(poll=[refuse(404)]),
    "429": lambda: Script(poll=[refuse(429)]),
    "429 with Retry-After": lambda: Script(poll=[refuse(429, headers={"Retry-After": "1"})]),
    "429 empty": lambda: Script(poll=[answer(status=429)]),
    "500": lambda: Script(poll=[refuse(500)]),
    "501": lambda: Script(poll=[refuse(501)]),
    "502 page": lambda: Script(poll=[answer(HTML, status=502, kind="text/html")]),
    "503 empty": lambda: Script(poll=[answer(status=503)]),
    "page": lambda: Script(poll=[answer(HTML, kind="text/html")]),
    "empty": lambda: Script(poll=[answer()]),
    "half a JSON": lambda: Script(poll=[answer('{"status": "fail')]),
    "wrong type": lambda: Script(poll=[answer('{"status": "failed"}', kind="video/mp4")]),
    "a list": lambda: Script(poll=[answer("[]"), answer("null"), answer('"failed"'), answer("7")]),
    "cut": lambda: Script(poll=[cut]),
    "cut within the answer": lambda: Script(poll=[cut_within(b'{"status": "failed", "error": "' + b"x" * 999)]),
    "100 MB": lambda: Script(poll=[huge(HUNDRED_MEGABYTES)]),
    "forgotten for a moment": lambda: Script(poll=[refuse(400, "task_not_exist")]),
    "words never seen": lambda: Script(
        poll=[say(status=word) for word in ("reticulating", "unknown", "", "NOT_FAILED", "{0}", "完成")]
    ),
    "no word": lambda: Script(poll=[say(), say(status=None), say(status=7), say(status=["failed"])]),
    "nonsense for progress": lambda: Script(
        poll=[say(status="running", progress=p) for p in (-5, 1e300, "abc", {"a": 1}, True, "50%", "%s", 10**30)]
    ),
    "all in a row": lambda: Script(
        poll=[refuse(500), refuse(401), cut, answer(HTML, kind="text/html"), refuse(429), answer()]
    ),
}


# -- results


def at_link(act: Act) -> Act:
    """Only at the job's link, not at UniAll's own content address."""

    async def either(request: web.Request) -> web.StreamResponse | None:
        return await act(request) if request.path.startswith("/files/") else None

    return either


def sent(part: Callable[[bytes], bytes], *, kind: str = "video/mp4") -> Act:
    """Sends what is left of the video, as if it were all."""

    async def act(request: web.Request) -> web.StreamResponse | None:
        return await answer(part(video(request.match_info["id"])), kind=kind)(request)

    return act


async def broken(request: web.Request) -> web.StreamResponse | None:
    """Breaks off half-way through the video."""
    return await cut_within(video(request.match_info["id"]), kind="video/mp4")(request)


RESULTS: dict[str, Callable[[str], Script]] = {
    "no link": lambda trap: Script(final={"video_url": None}),
    "a link that is none": lambda trap: Script(final={"video_url": "javascript:alert(1)"}),
    "a private address": lambda trap: Script(final={"video_url": f"https://{trap}/v.mp4"}),
    "a private address in numbers": lambda trap: Script(final={"video_url": f"https://0x7f000001:{port(trap)}/v.mp4"}),
    "a private address by name": lambda trap: Script(final={"video_url": f"https://localhost:{port(trap)}/v.mp4"}),
    "the metadata service": lambda trap: Script(final={"video_url": "https://169.254.169.254/latest/meta-data/"}),
    "a file of this machine": lambda trap: Script(final={"video_url": "file:///etc/passwd"}),
    "a redirect to a private address": lambda trap: Script(
        always_download=at_link(answer(status=302, headers={"Location": f"https://{trap}/v.mp4"}))
    ),
    "redirects without an end": lambda trap: Script(
        always_download=at_link(answer(status=302, headers={"Location": "?again"}))
    ),
    "401": lambda trap: Script(download=[refuse(401)]),
    "403": lambda trap: Script(download=[refuse(403)]),
    "404": lambda trap: Script(download=[refuse(404)]),
    "410": lambda trap: Script(download=[refuse(410)]),
    "429": lambda trap: Script(download=[refuse(429, headers={"Retry-After": "1"})]),
    "500": lambda trap: Script(download=[refuse(500)]),
    "cut": lambda trap: Script(download=[cut]),
    "cut in half": lambda trap: Script(download=[broken]),
    "half a video": lambda trap: Script(download=[sent(lambda whole: whole[: len(whole) // 2])]),
    "a page named .mp4": lambda trap: Script(download=[answer(HTML, kind="video/mp4")]),
    "nothing": lambda trap: Script(download=[answer(kind="video/mp4")]),
    "100 MB of nothing": lambda trap: Script(download=[huge(HUNDRED_MEGABYTES, kind="video/mp4")]),
    "a video called a page": lambda trap: Script(always_download=sent(lambda whole: whole, kind="text/html")),
}


def port(trap: str) -> str:
    """The port of an address."""
    return trap.rpartition(":")[2]


@dataclass(slots=True)
class Trap:
    """An address that nobody may call. `calls`: connections that came nevertheless."""

    address: str = ""
    calls: int = 0


@asynccontextmanager
async def trapped() -> AsyncGenerator[Trap]:
    """Listens on a private address."""
    trap = Trap()

    def called(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trap.calls += 1
        writer.close()

    server = await asyncio.start_server(called, "127.0.0.1", 0)
    trap.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield trap


@dataclass(slots=True)
class TrapStage(Stage):
    """A stage with a trap."""

    trap: Trap = field(default_factory=Trap)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rendering(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TrapStage]:
    """Jobs whose polls and downloads go wrong in each of these ways. Private addresses are forbidden, as by default."""
    folder = tmp_path_factory.mktemp("rendering")
    async with trapped() as trap, staged(folder, ALLOW_LOCAL_MEDIA="false") as studio:
        stage = TrapStage(studio, trap=trap)
        scripts = {f"poll {name}": script() for name, script in POLLS.items()}
        scripts |= {f"result {name}": script(trap.address) for name, script in RESULTS.items()}
        await play_all(stage, scripts)
        yield stage


@pytest.mark.parametrize("fault", POLLS)
async def test_a_poll_that_goes_wrong_never_fails_a_job(rendering: TrapStage, fault: str) -> None:
    job = rendering.jobs[f"poll {fault}"]
    await job.done()
    assert job.script.heard == 1
    assert job.script.poll == []


@pytest.mark.parametrize("fault", RESULTS)
async def test_a_result_that_goes_wrong_is_fetched_again_and_posted_once_and_whole(
    rendering: TrapStage, fault: str
) -> None:
    job = rendering.jobs[f"result {fault}"]
    await job.done()
    assert job.script.heard == 1
    assert rendering.trap.calls == 0


async def test_a_link_that_expired_is_asked_for_again(rendering: TrapStage) -> None:
    links = 0

    async def fresh(request: web.Request) -> web.StreamResponse | None:
        nonlocal links
        links += 1
        link = f"{rendering.studio.uniall.base_url}/files/{request.match_info['id']}.mp4?link={links}"
        return await say(status="completed", video_url=link)(request)

    async def newest(request: web.Request) -> web.StreamResponse | None:
        return None if request.query.get("link") == "3" else await refuse(403)(request)

    job = await play(rendering.studio, "links", Script(always_poll=fresh, always_download=newest))
    await job.done()
    assert links == 3


async def test_progress_never_goes_back_on_the_card(rendering: TrapStage) -> None:
    go = asyncio.Event()
    steps = [say(status="running", progress=80), *[say(status="running", progress=p) for p in (10, 79, 0)]]
    job = await play(rendering.studio, "back", Script(poll=steps, always_poll=until(go)))
    await rendering.studio.wait_card(job.card, "80 %")
    await rendering.studio.discord.wait_for(lambda: job.script.polled > len(steps), "later polls")
    assert job.row("progress") == 80
    go.set()
    await job.done()


async def test_a_poll_or_a_submit_that_hangs_holds_up_nobody_and_its_late_answer_counts(rendering: TrapStage) -> None:
    go = asyncio.Event()
    hanging = [await play(rendering.studio, "hung poll", Script(poll=[when(go)]))]
    hanging += [await play(rendering.studio, "hung submit", Script(submit=[when(go)]))]
    await rendering.studio.discord.wait_for(lambda: all(job.script.heard for job in hanging), "both under way")
    await (await play(rendering.studio, "meanwhile")).done()
    assert [job.ledger() for job in hanging] == [(0, 1, ["reserve"])] * 2
    go.set()
    for job in hanging:
        await job.done()
        assert job.script.heard == 1


@pytest.mark.parametrize("status", ["failed", "FAILURE", "cancelled", "timeout", "expired"])
async def test_a_job_that_fails_gives_everything_back_and_says_why(rendering: TrapStage, status: str) -> None:
    job = await play(rendering.studio, f"ends {status}", Script(always_poll=say(status=status, fail_reason="no")))
    words = await rendering.studio.wait_card(job.card, "Failed")
    why = "expired at UniAll" if status == "expired" else "The model could not make this video"
    assert why in words
    assert "Your quota is back." in words
    assert job.ledger() == (0, 0, ["reserve", "void"])


REFUSALS = {
    "content": (refuse(400, "content_policy_violation"), "The content check refused this prompt or image"),
    "content as 500": (refuse(500, "moderation_blocked"), "The content check refused this prompt or image"),
    "451": (refuse(451), "The content check refused this prompt or image"),
    "400": (refuse(400, "invalid_request"), "UniAll refused the request"),
    "403": (refuse(403), "does not allow this model"),
    "404": (refuse(404, message="Invalid URL"), "UniAll has changed the way this model is called"),
    "413": (refuse(413), "too large for UniAll"),
}


@pytest.mark.parametrize("fault", REFUSALS)
async def test_a_submit_that_is_refused_for_good_gives_everything_back_and_says_why(
    rendering: TrapStage, fault: str
) -> None:
    act, why = REFUSALS[fault]
    job = await play(rendering.studio, f"refused {fault}", Script(submit=[act]))
    words = await rendering.studio.wait_card(job.card, "Failed")
    assert why in words
    assert job.script.heard == 1
    assert job.ledger() == (0, 0, ["reserve", "void"])


# -- what holds for all jobs of the key at once

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
async def accounts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Account]]:
    """A bot for each fault, with three jobs whose submits are refused, first all at the same moment, until the cards say it."""

    async def refused(account: Account, name: str) -> None:
        act, why, _ = ACCOUNT[name]

        async def late(request: web.Request) -> web.StreamResponse | None:
            await account.go.wait()
            return None if account.say(why) else await act(request)

        await play_all(account, {prompt: Script(submit=[late] * 50) for prompt in "abc"})
        await account.studio.discord.wait_for(lambda: all(job.script.heard for job in account.jobs.values()))
        account.go.set()

    async with AsyncExitStack() as stack:
        opened = await asyncio.gather(*(open_account(stack, tmp_path_factory) for _ in (*ACCOUNT, "down")))
        stages = dict(zip(ACCOUNT, opened, strict=False))
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


@pytest.mark.parametrize("fault", ACCOUNT)
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
            return None if account.go.is_set() else await refuse(401, "invalid_api_key")(request)

        await play_all(account, {name: Script(always_poll=no_key) for name in "abc"})
        await account.studio.discord.wait_for(lambda: all(job.script.polled > 3 for job in account.jobs.values()))
        assert [job.row("state") for job in account.jobs.values()] == ["submitted"] * 3
        account.go.set()
        for job in account.jobs.values():
            await job.done()
        assert len(account.told()) == 1
        assert "while polling. Jobs are kept." in account.told()[0]


async def test_while_the_key_is_limited_nothing_is_sent_not_even_what_is_asked_meanwhile(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("limited")) as studio:
        an_hour = refuse(429, headers={"Retry-After": "3600"})
        first = await play(studio, "first", Script(submit=[an_hour]))
        await studio.discord.wait_for(lambda: first.row("hold"), "the refusal")
        second = await play(studio, "second")
        assert BUSY in said(second.card)
        assert await studio.bot.stop() == 0
        assert (first.script.heard, second.script.heard) == (1, 0)
        assert [job.ledger() for job in (first, second)] == [(0, 1, ["reserve"])] * 2
        backdate(studio, hours=1)
        await studio.start()
        for job in (first, second):
            await job.done()


# -- a day later

STILL: dict[str, tuple[Callable[[], Script], Callable[[Played], object], str, list[str], str]] = {
    "stuck at 99 %": (
        lambda: Script(always_poll=say(status="in_progress", progress=99)),
        lambda job: job.row("progress") == 99,
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
        lambda job: job.row("missing_since"),
        "UniAll no longer knows the job.",
        ["reserve", "billed"],
        "it may have been billed",
    ),
    "never a video": (
        lambda: Script(always_download=answer(HTML, kind="video/mp4")),
        lambda job: job.row("rendered_at"),
        "UniAll finished the video, but it could not be fetched.",
        ["reserve", "billed"],
        "could not be fetched for a day",
    ),
    "no link and no content": (
        lambda: Script(final={"video_url": None}, always_download=refuse(404)),
        lambda job: job.row("rendered_at"),
        "UniAll finished the video, but it could not be fetched.",
        ["reserve", "billed"],
        "could not be fetched for a day",
    ),
    "no funds": (
        lambda: Script(submit=[refuse(402, "insufficient_quota")] * 99),
        lambda job: job.row("hold"),
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
        await studio.discord.wait_for(lambda: account.jobs["no funds"].row("hold"), "no funds")
        assert await studio.bot.stop() == 0
        assert {job.ledger()[:2] for job in account.jobs.values()} == {(0, 1)}
        tried_for_a_day(studio)
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
