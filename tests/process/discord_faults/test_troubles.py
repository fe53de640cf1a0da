"""What takes Discord long: addresses of images, rate limits, disturbed starts, dropped sessions, a withdrawn token."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from tests.process.conftest import Studio, picture
from tests.process.discord_faults.stage import KEPT, Stage
from tests.process.stage import Played, books_agree, play, play_waiting, staged
from tests.standins.discord import Upload
from tests.standins.discord.faults import Failure
from tests.tables import selected

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGES: list[tuple[str, Failure]] = [("503", 503), ("500", 500), ("reset", "reset")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pictured(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Jobs with an image whose address has expired, where Discord does not give a new one at once."""
    async with staged(tmp_path_factory.mktemp("pictured")) as studio:
        stage = Stage(studio)
        studio.discord.cdn.lifetime = 60
        for name, failure in IMAGES:
            channel = stage.channel()
            studio.discord.fail_next("GET", rf"^/channels/{channel.id}/messages/\d+$", failure)
            upload = Upload(data=picture())
            stage.jobs[name] = await play(studio, f"image {name}", channel=channel, image=upload)
        yield stage


@pytest.mark.parametrize("fault", [name for name, _ in IMAGES])
async def test_an_image_that_discord_cannot_be_asked_for_is_asked_for_again(pictured: Stage, fault: str) -> None:
    job = pictured.jobs[fault]
    await job.done()
    assert job.script.heard == 1
    assert pictured.studio.uniall.job(f"image {fault}").image == picture()


@dataclass(slots=True)
class Waiting(Stage):
    """A bot that was stopped while posts were waiting, and started once they had been tried for a day.

    `early`: what was posted before that.
    """

    early: list[str] = field(default_factory=list[str])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def waiting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Waiting]:
    """Channels that Discord limits for long, one where it fails for good, and one where all is well."""
    async with staged(tmp_path_factory.mktemp("waiting")) as studio:
        stage = Waiting(studio)
        discord = studio.discord
        limited, globally, broken, quiet = (stage.channel() for _ in range(4))
        limit = discord.fail_next("POST", rf"^/channels/{limited.id}/messages$", 429, retry_after=40, times=99)
        path = rf"^/channels/{globally.id}/messages$"
        over_all = discord.fail_next("POST", path, 429, retry_after=40, is_global=True, times=99)
        forever = discord.fail_next("POST", rf"^/channels/{broken.id}/messages$", 503, times=999)
        for number in range(5):  # more than are posted at once
            stage.jobs[f"limited {number}"] = await play(studio, f"limited {number}", channel=limited)
        stage.jobs["global"] = await play(studio, "global", channel=globally)
        stage.jobs["broken"] = await play(studio, "broken", channel=broken)
        await discord.wait_for(lambda: limit.hits and over_all.hits and forever.hits, "every trouble met")
        stage.jobs["quiet"] = await play(studio, "quiet", channel=quiet)
        await stage.jobs["quiet"].done()
        queued = lambda: {job.delivery() for name, job in stage.jobs.items() if name != "quiet"} <= {"queued"}  # noqa: E731
        await discord.wait_for(queued, "all others queued")
        assert limit.hits <= 5, "a wait that Discord asked for was not respected"
        stage.early = [name for name, job in stage.jobs.items() if job.results()]
        assert await studio.bot.stop() == 0
        await books_agree(studio)
        limit.stop()
        over_all.stop()
        studio.database.backdate()
        studio.database.tried_for_a_day()
        await studio.start()
        yield stage


async def test_a_long_rate_limit_in_one_channel_holds_up_no_other_and_loses_nothing(waiting: Waiting) -> None:
    assert waiting.early == ["quiet"]
    for number in range(5):
        await waiting.jobs[f"limited {number}"].done()


async def test_a_long_global_rate_limit_stops_nothing_for_good(waiting: Waiting) -> None:
    await waiting.jobs["global"].done()


async def test_a_video_that_cannot_be_posted_for_a_day_is_kept_and_its_card_says_so(waiting: Waiting) -> None:
    job = waiting.jobs["broken"]
    await job.kept()
    assert KEPT in await waiting.studio.wait_card(job.card, "Done")


STARTS: list[tuple[str, str, Failure]] = [
    ("GET", "/users/@me", 503),
    ("GET", "/oauth2/applications/@me", "reset"),
    ("PUT", "/applications/", 503),
    ("PUT", "/applications/", "disconnect"),
    ("GET", "/gateway/bot", 503),
]
QUICK = STARTS[0], STARTS[3]  # before the commands are known, and while they are sent


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def starting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[tuple[str, str, Failure], Studio]]:
    """Bots that meet each of these that this run looks at when they start."""
    async with AsyncExitStack() as stack:

        async def launched(one: tuple[str, str, Failure]) -> Studio:
            method, path, failure = one
            studio = await stack.enter_async_context(staged(tmp_path_factory.mktemp("start"), start=False))
            studio.discord.fail_next(method, f"^{path}", failure)
            await studio.bot.launch()
            return studio

        yield {one: await launched(one) for one in selected(request, "start")}


@pytest.mark.parametrize(
    "start",
    [pytest.param(one, marks=() if one in QUICK else pytest.mark.long) for one in STARTS],
    ids=lambda one: " ".join(str(part) for part in one),
)
async def test_a_start_that_discord_disturbs_is_tried_again(
    starting: dict[tuple[str, str, Failure], Studio], start: tuple[str, str, Failure]
) -> None:
    studio = starting[start]
    await studio.discord.ready()
    await (await play(studio, "p")).done()


async def test_through_drops_reconnects_and_an_invalid_session_every_command_is_answered_and_every_video_posted(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("gateway")) as studio:
        gateway = studio.discord.gateway
        ends: list[Callable[[], Awaitable[None]]] = [
            gateway.drop,
            lambda: gateway.drop(4000),
            lambda: asked_to_reconnect(studio),
        ]
        jobs: list[Played] = []
        for number, end in enumerate(ends):
            [session] = gateway.sessions
            resumes = len(session.resumes)
            waiting = await play_waiting(studio, f"during {number}")
            await end()
            jobs += [waiting, await play(studio, f"missed {number}")]  # what is said meanwhile comes with the resume
            await studio.discord.wait_for(lambda before=resumes, s=session: len(s.resumes) > before, "a resume")
            waiting.go.set()
        during = await play_waiting(studio, "during an invalid session")
        gateway.invalidate()
        during.go.set()
        await during.result()  # posts need no session
        await studio.discord.wait_for(lambda: len(gateway.sessions) == 2 and len(gateway.live) == 1, "a new session")
        jobs += [during, await play(studio, "after an invalid session")]
        for job in jobs:
            await job.done()


async def asked_to_reconnect(studio: Studio) -> None:
    """Discord asks for a new connection."""
    studio.discord.gateway.reconnect()


async def test_a_token_that_is_withdrawn_while_it_runs_ends_the_bot_with_its_reason_and_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("withdrawn")) as studio:
        job = await play_waiting(studio, "p")
        await studio.discord.gateway.drop(4004)
        assert await studio.bot.exited() == 78
        assert "has closed the connection for good" in studio.bot.output().strip().splitlines()[-1]
        assert job.ledger() == (0, 1, ["reserve"])
        job.go.set()
        await studio.start()
        await job.done()
