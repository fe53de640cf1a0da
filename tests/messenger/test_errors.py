"""What each of Discord's refusals means for a message, and whether it may pass."""

from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest

from bot.domain.errors import PostClosed, PostError, PostForbidden, PostGone, PostImpossible, PostTooLarge
from bot.messenger.errors import errors
from tests.tables import every_row


def refusal(status: int, code: int) -> discord.HTTPException:
    kinds: dict[int, type[discord.HTTPException]] = {403: discord.Forbidden, 404: discord.NotFound}
    response = cast(Any, SimpleNamespace(status=status, reason="No"))
    return kinds.get(status, discord.HTTPException)(response, {"code": code, "message": "no"} if code else "<html>")


@every_row(
    ("status", "code", "kind"),
    [
        (404, 10003, PostGone),
        (404, 10008, PostGone),
        (403, 50001, PostForbidden),
        (403, 50013, PostForbidden),
        (400, 50083, PostClosed),
        (400, 160005, PostClosed),
        (403, 160005, PostClosed),
        (413, 0, PostTooLarge),
        (400, 40005, PostTooLarge),
        (400, 50035, PostImpossible),
        (400, 240000, PostImpossible),
        (404, 10004, PostImpossible),
        *((400, code, PostError) for code in (0, 20016, 20022, 20028, 20029, 30046, 40004, 40006, 40062, 130000)),
        (403, 40333, PostError),
        (403, 0, PostError),  # a proxy's page
        (404, 0, PostError),
        (401, 0, PostError),
        (429, 30046, PostError),
        (503, 0, PostError),
    ],
)
def test_a_refusal_is_final_only_where_it_can_never_pass(status: int, code: int, kind: type[PostError]) -> None:
    with pytest.raises(PostError) as caught, errors():
        raise refusal(status, code)
    assert type(caught.value) is kind


@pytest.mark.parametrize("trouble", [aiohttp.ClientOSError(), TimeoutError(), ConnectionResetError()])
def test_a_lost_answer_is_never_final(trouble: Exception) -> None:
    with pytest.raises(PostError) as caught, errors():
        raise trouble
    assert type(caught.value) is PostError
