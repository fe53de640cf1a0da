"""`sora-bot models`: what the key can use, and rows for what the catalogue lacks."""

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.cli.conftest import KEY, WRONG, Ran, Runner, nowhere, together

LISTED = ("sora2", "happy-horse-720p", "kling-v3-std-silent", "kling-v9[bold]", "gpt-5", "veo3.1-fast-video-720p")
HALF = """\
[[family]]
name = "Sora 2"
[[family.offer]]
model = "sora2"
format = "videos"
seconds = [4]
resolution = "720p"
usd_per_second = 0.068
"""


async def everything(folder: Path) -> dict[str, Ran]:
    async def models(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"code": "invalid_api_key", "message": "no"}}, status=401)
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in LISTED]})

    app = web.Application()
    app.router.add_get("/v1/models", models)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    known = {"UNIALL_API_KEY": KEY, "UNIALL_BASE_URL": f"http://127.0.0.1:{port}"}
    run = Runner(folder)
    try:
        return await together(
            {
                "all": run(known, "models"),
                "half": run(known | {"MODELS_FILE": "m.toml"}, "models", files={"m.toml": HALF.encode()}),
                "wrong key": run(known | {"UNIALL_API_KEY": WRONG}, "models"),
                "unreachable": run(known | {"UNIALL_BASE_URL": nowhere()}, "models"),
            }
        )
    finally:
        await runner.cleanup()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    return asyncio.run(everything(tmp_path_factory.mktemp("models")))


def line(ran: Ran, model: str) -> list[str]:
    """The cells of a model's row."""
    [found] = [line for line in ran.out.splitlines() if f" {model} " in line and "│" in line]
    return [cell.strip() for cell in found.strip("│").split("│")]


def test_each_model_has_a_row_with_what_it_can_do_and_whether_the_key_has_it(ran: dict[str, Ran]) -> None:
    assert ran["all"].code == 0
    assert line(ran["all"], "happy-horse-720p")[2:5] == ["yes", "3–15 s", "16:9, 9:16, 1:1, 4:3, 3:4"]
    assert line(ran["all"], "happy-horse-720p")[-2:] == ["seed", "0.0952"]
    assert line(ran["all"], "kling-v3-std-audio")[2] == "no"
    assert line(ran["all"], "kling-v3-std-silent")[2::4] == ["yes", "never"]
    assert line(ran["all"], "wan2.6-i2v-flash-720p-audio")[4:6] == ["the picture's", "needed, gives the shape"]
    assert line(ran["all"], "grok-imagine")[-1] == "about 0.07"


def rows(ran: Ran) -> dict[str, Any]:
    """What may be pasted into a models file."""
    return tomllib.loads(ran.out[ran.out.index("# The key's list has") :].split("\n\n\n", maxsplit=1)[0])


def test_what_the_catalogue_lacks_is_rows_to_paste_and_refused_until_they_are_filled_in(
    ran: dict[str, Ran], tmp_path: Path
) -> None:
    [family] = rows(ran["all"])["family"]
    assert (family["name"], family["offer"][0]["model"]) == ("kling-v9[bold]", "kling-v9[bold]")
    assert [one["name"] for one in rows(ran["half"])["family"]] == [
        *("happy-horse-720p", "kling-v3-std-silent", "kling-v9[bold]", "veo3.1-fast-video-720p")
    ]
    assert "do not look like video models: gpt-5" in ran["all"].out
    assert "out of use in the catalogue (enabled = false): veo3.1-fast-video-720p" in ran["all"].out


def test_without_the_list_the_table_says_that_it_does_not_know(ran: dict[str, Ran]) -> None:
    assert ran["unreachable"].code == 1
    assert line(ran["unreachable"], "happy-horse-720p")[2] == "?"
    assert "could not be listed" in ran["unreachable"].reason
    assert (ran["wrong key"].code, ran["wrong key"].out) == (78, "")
    assert "does not accept UNIALL_API_KEY" in ran["wrong key"].reason
