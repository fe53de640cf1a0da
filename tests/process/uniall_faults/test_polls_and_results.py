"""Polls and results that go wrong never fail a job; what ends for good gives everything back and says why."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from aiohttp import web

from tests.process.stage import play, staged, until
from tests.process.uniall_faults.stage import HTML, NO_VIDEO, TOO_LARGE, Stage, play_all
from tests.standins.uniall import Act, Script, answer, cut, cut_within, huge, refuse, say, video, when
from tests.tables import sampled, selected

pytestmark = pytest.mark.asyncio(loop_scope="module")

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
    "too large": lambda: Script(poll=[huge(TOO_LARGE)]),
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
    "megabytes of nothing": lambda trap: Script(download=[huge(NO_VIDEO, kind="video/mp4")]),
    "a video called a page": lambda trap: Script(always_download=sent(lambda whole: whole, kind="text/html")),
}


# Each for a way of its own through the bot; how UniAll's answers are read, `tests/uniall` goes through.
QUICK_POLLS = (
    "401",
    "402",
    "429 with Retry-After",
    "502 page",
    "empty",
    "cut",
    "too large",
    "words never seen",
    "all in a row",
)
QUICK_RESULTS = (
    *("no link", "a private address", "the metadata service", "a redirect to a private address"),
    *(
        "403",
        "429",
        "cut in half",
        "half a video",
        "a page named .mp4",
        "megabytes of nothing",
        "a video called a page",
    ),
)


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
async def rendering(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TrapStage]:
    """Jobs whose polls and downloads go wrong in each of these ways. Private addresses are forbidden, as by default."""
    folder = tmp_path_factory.mktemp("rendering")
    async with trapped() as trap, staged(folder, ALLOW_LOCAL_MEDIA="false") as studio:
        stage = TrapStage(studio, trap=trap)
        asked = selected(request, "fault")
        scripts = {f"poll {name}": script() for name, script in POLLS.items() if name in asked}
        scripts |= {f"result {name}": script(trap.address) for name, script in RESULTS.items() if name in asked}
        await play_all(stage, scripts)
        yield stage


@pytest.mark.parametrize("fault", sampled(POLLS, QUICK_POLLS))
async def test_a_poll_that_goes_wrong_never_fails_a_job(rendering: TrapStage, fault: str) -> None:
    job = rendering.jobs[f"poll {fault}"]
    await job.done()
    assert job.script.heard == 1
    assert job.script.poll == []


@pytest.mark.parametrize("fault", sampled(RESULTS, QUICK_RESULTS))
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
    assert job.generation().progress == 80
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
