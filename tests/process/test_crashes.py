"""Stops, kills and lost answers: nothing lost, nothing billed or posted twice."""

import asyncio

import pytest
from aiohttp import web

from bot.gateway.broken_answers import FIRST
from tests.process.clean import logs
from tests.process.conftest import Studio, buttons, said
from tests.process.stage import until
from tests.standins.discord import Message
from tests.standins.shapes import JsonObject
from tests.standins.uniall import Script, cut, refuse, when

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("sqlite", "postgresql")


async def start_jobs(studio: Studio, count: int) -> None:
    """So many jobs of one member, all answered with their cards."""
    mia = studio.person()
    await asyncio.gather(*(mia.slash("sora", prompt=f"p{number}").message() for number in range(count)))


async def test_sigterm_during_twenty_jobs_ends_in_time_and_each_is_posted_once_after_a_restart(studio: Studio) -> None:
    studio.uniall.seconds = 4
    await studio.start(MAX_IN_FLIGHT="12")
    await start_jobs(studio, 20)
    assert await studio.bot.stop() == 0
    await studio.start()
    await studio.wait_results(20)
    await studio.discord.wait_for(lambda: studio.held() == 0, "nothing held")
    assert (len(studio.uniall.jobs), studio.posted()) == (20, studio.made())
    cards = [message for message in studio.discord.messages() if message not in studio.results()]
    for card in cards:
        await studio.wait_card(card, "Done")
    assert len(cards) == 20
    assert studio.used() == 20


@pytest.mark.every_engine
@pytest.mark.parametrize("lists", [True, False])
async def test_a_submit_whose_answer_was_lost_is_never_sent_again(studio: Studio, lists: bool) -> None:
    studio.uniall.lists_jobs = lists
    studio.uniall.next_submit.append(when(asyncio.Event()))
    await studio.start()
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.discord.wait_for(
        lambda: any(job.card_message_id for job in studio.database.generations()), "a known card"
    )
    await studio.discord.wait_for(lambda: not studio.uniall.next_submit, "the submit under way")
    await studio.bot.kill()
    if lists:  # it went through, only the answer was lost
        studio.uniall.add("/v1/video/generations", {"model": "sora2-landscape-4s", "prompt": "p"})
    await studio.start()
    if lists:
        await studio.wait_results(1)
        await studio.wait_card(card, "Done")
    else:
        words = await studio.wait_card(card, "Failed")
        assert "was not sent again" in words
        assert "quota is back" in words
        assert (studio.used("member"), studio.used("operator")) == (0, 1)
    assert len(studio.uniall.jobs) == int(lists)
    assert studio.held() == 0


async def killed_while_sending(studio: Studio, *, ago: float) -> Message:
    """A job whose submit was so many seconds ago, of a bot that was killed meanwhile; nobody knows what became of it.

    Its card.
    """
    studio.uniall.next_submit.append(when(asyncio.Event()))
    await studio.start()
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.discord.wait_for(
        lambda: any(job.card_message_id for job in studio.database.generations()), "a known card"
    )
    await studio.discord.wait_for(lambda: not studio.uniall.next_submit, "the submit under way")
    await studio.bot.kill()
    studio.database.submitted_earlier(seconds=ago)
    return card


async def test_a_doubt_that_is_older_than_the_process_is_decided_at_its_first_look(studio: Studio) -> None:
    if studio.bot.address:
        pytest.skip("another process may still hold the answer: a doubt counts from the death of the process")
    card = await killed_while_sending(studio, ago=60)
    await studio.start(FAILPOINT="reconcile.listed:2")  # a process that does not live to see a second look
    assert "was not sent again" in await studio.wait_card(card, "Failed")
    assert (studio.uniall.jobs, studio.held(), studio.used("operator")) == ({}, 0, 1)


async def test_a_doubt_of_just_now_is_looked_for_again_after_a_restart(studio: Studio) -> None:
    held: list[int] = []

    async def first(request: web.Request) -> None:
        held.append(studio.held())

    async def second(request: web.Request) -> None:
        held.append(studio.held())
        studio.uniall.add("/v1/video/generations", {"model": "sora2-landscape-4s", "prompt": "p"})

    await killed_while_sending(studio, ago=-20)  # clocks differ; and a slow start must not use up its time
    studio.uniall.next_list += [first, second]
    await studio.start()
    await studio.wait_results(1)
    assert held == [1, 1], "not given up before the second look"
    assert (studio.used(), studio.held(), len(studio.uniall.jobs)) == (1, 0, 1)


async def test_an_old_doubt_is_not_decided_before_the_list_was_seen(studio: Studio) -> None:
    await killed_while_sending(studio, ago=60)
    studio.uniall.add("/v1/video/generations", {"model": "sora2-landscape-4s", "prompt": "p"})
    key, studio.uniall.key = studio.uniall.key, "another"
    await studio.start()
    await studio.discord.wait_for(lambda: "list_failed" in logs(studio.folder), "a list that fails")
    studio.uniall.key = key
    await studio.wait_results(1)
    assert studio.used() == 1


async def test_a_connection_cut_after_the_request_was_read_is_never_sent_again(studio: Studio) -> None:
    studio.uniall.next_submit.append(cut)
    await studio.start()
    card = await studio.person().slash("sora", prompt="p").message()
    assert "was not sent again" in await studio.wait_card(card, "Failed")
    assert (studio.uniall.jobs, studio.held(), studio.used()) == ({}, 0, 0)


async def test_refused_for_now_waits_says_why_and_is_sent_when_it_may(studio: Studio) -> None:
    studio.uniall.next_submit += [refuse(403, "insufficient_user_quota"), refuse(429, headers={"Retry-After": "1"})]
    await studio.start(POLL_MAX_SECONDS="9")
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.wait_card(card, "needs funds")
    assert buttons(card) == ["Cancel"]
    await studio.wait_results(1)
    assert len(studio.uniall.jobs) == 1


@pytest.mark.every_engine
async def test_refused_for_good_gives_everything_back_and_says_why(fresh: Studio) -> None:
    fresh.uniall.next_submit.append(refuse(400, "content_policy_violation"))
    card = await fresh.person().slash("sora", prompt="p").message()
    words = await fresh.wait_card(card, "Failed")
    assert "content check" in words
    assert (fresh.used(), fresh.held()) == (0, 0)


@pytest.mark.every_engine
async def test_a_job_that_fails_at_uniall_gives_everything_back(fresh: Studio) -> None:
    fresh.uniall.seconds = 600
    card = await fresh.person().slash("sora", prompt="p").message()
    await fresh.discord.wait_for(lambda: bool(fresh.uniall.jobs), "a submit")
    fresh.uniall.job("p").state = "failed"
    fresh.uniall.job("p").error = {"code": "moderation_blocked", "message": "no"}
    assert "content check" in await fresh.wait_card(card, "Failed")
    assert (fresh.used(), fresh.held()) == (0, 0)


async def test_a_poll_that_fails_never_fails_a_job(studio: Studio) -> None:
    studio.uniall.next_poll += [refuse(500), refuse(401), cut, refuse(502), refuse(429)]
    await studio.start()
    await studio.person().slash("sora", prompt="p").message()
    await studio.wait_results(1)
    assert studio.uniall.next_poll == []


async def test_a_download_that_fails_is_fetched_again(fresh: Studio) -> None:
    fresh.uniall.next_download += [refuse(404), refuse(500), cut]
    await fresh.person().slash("sora", prompt="p").message()
    await fresh.wait_results(1)
    assert fresh.posted() == fresh.made()


async def test_cancel_works_for_its_author_until_the_job_is_sent(studio: Studio) -> None:
    go = asyncio.Event()
    studio.uniall.scripts["first"] = Script(always_poll=until(go))
    await studio.start(MAX_IN_FLIGHT="1")
    mia, eve = studio.person("Mia"), studio.person("Eve")
    first = await mia.slash("sora", prompt="first").message()
    await studio.submitted("first")
    second = await mia.slash("sora", prompt="second").message()
    assert "next in the queue" in said(second)
    answer = await eve.press(second, "Cancel").answer()
    assert answer.ephemeral
    assert "Only the member" in answer.text
    late = await mia.press(first, "Cancel", stale=True).answer()
    assert late.ephemeral
    assert "too late" in late.text
    await mia.press(second, "Cancel").answer()
    await studio.wait_card(second, "Cancelled")
    await mia.slash("sora", prompt="third").message()
    go.set()
    await studio.wait_results(2)
    assert [job.prompt for job in studio.uniall.jobs.values()] == ["first", "third"]
    await studio.settled(mia, 2)


async def test_the_queue_is_fair_between_members(studio: Studio) -> None:
    go = asyncio.Event()
    studio.uniall.scripts["mia0"] = Script(always_poll=until(go))
    await studio.start(MAX_IN_FLIGHT="1")
    mia, eve = studio.person("Mia"), studio.person("Eve")
    for number in range(5):
        await mia.slash("sora", prompt=f"mia{number}").message()
    await eve.slash("sora", prompt="eve0").message()
    go.set()
    await studio.wait_results(6)
    order = [job.prompt for job in studio.uniall.jobs.values()]
    assert order.index("eve0") <= 2
    assert [prompt for prompt in order if prompt != "eve0"] == [f"mia{number}" for number in range(5)]


@pytest.mark.every_engine
@pytest.mark.parametrize("failure", [500, 503, "disconnect", "reset"])
async def test_a_post_whose_answer_was_lost_is_visible_once(fresh: Studio, failure: int | str) -> None:
    fresh.discord.fail_next("POST", r"^/channels/\d+/messages$", failure, after_processing=True)  # pyright: ignore[reportArgumentType]
    card = await fresh.person().slash("sora", prompt="p").message()
    await fresh.wait_card(card, "Done")
    assert len(fresh.results()) == 1


async def test_a_post_that_discord_refuses_for_now_is_made_later(fresh: Studio) -> None:
    fresh.discord.fail_next("POST", r"^/channels/\d+/messages$", 503, times=2)
    await fresh.person().slash("sora", prompt="p").message()
    await fresh.wait_results(1)
    assert fresh.posted() == fresh.made()


async def test_a_card_that_could_not_be_answered_does_not_lose_the_video(fresh: Studio) -> None:
    attempts = 1 + len(FIRST)
    fault = fresh.discord.fail_next("POST", r"/callback$", "disconnect", times=attempts)  # it may have been taken
    fresh.person().slash("sora", prompt="p")
    [result] = await fresh.wait_results(1)
    assert fault.hits == attempts
    assert result.reply_to is None
    assert (fresh.used(), len(fresh.uniall.jobs)) == (1, 1)


@pytest.mark.every_engine
async def test_a_crash_between_the_post_and_its_record_posts_nothing_twice(studio: Studio) -> None:
    await studio.start()
    studio.discord.fail_next("POST", r"^/channels/\d+/messages$", "hang", after_processing=True)
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.wait_results(1)
    await studio.bot.kill()
    studio.discord.faults.stop()
    await studio.start()
    await studio.wait_card(card, "Done")
    assert len(studio.results()) == 1


async def test_a_gateway_that_cannot_be_reached_at_first_is_tried_again(studio: Studio) -> None:
    studio.discord.gateway.refusing = True
    await studio.bot.launch()
    await studio.discord.wait_for(lambda: "discord_unreachable" in logs(studio.folder), "a try that fails")
    studio.discord.gateway.refusing = False
    await studio.discord.ready()
    await studio.person().slash("sora", prompt="p").message()
    await studio.wait_results(1)
    assert studio.posted() == studio.made()


async def test_a_discord_that_cannot_be_reached_at_the_start_is_tried_again(studio: Studio) -> None:
    studio.discord.fail_next("GET", r"^/users/@me$", "reset", times=2)
    await studio.start()
    assert "discord_unreachable" in logs(studio.folder)


async def test_while_discord_is_away_at_the_start_videos_are_fetched_and_posted_once_it_is_back(studio: Studio) -> None:
    go = asyncio.Event()
    await studio.start()
    for number in range(3):
        studio.uniall.scripts[f"p{number}"] = Script(always_poll=until(go))
    await start_jobs(studio, 3)
    for number in range(3):
        await studio.submitted(f"p{number}")
    await studio.bot.kill()
    away = studio.discord.fail_next("*", "", 503, times=10_000)
    await studio.bot.launch()
    await studio.discord.wait_for(lambda: away.hits, "a login that fails")
    go.set()
    await studio.discord.wait_for(lambda: len(studio.database.in_state("succeeded")) == 3, "every video fetched")
    assert (studio.results(), studio.used(), studio.held()) == ([], 3, 0)
    assert await studio.bot.stop() == 0
    await studio.bot.launch()
    away.stop()
    await studio.wait_results(3)
    for card in [message for message in studio.discord.messages() if message not in studio.results()]:
        await studio.wait_card(card, "Done")
    assert (len(studio.uniall.jobs), studio.posted()) == (3, studio.made())


async def test_while_discord_is_away_at_the_start_a_doubt_is_decided_and_told_when_it_is_back(studio: Studio) -> None:
    channel = studio.discord.world.add_channel(studio.discord.guild, "log")
    await studio.start()
    await studio.moderator().slash("config log-channel", channel=channel).answer()
    await studio.bot.stop()
    await killed_while_sending(studio, ago=60)
    [card] = studio.discord.messages()
    away = studio.discord.fail_next("*", "", 503, times=10_000)
    await studio.bot.launch()
    await studio.discord.wait_for(lambda: studio.database.in_state("failed"), "decided")
    assert studio.uniall.jobs == {}
    away.stop()
    await studio.wait_card(card, "Failed")
    await studio.discord.wait_message(lambda message: "failed" in said(message).lower(), channel=channel)


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "event"),
    [
        ("PUT", "/commands$", 400, {"code": 50035, "message": "Invalid Form Body", "errors": {}}, "commands_refused"),
        pytest.param(
            *("PUT", "/commands$", 400, {"code": 30032, "message": "Too many commands"}, "discord_refuses"),
            marks=pytest.mark.long,
        ),
        ("PUT", "/commands$", 200, {"id": "1", "name": "sora"}, "discord_unreadable"),
        pytest.param("GET", "^/users/@me$", 200, {"name": "x"}, "discord_unreadable", marks=pytest.mark.long),
        ("GET", "^/gateway/bot$", 200, {"shards": 1}, "discord_unreadable"),
    ],
)
async def test_an_answer_that_keeps_the_bot_out_is_one_line_that_says_so_and_it_tries_again(
    studio: Studio, method: str, path: str, status: int, body: JsonObject, event: str
) -> None:
    fault = studio.discord.fail_next(method, path, status)
    fault.body = body
    await studio.start()
    lines = [record for record in studio.bot.records() if record["event"].startswith(("discord_", "commands_ref"))]
    assert [line["event"] for line in lines] == [event]
    assert "\n" not in str(lines[0]["error"])
    if status == 400:
        assert str(lines[0]["request"]).startswith("PUT ")
        assert str(lines[0]["request"]).endswith("/commands")


async def test_with_a_revoked_key_a_finished_video_is_still_posted(studio: Studio) -> None:
    await studio.start()
    fault = studio.discord.fail_next("POST", r"^/channels/\d+/messages$", 503, times=99)
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.discord.wait_for(lambda: fault.hits, "a post that fails")
    await studio.bot.kill()
    studio.uniall.key = "another"
    fault.stop()
    await studio.start()
    await studio.wait_card(card, "Done")
    assert studio.posted() == studio.made()
    assert await studio.bot.stop() == 0
    assert "does not accept UNIALL_API_KEY" in await studio.command("run", code=78)


async def test_models_that_the_key_lacks_are_told_once_whatever_is_restarted_and_again_when_that_changes(
    studio: Studio,
) -> None:
    operators = studio.discord.world.add_channel(studio.discord.guild, "operators")
    everything = studio.uniall.models

    studio.uniall.models = everything[1:]
    await studio.start(OPERATOR_CHANNEL_ID=operators.id)
    await studio.discord.wait_message(lambda message: everything[0] in message.content, channel=operators)
    for _ in range(2):
        assert await studio.bot.stop() == 0
        await studio.start()
        assert "operator_told" not in [record["event"] for record in studio.bot.records()]
    await studio.bot.stop()
    studio.uniall.models = everything
    await studio.start()
    await studio.discord.wait_message(lambda message: "All on." in message.content, channel=operators)
    assert len(studio.discord.messages(operators)) == 2


async def test_a_dropped_gateway_is_resumed_and_nothing_is_lost(fresh: Studio) -> None:
    go = asyncio.Event()
    fresh.uniall.scripts["dropped"] = Script(always_poll=until(go))
    card = await fresh.person().slash("sora", prompt="dropped").message()
    await fresh.discord.gateway.drop()
    go.set()
    await fresh.wait_card(card, "Done")
    assert len(fresh.results()) == 1


async def test_cancel_works_on_a_card_of_the_process_before(studio: Studio) -> None:
    studio.uniall.seconds = 600
    await studio.start(MAX_IN_FLIGHT="1")
    mia = studio.person()
    await mia.slash("sora", prompt="first").message()
    second = await mia.slash("sora", prompt="second").message()
    await studio.bot.kill()
    await studio.start()
    await mia.press(second, "Cancel").answer()
    await studio.wait_card(second, "Cancelled")
    assert (studio.used(), studio.held()) == (0, 1)
