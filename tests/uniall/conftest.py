"""A gateway, a place for videos, and a client between them."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from bot.uniall import UniAll
from tests.uniall.peer import Peer, peer

KEY = "sk-verysecretkey1234567890"
# For a peer that never ends its answer. A submit may take a third of its time to connect.
HURRY = {"submit_timeout": 3.0, "poll_timeout": 1.0, "stall_timeout": 1.0}


def endless(*values: object) -> Any:
    """A case whose peer never ends its answer."""
    return pytest.param(*values, marks=pytest.mark.endless)


@pytest.fixture
async def gateway() -> AsyncGenerator[Peer, None]:
    async with peer() as standin:
        yield standin


@pytest.fixture
async def elsewhere() -> AsyncGenerator[Peer, None]:
    async with peer() as standin:
        yield standin


@pytest.fixture
async def client(gateway: Peer, request: pytest.FixtureRequest) -> AsyncGenerator[UniAll, None]:
    hurry = HURRY if request.node.get_closest_marker("endless") else {}
    async with build(gateway, allow_local_media=True, **hurry) as uniall:
        yield uniall


@pytest.fixture
async def strict(gateway: Peer) -> AsyncGenerator[UniAll, None]:
    """As in production: no video from a private address."""
    async with build(gateway) as uniall:
        yield uniall


def build(gateway: Peer, **options: Any) -> UniAll:
    """A client of this gateway. Nobody waits for its deadlines: a call that needs one hangs until the test is ended."""
    deadlines = dict.fromkeys(("submit_timeout", "poll_timeout", "connect_timeout", "stall_timeout"), 3600.0)
    settings: dict[str, Any] = {**deadlines, "download_backoff": 0.01, **options}
    return UniAll(key=KEY, base_url=gateway.origin, **settings)
