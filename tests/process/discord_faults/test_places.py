"""What became of the channel, the thread or the server meanwhile: the video is posted, posted elsewhere, or kept."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from tests.process.discord_faults.stage import KEPT, Stage
from tests.process.stage import Played, play, play_waiting, staged
from tests.standins.discord import Permission

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Jobs whose place changes while they are rendered."""
    async with staged(tmp_path_factory.mktemp("places")) as studio:
        stage = Stage(studio)
        await play_moving(stage)
        yield stage


World = Callable[[Stage, Played], None]

Place = tuple[World, str]  # what happens; what becomes of the video: "posted", "alone" (without a reply) or "kept"


def card_deleted(stage: Stage, job: Played) -> None:
    stage.studio.discord.world.delete(job.card)


def channel_deleted(stage: Stage, job: Played) -> None:
    stage.studio.discord.world.delete_channel(job.channel)


def revoked(permission: Permission) -> World:
    return lambda stage, job: stage.studio.discord.revoke(job.channel, permission)


def thread(*, archived: bool, locked: bool) -> World:
    return lambda stage, job: stage.studio.discord.world.archive(job.channel, archived=archived, locked=locked)


def removed(stage: Stage, job: Played) -> None:
    assert job.channel.guild
    stage.studio.discord.world.remove_bot(job.channel.guild)


def removed_and_invited(stage: Stage, job: Played) -> None:
    assert job.channel.guild
    removed(stage, job)
    stage.studio.discord.world.invite_bot(job.channel.guild)


PLACES: dict[str, Place] = {
    "card deleted": (card_deleted, "alone"),
    "channel deleted": (channel_deleted, "kept"),
    "thread archived": (thread(archived=True, locked=False), "posted"),
    "thread locked": (thread(archived=False, locked=True), "elsewhere"),
    "thread locked and archived": (thread(archived=True, locked=True), "elsewhere"),
    "thread deleted": (channel_deleted, "elsewhere"),
    "may not view": (revoked(Permission.VIEW_CHANNEL), "kept"),
    "may not send": (revoked(Permission.SEND_MESSAGES), "kept"),
    "may not attach": (revoked(Permission.ATTACH_FILES), "kept"),
    "may not read history": (revoked(Permission.READ_MESSAGE_HISTORY), "alone"),
    "removed from the server": (removed, "kept"),
    "removed and invited again": (removed_and_invited, "posted"),
}

NO_CARD = ("channel deleted", "may not view", "removed from the server")


async def play_moving(stage: Stage) -> None:
    """Jobs whose place changes while they are rendered."""
    studio, world = stage.studio, stage.studio.discord.world

    async def start(name: str, happens: World) -> None:
        channel = stage.channel(world.add_guild(name) if "removed" in name else None)
        if name.startswith("thread"):
            channel = world.add_thread(channel, name, world.bot, starter=None, minutes=60)
        job = stage.jobs[name] = await play_waiting(studio, f"place {name}", channel=channel)
        happens(stage, job)
        job.go.set()

    await asyncio.gather(*(start(name, happens) for name, (happens, _) in PLACES.items()))


@pytest.mark.parametrize("fault", PLACES)
async def test_a_video_whose_place_has_changed_is_posted_or_kept(stage: Stage, fault: str) -> None:
    job, becomes = stage.jobs[fault], PLACES[fault][1]
    match becomes:
        case "kept":
            await job.kept()
            if fault not in NO_CARD:
                assert KEPT in await stage.studio.wait_card(job.card, "Done")
        case "elsewhere":
            result = await job.result()
            assert (result.reply_to, result.channel) == (None, job.channel.parent)
            assert job.ledger() == (1, 0, ["reserve", "post"])
        case "alone":
            assert (await job.result()).reply_to is None
            assert job.ledger() == (1, 0, ["reserve", "post"])
        case _:
            assert (await job.done()).reply_to is job.card


async def test_a_bot_that_is_invited_again_works_again_and_what_it_kept_is_still_there(stage: Stage) -> None:
    job = stage.jobs["removed from the server"]
    await job.kept()
    assert job.channel.guild
    stage.studio.discord.world.invite_bot(job.channel.guild)
    await (await play(stage.studio, "back again", channel=job.channel)).done()
    await job.kept()
