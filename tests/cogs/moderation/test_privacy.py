"""`/privacy`: what is stored about a member, and deleting it."""

import asyncio
import csv
import io

import pytest

from tests.cogs.moderation.conftest import Server, private
from tests.process.clean import logs
from tests.process.conftest import picture, said
from tests.process.stage import until
from tests.standins.uniall import Script

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_deleting_asks_first_and_leaves_only_amounts(server: Server) -> None:
    studio, mia = server.studio, server.mia
    assert "Nothing" in private(await mia.slash("privacy show").answer())
    assert "Nothing to delete" in private(await mia.slash("privacy delete").answer())
    card = await mia.slash("sora", prompt="my secret fox", image=picture()).message()
    await studio.wait_card(card, "Done")
    await server.video("of somebody else", studio.person("Ben"))
    shown = private(await mia.slash("privacy show").answer())
    assert "**1** video since" in shown
    assert "**1** with a copy" in shown
    asked = mia.slash("privacy delete")
    said_first = private(await asked.answer())
    for part in ("1 prompt", "1 image copy", "posted in channels", "Running videos", "amounts"):
        assert part in said_first
    assert len(studio.database.generations("my secret fox")) == 1
    message = await asked.message()
    await studio.bot.stop()
    await studio.bot.start()
    await mia.press(message, "Delete my data").message()
    await studio.discord.wait_for(lambda: "are gone" in said(message), what="the confirmation")
    assert len(studio.database.generations("my secret fox")) == 0
    assert list(studio.bot.media.glob("*reference*")) == []
    assert len(studio.results()) == 2
    assert studio.used() == 2
    await studio.bot.stop()
    if studio.bot.address is None:  # PostgreSQL keeps what was deleted until it reuses the room
        assert b"my secret fox" not in studio.bot.database.read_bytes()
    assert "my secret fox" not in logs(studio.folder)


async def test_privacy_works_in_direct_messages(server: Server) -> None:
    await server.video()
    shown = private(await server.mia.in_direct_messages().slash("privacy show").answer())
    assert "**1** video since" in shown
    asked = server.mia.in_direct_messages().slash("privacy delete")
    message = await asked.message()
    await server.mia.in_direct_messages().press(message, "Delete my data").message()
    await server.studio.discord.wait_for(lambda: "are gone" in said(message), what="the confirmation")


async def test_a_running_video_is_finished_and_forgotten_when_it_ends(server: Server) -> None:
    go = asyncio.Event()
    server.studio.uniall.scripts["running fox"] = Script(always_poll=until(go))
    await server.mia.slash("sora", prompt="running fox").message()
    await server.studio.discord.wait_for(lambda: bool(server.studio.uniall.polls), what="a job under way")
    message = await server.mia.slash("privacy delete").message()
    await server.mia.press(message, "Delete my data").message()
    go.set()
    await server.studio.wait_results(1)
    jobs = server.studio.database.generations
    await server.studio.discord.wait_for(lambda: not any(job.prompt for job in jobs()), "no prompt left")
    assert (len(server.studio.results()), server.studio.used(), server.studio.held()) == (1, 1, 0)


async def test_after_deleting_only_anonymous_amounts_are_left_and_the_quota_stays_used(server: Server) -> None:
    studio, mia = server.studio, server.mia
    await server.mod.slash("quota set", limit=1, unit="videos", per="month", member=mia).answer()
    await server.video("a secret fox")
    message = await mia.slash("privacy delete").message()
    await mia.press(message, "Delete my data").message()
    await studio.discord.wait_for(lambda: "are gone" in said(message), what="the confirmation")
    [file] = (await server.mod.slash("quota export").message()).attachments
    table = file.data.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(table, newline=""))
    kept = {name for name, cell in row.items() if cell}
    assert kept == {"accepted", "seconds", "price_usd", "used_usd", "state"}
    assert len(row["accepted"]) == len("2026-11-20")
    [known] = studio.database.generations()
    for word in (known.id, known.channel_id, known.member_id, known.job_id, known.model, "Mia", "fox"):
        assert str(word) not in table
    assert "1 video made for $0.272" in said(await server.mod.slash("quota report").message())
    assert "your limit of 1 video per month" in await server.sora("again")
    shown = private(await mia.slash("privacy show").answer())
    assert "**1** deleted video: the prompt, image copy and history are gone." in shown
    assert "which model" not in shown
    assert "Nothing to delete" in private(await mia.slash("privacy delete").answer())
