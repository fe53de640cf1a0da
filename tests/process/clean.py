"""What holds after every test of the whole bot."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.standins.discord import Exchange
from tests.standins.openapi import openapi_spec
from tests.standins.shapes import JsonObject, is_object

if TYPE_CHECKING:
    from tests.process.conftest import Studio


def logs(folder: Path) -> str:
    """Everything the bot has logged."""
    return "".join(file.read_text() for file in sorted(folder.glob("run-*.err")))


def may_ping(exchange: Exchange) -> bool:
    """Whether a message was posted or edited without saying that nobody but those named may be pinged by it."""
    data: JsonObject = exchange.body if is_object(exchange.body) else {}
    inner: JsonObject = data.get("data") or {}
    if exchange.path.endswith("/callback"):
        data = inner if data.get("type") in (4, 7) else {}
    elif exchange.method not in ("POST", "PATCH") or not re.search("/messages|^/webhooks/", exchange.path):
        return False
    allowed: JsonObject = data.get("allowed_mentions") or {}
    shows = any(data.get(part) for part in ("content", "embeds", "components"))
    return shows and allowed.get("parse") != []


async def assert_clean(studio: "Studio") -> None:
    """What holds after every test of the whole bot; stops it.

    It ends with code 0. All that Discord was sent fits its description and pings nobody by accident. No traceback and no
    secret is in the log. The balances agree with the ledger.
    """
    if studio.bot.running:
        assert await studio.bot.stop() == 0
    exchanges = studio.discord.journal.exchanges
    if (description := openapi_spec()) is not None:
        wrong = [fault for exchange in exchanges if exchange.whole for fault in description.violations(exchange)]
        assert not wrong, wrong[:3]
    careless = [exchange for exchange in exchanges if may_ping(exchange)]
    assert not careless, careless[:3]
    log = logs(studio.folder)
    assert "Traceback" not in log, log[-4000:]
    assert studio.discord.token not in log
    assert studio.uniall.key not in log
    assert await studio.differences() == []
