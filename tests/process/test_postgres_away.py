"""PostgreSQL goes away and comes back: members read one sentence, what is under way goes on, and nothing is made twice."""

import pytest

from tests.process.conftest import Studio
from tests.process.postgres_rows import forget
from tests.storage.postgres.server import PostgresServer

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("postgresql",)


async def test_a_bot_whose_database_is_away_says_so_and_goes_on_by_itself_once_it_is_back(
    studio: Studio, postgres: PostgresServer
) -> None:
    studio.uniall.seconds = 600
    await studio.start()
    mia = studio.person()
    card = await mia.slash("sora", prompt="before").message()
    await studio.submitted("before")
    forget(str(studio.bot.address))
    postgres.down("immediate")
    try:
        refused = await mia.slash("sora", prompt="meanwhile").answer()
        studio.uniall.jobs["job-1"].state = "completed"
    finally:
        postgres.up()
    assert "try again" in refused.text.lower(), refused.text
    await studio.wait_results(1)
    await studio.wait_card(card, "Done")
    await mia.slash("sora", prompt="after").message()
    await studio.submitted("after")
    studio.uniall.job("after").state = "completed"
    await studio.wait_results(2)
    assert sorted(job.prompt for job in studio.uniall.jobs.values()) == ["after", "before"]


async def test_a_start_without_its_database_ends_in_one_line_without_the_password(
    studio: Studio, postgres: PostgresServer
) -> None:
    assert studio.bot.address
    studio.bot.env["DATABASE_URL"] = studio.bot.address.replace("sora@", "sora:topsecret@")
    postgres.down("immediate")
    try:
        text = await studio.command("run", code=1)
        checked = await studio.command("check", code=1)
    finally:
        postgres.up()
        studio.bot.env["DATABASE_URL"] = studio.bot.address
    [line] = [line for line in text.splitlines() if line.startswith("sora-bot: ")]
    assert "cannot be used" in line
    assert "FAIL  database" in checked
    assert "secret" not in text + checked
