"""Neither the token, nor the key, nor an interaction's token is ever written down: logs, errors, database, media, metrics."""

import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.conftest import SQLITE
from tests.process.conftest import Studio, picture
from tests.process.stage import play, play_waiting, staged
from tests.standins.discord import Upload
from tests.standins.uniall import Script, answer, cut, refuse, say

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "sk-Zx81QqLm47vTnRw93KsYpB26"
PASSWORD = "pw-of-the-database-4711"


@dataclass(slots=True)
class Told:
    """A folder with all that a run has left, and what else it has said. `secrets` by name."""

    folder: Path
    secrets: dict[str, str]
    said: dict[str, str] = field(default_factory=dict[str, str])


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


async def run_through_failures(studio: Studio, told: Told) -> None:
    """What the bot logs most: refusals that repeat the key, lost answers, limits, errors of every route."""
    discord, base = studio.discord, studio.uniall.base_url
    echo = f"Incorrect API key provided: {KEY}. Header was Authorization: Bearer {KEY}"
    mia = studio.person()
    for path in (r"/callback$", r"^/webhooks/"):
        discord.fail_next("POST", path, 429, retry_after=0.05)
        discord.fail_next("POST", path, 500, after_processing=True)
    await mia.slash("usage").answer()
    await mia.slash("help").answer()
    discord.fail_next("POST", r"/callback$", "reset")
    mia.slash("usage")
    discord.fail_next("POST", r"^/channels/\d+/messages$", 403, code=50013)
    discord.fail_next("PATCH", r"^/channels/\d+/messages/", 400, code=50035)
    scripts = {
        "refused": Script(submit=[refuse(400, "invalid_request", echo)]),
        "failed": Script(always_poll=say(status="failed", error={"code": "x", "message": echo})),
        "a word": Script(poll=[say(status=echo), say(status=KEY)]),
        "401": Script(poll=[refuse(401, "invalid_api_key", echo)]),
        "a page": Script(poll=[answer(f"<html>{echo}</html>", status=502, kind="text/html")]),
        "cut": Script(submit=[cut]),
        "a link with the key": Script(final={"video_url": f"{base}/files/job-1.mp4?key={KEY}"}),
        "a download": Script(download=[refuse(403, "forbidden", echo), refuse(500, "x", echo)]),
        "a video": Script(),
    }
    jobs = [await play(studio, name, script) for name, script in scripts.items()]
    jobs.append(await play(studio, "an image", image=Upload(data=picture())))
    await discord.wait_for(lambda: not studio.database.running(), "all settled")
    await play_waiting(studio, "running when the machine fails")
    async with aiohttp.ClientSession() as session:
        for page in ("metrics", "healthz", "readyz", "nothing"):
            async with session.get(f"http://{studio.bot.env['METRICS_LISTEN']}/{page}") as got:
                told.said[page] = await got.text()
    tokens = [part for exchange in discord.requests() for part in exchange.path.split("/") if len(part) == 64]
    told.secrets |= {f"interaction {number}": token for number, token in enumerate(dict.fromkeys(tokens))}


async def run_other_commands(studio: Studio, told: Told) -> None:
    """What the other commands say, above all where they fail."""
    uniall = studio.uniall
    told.said["check"] = await studio.command("check")
    uniall.next_submit.append(refuse(400, "invalid_request", f"bad key {KEY}"))
    told.said["generate"] = await studio.command("generate", "a fox", code=1)
    uniall.key = "sk-another-key-than-before"
    told.said["check, key refused"] = await studio.command("check", code=1)
    told.said["verify"] = await studio.command("db", "verify")
    if studio.bot.address is None:
        told.said["backup"] = await studio.command("db", "backup", str(studio.folder / "saved.db"))
    studio.bot.env["DATABASE_URL"] = f"sqlite:///{studio.folder / 'empty.db'}"  # without a job that needs care
    told.said["run, key refused"] = await studio.command("run", code=78)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["json", "console"])
async def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    """A run at LOG_LEVEL=DEBUG through failures of every kind, ended by SIGKILL, so that nothing is tidied up."""
    form = str(request.param)
    settings = {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": form, "METRICS_LISTEN": f"127.0.0.1:{free_port()}"}
    async with staged(tmp_path_factory.mktemp("secrets"), start=False, **settings) as studio:
        studio.uniall.key = studio.bot.env["UNIALL_API_KEY"] = KEY
        studio.uniall.lists_jobs = False
        secrets = {"the token": studio.discord.token, "the key": KEY, "the key without sk-": KEY.removeprefix("sk-")}
        told = Told(studio.folder, secrets)
        if studio.bot.address:
            secrets["the database's password"] = PASSWORD
            studio.bot.env["DATABASE_URL"] = studio.bot.address.replace("//sora@", f"//sora:{PASSWORD}@")
        await studio.start()
        await run_through_failures(studio, told)
        await studio.bot.kill()
        for file in studio.folder.glob("sora-bot.db*"):  # the next to open them folds one into the other
            shutil.copy(file, studio.folder / f"{file.name}.left")
        if form == "json":
            await run_other_commands(studio, told)
        yield told


async def test_no_secret_is_in_any_file_that_a_run_leaves_behind(told: Told, engine: str) -> None:
    files = [path for path in told.folder.rglob("*") if path.is_file()]
    kinds = {path.suffix for path in files}
    assert {".err", ".mp4", ".png", *((".db", ".left") if engine == SQLITE else ())} <= kinds
    logged = sum(path.stat().st_size for path in files if path.suffix == ".err")
    assert logged > 10_000, "there is something to look through"
    assert len(told.secrets) > 12, "tokens of interactions, too"
    for path in files:
        content = path.read_bytes()
        found = [name for name, secret in told.secrets.items() if secret.encode() in content]
        assert not found, (path.name, found)


async def test_no_secret_is_in_what_the_metrics_and_the_other_commands_say(told: Told) -> None:
    assert "sora" in told.said["metrics"]
    for place, words in told.said.items():
        found = [name for name, secret in told.secrets.items() if secret in words]
        assert not found, (place, found)


async def test_a_token_that_discord_refuses_is_not_repeated(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with staged(tmp_path_factory.mktemp("refused"), start=False, LOG_LEVEL="DEBUG") as studio:
        wrong = studio.bot.env["DISCORD_TOKEN"] = "MTk4NjIyNDgzNDcxOTI1MjQ4.wrong.Zx81QqLm47vTnRw93KsYpB26"
        said = [await studio.command("run", code=78), await studio.command("check", code=1)]
        assert all(words for words in said)
        assert wrong not in "".join(said)
        assert wrong.rpartition(".")[2] not in "".join(said)
        await studio.command("db", "upgrade")
