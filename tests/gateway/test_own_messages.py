"""What the bot itself has posted comes back by the gateway; of that, only replies concern anybody."""

from types import SimpleNamespace
from typing import Any

import pytest

from bot.gateway.client import SoraBot


@pytest.mark.parametrize(
    ("author", "more", "is_read"),
    [("1", {}, False), ("1", {"message_reference": {"message_id": "5"}}, True), ("2", {}, True)],
)
async def test_of_its_own_messages_the_bot_reads_replies_only(
    author: str, more: dict[str, Any], *, is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = SoraBot(())
    monkeypatch.setattr(bot._connection, "user", SimpleNamespace(id=1))
    read: list[Any] = []
    monkeypatch.setattr(bot, "_read_message", read.append)
    message = {"id": "9", "channel_id": "7", "guild_id": "8", "author": {"id": author}, **more}
    bot._connection.parsers["MESSAGE_CREATE"](message)
    assert read == ([message] if is_read else [])
