"""A UniAll of one process: it takes every job, says how far it is, and gives the same video for each. It checks nothing.

    python -m benchmarks.standins.uniall [--seconds 60] [--video FILE] [--delay 0]

Prints {"port": N} once it listens, and runs until SIGTERM. seconds: how long a job renders; without it no job ever ends.
delay: seconds before each answer to a poll.
`GET /control/state` says how many submits, polls and downloads there were.
"""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from aiohttp import web

MODELS = tuple(f"sora2-{shape}-{seconds}s" for shape in ("landscape", "portrait") for seconds in (4, 8, 12))
_FOREVER = 1e9


class UniAll:
    """State and routes."""

    def __init__(self, seconds: float, video: Path | None, delay: float = 0.0) -> None:
        self._delay = delay
        self._seconds = seconds
        self._video = video
        self._begun: dict[str, float] = {}
        self._counts: Counter[str] = Counter()
        self.port = 0

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=2**26)
        for path in ("/v1/video/generations", "/v1/videos/generations", "/v1/videos"):
            app.router.add_post(path, self.submit)
        app.router.add_get("/v1/models", self.models)
        app.router.add_get("/v1/videos/{id}", self.poll)
        app.router.add_get("/files/{id}.mp4", self.download)
        app.router.add_get("/control/state", self.state)
        return app

    async def submit(self, request: web.Request) -> web.Response:
        """Take a job."""
        await request.read()
        self._counts["submits"] += 1
        job_id = f"job-{self._counts['submits']}"
        self._begun[job_id] = time.monotonic()
        return _json({"id": job_id, "status": "queued", "progress": 0, "created_at": int(time.time())})

    async def poll(self, request: web.Request) -> web.Response:
        """Say how far a job is; one that this process never took begins with its first poll."""
        if self._delay:
            await asyncio.sleep(self._delay)
        self._counts["polls"] += 1
        job_id = request.match_info["id"]
        passed = time.monotonic() - self._begun.setdefault(job_id, time.monotonic())
        if passed >= self._seconds:
            link = f"http://127.0.0.1:{self.port}/files/{job_id}.mp4"
            return _json({"id": job_id, "status": "completed", "progress": 100, "video_url": link})
        progress = min(99, int(passed) if self._seconds == _FOREVER else int(100 * passed / self._seconds))
        return _json({"id": job_id, "status": "in_progress", "progress": progress})

    async def download(self, _: web.Request) -> web.StreamResponse:
        """The video."""
        self._counts["downloads"] += 1
        if self._video is None:
            raise web.HTTPNotFound
        return web.FileResponse(self._video, headers={"Content-Type": "video/mp4"})

    async def models(self, _: web.Request) -> web.Response:
        """What the key may use."""
        return _json({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})

    async def state(self, _: web.Request) -> web.Response:
        """The counts, and the time that belongs to them."""
        return _json({**self._counts, "now": time.perf_counter()})


def _json(body: Any) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), content_type="application/json")


async def serve(uniall: UniAll) -> None:
    """Run until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    runner = web.AppRunner(uniall.app(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    uniall.port = runner.addresses[0][1]
    print(json.dumps({"port": uniall.port}), flush=True)
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=_FOREVER)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    chosen = parser.parse_args()
    asyncio.run(serve(UniAll(chosen.seconds, chosen.video, chosen.delay)))


if __name__ == "__main__":
    sys.exit(main())
