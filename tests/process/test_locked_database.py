"""A database that takes no writes for a while, to the whole bot: nothing that is true is taken back, nothing paid is dropped."""

import asyncio

import pytest

from tests.process.clean import logs
from tests.process.conftest import Studio, picture
from tests.process.stage import books_agree, ledger, play_waiting
from tests.standins.discord import Invocation, Upload
from tests.standins.uniall import Script, when

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNWRITTEN = "The database cannot be written just now; nothing was changed."


async def test_while_the_database_is_locked_nothing_shown_or_paid_is_lost_and_members_read_what_is_true(
    studio: Studio,
) -> None:
    discord, uniall = studio.discord, studio.uniall
    operators = discord.world.add_channel(discord.guild, "operators")
    answered = asyncio.Event()
    uniall.scripts["paid"] = Script(submit=[when(answered)])
    await studio.start(OPERATOR_CHANNEL_ID=operators.id)
    rendering = await play_waiting(studio, "rendering", channel=discord.channel)
    ann, bob, mod = studio.person("Ann"), studio.person("Bob"), studio.moderator()
    paid = await ann.slash("sora", prompt="paid").message()
    await discord.wait_for(lambda: uniall.scripts["paid"].heard, "a paid call under way")
    showing = bob.slash("sora", prompt="shown", image=Upload(data=picture()))
    slow = discord.fail_next("POST", rf"^/interactions/{showing.id}/", "slow")
    await discord.wait_for(lambda: slow.hits, "a card on its way")
    if not studio.database.generations("shown"):  # on a busy machine it is "thinking…"
        thinking, slow = slow, discord.fail_next("PATCH", rf"^/webhooks/\d+/{showing.token}/", "slow")
        thinking.release()
        await discord.wait_for(lambda: slow.hits, "a card on its way")
    before = len(discord.requests("DELETE"))
    with studio.database.locked():
        slow.release()  # the card is there, and cannot be recorded
        answered.set()  # UniAll has billed it, and its id cannot be recorded
        rendering.go.set()
        shown = await showing.message()
        await discord.wait_for(lambda: logs(studio.folder).count('"not_stored"') >= 2, "two things that wait")
        refused = [
            await mod.slash("quota set", limit=3, unit="videos", per="day").answer(),
            await mod.slash("config results", spoiler=True).answer(),
            await ann.slash("privacy show").answer(),
            await ann.slash("usage").answer(),
        ]
        assert [UNWRITTEN in answer.text for answer in refused] == [True, True, False, False]
        asked = studio.person("Eve").slash("sora", prompt="new")
        await discord.wait_for(lambda: UNWRITTEN in _told(asked), "a new ask refused")
        assert len(uniall.jobs) == 2
        assert len(discord.requests("DELETE")) - before <= 1  # the placeholder of the refused ask at most
        assert not shown.deleted
        told = "does not answer in time" if studio.bot.address else "holds the database locked"
        await discord.wait_message(lambda message: told in message.content, channel=operators)
    for card in (paid, shown, rendering.card):
        await studio.wait_card(card, "Done")
    assert sorted(job.prompt for job in uniall.jobs.values()) == ["paid", "rendering", "shown"]
    assert studio.posted() == studio.made()
    assert all(message.reply_to in (paid, shown, rendering.card) for message in studio.results())
    for person in (ann, bob):
        assert ledger(studio, person) == (1, 0, ["reserve", "post"])
    await discord.wait_message(lambda message: "can be written again" in message.content, channel=operators)
    assert len([m for m in operators.messages.values() if "database" in m.content]) == 2
    await books_agree(studio)


def _told(asked: Invocation) -> str:
    """All that a member was told, at once or after a placeholder."""
    first = asked.first.text if asked.first else ""
    return "\n".join([first, *(message.content for message in asked.followups)])
