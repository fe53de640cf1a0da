"""Stops and restores: what is under way is finished and stored, and what may have been done is never done again."""

import asyncio
import shutil

import pytest

from tests.process.clean import logs
from tests.process.database import Rows
from tests.process.stage import books_agree, ledger, play, play_waiting, staged
from tests.standins.uniall import Script, when

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_stop_takes_no_new_wishes_answers_everybody_and_stores_the_submit_under_way(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("stop")) as studio:
        go = asyncio.Event()
        job = await play(studio, "under way", Script(submit=[when(go)]))
        await studio.discord.wait_for(lambda: job.script.heard, "the submit under way")
        stopping = asyncio.create_task(studio.bot.stop())
        await studio.discord.wait_for(lambda: '"stopping"' in logs(studio.folder), "the stop begun")
        eve = studio.person("Eve")
        refused = await eve.slash("sora", prompt="too late").answer()
        assert refused.ephemeral
        assert "just restarting" in refused.text
        assert (await eve.slash("help").answer()).ephemeral
        go.set()
        assert await stopping == 0
        assert (job.generation().state, job.generation().job_id) == ("submitted", "job-1")
        assert len(studio.database.generations()) == 1
        await books_agree(studio)
        await studio.start()
        await job.done()
        assert job.script.heard == 1


async def test_a_stop_does_not_wait_for_a_submit_that_hangs_and_it_is_never_sent_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("hung")) as studio:
        go = asyncio.Event()
        job = await play(studio, "hangs", Script(submit=[when(go)]))
        await studio.discord.wait_for(lambda: job.script.heard, "the submit under way")
        assert await studio.bot.stop() == 0
        assert job.generation().state == "unknown"
        await books_agree(studio)
        studio.uniall.lists_jobs = False
        await studio.start()
        assert "was not sent again" in await studio.wait_card(job.card, "Failed")
        assert job.script.heard == 1
        assert job.ledger() == (0, 0, ["reserve", "billed"])
        go.set()


async def test_a_stop_does_not_wait_for_an_answer_that_discord_does_not_take(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("unanswered")) as studio:
        fault = studio.discord.fail_next("POST", r"/callback$", 500, times=99)
        mia = studio.person()
        mia.slash("sora", prompt="p")
        mia.slash("usage")
        await studio.discord.wait_for(lambda: fault.hits >= 2, "answers that Discord does not take")
        assert await studio.bot.stop() == 0
        assert "Traceback" not in logs(studio.folder)
        await books_agree(studio)
        fault.stop()
        await studio.start()
        [result] = await studio.wait_results(1)
        assert result.pinged == {mia.id}
        await studio.discord.wait_for(lambda: ledger(studio, mia) == (1, 0, ["reserve", "post"]), "one video")


async def test_a_restore_onto_an_empty_folder_sends_and_posts_nothing_that_was_sent_or_posted_since_the_backup(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("restore"), MAX_IN_FLIGHT="2") as studio:
        discord, go = studio.discord, asyncio.Event()
        other = discord.world.add_channel(discord.guild, "other")
        fault = discord.fail_next("POST", rf"^/channels/{other.id}/messages$", 503, times=99)
        unsent = await play(studio, "unsent", channel=other)
        await discord.wait_for(lambda: fault.hits, "a post that fails")
        rendering = await play_waiting(studio, "rendering")
        submitting = await play(studio, "submitting", Script(submit=[when(go)]))
        await discord.wait_for(lambda: submitting.script.heard, "a submit under way")
        reserved = await play(studio, "reserved")
        jobs = [unsent, rendering, submitting, reserved]
        saved = await studio.backup()
        fault.stop()
        go.set()
        rendering.go.set()
        for job in jobs:
            await job.done()
        assert await studio.bot.stop() == 0

        studio.bot.env["MEDIA_DIR"] = str(studio.folder / "fresh" / "media")
        await studio.restore(saved)
        assert [job.generation().state for job in jobs] == ["succeeded", "submitted", "unknown", "unknown"]
        assert [post.attempts > 0 for post in studio.database.deliveries()] == [True]
        await books_agree(studio)
        saved.unlink()
        discord.journal.clear()
        await studio.start()
        sent = lambda: [post.state for post in studio.database.deliveries()] == ["sent"] * len(jobs)  # noqa: E731
        await discord.wait_for(sent, "every post looked for")
        for job in jobs:
            await job.done()
            assert job.script.heard == 1
        assert len(studio.uniall.jobs) == len(jobs)
        assert discord.requests("POST", r"^/channels/\d+/messages$") == [], "each was looked for in its channel first"


@pytest.mark.sqlite_only("`db backup` and `db restore` are for SQLite's file")
async def test_what_is_no_backup_or_does_not_agree_is_refused_by_restore_and_leaves_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("foreign")) as studio:
        await (await play(studio, "p")).done()
        saved, empty = studio.folder / "saved.db", studio.folder / "empty.db"
        await studio.command("db", "backup", str(saved))
        Rows(saved).lose_deliveries()
        empty.touch()
        fresh = studio.folder / "fresh" / "sora-bot.db"
        whole, studio.bot.env["DATABASE_URL"] = studio.bot.env["DATABASE_URL"], f"sqlite:///{fresh}"
        assert await studio.command("db", "restore", str(empty), code=1) == (
            f"sora-bot: {empty} is not restored, it is no database of sora-bot\n"
        )
        first, second = (await studio.command("db", "restore", str(saved), code=1)).splitlines()
        assert first == f"sora-bot: {saved} is not restored, its books do not agree:"
        assert "nothing delivers it" in second
        assert [file.name for file in fresh.parent.iterdir()] == ["sora-bot.db.lock"]
        studio.bot.env["DATABASE_URL"] = whole


async def test_a_stop_in_the_middle_of_a_press_is_no_fault_and_the_press_can_be_made_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("press")) as studio:
        job = await play(studio, "p")
        result = await job.done()
        fault = studio.discord.fail_next("POST", r"/threads$", "hang")
        job.person.press(result, "Thread")
        await studio.discord.wait_for(lambda: fault.hits, "a thread on its way")
        assert await studio.bot.stop() == 0
        wrong = {record["event"] for record in studio.bot.records() if record["level"] in ("warning", "error")}
        wrong.discard("loop_stalled")  # a busy machine
        assert wrong == {"strangers_may_spend", "shorter_than_ordered"}, "the press was cut off, and that is no fault"
        fault.stop()
        await studio.start()
        await job.person.press(result, "Thread").answer()
        await studio.discord.wait_for(lambda: result.thread, "the thread")


@pytest.mark.parametrize("forgotten", [False, True])
async def test_a_video_whose_file_is_gone_is_fetched_anew_and_posted_or_kept_while_uniall_does_not_know_it(
    tmp_path_factory: pytest.TempPathFactory, forgotten: bool
) -> None:
    async with staged(tmp_path_factory.mktemp("gone")) as studio:
        fault = studio.discord.fail_next("POST", r"^/channels/\d+/messages$", 503, times=99)
        job = await play(studio, "p")
        await studio.discord.wait_for(lambda: fault.hits, "a post that fails")
        await studio.bot.kill()
        shutil.rmtree(studio.bot.media)
        [made] = studio.uniall.jobs.values()
        made.forgotten = forgotten
        fault.stop()
        await studio.start()
        if not forgotten:
            await job.done()
            return
        # That it is lost takes minutes of such answers: see tests/clock.
        await studio.discord.wait_for(lambda: logs(studio.folder).count("video_missing") >= 3, "looks for it")
        assert (job.delivery() == "undeliverable", job.results()) == (False, [])


@pytest.mark.sqlite_only("on PostgreSQL a second process is a standby")
async def test_a_second_bot_on_the_same_file_ends_with_one_line_and_disturbs_nobody(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("second")) as studio:
        job = await play_waiting(studio, "p")
        for words in (["run"], ["db", "upgrade"], ["db", "restore", str(studio.folder / "none.db")]):
            said = await studio.command(*words, code=1)
            assert "stop it first" in said.strip().splitlines()[-1]
            assert "Traceback" not in said
        await studio.command("db", "verify")
        job.go.set()
        await job.done()
