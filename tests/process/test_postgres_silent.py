"""The network to PostgreSQL passes nothing on and closes nothing: members read one sentence, and the bot goes on afterwards."""

import pytest

from tests.process.conftest import Studio
from tests.storage.postgres.server import PostgresServer
from tests.storage.postgres.stalling import stalling
from tests.storage.postgres.test_silent_network import over

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("postgresql",)


async def test_a_bot_on_a_silent_network_says_so_and_goes_on_by_itself_once_it_is_back(
    studio: Studio, postgres: PostgresServer
) -> None:
    async with stalling(postgres.socket) as (stall, port):
        studio.bot.env["DATABASE_URL"] = over(str(studio.bot.address), port)
        studio.uniall.seconds = 600
        await studio.start()
        mia = studio.person()
        card = await mia.slash("sora", prompt="before").message()
        await studio.submitted("before")
        stall.stall()
        await studio.discord.wait_for(
            lambda: [one for one in studio.bot.records() if one["event"] in ("claim_refused", "heartbeat_failed")],
            "the network is found silent",
        )
        refused = await mia.slash("sora", prompt="meanwhile").answer()
        studio.uniall.jobs["job-1"].state = "completed"
        stall.go_on()
        assert "try again" in refused.text.lower(), refused.text
        await studio.wait_results(1)
        await studio.wait_card(card, "Done")
        await mia.slash("sora", prompt="after").message()
        await studio.submitted("after")
        assert sorted(job.prompt for job in studio.uniall.jobs.values()) == ["after", "before"]
        assert await studio.bot.stop() == 0
