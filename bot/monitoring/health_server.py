"""Serves `/metrics`, `/healthz` and `/readyz` at METRICS_LISTEN, in the bot's own event loop.

`/healthz` is 200 while every loop runs (a blocked event loop answers nothing). `/readyz` is 200 while this process does its
part: the database has just heard of it, its loops run, and its shards are connected. A gateway whose shards another process
still holds is ready too, and says so, so that a rolling upgrade goes on to stop that one. Otherwise both are 503 with one
line of JSON that names the problem. There are no other pages, and nothing can be changed.

Imported only where METRICS_LISTEN is set: aiohttp's server takes more than a megabyte.
"""

import json
from collections.abc import Sequence

import structlog
from aiohttp import web

from bot.domain.errors import Unusable
from bot.monitoring.health import Condition
from bot.monitoring.metrics.recorder import Metrics
from bot.ports.system import Clock

log = structlog.stdlib.get_logger()

SHUTDOWN_SECONDS = 0.5


class HealthServer:
    """An HTTP server with three pages."""

    def __init__(self, condition: Condition, metrics: Metrics, clock: Clock) -> None:
        self._condition = condition
        self._metrics = metrics
        self._clock = clock
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Start to listen; port 0 picks a free one. Returns the address in use. Raises Unusable."""
        app = web.Application(client_max_size=1024)
        app.router.add_get("/metrics", self._show_metrics)
        app.router.add_get("/healthz", self._show_health)
        app.router.add_get("/readyz", self._show_ready)
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await self.stop()
            why = (error.strerror or str(error)).rpartition(": ")[2]
            do = "choose another address or port"
            raise Unusable(f"METRICS_LISTEN: nothing can listen on {host} port {port}: {why}; {do}") from error
        address, port, *_ = runner.addresses[0]
        log.info("metrics_served", address=address, port=port)
        return address, port

    async def stop(self) -> None:
        """Finish current responses and stop listening; idempotent."""
        runner, self._runner = self._runner, None
        if runner:
            await runner.cleanup()

    async def _show_metrics(self, request: web.Request) -> web.Response:
        now = self._condition
        page, media_type = await self._metrics.page(
            request.headers.get("Accept", ""),
            store=now.store,
            now=self._clock.now(),
            alive=now.alive(),
            ready=not now.missing(),
            process=now.process,
        )
        return web.Response(body=page, headers={"Content-Type": media_type})

    async def _show_health(self, _: web.Request) -> web.Response:
        return _verdict("healthy", "down", self._condition.down())

    async def _show_ready(self, _: web.Request) -> web.Response:
        waits_for = self._condition.waits_for
        return _verdict(
            "ready", "missing", self._condition.missing(), **({"standby_for": waits_for} if waits_for else {})
        )


def _verdict(good: str, name: str, wrong: Sequence[str], **more: str) -> web.Response:
    body = {good: not wrong, **({name: wrong} if wrong else more)}
    return web.Response(text=f"{json.dumps(body)}\n", content_type="application/json", status=503 if wrong else 200)
