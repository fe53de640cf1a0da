"""Killed at every named moment: nothing lost, nothing billed or posted twice, and nothing that nobody will ever finish."""

import asyncio
import signal
from dataclasses import replace

import pytest
from aiohttp import web

from bot.system.failpoints import Failpoint
from tests.crash.roads import ROADS, End, Road, answers_after_the_card, cards, notices
from tests.process.conftest import Studio, said
from tests.standins.uniall import video

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Before and after each thing that is paid or seen. The other moments, and further roads to these, are long.
SAMPLED = {
    Failpoint.START_VOIDED,
    Failpoint.ACCEPT_COMMITTED,
    Failpoint.CARD_ANSWERED,
    Failpoint.SUBMIT_CLAIMED,
    Failpoint.SUBMIT_ANSWERED,
    Failpoint.SUBMIT_FAILED,
    Failpoint.RECONCILE_FOUND,
    Failpoint.POLL_RENDERED,
    Failpoint.FETCH_KEPT,
    Failpoint.DELIVER_CLAIMED,
    Failpoint.DELIVER_POSTED,
    Failpoint.JOIN_ENCODED,
    Failpoint.NOTICE_POSTED,
}
CASES = [
    pytest.param(
        *(point, road),
        id="-".join(part for part in (str(point), road.name) if part),
        marks=[] if point in SAMPLED and number == 0 else [pytest.mark.long],
    )
    for point in Failpoint
    for number, road in enumerate(ROADS[point])
]


async def dies_at(studio: Studio, point: Failpoint) -> None:
    """The process under way kills itself; if it does not, nothing leads there."""
    try:
        assert await studio.bot.exited() == -signal.SIGKILL, studio.bot.output()[-2000:]
    except AssertionError as error:
        error.add_note(f"the process did not get to {point}")
        raise


async def comes_to_rest(studio: Studio, road: Road) -> None:
    """Start once more, without a failpoint, until nothing is left to do, and stop."""
    del studio.bot.env["FAILPOINT"]
    await studio.start()
    if road.found:  # the job does not wait for the search, which on PostgreSQL waits until the dead process has no row
        await studio.discord.wait_for(
            lambda: not studio.database.select("SELECT 1 FROM generation WHERE card_answered = 0"), "the card found"
        )
    await studio.discord.wait_for(studio.database.at_rest, "everything at rest")
    assert await studio.bot.stop() == 0
    assert studio.database.loose_ends() == []
    found = (len(studio.uniall.jobs), len(studio.results()), studio.used(), studio.used("operator"), studio.held())
    assert found == (road.billed, road.end.posts, road.end.used, road.end.budget, 0)


@pytest.mark.parametrize(("point", "road"), CASES)
async def test_a_crash_there_loses_nothing_and_does_nothing_twice(studio: Studio, point: Failpoint, road: Road) -> None:
    studio.uniall.lists_jobs = road.lists
    studio.uniall.seconds = road.seconds
    road.prepare(studio)
    if road.card and not road.races:
        answers_after_the_card(studio)
    mia = studio.person()
    await studio.start(FAILPOINT=road.after or f"{point}:{road.times}")
    mia.slash("sora", prompt="p", **road.options)
    await road.then(studio, mia)
    await dies_at(studio, road.after or point)
    if road.after:
        studio.bot.env["FAILPOINT"] = point
        await studio.bot.launch()
        await dies_at(studio, point)
    if road.end is End.IMAGE_GONE and studio.database.deferred():
        # The picture took a second on this machine: the next start puts the card, with it, in the place of "thinking…".
        road = replace(road, end=End.POSTED, billed=1)
    await comes_to_rest(studio, road)
    assert len(told := notices(studio)) == road.told
    assert all(f"<@{mia.id}>" in said(one) for one in told)
    if road.end is End.POSTED:
        assert studio.posted() == studio.made()
    if road.card or road.found:
        [card] = cards(studio)
        assert road.end.words in said(card)
    kept = {file.suffix for file in studio.bot.media.iterdir()} - {".png"}
    assert kept == ({".mp4"} if road.end in (End.POSTED, End.KEPT, End.JOINED, End.NOT_JOINED) else set())


async def test_a_crash_in_the_middle_of_a_download_leaves_no_half_a_video(studio: Studio) -> None:
    half = asyncio.Event()

    async def stuck(request: web.Request) -> web.StreamResponse:
        whole = video(request.match_info["id"], studio.uniall.size)
        answer = web.StreamResponse(headers={"Content-Length": str(len(whole)), "Content-Type": "video/mp4"})
        await answer.prepare(request)
        await answer.write(whole[: len(whole) // 2])
        half.set()
        await asyncio.Event().wait()
        return answer

    studio.uniall.size = 2_000_000  # what is written in pieces of 256 KiB
    studio.uniall.next_download.append(stuck)
    await studio.start()
    await studio.person().slash("sora", prompt="p").message()
    await asyncio.wait_for(half.wait(), 60)
    await studio.discord.wait_for(lambda: any(file.stat().st_size for file in studio.bot.media.glob("*.part")))
    await studio.bot.kill()
    assert [file.suffix for file in studio.bot.media.iterdir()] == [".part"]
    studio.bot.env["FAILPOINT"] = ""
    await comes_to_rest(studio, Road())
    assert studio.posted() == studio.made()
    assert [file.suffix for file in studio.bot.media.iterdir()] == [".mp4"]


async def test_an_unknown_failpoint_is_refused_in_one_line_that_names_them(studio: Studio) -> None:
    for wanted in ("nowhere", "poll.claimed:0", "poll.claimed:", "poll.claimed:x", ":2"):
        studio.bot.env["FAILPOINT"] = wanted
        [line] = (await studio.command("run", code=2)).splitlines()
        assert all(point in line for point in Failpoint), wanted


async def test_the_nth_time_is_the_one_that_kills(studio: Studio) -> None:
    await studio.start(FAILPOINT="deliver.recorded:3")
    mia = studio.person()
    for number in range(3):
        mia.slash("sora", prompt=f"p{number}")
    await dies_at(studio, Failpoint.DELIVER_RECORDED)
    assert [post.state for post in studio.database.deliveries()].count("sent") == 3
    del studio.bot.env["FAILPOINT"]
    await studio.start()
    await studio.discord.wait_for(studio.database.at_rest, "everything at rest")
    assert studio.posted() == studio.made()
