"""The media budget, and disks that are full: nothing is lost, nothing new begins, and it passes by itself."""

import asyncio
import io
import random
import shutil
import subprocess
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from PIL import Image

from bot.storage.verify import differences
from tests.process.clean import logs
from tests.process.conftest import Studio, buttons, picture
from tests.process.stage import ledger, until
from tests.standins.discord import Channel, Message, Permission, Upload
from tests.standins.process import BotProcess
from tests.standins.uniall import Script, refuse, when

pytestmark = pytest.mark.asyncio(loop_scope="module")

FULL = "I have no room for more videos"


def size_of(folder: Path) -> int:
    """What the files in it take."""
    return sum(file.stat().st_size for file in folder.iterdir())


async def refused(studio: Studio, name: str, channel: Channel | None = None) -> None:
    """A new member is told that there is no room, and nothing else happens."""
    person = studio.discord.person(name, channel=channel)
    answer = await person.slash("sora", prompt=name).answer()
    assert answer.ephemeral
    assert FULL in answer.text
    assert "\n" not in answer.text
    assert ledger(studio, person) == (0, 0, [])
    assert studio.database.generations(member=person.id) == []


async def test_the_oldest_posted_videos_go_and_what_was_posted_stays_posted(studio: Studio) -> None:
    await studio.start(MEDIA_BUDGET="20 KB")  # three videos
    mia = studio.person()
    cards = [await mia.slash("sora", prompt="p0").message()]
    await studio.wait_card(cards[0], "Done")
    for number in range(1, 8):
        cards.append(await mia.slash("sora", prompt=f"p{number}").message())
        await studio.wait_card(cards[-1], "Done")
    await studio.discord.wait_for(lambda: size_of(studio.bot.media) <= 20_000, "room")
    names = [job.video_file for job in studio.database.generations()]
    assert {file.name for file in studio.bot.media.iterdir()} == set(names[-3:])
    assert studio.posted() == studio.made()
    assert (studio.used(), studio.held()) == (8, 0)
    first = studio.results()[0]
    sure = await mia.press(first, "Delete").message()  # its file is gone already
    await mia.press(sure, "Delete for everyone").answer()
    await studio.wait_card(sure, "Deleted")
    await studio.wait_card(cards[0], "removed from this channel")
    assert len(studio.results()) == 7


async def test_videos_that_wait_for_their_post_are_never_removed_and_pause_the_bot_instead(studio: Studio) -> None:
    operators = studio.discord.world.add_channel(studio.discord.guild, "operators")
    closed = studio.discord.world.add_channel(studio.discord.guild, "closed")
    go = asyncio.Event()
    await studio.start(MEDIA_BUDGET="10 KB", OPERATOR_CHANNEL_ID=operators.id)
    names = [f"p{number}" for number in range(3)]
    for name in names:
        studio.uniall.scripts[name] = Script(always_poll=until(go))
        await studio.discord.person(name, channel=closed).slash("sora", prompt=name).message()
    studio.discord.revoke(closed, Permission.SEND_MESSAGES)
    go.set()
    told = await studio.discord.wait_message(lambda message: "no room" in message.content, channel=operators)
    assert "10.0 KB (MEDIA_BUDGET)" in told.content
    await studio.discord.wait_for(
        lambda: [post.state for post in studio.database.deliveries()] == ["undeliverable"] * 3, "given up"
    )
    await refused(studio, "later")
    files = {job.video_file for job in studio.database.generations()}
    assert {file.name for file in studio.bot.media.iterdir()} == files
    assert (studio.used(), studio.held()) == (3, 0)
    assert len([m for m in operators.messages.values() if "no room" in m.content]) == 1
    await studio.bot.stop()
    await studio.start(MEDIA_BUDGET="1 MB")
    await studio.person().slash("sora", prompt="again").message()
    await studio.wait_results(1)


# -- disks that are really full: a small one, for the bot alone


def may_mount() -> bool:
    """Whether this system lets a process have a disk of its own."""
    unshare = shutil.which("unshare")
    trial = ["-Urm", "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt"]
    return unshare is not None and subprocess.run([unshare, *trial], capture_output=True, check=False).returncode == 0


small_disk = pytest.mark.skipif(not may_mount(), reason="a disk of its own needs user namespaces (Linux)")


def on_small_disk(studio: Studio, folder: Path, size: int, then: str = ":", **env: str) -> BotProcess:
    """A bot that will have a disk of so many bytes in this folder of its own; then: what is done there first."""
    folder.mkdir()
    mounts = f"mount -t tmpfs -o size={size} none {folder} && {then}"
    bot = BotProcess(studio.discord, studio.folder, env={**studio.bot.env, **env}, mounts=mounts)
    bot.address = studio.bot.address
    return bot


@asynccontextmanager
async def small(studio: Studio, name: str, size: int, **env: str) -> AsyncGenerator[Path]:
    """A started bot that has a disk of so many bytes in this folder of its own; answers where the test sees it."""
    folder = studio.folder / name
    studio.bot = on_small_disk(studio, folder, size, **env)
    async with studio.bot:
        yield Path(f"/proc/{studio.bot.pid}/root{folder}")


def noise(width: int, height: int) -> Upload:
    """A picture that no format makes small."""
    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3)).save(out, "PNG")
    return Upload(filename="a.png", data=out.getvalue())


def fill(folder: Path, leave: int) -> Path:
    """Put something foreign there, so that just so many bytes stay free, or none where a bot has just taken them."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        file.write(bytes(shutil.disk_usage(folder).free - leave))
    return filler


@small_disk
async def test_a_download_that_fills_the_disk_is_fetched_when_there_is_room_and_meanwhile_nothing_new_begins(
    studio: Studio,
) -> None:
    operators = studio.discord.world.add_channel(studio.discord.guild, "operators")
    studio.uniall.size = 700_000
    go = asyncio.Event()
    studio.uniall.scripts["running"] = Script(always_poll=until(go))
    studio.uniall.scripts["waiting"] = Script(submit=[refuse(429, headers={"Retry-After": "5"})])
    env = {"MEDIA_BUDGET": "2 MB", "OPERATOR_CHANNEL_ID": operators.id}
    async with small(studio, "media", 4_000_000, **env) as media:
        running = await studio.person("Ann").slash("sora", prompt="running").message()
        await studio.discord.wait_for(lambda: studio.uniall.jobs, "the submit")
        waiting = await studio.person("Bob").slash("sora", prompt="waiting").message()
        holds = lambda: [job.hold for job in studio.database.generations("waiting")]  # noqa: E731
        await studio.discord.wait_for(lambda: holds() == ["rate_limited"], "it waits")
        filler = fill(media, leave=400_000)  # more than the reserve, less than a video
        go.set()
        await studio.discord.wait_message(lambda message: "no room" in message.content, channel=operators)
        await refused(studio, "late")
        await studio.wait_card(waiting, "there is no room for more videos")
        assert buttons(waiting) == ["Cancel"]
        await studio.wait_card(running, "fetching the video")
        due = lambda: max(job.due_at for job in studio.database.in_state("reserved"))  # noqa: E731
        await studio.discord.wait_for(lambda: due() < time.time() * 1000 - 1000, "it is due")
        assert (len(studio.uniall.jobs), studio.held(), studio.results()) == (1, 2, [])
        filler.unlink()
        await studio.wait_results(2)
        await studio.wait_card(running, "Done")
        await studio.wait_card(waiting, "Done")
        assert studio.posted() == studio.made()
        assert (len(studio.uniall.jobs), studio.used(), studio.held()) == (2, 2, 0)
        assert len([m for m in operators.messages.values() if "no room" in m.content]) == 1
    assert await studio.differences() == []


@small_disk
async def test_a_disk_below_its_reserve_refuses_new_jobs_until_it_has_room(studio: Studio) -> None:
    go = asyncio.Event()
    studio.uniall.scripts["first"] = Script(always_poll=until(go))
    async with small(studio, "media", 4_000_000, MEDIA_BUDGET="2 MB") as media:
        await studio.person().slash("sora", prompt="first").message()
        filler = fill(media, leave=150_000)
        go.set()
        await studio.wait_results(1)  # the look that follows its file sees the disk
        await studio.discord.wait_for(lambda: "no_room" in logs(studio.folder), "noticed")
        await refused(studio, "second")
        filler.unlink()
        await studio.discord.wait_for(lambda: "room_again" in logs(studio.folder), "noticed")
        await studio.person().slash("sora", prompt="third").message()
        await studio.wait_results(2)
        assert [job.prompt for job in studio.uniall.jobs.values()] == ["first", "third"]


@small_disk
async def test_a_picture_that_the_disk_does_not_take_costs_nothing(studio: Studio) -> None:
    mia = studio.person()
    async with small(studio, "media", 8_000_000, MEDIA_BUDGET="100 KB") as media:
        filler = fill(media, leave=20_000)  # above the reserve of a tenth
        image = noise(600, 400)
        answer = await mia.slash("sora", prompt="p", image=image).answer()
        assert answer.ephemeral
        assert FULL in answer.text
        assert ledger(studio, mia) == (0, 0, [])
        assert [file.name for file in media.iterdir()] == ["filler"]
        filler.unlink()
        while FULL in (await mia.slash("sora", prompt="p", image=image).answer()).text:  # noqa: ASYNC110 - waits for a process
            await asyncio.sleep(0.2)  # it has not looked again yet
        await studio.wait_results(1)


@small_disk
async def test_a_picture_that_cannot_be_cut_to_size_on_a_full_disk_waits(studio: Studio) -> None:
    studio.uniall.size = 10_000
    go = asyncio.Event()
    studio.uniall.scripts["running"] = Script(always_poll=until(go))
    async with small(studio, "media", 8_000_000, MEDIA_BUDGET="1 MB", MAX_IN_FLIGHT="1") as media:
        await studio.person("Ann").slash("sora", prompt="running").message()
        await studio.discord.wait_for(lambda: studio.uniall.jobs, "the submit")
        image = noise(200, 100)  # cut to 1280x720 it is far larger
        card = await studio.person("Bob").slash("sora", prompt="waiting", model="sora-2", image=image).message()
        filler = fill(media, leave=200_000)
        go.set()
        await studio.wait_card(card, "there is no room for more videos")
        assert len(studio.uniall.jobs) == 1
        filler.unlink()
        await studio.wait_results(2)
        assert studio.posted() == studio.made()
        assert (studio.used(), studio.held()) == (2, 0)


@pytest.mark.sqlite_only("the disk of its file")
@small_disk
async def test_a_database_without_room_refuses_in_one_sentence_and_goes_on_when_there_is(studio: Studio) -> None:
    operators = studio.discord.world.add_channel(studio.discord.guild, "operators")
    env = {"DATABASE_URL": f"sqlite:///{studio.folder}/data/bot.db", "OPERATOR_CHANNEL_ID": operators.id}
    async with small(studio, "data", 8_000_000, **env) as data:
        filler = fill(data, leave=0)
        mia, mod = studio.person(), studio.discord.person("Mod", permissions=Permission.MANAGE_GUILD)
        for invocation in (
            mia.slash("sora", prompt="p"),
            mia.slash("sora", prompt="p", image=Upload(filename="a.png", data=picture())),
            mod.slash("quota set", limit=3, unit="videos", per="day"),
        ):
            answer = await invocation.answer()
            assert answer.ephemeral
            assert FULL in answer.text
        await studio.discord.wait_message(lambda message: "database" in message.content, channel=operators)
        assert list(studio.bot.media.iterdir()) == []
        assert studio.uniall.jobs == {}
        filler.unlink()
        await mia.slash("sora", prompt="p").message()
        await studio.wait_results(1)


def repeated(studio: Studio) -> list[str]:
    """The edits that showed what the one before them had shown, as paths."""
    shown: dict[str, object] = {}
    found: list[str] = []
    for edit in studio.discord.requests("PATCH", r"^/channels/\d+/messages/\d+$"):
        if shown.get(edit.path) == edit.body:
            found.append(edit.path)
        shown[edit.path] = edit.body
    return found


@pytest.mark.sqlite_only("the disk of its file")
@small_disk
async def test_while_the_database_has_no_room_no_edit_is_repeated_and_everything_goes_on_when_there_is(
    studio: Studio,
) -> None:
    go = asyncio.Event()
    env = {"DATABASE_URL": f"sqlite:///{studio.folder}/data/bot.db", "MAX_IN_FLIGHT": "3"}
    async with small(studio, "data", 8_000_000, **env) as data:
        names = [f"p{number}" for number in range(4)]  # the last one waits
        cards: list[Message] = []
        for name in names:
            studio.uniall.scripts[name] = Script(always_poll=until(go))
            cards.append(await studio.discord.person(name).slash("sora", prompt=name).message())
        first = [studio.uniall.scripts[name] for name in names[:3]]
        await studio.discord.wait_for(lambda: all(script.polled for script in first), "three jobs at UniAll")
        filler = fill(data, leave=0)  # their cards still say that they wait
        refused = "card_not_recorded"
        await studio.discord.wait_for(lambda: logs(studio.folder).count(refused) > 2, "a card tried three times")
        assert repeated(studio) == []
        go.set()
        filler.unlink()
        await studio.wait_results(4)
        for card in cards:
            await studio.wait_card(card, "Done")
        assert studio.posted() == studio.made()
        assert repeated(studio) == []
        for file in data.glob("bot.db*"):
            shutil.copy(file, studio.folder)  # the disk goes with its process
    assert await differences(studio.folder / "bot.db") == []


@pytest.mark.sqlite_only("the disk of its file")
@small_disk
@pytest.mark.parametrize("left", [0, 8])
@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_start_on_a_full_disk_ends_with_one_line(studio: Studio, end: str, left: int) -> None:
    studio.uniall.next_submit.append(when(asyncio.Event()))
    await studio.start()
    await studio.person().slash("sora", prompt="p").message()
    await studio.discord.wait_for(lambda: not studio.uniall.next_submit, "the submit under way")
    await (studio.bot.stop() if end == "stop" else studio.bot.kill())
    folder = studio.folder / "data"
    then = f"cp {studio.folder}/sora-bot.db* {folder} && head -c {left}K /dev/zero >{folder}/gap"
    then += f" && {{ cat /dev/zero >{folder}/filler 2>/dev/null; rm {folder}/gap; }}"
    studio.bot = on_small_disk(
        studio, folder, 2_000_000, then, DATABASE_URL=f"sqlite:///{folder}/sora-bot.db", LOG_LEVEL="ERROR"
    )
    await studio.bot.launch()
    assert await studio.bot.exited() == 1
    [line] = studio.bot.output().splitlines()
    assert line.startswith("sora-bot: the d")
    assert str(folder) in line
