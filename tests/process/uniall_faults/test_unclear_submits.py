"""Submits of which nobody knows what became: never sent again, found in UniAll's list or given back."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from tests.process.conftest import buttons
from tests.process.stage import play, staged
from tests.process.uniall_faults.stage import HTML, JOB, TOO_LARGE, Stage, play_all
from tests.standins.uniall import Act, Script, answer, cut, cut_within, huge, refuse
from tests.tables import sampled, selected

pytestmark = pytest.mark.asyncio(loop_scope="module")

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
    "too large": huge(TOO_LARGE),
}
# Each for a way of its own through the bot; which answers are unclear, `tests/uniall` goes through.
QUICK = ("500", "502 page", "302", "empty", "half a JSON", "no id", "cut", "too large")


def asked(request: pytest.FixtureRequest) -> dict[str, Act]:
    """Return those that this run looks at."""
    wanted = selected(request, "fault")
    return {name: act for name, act in UNCLEAR.items() if name in wanted}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def unlisted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Submits that end in each of these ways, and no job has begun; UniAll does not list jobs."""
    async with staged(tmp_path_factory.mktemp("unlisted")) as studio:
        studio.uniall.lists_jobs = False
        stage = Stage(studio)
        studio.uniall.next_unread.append(cut)
        await play_all(stage, {"cut before it was read": Script()})
        await studio.discord.wait_for(lambda: not studio.uniall.next_unread, "the cut")
        await play_all(stage, {name: Script(submit=[act]) for name, act in asked(request).items()})
        yield stage


@pytest.mark.parametrize("fault", ["cut before it was read", *sampled(UNCLEAR, QUICK)])
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
async def listed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The same, but each job has begun and UniAll lists it."""
    async with staged(tmp_path_factory.mktemp("listed")) as studio:

        def begun(act: Act) -> Act:
            async def both(request: web.Request) -> web.StreamResponse | None:
                studio.uniall.add(request.path, await request.json())
                return await act(request)

            return both

        stage = Stage(studio)
        await play_all(stage, {name: Script(submit=[begun(act)]) for name, act in asked(request).items()})
        yield stage


@pytest.mark.parametrize("fault", sampled(UNCLEAR, QUICK))
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
