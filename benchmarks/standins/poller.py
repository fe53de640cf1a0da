"""A client of a few lines that asks UniAll how jobs are doing, as fast as it can: what the bot's polls are compared with.

    python -m benchmarks.standins.poller {httpx,httpx-aiohttp,aiohttp} --origin URL --at-once 200 --seconds 3

Prints {"polls": N, "seconds": S, "cpu": C}. It reads each answer as JSON and keeps nothing.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import httpx_aiohttp

Poll = Callable[[str], Awaitable[Any]]
HEADERS = {"Authorization": "Bearer key"}


@asynccontextmanager
async def client(name: str, at_once: int) -> AsyncGenerator[Poll]:
    """One of the three, with a connection for each poll at a time."""
    if name == "aiohttp":
        connector = aiohttp.TCPConnector(limit=at_once)
        async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:

            async def by_aiohttp(url: str) -> Any:
                async with session.get(url) as answer:
                    return await answer.json()

            yield by_aiohttp
        return
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    kind = httpx.AsyncClient if name == "httpx" else httpx_aiohttp.HttpxAiohttpClient
    async with kind(limits=limits, headers=HEADERS, timeout=60) as opened:

        async def by_httpx(url: str) -> Any:
            return (await opened.get(url)).json()

        yield by_httpx


async def run(name: str, origin: str, at_once: int, seconds: float) -> None:
    """Warm up for half a second, then measure."""
    polls = 0
    async with client(name, at_once) as poll:

        async def one(number: int, end: float) -> None:
            nonlocal polls
            while time.perf_counter() < end:
                await poll(f"{origin}/v1/videos/job-{number}")
                polls += 1

        for span in (0.5, seconds):
            polls, begun, used = 0, time.perf_counter(), time.process_time()
            await asyncio.gather(*(one(number, begun + span) for number in range(at_once)))
        took = time.perf_counter() - begun
        print(json.dumps({"polls": polls, "seconds": took, "cpu": time.process_time() - used}), flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client", choices=("httpx", "httpx-aiohttp", "aiohttp"))
    parser.add_argument("--origin", required=True)
    parser.add_argument("--at-once", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3)
    chosen = parser.parse_args()
    asyncio.run(run(chosen.client, chosen.origin, chosen.at_once, chosen.seconds))


if __name__ == "__main__":
    main()
