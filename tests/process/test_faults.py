"""Faults of Discord, of UniAll and of their timing: what the member sees, and what the ledger says."""

import asyncio
import io
import time

import pytest
from aiohttp import web
from PIL import Image

from tests.process.conftest import Studio, picture
from tests.process.stage import until
from tests.standins.discord import Permission, Upload
from tests.standins.uniall import Act, Script, cut, refuse, when

pytestmark = pytest.mark.asyncio(loop_scope="module")

POSTS = r"^/channels/\d+/messages$"


async def test_a_stop_between_accept_and_answer_still_shows_every_card(studio: Studio) -> None:
    studio.uniall.seconds = 600
    await studio.start()
    mia = studio.person()
    slow = studio.discord.fail_next("POST", r"/callback$", "slow", times=3)
    for number in range(3):
        mia.slash("sora", prompt=f"p{number}")
    await studio.discord.wait_for(lambda: slow.hits == 3, "every answer on its way")
    stop = asyncio.create_task(studio.bot.stop())
    await studio.discord.wait_for(lambda: "stopping" in studio.bot.output(), "the stop under way")
    slow.release()
    assert await stop == 0
    cards = studio.discord.messages()
    assert len(studio.database.generations()) == len(cards) == 3
    assert all(card.components for card in cards)


async def test_a_picture_that_cannot_be_cut_costs_nothing_and_stops_nobody(studio: Studio) -> None:
    await studio.start(MAX_IN_FLIGHT="1")
    out = io.BytesIO()
    Image.new("1", (40, 40), 1).save(out, "PNG", transparency=0)
    mia = studio.person()
    odd = Upload(filename="a.png", data=out.getvalue())
    await mia.slash("sora", prompt="odd", model="sora-2", image=odd).message()
    await mia.slash("sora", prompt="plain").message()
    await studio.discord.wait_for(lambda: studio.used() + studio.held() <= 2)
    await studio.discord.wait_for(lambda: studio.held() == 0, "both settled")
    assert studio.uniall.job("plain")


async def test_an_image_that_is_gone_from_the_card_fails_the_job_and_gives_everything_back(studio: Studio) -> None:
    go = asyncio.Event()
    studio.uniall.scripts["first"] = Script(always_poll=until(go))
    await studio.start(MAX_IN_FLIGHT="1")
    mia = studio.person()
    await mia.slash("sora", prompt="first").message()
    upload = Upload(filename="a.png", data=picture())
    card = await mia.slash("sora", prompt="second", image=upload).message()
    studio.discord.cdn.lifetime = 1
    studio.discord.world.delete(card)
    go.set()
    await studio.discord.wait_for(lambda: studio.held() == 0, "both settled")
    assert studio.used() >= 1


async def test_a_second_job_with_a_known_id_is_put_in_doubt_not_stuck(studio: Studio) -> None:
    async def same(request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": "job-1", "status": "queued"})

    studio.uniall.seconds = 600
    await studio.start()
    mia = studio.person()
    await mia.slash("sora", prompt="first").message()
    await studio.discord.wait_for(lambda: "job-1" in studio.uniall.jobs)
    studio.uniall.next_submit.append(same)
    card = await mia.slash("sora", prompt="second").message()
    assert "was not sent again" in await studio.wait_card(card, "Failed")
    assert studio.held() == 1


async def test_a_doubt_never_takes_the_job_of_a_submit_under_way(studio: Studio) -> None:
    studio.uniall.seconds = 600
    studio.uniall.next_submit.append(cut)
    await studio.start()
    mia = studio.person()
    await mia.slash("sora", prompt="same").message()
    await studio.discord.wait_for(lambda: not studio.uniall.next_submit)
    given_back = asyncio.Event()

    async def late(request: web.Request) -> web.StreamResponse:
        job = studio.uniall.add("/v1/video/generations", {"model": "sora2-landscape-4s", "prompt": "same"})
        await given_back.wait()
        return web.json_response({"id": job.id, "status": "queued"})

    studio.uniall.next_submit.append(late)
    await mia.slash("sora", prompt="same").message()
    await studio.discord.wait_for(lambda: studio.held() == 1, "the doubt given back")
    given_back.set()
    await studio.submitted("same")
    owners = [(job.state, job.job_id) for job in studio.database.generations()]
    assert owners == [("failed", None), ("submitted", "job-1")]


async def test_the_operator_is_told_of_missing_models_without_keeping_the_bot_from_starting(studio: Studio) -> None:
    studio.uniall.models = ("sora2",)
    operators = studio.discord.world.add_channel(studio.discord.guild, "operators")
    owner = studio.person("Owner").user
    await studio.start(OPERATOR_CHANNEL_ID=operators.id, OWNER_IDS=f"1, {owner.id}")
    told = await studio.discord.wait_message(channel=operators)
    assert "sora2-pro-720p" in told.content
    direct = await studio.discord.wait_message(channel=studio.discord.world.direct_channel(owner))
    assert direct.content == told.content
    assert [record["place"] for record in studio.bot.records() if record["event"] == "operator_not_told"] == ["1"]


async def test_a_job_dearer_than_the_whole_budget_is_told_apart_from_a_budget_that_is_used_up(studio: Studio) -> None:
    office = studio.discord.world.add_channel(studio.discord.guild, "office")
    await studio.start(OPERATOR_CHANNEL_ID=office.id, OPERATOR_BUDGET="0.5 usd per month")
    mia = studio.person()
    assert (await mia.slash("sora", prompt="dear", model="Sora 2 Pro 1080p", duration=8).answer()).ephemeral
    await studio.discord.wait_message(lambda message: "by itself it is more than" in message.content, channel=office)
    assert not (await mia.slash("sora", prompt="fits").answer()).ephemeral
    for _ in range(2):
        assert (await mia.slash("sora", prompt="beyond").answer()).ephemeral
    await studio.discord.wait_message(lambda message: "is used up" in message.content, channel=office)
    told = [message.content for message in studio.discord.messages(office) if "OPERATOR_BUDGET" in message.content]
    assert len(told) == 2


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_job_that_has_waited_asks_its_card_for_the_address_of_its_image(studio: Studio, deleted: bool) -> None:
    studio.uniall.seconds = 600
    await studio.start(MAX_IN_FLIGHT="1")
    mia = studio.person()
    await mia.slash("sora", prompt="first").message()
    await studio.discord.wait_for(lambda: "job-1" in studio.uniall.jobs, "the first job")
    image = Upload(filename="a.png", data=picture())
    card = await mia.slash("sora", prompt="with an image", image=image).message()
    shown = lambda: [job for job in studio.database.generations("with an image") if job.image_url]  # noqa: E731
    await studio.discord.wait_for(shown, "the card recorded")
    studio.database.accepted_earlier("with an image", seconds=6)
    if deleted:
        studio.discord.world.delete(card)
    studio.uniall.jobs["job-1"].state = "completed"
    if deleted:
        failed = lambda: [job.fault for job in studio.database.in_state("failed")]  # noqa: E731
        await studio.discord.wait_for(lambda: failed() == ["image_gone"], "given back")
        assert len(studio.uniall.jobs) == 1
    else:
        await studio.discord.wait_for(lambda: "job-2" in studio.uniall.jobs, "the second job")
        assert studio.uniall.jobs["job-2"].image == picture()
    assert studio.discord.requests("GET", rf"/messages/{card.id}$")


@pytest.mark.parametrize("answered", [refuse(403, "access_denied"), refuse(404, "model_not_found")])
async def test_a_model_that_the_key_may_not_use_is_told_and_switched_off_by_the_answers_themselves(
    studio: Studio, answered: Act
) -> None:
    office = studio.discord.world.add_channel(studio.discord.guild, "office")
    await studio.start(OPERATOR_CHANNEL_ID=office.id)
    mia, *others = [studio.person(f"m{number}") for number in range(3)]
    for number, person in enumerate([mia, *others]):
        studio.uniall.next_submit.append(answered)
        invocation = person.slash("sora", prompt=f"p{number}", model="sora2-pro-1080p")
        if not (await invocation.answer()).ephemeral:
            await studio.wait_card(await invocation.message(), "Failed")
    assert "not available right now" in (await mia.slash("sora", prompt="p", model="sora2-pro-1080p").answer()).text
    offered = (await mia.autocomplete("sora", "model", model="sora2-pro").answer()).choices
    assert "sora2-pro-720p" in [choice["value"] for choice in offered]
    assert "sora2-pro-1080p" not in [choice["value"] for choice in offered]
    await studio.discord.wait_message(lambda message: "sora2-pro-1080p" in message.content, channel=office)
    assert studio.held() == studio.used() == 0


async def test_neither_a_page_of_a_proxy_nor_one_members_prompts_switch_a_model_off(studio: Studio) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        return web.Response(status=403, text="<html>blocked</html>", content_type="text/html")

    await studio.start()
    mia, people = studio.person(), [studio.person(f"p{number}") for number in range(4)]
    studio.uniall.next_submit += [refuse(403, "access_denied")] * 4 + [page] * 4
    for number, person in enumerate([mia] * 4 + people):
        card = await person.slash("sora", prompt=f"<script> {number}").message()
        await studio.wait_card(card, "Failed")
    assert studio.held() == studio.used() == 0
    await mia.slash("sora", prompt="a fox").message()
    await studio.wait_results(1)
    [job] = studio.database.in_state("succeeded")
    assert (job.model, job.price_micros) == ("sora2-landscape-4s", 272_000)


@pytest.mark.parametrize("refused", [refuse(429), refuse(401, "invalid_api_key"), refuse(503, "model_not_found")])
async def test_a_job_that_a_gateway_started_and_then_refused_is_followed_and_not_sent_again(
    studio: Studio, refused: Act
) -> None:
    async def start_and_refuse(request: web.Request) -> web.StreamResponse | None:
        studio.uniall.add(request.path, await request.json())
        return await refused(request)

    studio.uniall.next_submit.append(start_and_refuse)
    await studio.start(POLL_MAX_SECONDS="1")
    await studio.person().slash("sora", prompt="p").message()
    await studio.wait_results(1)
    assert list(studio.uniall.jobs) == ["job-1"]
    assert studio.posted() == studio.made()


async def test_a_list_that_cannot_be_had_keeps_a_refused_job_from_being_sent_only_three_times(studio: Studio) -> None:
    looked: list[str] = []

    async def broken(request: web.Request) -> web.StreamResponse:
        looked.append(request.path)
        return web.Response(status=500)

    studio.uniall.next_submit.append(refuse(429))
    studio.uniall.next_list += [broken] * 9
    await studio.start(POLL_MAX_SECONDS="1")
    await studio.person().slash("sora", prompt="p").message()
    await studio.wait_results(1)
    assert len(looked) == 4
    assert list(studio.uniall.jobs) == ["job-1"]


@pytest.mark.parametrize("failure", [503, 404])
async def test_a_dead_link_gives_way_to_the_content_address(fresh: Studio, failure: int) -> None:
    async def dead(request: web.Request) -> web.StreamResponse | None:
        fresh.uniall.next_download.append(dead)
        return web.Response(status=failure) if request.path.startswith("/files/") else None

    fresh.uniall.next_download.append(dead)
    await fresh.person().slash("sora", prompt="p").message()
    await fresh.wait_results(1)
    assert fresh.posted() == fresh.made()


async def test_a_page_of_a_proxy_says_nothing_about_a_job(fresh: Studio) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        return web.Response(status=404, text="<html>nginx</html>", content_type="text/html")

    fresh.uniall.next_poll += [page] * 3
    await fresh.person().slash("sora", prompt="p").message()
    await fresh.wait_results(1)
    assert [job.missing_since for job in fresh.database.generations()] == [None]


async def test_retry_after_nothing_is_no_reason_to_hurry(studio: Studio) -> None:
    tried: list[float] = []

    async def at_once(request: web.Request) -> web.StreamResponse | None:
        tried.append(time.monotonic())
        return await refuse(429, headers={"Retry-After": "0"})(request)

    studio.uniall.next_submit += [at_once] * 3
    await studio.start()
    await studio.person().slash("sora", prompt="p").message()
    await studio.wait_results(1)
    assert tried[-1] - tried[0] > 0.25  # at least 1 s and 2 s, of which a test's bot waits a tenth


async def test_a_video_is_posted_without_a_reply_where_history_may_no_longer_be_read(fresh: Studio) -> None:
    go = asyncio.Event()
    fresh.uniall.scripts["may not look back"] = Script(always_poll=until(go))
    await fresh.person().slash("sora", prompt="may not look back").message()
    fresh.discord.revoke(fresh.discord.channel, Permission.READ_MESSAGE_HISTORY)
    go.set()
    [result] = await fresh.wait_results(1)
    assert result.reply_to is None


async def test_a_card_whose_answer_was_lost_is_found_and_kept_up_to_date(fresh: Studio) -> None:
    fresh.uniall.seconds = 1
    fresh.discord.fail_next("POST", r"/callback$", "disconnect", after_processing=True)
    card = await fresh.person().slash("sora", prompt="p").message()
    await fresh.wait_card(card, "Done")
    [result] = fresh.results()
    assert result.reply_to is card


async def test_a_restored_backup_posts_nothing_twice(studio: Studio) -> None:
    go = asyncio.Event()
    studio.uniall.scripts["p"] = Script(always_poll=until(go))
    await studio.start()
    await studio.person().slash("sora", prompt="p").message()
    await studio.discord.wait_for(lambda: bool(studio.uniall.polls), "a poll")
    saved = await studio.backup()
    go.set()
    await studio.wait_results(1)
    await studio.bot.stop()
    await studio.restore(saved)
    await studio.start()
    await studio.discord.wait_for(lambda: studio.held() == 0, "settled")
    await studio.discord.wait_for(lambda: [post.state for post in studio.database.deliveries()] == ["sent"])
    assert (len(studio.results()), len(studio.uniall.jobs)) == (1, 1)
    await studio.bot.stop()
    await studio.command("db", "verify")


@pytest.mark.sqlite_only("on PostgreSQL a second process is a standby")
async def test_a_second_process_on_the_same_database_refuses_in_one_line(studio: Studio) -> None:
    await studio.start()
    said = await studio.command("run", code=1)
    assert said.strip().splitlines()[-1].endswith("stop it first")


async def test_a_slow_submit_is_finished_and_stored_at_a_stop(studio: Studio) -> None:
    go = asyncio.Event()
    studio.uniall.next_submit.append(when(go))
    await studio.start()
    await studio.person().slash("sora", prompt="p").message()
    await studio.discord.wait_for(lambda: not studio.uniall.next_submit)
    stop = asyncio.create_task(studio.bot.stop())
    await studio.discord.wait_for(lambda: "stopping" in studio.bot.output(), "the stop under way")
    go.set()
    assert await stop == 0
    assert [(job.state, job.job_id) for job in studio.database.generations()] == [("submitted", "job-1")]
    await studio.start()
    await studio.wait_results(1)
