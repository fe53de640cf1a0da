"""What is sent to Discord again after a connection that broke, and which error tells how it ended."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest

from bot.gateway.broken_answers import FIRST, LATER, pauses, through_breaks


def refused(status: int, code: int) -> discord.HTTPException:
    """An error that Discord answers."""
    return discord.HTTPException(cast(Any, SimpleNamespace(status=status, reason="")), {"code": code, "message": ""})


def sender(outcomes: list[Exception | str]) -> Callable[[], Any]:
    """Each attempt has the next of these outcomes."""

    async def send() -> str:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return send


@pytest.mark.parametrize(
    ("method", "path", "payload", "expected"),
    [
        ("POST", "/interactions/{webhook_id}/{webhook_token}/callback", {"type": 4}, FIRST),
        ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original", {}, LATER),
        ("DELETE", "/webhooks/{webhook_id}/{webhook_token}/messages/@original", None, LATER),
        ("POST", "/webhooks/{webhook_id}/{webhook_token}", {"flags": 64}, LATER),
        ("POST", "/webhooks/{webhook_id}/{webhook_token}", {"flags": 1 << 15}, ()),
        ("POST", "/webhooks/{webhook_id}/{webhook_token}", None, ()),
    ],
)
def test_nothing_that_everyone_would_see_twice_is_sent_again(
    method: str, path: str, payload: dict[str, Any] | None, expected: tuple[float, ...]
) -> None:
    assert pauses(method, path, payload) == expected


async def test_an_answer_is_sent_until_it_arrives_or_discord_says_more_than_that_it_is_over() -> None:
    broken, last = aiohttp.ServerDisconnectedError(), ConnectionResetError()
    assert await through_breaks(sender([broken, "sent"]), (0, 0)) == "sent"
    for outcomes, error in (
        ([broken, broken, last], last),
        ([broken, taken := refused(400, 40060)], taken),
        ([broken, refused(404, 10062)], broken),  # the first may have been taken
        ([late := refused(404, 10062)], late),
    ):
        with pytest.raises(type(error)) as raised:
            await through_breaks(sender(list(outcomes)), (0, 0))
        assert raised.value is error
