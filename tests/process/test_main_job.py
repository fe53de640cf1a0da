"""The main job, black-box: `/sora` to a video posted back."""

import asyncio
import itertools
import time

import pytest
from aiohttp import web

from tests.process.conftest import Studio, buttons, picture, said
from tests.standins.discord import Exchange, Invocation, Permission, Upload
from tests.standins.uniall import Script, say, video

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_member_gets_exactly_the_video_that_uniall_made(fresh: Studio) -> None:
    mia = fresh.person()
    invocation = mia.slash("sora", prompt="A cat running through grass", orientation="portrait", duration=12)
    answer = await invocation.answer()
    card = await invocation.message()
    assert (answer.type, answer.ephemeral) == (4, False)
    assert "A cat running through grass" in answer.text
    assert "$0.816" in answer.text
    [result] = await fresh.wait_results(1)
    [job] = fresh.uniall.jobs.values()
    assert (job.path, job.fields) == (
        "/v1/video/generations",
        {"model": "sora2-portrait-12s", "prompt": "A cat running through grass"},
    )
    assert result.attachments[0].data == video(job.id)
    assert result.reply_to is card
    assert result.pinged == {mia.id}
    closed = await fresh.wait_card(card, "Done")
    assert result.id in closed
    assert buttons(card) == []
    assert (fresh.used(), fresh.held()) == (1, 0)


async def test_a_quiet_video_costs_discord_a_card_a_post_and_a_closing_edit(fresh: Studio) -> None:
    fresh.discord.journal.clear()
    card = await fresh.person().slash("sora", prompt="quiet").message()
    await fresh.wait_card(card, "Done")
    asked = [(exchange.method, exchange.path.split("/")[1]) for exchange in fresh.discord.journal.exchanges]
    assert asked == [("POST", "interactions"), ("POST", "channels"), ("PATCH", "channels")]


async def test_progress_is_shown_at_most_every_five_seconds(fresh: Studio) -> None:
    go, percent = asyncio.Event(), itertools.count(1)

    async def rising(request: web.Request) -> web.StreamResponse | None:
        return None if go.is_set() else await say(status="in_progress", progress=min(next(percent), 99))(request)

    def edits() -> list[Exchange]:
        return fresh.discord.requests("PATCH", f"/messages/{card.id}")

    fresh.uniall.scripts["long"] = Script(always_poll=rising)
    began = time.monotonic()
    card = await fresh.person().slash("sora", prompt="long").message()
    await fresh.discord.wait_for(lambda: len(edits()) >= 2, "two edits")
    took = time.monotonic() - began
    assert len(edits()) <= took / 5 + 1
    assert all("%" in str(edit.body) for edit in edits())
    go.set()
    await fresh.wait_card(card, "Done")


@pytest.mark.parametrize(
    ("given", "path", "fields"),
    [
        (
            {"duration": 16, "orientation": "portrait"},
            "/v1/videos/generations",
            {
                "model": "sora2",
                "generation_mode": "text_to_video",
                "duration": 16,
                "aspect_ratio": "9:16",
                "resolution": "720p",
                "video_count": 1,
            },
        ),
        (
            {"model": "sora2-pro-1080p", "duration": 20},
            "/v1/video/generations",
            {"duration": 20, "aspect_ratio": "16:9"},
        ),
        ({"model": "sora-2-pro"}, "/v1/videos", {"model": "sora-2-pro", "seconds": "4", "size": "1280x720"}),
        ({"model": "sora2-landscape-8s"}, "/v1/video/generations", {"model": "sora2-landscape-8s"}),
    ],
)
async def test_each_format_carries_its_own_fields_only(
    fresh: Studio, given: dict[str, object], path: str, fields: dict[str, object]
) -> None:
    await fresh.person().slash("sora", prompt="p", **given).message()
    await fresh.wait_results(1)
    [job] = fresh.uniall.jobs.values()
    assert job.path == path
    assert fields.items() <= job.fields.items()
    known = {
        "/v1/video/generations": {"model", "prompt", "duration", "aspect_ratio"},
        "/v1/videos/generations": {*fields, "prompt"},
        "/v1/videos": {"model", "prompt", "seconds", "size"},
    }
    assert set(job.fields) <= known[path]


async def test_an_image_is_on_the_card_and_where_uniall_can_fetch_it(fresh: Studio) -> None:
    image = picture(form="WEBP")
    card = await fresh.person().slash("sora", prompt="move", image=Upload(filename="../../x.PNG", data=image)).message()
    await fresh.wait_results(1)
    [job] = fresh.uniall.jobs.values()
    assert [file.filename for file in card.attachments] == ["reference.webp"]
    assert job.image == card.attachments[0].data
    await fresh.wait_card(card, "Done")
    assert "reference.webp" in str(card.components)


async def test_an_image_for_the_openai_format_is_cut_to_exactly_the_asked_pixels(fresh: Studio) -> None:
    image = Upload(filename="x.jpg", data=picture(500, 500, "JPEG"))
    await fresh.person().slash("sora", prompt="move", model="sora-2", orientation="portrait", image=image).message()
    await fresh.wait_results(1)
    [job] = fresh.uniall.jobs.values()
    assert job.fields == {"model": "sora-2", "prompt": "move", "seconds": "4", "size": "720x1280"}
    assert job.image is not None
    assert (job.image[:8], job.image[16:24]) == (
        b"\x89PNG\r\n\x1a\n",
        (720).to_bytes(4, "big") + (1280).to_bytes(4, "big"),
    )


BAD: list[tuple[dict[str, object], str]] = [
    ({"prompt": ""}, "empty"),
    ({"prompt": "  \n "}, "empty"),
    ({"prompt": "\u200b\u2800\u3164\ufe0f"}, "empty"),
    ({"prompt": "x" * 4001}, "4,001"),
    ({"prompt": "x", "image": Upload(filename="a.png", data=b"just words")}, "PNG, JPEG or WebP"),
    ({"prompt": "x", "image": Upload(filename="a.png", data=b"")}, "empty"),
    ({"prompt": "x", "image": Upload(filename="a.png", data=b"\0" * (100 * 2**20))}, "too large"),
    ({"prompt": "x", "model": "no such model"}, "no such model"),
    ({"prompt": "x", "model": "sora2-portrait-8s", "orientation": "landscape"}, "Portrait of 8 s"),
    ({"prompt": "x", "model": "sora2-portrait-8s", "duration": 4}, "Portrait of 8 s"),
    ({"prompt": "x", "duration": 7}, "4, 8, 12, 16 or 20 s"),
    ({"prompt": "x", "orientation": "round"}, "round"),
]


async def test_bad_input_gets_one_private_sentence_and_nothing_is_spent(fresh: Studio) -> None:
    mia, before = fresh.person(), set(fresh.bot.media.iterdir())
    for given, words in BAD:
        answer = await mia.slash("sora", **given).answer()
        assert answer.ephemeral, given
        assert words in answer.text, (words, answer.text)
        assert "\n" not in answer.text
    assert fresh.uniall.jobs == {}
    assert len(fresh.database.generations()) == 0
    assert set(fresh.bot.media.iterdir()) == before


async def test_a_model_that_the_key_cannot_use_is_refused_before_anything_is_spent(studio: Studio) -> None:
    studio.uniall.models = ("sora2", "gpt-5")
    await studio.start()
    mia = studio.person()
    refused = await mia.slash("sora", prompt="x", model="sora2-pro-720p").answer()
    assert refused.ephemeral
    assert "not available" in refused.text
    await mia.slash("sora", prompt="x").message()
    await studio.wait_results(1)
    assert studio.uniall.job("x").fields["model"] == "sora2"
    offered = await mia.autocomplete("sora", "model", prompt="x", model="so").answer()
    assert [choice["value"] for choice in offered.choices] == ["Sora 2", "sora2"]


async def test_a_missing_permission_is_named_before_anything_is_spent(fresh: Studio) -> None:
    fresh.discord.revoke(fresh.discord.channel, Permission.ATTACH_FILES)
    answer = await fresh.person().slash("sora", prompt="x").answer()
    assert answer.ephemeral
    assert "Attach Files" in answer.text
    assert len(fresh.database.generations()) == 0


async def test_a_prompt_pings_nobody_and_breaks_no_card(fresh: Studio) -> None:
    other = fresh.person("Other")
    prompt = f"@everyone <@{other.id}> **b** ```x``` [a](http://e.vil) \u202eturned"
    card = await fresh.person().slash("sora", prompt=prompt).message()
    await fresh.wait_card(card, "Done")
    [result] = fresh.results()
    assert other.id not in card.pinged | result.pinged
    assert "\u202e" not in said(card)
    [job] = fresh.uniall.jobs.values()
    assert job.prompt == prompt.replace(f"<@{other.id}>", "@Other")


async def test_fifty_commands_a_second_are_each_answered_with_the_card(studio: Studio) -> None:
    studio.uniall.seconds = 600
    await studio.start()
    people = [studio.person(f"m{number}") for number in range(10)]
    started = time.monotonic()
    invocations: list[Invocation] = []
    for number in range(100):
        await asyncio.sleep(max(0.0, started + number / 50 - time.monotonic()))
        invocations.append(people[number % 10].slash("sora", prompt=f"p{number}"))
    answers = await asyncio.gather(*(invocation.first_answer() for invocation in invocations))
    # A busy machine says first that it takes a moment; the card comes all the same.
    assert {(answer.type, answer.ephemeral) for answer in answers} <= {(4, False), (5, False)}
    shown = lambda: [job for job in studio.database.generations() if job.card_message_id]  # noqa: E731
    for count in range(10, 101, 10):
        await studio.discord.wait_for(lambda count=count: len(shown()) >= count, f"{count} cards")


async def test_usage_and_help_answer_only_the_one_who_asks(studio: Studio) -> None:
    await studio.start(DEFAULT_QUOTA="5 videos per day, 3 usd per day")
    mia = studio.person()
    await mia.slash("sora", prompt="x").message()
    await studio.wait_results(1)
    usage = await mia.slash("usage").answer()
    assert usage.ephemeral
    assert "5 videos per day" in usage.text
    assert "1 video used" in usage.text
    assert "<t:" in usage.text
    help_ = await mia.slash("help").answer()
    assert help_.ephemeral
    assert "Sora 2 Pro 1080p · $0.34" in help_.text


async def test_parallel_commands_cannot_pass_a_quota_together(studio: Studio) -> None:
    await studio.start(DEFAULT_QUOTA="5 videos per day, 0.60 usd per day")
    mia = studio.person()
    answers = await asyncio.gather(*(mia.slash("sora", prompt=f"p{number}").answer() for number in range(20)))
    assert sum(not answer.ephemeral for answer in answers) == 2
    refused = next(answer for answer in answers if answer.ephemeral)
    assert "$0.60 per day" in refused.text
    assert "<t:" in refused.text
    await studio.wait_results(2)
    assert len(studio.uniall.jobs) == 2


async def test_one_member_cannot_have_more_than_twenty_five_jobs_open(studio: Studio) -> None:
    studio.uniall.seconds = 600
    await studio.start()
    mia = studio.person()
    answers = [await mia.slash("sora", prompt=f"p{number}").answer() for number in range(26)]
    assert [answer.ephemeral for answer in answers] == [False] * 25 + [True]
    assert "25" in answers[-1].text
