"""Nobody is left before "thinking…": whoever was killed or stopped meanwhile, the reply is completed."""

import asyncio
import signal

import pytest

from tests.process.clean import logs
from tests.process.conftest import Studio, picture, said
from tests.standins.discord import Invocation, Upload
from tests.standins.discord.faults import Fault

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def deferred(studio: Studio, prompt: str = "p") -> tuple[Invocation, Fault]:
    """A command that is deferred, as its picture takes long, and what it waits for."""
    slow = studio.discord.fail_next("GET", "^/ephemeral-attachments/", "slow")
    asked = studio.person().slash("sora", prompt=prompt, image=Upload(data=picture()))
    assert (await asked.first_answer()).deferred
    await studio.discord.wait_for(studio.database.deferred, "a reply that can be completed by others")
    return asked, slow


async def test_a_bot_killed_between_defer_and_card_shows_the_card_with_its_picture_after_a_restart(
    studio: Studio,
) -> None:
    await studio.start(FAILPOINT="accept.committed")
    asked, slow = await deferred(studio)
    slow.release()
    assert await studio.bot.exited() == -signal.SIGKILL
    del studio.bot.env["FAILPOINT"]
    await studio.start()
    card = await asked.message()
    [result] = await studio.wait_results(1)
    assert result.id in await studio.wait_card(card, "Done")
    assert [file.data for file in card.attachments] == [picture()]
    assert studio.uniall.job("p").image == picture(), "its address is that of the card"
    assert (studio.used(), studio.held(), len(studio.uniall.jobs)) == (1, 0, 1)


async def test_a_member_whose_request_was_not_accepted_before_a_kill_is_told_so_after_a_restart(studio: Studio) -> None:
    await studio.start()
    asked, slow = await deferred(studio)
    await studio.bot.kill()
    slow.stop()
    await studio.start()
    assert "was restarted before" in said(await asked.message())
    await studio.discord.wait_for(lambda: not studio.database.deferred(), "nobody waits")
    assert (studio.database.generations(), studio.uniall.jobs) == ([], {})


async def test_a_reply_that_a_stop_cuts_off_is_completed_after_a_restart(studio: Studio) -> None:
    await studio.start()
    asked, slow = await deferred(studio)
    assert await studio.bot.stop() == 0
    assert "Traceback" not in logs(studio.folder)
    slow.stop()
    await studio.start()
    assert "Nothing was spent" in said(await asked.message())
    assert studio.database.generations() == []


async def test_a_reply_in_progress_is_given_before_a_stop(studio: Studio) -> None:
    await studio.start()
    asked, slow = await deferred(studio)
    stopping = asyncio.create_task(studio.bot.stop())
    await studio.discord.wait_for(lambda: '"stopping"' in logs(studio.folder), "the stop begun")
    slow.release()
    assert await stopping == 0
    assert await asked.answer(), "the card, or a sentence where the stop came first"
    assert studio.database.deferred() == 0


async def test_a_reply_that_discord_no_longer_takes_is_not_tried_for_ever(studio: Studio) -> None:
    await studio.start()
    asked, slow = await deferred(studio)
    await studio.bot.kill()
    slow.stop()
    refused = studio.discord.fail_next("PATCH", f"^/webhooks/\\d+/{asked.token}/", 401, code=50027)
    await studio.start()
    await studio.discord.wait_for(lambda: not studio.database.deferred(), "given up")
    assert refused.hits == 1
