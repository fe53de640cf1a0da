"""Models besides Sora, black-box: each gets the fields of its own page, and its video is posted as any other."""

import pytest

from tests.process.conftest import Studio, image, picture
from tests.standins.media_pages import Page
from tests.standins.shapes import JsonObject
from tests.standins.uniall import Script, video
from tests.standins.uniall_server import EVERY_MODEL

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKED: dict[str, tuple[JsonObject, JsonObject]] = {
    "from a picture": (
        {"model": "Kling 3 Std", "duration": 4, "image": image(picture(640, 480))},
        {"model": "kling-v3-std-audio", "duration": 4},
    ),
    "of a shape": (
        {"model": "Vidu Q3 Turbo 720p", "duration": 8, "orientation": "portrait"},
        {"model": "viduq3t-720p", "duration": 8, "aspect_ratio": "9:16"},
    ),
    "in pixels": ({"model": "Wan 2.6 720p"}, {"model": "wan2.6-video-720p", "duration": 5, "size": "1280*720"}),
    "with a constant": (
        {"model": "Grok Imagine"},
        {"model": "grok-imagine", "duration": 6, "aspect_ratio": "16:9", "size": "720p"},
    ),
}


async def test_every_model_gets_its_own_fields_and_its_video_is_posted(studio: Studio) -> None:
    uniall = studio.uniall
    uniall.models = EVERY_MODEL
    blocked = {"error": {"code": "moderation_blocked", "message": "No."}, "video_url": None, "result": None}
    uniall.scripts["blocked"] = Script(final=blocked)
    await studio.start()
    mia = studio.person()
    refused = await mia.slash("sora", prompt="from nothing", model="Wan 2.6 Flash 720p").answer()
    assert refused.ephemeral
    for prompt, (given, _) in ASKED.items():
        await mia.slash("sora", prompt=prompt, **given).message()
    card = await mia.slash("sora", prompt="blocked", model="Grok Imagine").message()
    await studio.wait_card(card, "Failed")
    await studio.wait_results(len(ASKED))

    assert {job.prompt for job in uniall.jobs.values()} == {*ASKED, "blocked"}
    for prompt, (_, fields) in ASKED.items():
        job = uniall.job(prompt)
        sent = {name: value for name, value in job.fields.items() if name not in ("prompt", "image")}
        assert (job.path, job.id[:5], sent) == ("/v1/video/generations", "task_", fields)
        assert (job.image is not None) == ("image" in job.fields) == (prompt == "from a picture")
    assert studio.posted() == sorted(video(uniall.job(prompt).id) for prompt in ASKED)
    await studio.settled(mia, len(ASKED))


NEW = """
[[family]]
name = "Nova"

[[family.offer]]
model = "nova-1"
format = "media"
seconds = [7, 9]
usd_per_second = 0.01
ratios = ["1:1"]
extra = { options = { quality = "high" } }
"""


async def test_a_model_that_nobody_has_seen_is_a_row_of_the_models_file(studio: Studio) -> None:
    (studio.folder / "new.toml").write_text(NEW, "utf-8")
    studio.uniall.models = ("nova-1",)
    studio.uniall.pages["nova-1"] = Page(lengths=(7, 9), ratios=("1:1",), places=frozenset({"options.quality"}))
    await studio.start(MODELS_FILE=str(studio.folder / "new.toml"))
    await studio.person().slash("sora", prompt="a star", model="Nova").message()
    await studio.wait_results(1)
    assert studio.uniall.job("a star").fields == {
        **{"model": "nova-1", "prompt": "a star", "duration": 7, "aspect_ratio": "1:1"},
        "options": {"quality": "high"},
    }
