"""The process helper, proved with the sample bot in a process of its own."""

import signal
import sys
from pathlib import Path

import pytest

from tests.standins.discord import DiscordStandIn
from tests.standins.process import BotProcess, Exited

SAMPLE = (sys.executable, "-m", "tests.standins.sample_bot")


async def test_a_bot_in_its_own_process_answers_survives_a_kill_and_stops(discord: DiscordStandIn, tmp_path: Path):
    ada = discord.person("ada")
    async with BotProcess(discord, tmp_path, command=SAMPLE) as bot:
        card = await ada.slash("draw", prompt="a fox").message()
        assert await bot.kill() == -signal.SIGKILL
        await bot.start()
        assert (await ada.press(card, "Again").answer()).text == "again j1"
        assert await bot.stop() == 0
        assert [record["event"] for record in bot.records()] == ["ready", "bye"]


async def test_it_sees_nothing_of_the_developers_environment(
    discord: DiscordStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DISCORD_TOKEN", "a real one")
    monkeypatch.setenv("OWNER_IDS", "1")
    show = (sys.executable, "-c", "import os, json; print(json.dumps(dict(os.environ) | {'cwd': os.getcwd()}))")
    bot = BotProcess(discord, tmp_path, command=show, env={"MEDIA_DIR": None, "FAILPOINT": "x"})
    await bot.launch()
    assert await bot.exited() == 0
    [seen] = bot.records()
    assert (seen["DISCORD_TOKEN"], seen["FAILPOINT"], seen["cwd"]) == (discord.token, "x", str(tmp_path))
    assert not {"OWNER_IDS", "MEDIA_DIR"} & set(seen)


async def test_a_bot_that_ends_before_it_is_ready_says_why(discord: DiscordStandIn, tmp_path: Path):
    with pytest.raises(Exited, match=r"exit code 3(.|\n)*no key"):
        async with BotProcess(discord, tmp_path, command=(sys.executable, "-c", "print('no key'); exit(3)")):
            pass


async def test_a_bot_that_held_its_event_loop_fails_whatever_ends_it(discord: DiscordStandIn, tmp_path: Path):
    line = '{"event": "loop_stalled", "seconds": 0.9, "thread_cpu": 0.1, "process_cpu": %s, "where": "there"}'
    for cpu, held in (("0.8", True), ("0.1", False)):
        said = (sys.executable, "-c", f"import sys; sys.stderr.write({line % cpu!r})")
        bot = BotProcess(discord, tmp_path, command=said)
        await bot.launch()
        if held:
            with pytest.raises(AssertionError, match="held the bot's event loop"):
                await bot.exited()
        else:
            assert await bot.exited() == 0
