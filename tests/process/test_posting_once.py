"""Posted once: an attempt whose answer was lost is found again, or not repeated where nobody can look; and its card."""

import pytest

from tests.process.conftest import Studio
from tests.standins.discord import Message, Permission

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("sqlite", "postgresql")

POSTS = r"^/channels/\d+/messages$"


async def killed_after_its_post(studio: Studio, prompt: str) -> Message:
    """A bot that dies once its post is in the channel and before it knows; Discord forgets the nonce. The card."""
    studio.discord.rules.nonce_window = 0
    await studio.start()
    fault = studio.discord.fail_next("POST", POSTS, "hang", after_processing=True)
    card = await studio.person().slash("sora", prompt=prompt).message()
    await studio.wait_results(1)
    await studio.bot.kill()
    fault.stop()
    return card


async def test_a_post_is_found_below_a_thousand_later_messages(studio: Studio) -> None:
    card = await killed_after_its_post(studio, "p")
    others = studio.person("Others")
    for number in range(1000):
        others.say(f"later {number}")
    await studio.start()
    [result] = studio.results()
    assert result.id in await studio.wait_card(card, "Done")
    assert len(studio.results()) == 1


@pytest.mark.parametrize("long_ago", [False, True])
async def test_where_the_channel_may_not_be_read_a_post_is_repeated_only_while_its_nonce_is_known(
    studio: Studio, long_ago: bool
) -> None:
    card = await killed_after_its_post(studio, "p")
    studio.discord.revoke(card.channel, Permission.READ_MESSAGE_HISTORY)
    studio.discord.rules.nonce_window = 0 if long_ago else 300
    if long_ago:
        studio.database.finished_earlier(seconds=300)
    await studio.start()
    await studio.wait_card(card, "It is kept" if long_ago else "Done")
    assert len(studio.results()) == 1


@pytest.mark.every_engine
async def test_a_card_that_may_not_be_edited_is_brought_up_to_date_once_a_moderator_lets_it(studio: Studio) -> None:
    studio.uniall.seconds = 600
    await studio.start()
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.discord.wait_for(lambda: studio.uniall.jobs, "the job")
    studio.discord.revoke(card.channel, Permission.VIEW_CHANNEL)
    studio.uniall.jobs["job-1"].state = "completed"
    later = lambda: [job for job in studio.database.undeliverable("p") if job.card_waits()]  # noqa: E731
    await studio.discord.wait_for(later, "a later try")
    studio.discord.revoke(card.channel)
    studio.database.cards_due()
    await studio.wait_card(card, "It is kept")
    assert studio.results() == []
