"""Failures on order: a lost gateway, rate limits, errors, cut connections, and fifty commands a second."""

import asyncio
import time
from unittest.mock import AsyncMock

import aiohttp
import discord as discord_py
import pytest

from tests.standins.conftest import connected
from tests.standins.discord import DiscordStandIn, NotAnswered, TooLate
from tests.standins.sample_bot import SampleBot

Place = discord_py.PartialMessageable
MESSAGES = r"/channels/\d+/messages$"


@pytest.mark.parametrize("code", [None, 4000])
async def test_what_is_missed_during_a_drop_arrives_after_the_resume(
    discord: DiscordStandIn, bot: SampleBot, code: int | None
):
    ada = discord.person("ada")
    await discord.gateway.drop(code)
    asked = ada.slash("draw", prompt="in between")
    ada.say(discord.world.bot.mention)
    assert (await asked.message()).text == "**in between** None"
    await discord.wait_for(lambda: bot.resumed)
    assert len(discord.gateway.sessions) == 1
    assert len(bot.seen) == 1


async def test_a_client_asked_to_reconnect_resumes_and_an_invalid_session_begins_anew(
    discord: DiscordStandIn, bot: SampleBot
):
    discord.gateway.reconnect()
    await discord.wait_for(lambda: bot.resumed)
    bot.before_identify_hook = AsyncMock()  # which would sleep 5 s
    discord.gateway.invalidate()
    await discord.wait_for(lambda: len(discord.gateway.sessions) == 2 and discord.gateway.live)
    await discord.person("ada").slash("draw", prompt="still here").message()
    assert len(discord.gateway.sessions) == 2, "the first was resumed, not begun anew"


async def test_a_wrong_token_is_refused_at_both_doors(redirected: DiscordStandIn):
    client = SampleBot()
    with pytest.raises(discord_py.LoginFailure):
        await client.start("wrong")
    await client.close()
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(redirected.gateway_url) as socket,
    ):
        assert (await socket.receive_json())["op"] == 10
        await socket.send_json({"op": 2, "d": {"token": "wrong", "intents": 0, "properties": {}}})
        assert (await socket.receive()).data == 4004


async def test_without_the_portal_a_privileged_intent_ends_the_connection(redirected: DiscordStandIn):
    client = discord_py.Client(intents=discord_py.Intents(guilds=True, message_content=True))
    with pytest.raises(discord_py.PrivilegedIntentsRequired):
        await client.start(redirected.token)
    await client.close()


async def test_a_429_is_waited_for(discord: DiscordStandIn, general: Place):
    fault = discord.fail_next("POST", MESSAGES, 429, retry_after=0.05)
    started = time.monotonic()
    await general.send("later")
    assert time.monotonic() - started >= 0.05
    assert [exchange.status for exchange in discord.requests("POST", MESSAGES)] == [429, 200]
    assert fault.hits == 1


async def test_a_limit_holds_for_each_channel(discord: DiscordStandIn, bot: SampleBot, general: Place):
    limit = discord.limit("POST", MESSAGES, requests=2, seconds=0.3)
    other = discord.world.add_channel(discord.guild, "other")
    started = time.monotonic()
    await asyncio.gather(*(general.send(str(number)) for number in range(4)))
    assert time.monotonic() - started >= 0.2
    assert len(discord.messages()) == 4
    limit.seconds = 60  # from here on no request is late enough for the next window
    await bot.get_partial_messageable(int(other.id)).send("at once")
    url, asked = f"{discord.base_url}/channels/{other.id}/messages", {"Authorization": f"Bot {discord.token}"}
    async with aiohttp.ClientSession(headers=asked) as session:
        answers = [await session.post(url, json={"content": str(number)}) for number in range(2)]
        assert [answer.status for answer in answers] == [200, 429]
        refused = answers[1]
        assert (refused.headers["Via"], refused.headers["X-RateLimit-Remaining"]) == ("1.1 google", "0")
        assert 0 < (await refused.json())["retry_after"] <= 60
    assert limit.refused == len(discord.requests("POST", MESSAGES, status=429))


async def test_a_lost_answer_is_tried_again_and_the_nonce_keeps_it_one_message(discord: DiscordStandIn, general: Place):
    discord.fail_next("POST", MESSAGES, 502, after_processing=True)
    sent = await general.send("once", nonce="d-1")
    assert [exchange.status for exchange in discord.requests("POST", MESSAGES)] == [502, 200]
    assert [message.id for message in discord.messages()] == [str(sent.id)]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("failure", ["disconnect", "reset"])
async def test_a_cut_connection_reaches_the_caller_and_says_nothing_about_the_message(
    discord: DiscordStandIn, general: Place, failure: str, after: bool
):
    kind = "reset" if failure == "reset" else "disconnect"
    discord.fail_next("POST", MESSAGES, kind, after_processing=after)
    with pytest.raises((aiohttp.ClientConnectionError, ConnectionError)):
        await general.send("perhaps")
    assert len(discord.messages()) == after
    [lost] = discord.requests("POST", MESSAGES)
    assert (lost.status, lost.fault) == (None, failure)


async def test_a_request_hangs_until_it_is_let_go(discord: DiscordStandIn, general: Place):
    fault = discord.fail_next("POST", MESSAGES, "hang")
    sending = asyncio.create_task(general.send("?"))
    await discord.wait_for(lambda: fault.hits)
    with pytest.raises(TooLate, match=r"a message(.|\n)*POST /channels/\d+/messages -> None \(hang\)"):
        await discord.wait_for(discord.messages, "a message", timeout=0.05)
    assert not sending.done()
    fault.release()
    with pytest.raises(aiohttp.ClientConnectionError):
        await sending


async def test_an_error_has_discords_form(discord: DiscordStandIn, general: Place):
    discord.fail_next("POST", MESSAGES, 403, code=50013, message="Missing Permissions")
    with pytest.raises(discord_py.Forbidden) as failed:
        await general.send("?")
    assert (failed.value.code, failed.value.text) == (50013, "Missing Permissions")


async def test_without_a_bot_nobody_answers(discord: DiscordStandIn, redirected: DiscordStandIn):
    ada = discord.person("ada")
    async with connected(redirected):
        pass
    discord.rules.answer_within = 0.05
    with pytest.raises(NotAnswered):
        await ada.slash("draw", prompt="?").answer()


async def test_an_address_that_is_not_known_does_not_go_unnoticed():
    standin = DiscordStandIn()
    async with aiohttp.ClientSession() as session:
        await standin.__aenter__()
        async with session.get(f"{standin.base_url}/sticker-packs") as answer:
            assert answer.status == 404
        with pytest.raises(AssertionError, match=r"no route for: \['GET /sticker-packs'\]"):
            await standin.__aexit__(None, None, None)


async def test_two_hundred_commands_at_once_are_all_answered(discord: DiscordStandIn, bot: SampleBot):
    people = [discord.person(f"p{number}") for number in range(10)]
    asked = [people[number % 10].slash("draw", prompt=str(number)) for number in range(200)]
    answers = [await one.answer() for one in asked]
    assert len(discord.messages()) == 200
    assert all(answer.type == 4 for answer in answers)
