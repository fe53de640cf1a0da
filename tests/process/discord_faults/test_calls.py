"""Posts, first answers, edits and deletions that Discord fails: a finished video is posted once, whatever failed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.process.discord_faults.stage import Stage, failing
from tests.process.stage import Played, play, play_waiting, staged
from tests.standins.discord import Message
from tests.standins.discord.faults import Failure
from tests.standins.uniall import Script

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A bot on which everything below happens at once."""
    async with staged(tmp_path_factory.mktemp("calls")) as studio:
        stage = Stage(studio)
        await asyncio.gather(play_editing(stage), play_posting(stage), play_answering(stage))
        yield stage


POSTS = failing(500, 502, 503, 504, "disconnect", "reset")


async def play_posting(stage: Stage) -> None:
    """Results whose first post fails in each of these ways."""
    studio = stage.studio

    async def start(name: str, failure: Failure, after: bool) -> None:
        channel = stage.channel()
        path = rf"^/channels/{channel.id}/messages$"
        studio.discord.fail_next("POST", path, failure, after_processing=after)
        if name.endswith("after"):  # and the look whether it is there is disturbed too
            studio.discord.fail_next("GET", path, 503 if failure == "reset" else "reset")
        stage.jobs[f"post {name}"] = await play(studio, f"post {name}", channel=channel)

    await asyncio.gather(*(start(*one) for one in POSTS))


@pytest.mark.parametrize("fault", [name for name, *_ in POSTS])
async def test_a_post_that_fails_is_made_again_and_seen_once(stage: Stage, fault: str) -> None:
    job = stage.jobs[f"post {fault}"]
    result = await job.done()
    assert result.reply_to is job.card
    assert len(job.channel.messages) == 2


ANSWERS = [*failing(500, 502, 503, "disconnect", "reset"), ("429", 429, False)]


async def play_answering(stage: Stage) -> None:
    """Jobs whose card is answered with each of these."""
    studio = stage.studio

    def start(name: str, failure: Failure, after: bool) -> None:
        person = studio.discord.person(name, channel=stage.channel())
        invocation = person.slash("sora", prompt=f"answer {name}")
        path = rf"^/interactions/{invocation.id}/"
        studio.discord.fail_next("POST", path, failure, after_processing=after, retry_after=0.1)
        card = Message(id="", channel=person.channel, author=studio.discord.world.bot)
        stage.jobs[f"answer {name}"] = Played(studio=studio, person=person, card=card, script=Script())

    for one in ANSWERS:
        start(*one)


@pytest.mark.parametrize("fault", [name for name, *_ in ANSWERS])
async def test_a_command_whose_answer_fails_is_carried_out_once_and_its_video_posted(stage: Stage, fault: str) -> None:
    job = stage.jobs[f"answer {fault}"]
    result = await job.result()
    shown = [message for message in job.channel.messages.values() if message is not result]
    [card] = shown
    assert result.reply_to is card
    await stage.studio.wait_card(card, "Done")
    assert job.ledger() == (1, 0, ["reserve", "post"])


EDITS: list[tuple[str, Failure]] = [("500", 500), ("429", 429), ("503", 503), ("disconnect", "disconnect")]


async def play_editing(stage: Stage) -> None:
    """Cards whose next edits fail."""
    studio = stage.studio
    for name, failure in EDITS:
        job = await play_waiting(studio, f"edit {name}", channel=stage.channel())
        path = rf"^/channels/{job.channel.id}/messages/\d+$"
        studio.discord.fail_next("PATCH", path, failure, retry_after=0.1)
        job.go.set()
        stage.jobs[f"edit {name}"] = job


DELETES: list[tuple[Failure, int, str, bool]] = [
    (503, 0, "Discord did not delete the video just now", True),
    (403, 50013, "Discord does not let me delete that video", True),
    ("reset", 0, "The video is gone", False),  # aiohttp itself repeats what may be repeated
]


@pytest.mark.parametrize(("failure", "code", "words", "there"), DELETES)
async def test_whoever_deletes_a_video_is_told_whether_discord_did_it(
    stage: Stage, failure: Failure, code: int, words: str, there: bool
) -> None:
    job = await play(stage.studio, f"delete {failure}", channel=stage.channel())
    result = await job.done()
    path = rf"^/channels/{job.channel.id}/messages/{result.id}$"
    stage.studio.discord.fail_next("DELETE", path, failure, code=code)
    asked = await job.person.press(result, "Delete").message()
    await job.person.press(asked, "Delete for everyone").answer()
    await stage.studio.wait_card(asked, words)
    assert (job.delivery(), bool(job.results())) == ("sent", there)
    assert job.ledger()[:2] == (1, 0)


@pytest.mark.parametrize("fault", [name for name, _ in EDITS])
async def test_a_card_that_cannot_be_edited_delays_no_video_and_is_brought_up_to_date_later(
    stage: Stage, fault: str
) -> None:
    # Last, for Discord is asked again a quarter of a minute later.
    job = stage.jobs[f"edit {fault}"]
    await job.result()
    await job.done()
