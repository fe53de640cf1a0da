"""The whole bot with its files in a bucket: a video is kept before it counts, and posted once, whatever goes away meanwhile."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

pytest.importorskip("obstore", reason="buckets need the extra 'cluster'")

from bot.media.files.bucket import Bucket, BucketAddress
from bot.system.failpoints import Failpoint
from tests.process.conftest import Studio, image
from tests.process.iterating.forms import pressed
from tests.process.stage import until
from tests.standins.bucket import BUCKET, KEY_ID, REGION, SECRET, Gate, S3Server
from tests.standins.discord import Permission
from tests.standins.uniall import Script

pytestmark = pytest.mark.asyncio(loop_scope="module")

AWAY = "I cannot reach my stored files"


class Kept:
    """The bucket of one bot, behind a gate that only the bot goes through."""

    def __init__(self, server: S3Server, gate: Gate) -> None:
        prefix = uuid4().hex
        self.gate = gate
        self.env = server.env(prefix, gate.endpoint)
        self._bucket = Bucket(
            BucketAddress(
                bucket=BUCKET, prefix=prefix, endpoint=server.endpoint, region=REGION, key_id=KEY_ID, secret=SECRET
            )
        )

    async def names(self) -> list[str]:
        """The objects."""
        return sorted(file.name for file in await self._bucket.files())

    async def until(self, count: int) -> list[str]:
        """Until there are so many objects."""
        async with asyncio.timeout(60):
            while True:
                if len(found := await self.names()) == count:
                    return found
                await asyncio.sleep(0.1)


@pytest_asyncio.fixture(loop_scope="module")
async def kept(s3: S3Server, studio: Studio) -> AsyncIterator[Kept]:
    """The bucket in which the bot of `studio` keeps its files."""
    async with Gate(s3.endpoint) as gate:
        made = Kept(s3, gate)
        studio.bot.env.update(made.env)
        yield made
    output = "".join(path.read_text() for path in studio.folder.glob("run-*"))
    assert SECRET not in output
    assert KEY_ID not in output


def copies(studio: Studio) -> list[str]:
    """What lies on the bot's machine."""
    return [file.name for file in studio.bot.media.rglob("*") if file.is_file()]


def each_once(studio: Studio) -> None:
    """Each video was billed, posted and counted once, with the bytes that UniAll made."""
    jobs = len(studio.uniall.jobs)
    assert studio.posted() == studio.made()
    assert (len(studio.results()), studio.used(), studio.held()) == (jobs, jobs, 0)


async def test_a_video_and_its_picture_are_kept_posted_and_gone_with_their_deletion(studio: Studio, kept: Kept) -> None:
    await studio.start()
    mia = studio.person()
    card = await mia.slash("sora", prompt="p", image=image()).message()
    await studio.wait_card(card, "Done")
    [job] = studio.database.generations()
    assert await kept.names() == [f"{job.id}-reference.png", f"{job.id}.mp4"]
    shutil.rmtree(studio.bot.media)
    again = await mia.press(studio.results()[0], "Again").message()
    await studio.wait_card(again, "Done")
    assert len(await kept.names()) == 4
    each_once(studio)
    sure = await mia.press(studio.results()[0], "Delete").message()
    await mia.press(sure, "Delete for everyone").answer()
    assert f"{job.id}.mp4" not in await kept.until(3)
    asked = await mia.slash("privacy delete").message()
    await mia.press(asked, f"privacy-delete:{mia.id}").message()
    assert await kept.until(1) == [f"{studio.database.generations()[1].id}.mp4"]


@pytest.mark.parametrize("point", [Failpoint.FETCH_DOWNLOADED, Failpoint.FETCH_KEPT, Failpoint.FETCH_SETTLED])
async def test_a_crash_and_a_lost_machine_lose_no_video(studio: Studio, kept: Kept, point: Failpoint) -> None:
    await studio.start(FAILPOINT=str(point))
    await studio.person().slash("sora", prompt="p").message()
    assert await studio.bot.exited() == -signal.SIGKILL
    assert len(await kept.names()) == (point is not Failpoint.FETCH_DOWNLOADED)
    shutil.rmtree(studio.bot.media)
    del studio.bot.env["FAILPOINT"]
    await studio.start()
    await studio.wait_results(1)
    await studio.discord.wait_for(studio.database.at_rest, "everything at rest")
    each_once(studio)
    assert len(await kept.names()) == 1


async def test_while_the_bucket_is_away_videos_wait_and_then_each_is_posted_once(studio: Studio, kept: Kept) -> None:
    operators = studio.discord.world.add_channel(studio.discord.guild, "operators")
    await studio.start(OPERATOR_CHANNEL_ID=operators.id)
    mia = studio.person()
    first = await mia.slash("sora", prompt="one").message()
    await studio.wait_card(first, "Done")
    kept.gate.close()
    cards = [await mia.slash("sora", prompt=f"p{number}").message() for number in range(3)]
    told = await studio.discord.wait_message(lambda message: "does not serve" in message.content, channel=operators)
    assert "cannot be reached" in told.content
    await studio.discord.wait_for(lambda: len(copies(studio)) >= 4, "the videos on the bot's machine")
    answer = await mia.slash("sora", prompt="picture", image=image()).answer()
    assert AWAY in answer.text
    assert answer.ephemeral
    assert len(studio.results()) == 1
    assert (studio.used(), studio.held()) == (1, 3)
    kept.gate.open()
    for card in cards:
        await studio.wait_card(card, "Done")
    each_once(studio)
    assert len(await kept.names()) == 4
    assert len([message for message in operators.messages.values() if "does not serve" in message.content]) == 1
    assert len(studio.uniall.jobs) == 4


async def test_a_start_while_the_bucket_is_away_serves_and_posts_what_waits_later(studio: Studio, kept: Kept) -> None:
    await studio.start(FAILPOINT=str(Failpoint.FETCH_SETTLED))
    await studio.person().slash("sora", prompt="p").message()
    assert await studio.bot.exited() == -signal.SIGKILL
    shutil.rmtree(studio.bot.media)
    del studio.bot.env["FAILPOINT"]
    kept.gate.close()
    await studio.start()
    await studio.discord.wait_for(lambda: '"post_failed"' in studio.bot.output(), "a post that waits for its file")
    assert studio.results() == []
    kept.gate.open()
    await studio.wait_results(1)
    await studio.discord.wait_for(studio.database.at_rest, "everything at rest")
    each_once(studio)


async def test_a_stop_does_not_wait_for_a_bucket_that_does_not_answer(studio: Studio, kept: Kept) -> None:
    await studio.start()
    kept.gate.silent = True
    await studio.person().slash("sora", prompt="p").message()
    await studio.discord.wait_for(lambda: copies(studio), "the video on the bot's machine")
    assert await studio.bot.stop() == 0
    kept.gate.open()
    await studio.start()
    await studio.wait_results(1)
    await studio.discord.wait_for(studio.database.at_rest, "everything at rest")
    each_once(studio)


async def test_a_gesture_that_needs_a_file_says_that_the_bucket_is_away(studio: Studio, kept: Kept) -> None:
    closed = studio.discord.world.add_channel(studio.discord.guild, "closed")
    await studio.start()
    mia, eve = studio.person(), studio.discord.person("Eve", channel=closed)
    await mia.slash("sora", prompt="seen").message()
    [seen] = await studio.wait_results(1)
    go = asyncio.Event()
    studio.uniall.scripts["kept"] = Script(always_poll=until(go))
    await eve.slash("sora", prompt="kept").message()
    studio.discord.revoke(closed, Permission.SEND_MESSAGES)
    go.set()
    await studio.discord.wait_for(
        lambda: "undeliverable" in [post.state for post in studio.database.deliveries()], "given up"
    )
    [job] = [job for job in studio.database.generations() if job.prompt == "kept"]
    kept.gate.close()
    form = await pressed(mia, seen, "Continue")
    refused = await mia.submit_modal(form, {"prompt": "on"}).answer()
    assert AWAY in refused.text
    here = eve.at(studio.discord.channel)
    page = await here.slash("history").message()
    answer = await here.press(page, f"post-here:{job.id}").answer()
    assert AWAY in answer.text
    kept.gate.open()
    await here.press(page, f"post-here:{job.id}").answer()
    await studio.wait_results(2)
    each_once(studio)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "a-wrong-one"}, "it does not accept AWS_SECRET_ACCESS_KEY"),
        ({"MEDIA_URL": "s3://nothing-here"}, "there is no such bucket"),
    ],
)
async def test_a_bucket_that_refuses_ends_a_start_and_a_check_with_one_sentence(
    studio: Studio, kept: Kept, wrong: dict[str, str], why: str
) -> None:
    studio.bot.env.update(wrong)
    await studio.bot.launch()
    assert await studio.bot.exited() == 78
    [reason] = [line for line in studio.bot.output().splitlines() if line.startswith("sora-bot: ")]
    assert reason.endswith(f"cannot be used: {why}")
    checked = await studio.command("check", code=1)
    assert f"FAIL  bucket     {studio.bot.env['MEDIA_URL']} cannot be used: {why}" in checked
    studio.bot.env.update(kept.env)
    assert "ok    bucket     s3://" in await studio.command("check")
    assert "a-wrong-one" not in checked
