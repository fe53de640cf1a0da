"""METRICS_LISTEN and the log, of the whole bot as a process between its stand-ins."""

import asyncio
import re
import signal
import socket
import time
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.process.clean import logs
from tests.process.conftest import Studio
from tests.standins.uniall import Script, cut, refuse, when

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = "127.0.0.1:0"
PROMPT = "a very secret wish"
# Every value that a label may have, but for versions and bucket bounds; a new one is a decision.
WORDS = re.compile(r"[a-z0-9_]*|(GET|POST|PATCH|PUT|DELETE)|[1-5]\d\d|(/([a-z0-9@-]+|\{id\}|\{token\}))+")


async def ask(studio: Studio, path: str) -> tuple[int, str]:
    """Where the bot says it serves: status and text; waits until it has said so."""
    served: list[Any] = await studio.discord.wait_for(
        lambda: [record for record in studio.bot.records() if record["event"] == "metrics_served"], "an address"
    )
    address = f"http://{served[0]['address']}:{served[0]['port']}"
    async with aiohttp.ClientSession() as session, session.get(address + path) as answer:
        return answer.status, await answer.text()


async def until(studio: Studio, path: str, said: tuple[int, str], seconds: float = 60) -> None:
    """Asks until the answer is this."""
    deadline = time.monotonic() + seconds
    while (answer := await ask(studio, path)) != said:
        assert time.monotonic() < deadline, answer
        await asyncio.sleep(0.02)


async def scrape(studio: Studio) -> dict[str, float]:
    """Every sample, as `name{value,…}` in the order of the labels' names, without the prefix; labels are checked."""
    status, page = await ask(studio, "/metrics")
    assert status == 200
    secrets = (
        studio.discord.token,
        studio.uniall.key,
        PROMPT,
        *studio.discord.world.users,
        *studio.discord.world.guilds,
    )
    assert not [secret for secret in secrets if secret in page]
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            labels = [value for _, value in sorted(sample.labels.items())]
            for name, value in sample.labels.items():
                assert name in ("le", "version") or WORDS.fullmatch(value), (sample.name, value)
            found[sample.name.removeprefix("sora_bot_") + (f"{{{','.join(labels)}}}" if labels else "")] = sample.value
    return found


async def counted(studio: Studio, name: str) -> dict[str, float]:
    """Every sample, once a counter of the ledger's entries is above nothing: on PostgreSQL they are counted seconds later."""
    deadline = time.monotonic() + 60
    while not (found := await scrape(studio))[name]:
        assert time.monotonic() < deadline, f"{name} is not counted"
        await asyncio.sleep(0.02)
    return found


async def test_the_metrics_follow_a_job_from_its_acceptance_to_its_post(studio: Studio) -> None:
    submitting, rendering = asyncio.Event(), asyncio.Event()
    studio.uniall.scripts[PROMPT] = Script(
        submit=[refuse(429), when(submitting)], poll=[refuse(500), when(rendering)], download=[refuse(500)]
    )
    await studio.start(METRICS_LISTEN=HERE, OPERATOR_BUDGET="50 usd per day")
    assert await ask(studio, "/healthz") == (200, '{"healthy": true}\n')
    await until(studio, "/readyz", (200, '{"ready": true}\n'))
    card = await studio.person().slash("sora", prompt=PROMPT).message()
    await studio.discord.wait_for(lambda: studio.uniall.scripts[PROMPT].heard > 1)
    during = await counted(studio, "ledger_usd_total{reserve}")
    assert (during["jobs{submitting}"], during["ledger_pending_videos"]) == (1, 1)
    assert during["ledger_pending_usd"] == during["ledger_usd_total{reserve}"] == pytest.approx(0.272)
    assert during["ledger_videos_total{post}"] == during["submits_total{accepted}"] == 0
    assert during["operator_budget{day,usd}"] == 50
    submitting.set()
    await studio.discord.wait_for(lambda: studio.uniall.scripts[PROMPT].polled > 1)
    during = await scrape(studio)
    assert (during["jobs{submitting}"], during["jobs{submitted}"]) == (0, 1)
    assert (during["submits_total{accepted}"], during["submits_total{retry_later}"]) == (1, 1)
    rendering.set()
    await studio.wait_card(card, "Done")
    after = await counted(studio, "ledger_videos_total{post}")
    assert [after[f"jobs{{{state}}}"] for state in ("reserved", "submitting", "submitted", "unknown")] == [0] * 4
    assert after["jobs_ended_total{,succeeded}"] == after["ledger_videos_total{post}"] == 1
    assert after["ledger_pending_usd"] == 0
    assert after["operator_used{day,usd}"] == after["ledger_usd_total{post}"] == pytest.approx(0.272)
    assert after["uniall_calls_total{submit,rate_limited}"] == after["uniall_calls_total{submit,ok}"] == 1
    assert after["uniall_calls_total{status,transient}"] == 1
    assert after["work_lag_seconds_count{poll}"] == after["work_lag_seconds_count{submit}"] == 2
    assert after["delivery_lag_seconds_count"] == 1
    assert after["discord_calls_total{POST,/interactions/{id}/{token}/callback,200}"] == 1
    assert after["discord_calls_total{POST,/channels/{id}/messages,200}"] == 1
    assert (after["ready"], after["database_up"]) == (1, 1)
    assert {name for name, up in after.items() if name.startswith("loop_up") and not up} == set()


async def test_a_submit_without_an_answer_is_counted_as_unclear_and_its_money_as_billed(studio: Studio) -> None:
    studio.uniall.lists_jobs = False
    studio.uniall.scripts[PROMPT] = Script(submit=[cut])
    await studio.start(METRICS_LISTEN=HERE)
    card = await studio.person().slash("sora", prompt=PROMPT).message()
    await studio.discord.wait_for(lambda: studio.database.in_state("failed"))
    await studio.discord.wait_for(lambda: card.components)
    seen = await counted(studio, "ledger_usd_total{billed}")
    assert seen["submits_total{unclear}"] == 1
    assert seen["jobs_ended_total{unclear,failed}"] == 1
    assert seen["ledger_usd_total{billed}"] == seen["operator_used{month,usd}"] == pytest.approx(0.272)


async def test_every_line_about_a_job_carries_its_id_and_none_its_prompt(studio: Studio) -> None:
    studio.uniall.scripts[PROMPT] = Script(submit=[refuse(429)], poll=[refuse(500)], download=[refuse(500)])
    await studio.start(LOG_LEVEL="DEBUG")
    discord = studio.discord
    posts, edits = r"/channels/\d+/messages$", r"/channels/\d+/messages/\d+$"
    discord.fail_next("POST", posts, 429, retry_after=0.1)
    discord.fail_next("POST", posts, 400, code=50035)
    discord.fail_next("POST", posts, 400, code=20016)
    discord.fail_next("PATCH", edits, 429, retry_after=0.1)
    card = await studio.person().slash("sora", prompt=PROMPT).message()
    await studio.wait_card(card, "Done")
    [generation] = [job.id for job in studio.database.generations()]
    records = studio.bot.records()
    events = [str(record["event"]) for record in records]
    lines = records[events.index("accepted") :]
    told = " ".join(str(record["event"]) for record in lines)
    for event in ("submit_answered", "poll_failed", "download_refused"):
        assert event in told, told
    assert told.count("We are being rate limited.") == 2, told  # discord.py's own: the post and the card
    assert [record for record in lines if record.get("generation") != generation] == []
    assert PROMPT not in logs(studio.folder)


async def test_a_refused_cancel_is_logged_with_the_id_it_was_for(studio: Studio) -> None:
    rendering = asyncio.Event()
    studio.uniall.scripts[PROMPT] = Script(poll=[when(rendering)])
    await studio.start()
    mia = studio.person()
    card = await mia.slash("sora", prompt=PROMPT).message()
    [generation] = [job.id for job in studio.database.generations()]
    answer = await studio.person("Other").press(card, "Cancel").answer()
    assert answer.ephemeral
    rendering.set()
    refused = [record for record in studio.bot.records() if record["event"] == "refused"]
    assert [record["generation"] for record in refused] == [generation]


async def test_readyz_waits_for_the_gateway_and_for_its_return(studio: Studio) -> None:
    studio.discord.gateway.refusing = True
    studio.bot.env["METRICS_LISTEN"] = HERE
    await studio.bot.launch()
    await until(studio, "/readyz", (503, '{"ready": false, "missing": ["discord"]}\n'))
    assert await ask(studio, "/healthz") == (200, '{"healthy": true}\n')
    assert (await scrape(studio))["ready"] == 0
    studio.discord.gateway.refusing = False
    await until(studio, "/readyz", (200, '{"ready": true}\n'))
    studio.discord.gateway.refusing = True
    await studio.discord.gateway.drop()
    await until(studio, "/readyz", (503, '{"ready": false, "missing": ["discord"]}\n'))
    studio.discord.gateway.refusing = False
    await until(studio, "/readyz", (200, '{"ready": true}\n'))


async def test_readyz_names_what_a_start_that_hangs_waits_for(studio: Studio) -> None:
    login = studio.discord.fail_next("GET", "/users/@me$", "hang")
    studio.bot.env["METRICS_LISTEN"] = HERE
    await studio.bot.launch()
    await studio.discord.wait_for(lambda: login.hits)
    assert await ask(studio, "/readyz") == (503, '{"ready": false, "missing": ["loops", "discord"]}\n')
    assert (await scrape(studio))["database_up"] == 1
    login.release()
    await until(studio, "/readyz", (200, '{"ready": true}\n'))


async def test_a_stop_is_unready_at_once_and_healthy_to_its_end(studio: Studio) -> None:
    answering = asyncio.Event()
    studio.uniall.scripts[PROMPT] = Script(submit=[when(answering)])
    await studio.start(METRICS_LISTEN=HERE)
    await studio.person().slash("sora", prompt=PROMPT).message()
    await studio.discord.wait_for(lambda: studio.uniall.scripts[PROMPT].heard)
    stopping = asyncio.create_task(studio.bot.signal(signal.SIGTERM))
    await until(studio, "/readyz", (503, '{"ready": false, "missing": ["stopping"]}\n'))
    assert await ask(studio, "/healthz") == (200, '{"healthy": true}\n')
    assert (await scrape(studio))["jobs{submitting}"] == 1
    answering.set()
    assert await stopping == 0
    assert [job.state for job in studio.database.generations()] == ["submitted"]


async def test_without_the_setting_nothing_is_served(studio: Studio) -> None:
    await studio.start()
    await studio.bot.stop()
    assert "metrics_served" not in logs(studio.folder)


async def test_an_address_that_is_taken_ends_it_with_one_line(studio: Studio) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        studio.bot.env["METRICS_LISTEN"] = f"127.0.0.1:{port}"
        said = (await studio.command("run", code=1)).splitlines()
    assert said[-1] == (
        f"sora-bot: METRICS_LISTEN: nothing can listen on 127.0.0.1 port {port}: address already in use;"
        " choose another address or port"
    )
    assert studio.discord.requests() == []


async def test_an_address_that_is_none_is_a_wrong_setting(studio: Studio) -> None:
    studio.bot.env["METRICS_LISTEN"] = "9464"
    said = await studio.command("run", code=2)
    assert said == "sora-bot: METRICS_LISTEN is an address and a port, such as 127.0.0.1:9464 or [::1]:9464\n"
