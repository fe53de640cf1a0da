"""A video that is larger than its server takes: shrunk, else kept; posted once, whatever is killed meanwhile.

A link to it is never posted here: the only ones are at this machine's own address, which no member could open. Those that
are posted are in `tests/workers/test_linking.py`.
"""

import os
import signal
from pathlib import Path

import pytest

from tests.media.clips import FPS, noisy, padded, seen
from tests.media.films import film
from tests.process.conftest import Studio, said
from tests.process.hold import Hold
from tests.standins.discord import Message
from tests.standins.uniall import Script, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 2**20
ANNOUNCED = 20 * MIB
POSTS = r"^/channels/\d+/messages$"


def clip() -> bytes:
    """A small picture: to shrink a large one costs a second of a core."""
    return noisy(size=(320, 180), bits=500_000)


def makes(studio: Studio, whole: bytes, **final: None) -> bytes:
    """From now on, "p" is this video."""
    studio.uniall.scripts["p"] = Script(always_download=answer(whole, kind="video/mp4"), final=dict(final))
    return whole


def too_large() -> bytes:
    """A clip in a file of more than any server takes by default."""
    return padded(clip(), 21 * MIB)


def endless() -> bytes:
    """So many hours that no bits are left for a second of it."""
    return film(pictures=300, uneven=True, every=250)


def plays(message: Message) -> None:
    """All of the clip is there."""
    [file] = message.attachments
    shown = seen(file.data)
    assert (shown.codec, shown.pictures, shown.sound) == ("h264", 2 * FPS, 1)
    assert shown.right < 25 < shown.left


def kept(studio: Studio) -> list[str]:
    """What lies in the media folder."""
    return sorted(os.listdir(studio.bot.media))


@pytest.fixture
def hold(tmp_path: Path) -> Hold:
    """Not yet in anybody's environment."""
    return Hold(tmp_path)


async def held(studio: Studio, hold: Hold) -> Message:
    """A bot whose worker has begun and waits; the card."""
    makes(studio, too_large())
    await studio.start(**hold.env(studio))
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.discord.wait_for(lambda: hold.working, "a worker")
    return card


async def test_a_video_over_the_announced_limit_is_shrunk_and_links_to_nothing_that_members_could_not_open(
    studio: Studio,
) -> None:
    made = makes(studio, too_large())
    await studio.start()
    card = await studio.person().slash("sora", prompt="p").message()
    [result] = await studio.wait_results(1)
    plays(result)
    assert len(result.attachments[0].data) <= ANNOUNCED
    assert "Shrunk" in said(result)
    assert "](" not in said(result)
    assert "http" not in said(result)
    assert result.reply_to is card
    assert result.id in await studio.wait_card(card, "Done")
    [name] = kept(studio)
    assert (studio.bot.media / name).read_bytes() == made
    assert (len(studio.results()), studio.used(), studio.held()) == (1, 1, 0)


async def test_a_video_that_fits_is_posted_as_it_is(studio: Studio) -> None:
    made = makes(studio, clip())
    await studio.start()
    await studio.person().slash("sora", prompt="p").message()
    [result] = await studio.wait_results(1)
    assert result.attachments[0].data == made
    assert "Shrunk" not in said(result)


@pytest.mark.parametrize("part", [0.6, 0.3], ids=["half fits", "a quarter fits"])
async def test_a_server_that_takes_less_than_it_says_gets_half_or_half_of_that(studio: Studio, part: float) -> None:
    made = makes(studio, noisy(bits=4_000_000))
    studio.discord.rules.upload_limit = int(len(made) * part)
    await studio.start()
    card = await studio.person().slash("sora", prompt="p").message()
    [result] = await studio.wait_results(1)
    plays(result)
    assert len(result.attachments[0].data) <= len(made) * part
    assert "Shrunk" in said(result)
    await studio.wait_card(card, "Done")
    refused = [request for request in studio.discord.requests("POST", "/messages") if request.status == 413]
    assert len(refused) == (1 if part > 0.5 else 2)
    assert len(kept(studio)) == 1


async def test_a_server_that_takes_hardly_anything_gets_two_copies_and_then_it_is_kept(studio: Studio) -> None:
    makes(studio, noisy(bits=4_000_000))
    studio.discord.rules.upload_limit = 1000
    await studio.start()
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.wait_card(card, "too large for this server")
    assert [message for message in studio.discord.messages() if message is not card] == []
    refused = [request for request in studio.discord.requests("POST", "/messages") if request.status == 413]
    assert len(refused) == 3
    assert len(kept(studio)) == 1


@pytest.mark.parametrize("linked", [True, False], ids=["to this machine", "not at all"])
async def test_a_video_that_can_neither_be_shrunk_nor_linked_is_kept_and_the_card_says_so(
    studio: Studio, linked: bool
) -> None:
    made = makes(studio, padded(endless(), 21 * MIB), **({} if linked else {"video_url": None}))
    await studio.start()
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.wait_card(card, "too large for this server")
    assert [message for message in studio.discord.messages() if message is not card] == []
    [name] = kept(studio)
    assert (studio.bot.media / name).read_bytes() == made
    assert studio.used() == 1


async def test_a_shrunk_video_without_a_link_is_posted_all_the_same(studio: Studio) -> None:
    makes(studio, too_large(), video_url=None)
    await studio.start()
    await studio.person().slash("sora", prompt="p").message()
    [result] = await studio.wait_results(1)
    plays(result)
    assert "Shrunk" in said(result)
    assert "](" not in said(result)


async def test_the_bot_answers_and_delivers_others_while_it_shrinks(studio: Studio, hold: Hold) -> None:
    card = await held(studio, hold)
    other = studio.person("Eve")
    assert "quota" in (await other.slash("usage").answer()).text
    small = await other.slash("sora", prompt="small").message()
    await studio.wait_card(small, "Done")
    assert "Done" not in said(card)
    assert [result.reply_to for result in studio.results()] == [small]
    await hold.release()
    await studio.wait_card(card, "Done")
    plays(studio.results()[-1])
    await studio.discord.wait_for(lambda: not hold.working, "the worker's end")


async def test_a_bot_killed_while_it_shrinks_leaves_no_worker_and_posts_once_after_a_restart(
    studio: Studio, hold: Hold
) -> None:
    card = await held(studio, hold)
    os.kill(studio.bot.pid, signal.SIGKILL)  # it alone: its worker has to notice by itself
    await studio.bot.exited()
    await studio.discord.wait_for(lambda: not hold.working, "the worker's end")
    assert len(kept(studio)) == 1
    hold.lift()
    await studio.start()
    await studio.wait_card(card, "Done")
    [result] = studio.results()
    plays(result)
    assert len(kept(studio)) == 1
    assert not hold.working


async def test_a_stop_while_it_shrinks_ends_in_time_and_the_video_is_posted_after_the_next_start(
    studio: Studio, hold: Hold
) -> None:
    card = await held(studio, hold)
    assert await studio.bot.stop() == 0
    assert not hold.working
    hold.lift()
    await studio.start()
    await studio.wait_card(card, "Done")
    plays(*studio.results())


async def test_a_copy_that_was_whole_before_a_crash_is_not_made_again(studio: Studio, hold: Hold) -> None:
    makes(studio, too_large())
    await studio.start()
    fault = studio.discord.fail_next("POST", POSTS, "hang")
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.discord.wait_for(lambda: fault.hits == 1, "a post")
    assert len(kept(studio)) == 2
    await studio.bot.kill()
    await studio.start(**hold.env(studio))  # a worker would never end
    await studio.wait_card(card, "Done")
    plays(*studio.results())
    assert len(kept(studio)) == 1


async def test_a_crash_between_the_post_of_a_copy_and_its_record_posts_nothing_twice(
    studio: Studio, hold: Hold
) -> None:
    makes(studio, too_large())
    await studio.start()
    studio.discord.fail_next("POST", POSTS, "hang", after_processing=True)
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.wait_results(1)
    await studio.bot.kill()
    for copy in studio.bot.media.glob("*-small*"):
        copy.unlink()  # as if it had died a little later
    studio.discord.rules.nonce_window = 0
    await studio.start(**hold.env(studio))  # it looks before it shrinks
    await studio.wait_card(card, "Done")
    plays(*studio.results())
    assert len(kept(studio)) == 1
