"""The first reply to an interaction, sent without discord.py's object of the message."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord.webhook.async_ import async_context, interaction_message_response_params

from bot.gateway.first_reply import reply_with
from cogs._ui import layout

CARD = layout.Layout(layout.box([layout.text("> a cat"), layout.buttons("abc", "cancel")], discord.Colour.red()))


class Adapter:
    """Stands for discord.py's sender: keeps what is sent, and answers."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.answer: Any = {"interaction": {"id": "1", "response_message_id": "77"}}

    async def create_interaction_response(self, *_: Any, params: Any, **__: Any) -> Any:
        self.sent.append(params.payload)
        return self.answer


@pytest.fixture
def adapter() -> Iterator[Adapter]:
    made = Adapter()
    before = async_context.set(cast("Any", made))
    yield made
    async_context.reset(before)


def interaction() -> Any:
    http = SimpleNamespace(proxy=None, proxy_auth=None)
    asked: Any = SimpleNamespace(id=1, token="t", _session=None, _state=SimpleNamespace(http=http))
    asked.response = discord.InteractionResponse(asked)
    return asked


async def test_it_sends_what_discord_py_would_send(adapter: Adapter) -> None:
    nobody = discord.AllowedMentions.none()
    own = interaction_message_response_params(type=4, view=CARD, files=[], allowed_mentions=nobody).payload
    assert await reply_with(interaction(), CARD.to_components()) == 77
    [sent] = adapter.sent
    assert own is not None
    defaults: dict[str, Any] = {"tts": False, "attachments": []}
    assert sent | {"data": defaults | sent["data"]} == own


async def test_the_id_is_that_of_the_message_where_discord_sends_it_back(adapter: Adapter) -> None:
    adapter.answer = {"interaction": {"id": "1"}, "resource": {"type": 4, "message": {"id": "78"}}}
    assert await reply_with(interaction(), CARD.to_components()) == 78


async def test_an_interaction_is_replied_to_once(adapter: Adapter) -> None:
    asked = interaction()
    await reply_with(asked, CARD.to_components())
    with pytest.raises(discord.InteractionResponded):
        await reply_with(asked, CARD.to_components())
    assert len(adapter.sent) == 1


@pytest.mark.parametrize("answer", ["<html>200: OK</html>", "", {}, {"interaction": {"id": "1"}}])
async def test_an_answer_that_is_not_discords_leaves_the_interaction_replied_to(adapter: Adapter, answer: Any) -> None:
    adapter.answer, asked = answer, interaction()
    with pytest.raises((LookupError, TypeError, ValueError)):
        await reply_with(asked, CARD.to_components())
    assert asked.response.is_done()
