"""What discord.py sends and reads, as Discord's description has it."""

from collections.abc import Callable
from typing import Any

import discord
import discord.http
import pytest
from aiohttp import ClientSession, web

from bot.gateway.described_http import read_as_described, with_text_ids
from bot.system.discord_answers import unreadable

ID = 1_573_608_282_960_953_411


def test_ids_are_sent_as_strings_and_nothing_else_changes() -> None:
    reference = discord.MessageReference(message_id=ID, channel_id=ID + 1, guild_id=ID + 2).to_dict()
    body = {
        "content": "1573608282960953411",
        "flags": 1 << 15,
        "enforce_nonce": True,
        "allowed_mentions": discord.AllowedMentions(users=[discord.Object(ID)]).to_dict(),
        "message_reference": reference,
        "attachments": [{"id": 0, "filename": "a.mp4"}],
    }
    sent = with_text_ids(body)
    assert sent["allowed_mentions"]["users"] == [str(ID)]
    assert sent["message_reference"] == reference | {
        "message_id": str(ID),
        "channel_id": str(ID + 1),
        "guild_id": str(ID + 2),
    }
    assert sent["attachments"] == [{"id": "0", "filename": "a.mp4"}]
    assert {key: sent[key] for key in ("content", "flags", "enforce_nonce")} == {
        "content": "1573608282960953411",
        "flags": 32768,
        "enforce_nonce": True,
    }


@pytest.mark.parametrize(
    ("kind", "body", "read"),
    [
        ("application/json", '{"id": "1"}', {"id": "1"}),
        ("application/json; charset=utf-8", '{"id": "1"}', {"id": "1"}),
        ("text/plain", '{"id": "1"}', '{"id": "1"}'),
        ("application/json", "", ""),
    ],
)
async def test_json_is_read_as_json_whatever_else_its_type_says(kind: str, body: str, read: object) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body.encode(), headers={"Content-Type": kind})

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        async with (
            ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/", middlewares=(read_as_described,)) as response,
        ):
            assert await discord.http.json_or_text(response) == read
    finally:
        await runner.cleanup()


def test_an_answer_that_discord_py_cannot_read_is_told_from_a_fault_of_this_project() -> None:
    def caught(read: Callable[[], object]) -> BaseException:
        with pytest.raises((LookupError, TypeError, ValueError)) as found:
            read()
        return found.value

    page: Any = {"message": "200: OK", "code": 0}
    state: Any = None
    assert unreadable(caught(lambda: discord.Message(state=state, channel=state, data=page)))
    assert not unreadable(caught(lambda: dict[str, int]()["none"]))
    assert not unreadable(caught(lambda: int("no")))
    assert not unreadable(TimeoutError())
