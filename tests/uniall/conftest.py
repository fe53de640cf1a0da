"""A gateway, a place for videos, and a client between them."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from bot.uniall import UniAll
from tests.uniall.peer import Peer, peer

KEY = "sk-verysecretkey1234567890"


@pytest.fixture
async def gateway() -> AsyncGenerator[Peer, None]:
    async with peer() as standin:
        yield standin


@pytest.fixture
async def elsewhere() -> AsyncGenerator[Peer, None]:
    async with peer() as standin:
        yield standin


@pytest.fixture
async def client(gateway: Peer) -> AsyncGenerator[UniAll, None]:
    async with build(gateway, allow_local_media=True) as uniall:
        yield uniall


@pytest.fixture
async def strict(gateway: Peer) -> AsyncGenerator[UniAll, None]:
    """As in production: no video from a private address."""
    async with build(gateway) as uniall:
        yield uniall


def build(gateway: Peer, **options: Any) -> UniAll:
    """A client of this gateway with short deadlines."""
    settings: dict[str, Any] = {
        "submit_timeout": 0.4,
        "poll_timeout": 0.4,
        "connect_timeout": 0.3,
        "stall_timeout": 0.3,
        "download_backoff": 0.01,
        **options,
    }
    return UniAll(key=KEY, base_url=gateway.origin, **settings)
