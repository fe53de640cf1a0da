"""`/healthz`, `/readyz` and what else the address of METRICS_LISTEN answers, over real sockets."""

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
import structlog
import yarl

from bot.domain.errors import Unusable
from bot.domain.generation import Generation
from bot.domain.processes.shards import Shards
from bot.domain.queue.claims import Claim, Work
from bot.monitoring import logs
from bot.monitoring.health import Condition, GatewayBot
from bot.monitoring.health_server import HealthServer
from bot.monitoring.metrics.recorder import Metrics
from bot.runtime.own_process import OwnProcess, only_process
from bot.settings import Settings
from bot.storage.store import SqlStore
from bot.workers.loops import claim_loop as loops
from bot.workers.loops import supervisor as supervisors
from bot.workers.loops.claim_loop import ClaimLoop
from bot.workers.loops.supervisor import Running, Supervisor
from tests.errors import unusable
from tests.storage.life import START
from tests.tables import every_row


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = await SqlStore.open(tmp_path / "bot.db")
    yield store
    await store.close()


def settings(metrics_listen: str | None) -> Settings:
    return Settings.load(discord_token="t", uniall_api_key="k", metrics_listen=metrics_listen)


@dataclass
class Waiting:
    """A gateway whose shards another process holds."""

    waits_for: str | None


class Script(Running):
    """A loop that runs what it is given, one after another, and then waits for its stop."""

    finishes = True

    def __init__(self, name: str, *acts: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self._acts = list(acts)
        self._stop = asyncio.Event()

    async def run(self) -> None:
        if self._acts:
            await self._acts.pop(0)()
        await self._stop.wait()

    def stop(self) -> None:
        self._stop.set()


async def crash() -> None:
    raise RuntimeError("a fault of ours")


async def vanish() -> None:
    raise asyncio.CancelledError


class Health:
    """A health server with a supervisor behind it; `ask` answers status and JSON."""

    def __init__(self, condition: Condition) -> None:
        self.condition = condition
        self.server = HealthServer(condition, Metrics(), cast("Any", SimpleNamespace(now=lambda: START)))
        self.base = ""

    async def ask(self, path: str) -> tuple[int, Any]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.base}{path}") as answer:
            text = await answer.text()
            assert text.count("\n") == 1
            return answer.status, await answer.json()

    async def until(self, path: str, status: int) -> Any:
        while (found := await self.ask(path))[0] != status:  # noqa: ASYNC110 - it is a page that is asked
            await asyncio.sleep(0.01)
        return found[1]


def shards(ready: bool, unconnected: list[int], of: int = 1) -> GatewayBot:
    """A bot whose shards are as said."""
    bot = SimpleNamespace(is_ready=lambda: ready, unconnected=unconnected, shards=Shards.all_of(of))
    return cast("GatewayBot", bot)


@asynccontextmanager
async def serving(*running: Running, host: str = "127.0.0.1") -> AsyncGenerator[Health]:
    supervisor = Supervisor(running) if running else None
    shown = shards(False, [0])
    health = Health(Condition(bot=shown, store=None, supervisor=supervisor, stopping=False))
    address, port = await health.server.start(host, 0)
    health.base = f"http://{f'[{address}]' if ':' in address else address}:{port}"
    try:
        if supervisor:
            supervisor.start()
        yield health
    finally:
        if supervisor:
            await supervisor.drain(5)
        await health.server.stop()


async def test_healthz_is_well_before_the_loops_start_and_while_they_run() -> None:
    async with serving() as health:
        assert await health.ask("/healthz") == (200, {"healthy": True})
    async with serving(Script("poll"), Script("card")) as health:
        assert await health.ask("/healthz") == (200, {"healthy": True})


async def test_healthz_names_a_loop_that_crashes_and_trusts_it_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisors, "PAUSE", 0.01)
    async with serving(Script("poll", crash), Script("card")) as health:
        assert await health.until("/healthz", 503) == {"healthy": False, "down": ["poll"]}
        await asyncio.sleep(0.05)  # it runs again: not yet to be trusted
        assert (await health.ask("/healthz"))[0] == 503
        monkeypatch.setattr(supervisors, "TRUSTED_AFTER", 0.0)
        assert await health.until("/healthz", 200) == {"healthy": True}


async def test_healthz_names_a_loop_that_is_gone() -> None:
    async with serving(Script("card"), Script("poll", vanish)) as health:
        assert await health.until("/healthz", 503) == {"healthy": False, "down": ["poll"]}


async def test_healthz_names_a_loop_whose_claim_hangs_and_none_that_waits_for_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    claiming = asyncio.Event()

    async def hang(_: Claim, __: int) -> list[Generation]:
        claiming.set()
        await asyncio.Event().wait()
        return []

    async def nothing(_: Claim, __: int) -> list[Generation]:
        return []

    async def handle(*_: object) -> None:
        raise AssertionError

    async def next_due(_: Work) -> None:
        return None

    async def wait(*_: object) -> None:
        await asyncio.Event().wait()

    world: Any = SimpleNamespace(
        claim=lambda _seconds: Claim(owner="c", until=START),  # pyright: ignore[reportUnknownLambdaType]
        store=SimpleNamespace(next_due=next_due),
        process=only_process(),
        wake_signals=SimpleNamespace(wait=wait, send=lambda _work: None, wake=lambda _work: None),  # pyright: ignore[reportUnknownLambdaType]
    )
    idle = ClaimLoop(world, Work.FETCH, nothing, handle, width=1, lease=1)
    stuck = ClaimLoop(world, Work.POLL, hang, handle, width=1, lease=1)
    async with serving(idle, stuck) as health:
        await claiming.wait()
        assert (await health.ask("/healthz"))[0] == 200
        monkeypatch.setattr(loops, "STUCK", -1.0)
        assert await health.ask("/healthz") == (503, {"healthy": False, "down": ["poll"]})


async def test_a_stop_ends_loops_without_a_word_about_their_health() -> None:
    async with serving(Script("poll")) as health:
        supervisor = health.condition.supervisor
        assert supervisor is not None
        held = Script("held")
        held.stop = lambda: None
        draining = Supervisor([Script("poll"), held])
        draining.start()
        health.condition.supervisor, health.condition.stopping = draining, True
        drain = asyncio.create_task(draining.drain(30))
        await asyncio.sleep(0.05)
        assert await health.ask("/healthz") == (200, {"healthy": True})
        assert await health.ask("/readyz") == (503, {"ready": False, "missing": ["stopping"]})
        Script.stop(held)
        await drain


# -- the address


async def test_readyz_names_all_that_is_missing() -> None:
    async with serving() as health:
        missing = ["database", "loops", "discord"]
        assert await health.ask("/readyz") == (503, {"ready": False, "missing": missing})


async def test_readyz_follows_the_gateway(store: SqlStore) -> None:
    async with serving(Script("poll")) as health:
        for bot, missing in (
            (shards(False, [0]), ["discord"]),
            (shards(False, []), ["discord"]),
            (shards(True, [0]), ["discord"]),
            (shards(True, [2, 3], of=4), ["shard 2", "shard 3"]),
            (shards(True, []), []),
        ):
            health.condition.bot, health.condition.store = bot, store
            status, said = await health.ask("/readyz")
            assert (status, said.get("missing", [])) == (503 if missing else 200, missing)


async def test_a_standby_is_ready_and_one_that_the_database_does_not_hear_of_is_not(store: SqlStore) -> None:
    now = [100.0]
    async with serving(Script("poll")) as health:
        process = OwnProcess("a", alone=False, uptime=lambda: now[0])
        condition = health.condition
        condition.bot, condition.store, condition.process = shards(False, [0, 1], of=2), store, process
        condition.standby = Waiting("shards 0-1/2")
        assert await health.ask("/readyz") == (503, {"ready": False, "missing": ["heartbeat"]})
        process.confirm(began=now[0], leads=False)
        assert await health.ask("/readyz") == (200, {"ready": True, "standby_for": "shards 0-1/2"})
        condition.standby = Waiting(None)
        assert await health.ask("/readyz") == (503, {"ready": False, "missing": ["shard 0", "shard 1"]})
        condition.gateway = False
        assert await health.ask("/readyz") == (200, {"ready": True})


async def test_there_is_nothing_else() -> None:
    async with serving() as health, aiohttp.ClientSession() as session:
        for path in ("/", "/metrics/", "/favicon.ico", "/debug", "/..%2fetc/passwd"):
            async with session.get(yarl.URL(health.base + path, encoded=True)) as answer:
                assert answer.status == 404, path
        async with session.post(f"{health.base}/metrics", data=b"x" * 10_000) as answer:
            assert answer.status == 405


async def test_both_text_forms_of_prometheus_are_served() -> None:
    async with serving() as health, aiohttp.ClientSession() as session:
        for accept, kind in (("", "text/plain"), ("application/openmetrics-text", "application/openmetrics-text")):
            async with session.get(f"{health.base}/metrics", headers={"Accept": accept}) as answer:
                assert (answer.status, answer.content_type) == (200, kind)
                assert "sora_bot_submits_total" in await answer.text()


async def test_junk_on_the_port_is_no_traceback_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    kept, level = root.handlers, root.level
    logs.configure(form="json")
    try:
        async with serving() as health:
            port = yarl.URL(health.base).port
            for junk in (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n: :\r\n\r\n"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(junk)
                await reader.read()
                writer.close()
            assert (await health.ask("/healthz"))[0] == 200
    finally:
        root.handlers = kept
        root.setLevel(level)
        structlog.reset_defaults()
    assert "Traceback" not in capfd.readouterr().err


async def test_ipv6_is_served_too() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    async with serving(host="::1") as health:
        assert (await health.ask("/healthz"))[0] == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid", "192.0.2.1"])
async def test_an_address_that_cannot_be_had_is_one_line_that_names_it(host: str) -> None:
    server = HealthServer(cast("Any", None), Metrics(), cast("Any", None))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unusable) as caught:
            await server.start(host, port)
    said = str(caught.value)
    assert said.startswith(f"METRICS_LISTEN: nothing can listen on {host} port {port}: ")
    assert "\n" not in said
    await server.stop()


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        (" 0.0.0.0:0 ", ("0.0.0.0", 0)),
        ("localhost:65535", ("localhost", 65535)),
        ("[::1]:9464", ("::1", 9464)),
        ("[::ffff:127.0.0.1]:1", ("::ffff:127.0.0.1", 1)),
        (None, None),
    ],
)
def test_an_address_and_a_port_are_read(given: str | None, address: object) -> None:
    assert settings(given).metrics_address == address


@every_row(
    "given",
    [
        *(
            "9464",
            ":9464",
            "127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "127.0.0.1:999999",
            "127.0.0.1:-1",
            "::1:9464",
        ),
        *(
            "[::1]",
            "[::1:9464",
            "[localhost]:1",
            "http://127.0.0.1:9464",
            "127.0.0.1:9464/metrics",
            "a b:1",
            "h:٣",
            " ",
        ),
        *("127.0.0.1:9464\nx", "me@127.0.0.1:9464", "127.0.0.1:1:2"),
    ],
)
def test_what_is_no_address_and_port_is_one_sentence(given: str) -> None:
    assert unusable(lambda: settings(given)) == (
        "METRICS_LISTEN is an address and a port, such as 127.0.0.1:9464 or [::1]:9464"
    )
