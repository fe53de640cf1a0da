"""What an error says of an answer, and whose card a message is: by its buttons' ids, never by its words."""

from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
from discord.components import _component_factory

from cogs.cards import status_card
from cogs.cards.acknowledgement import ReplyOutcome, can_still_reply, cards_on, outcome_of
from tests.cogs.conftest import LONG_ID, generation, situations
from tests.tables import every_row


def http(status: int, code: int) -> discord.HTTPException:
    response = cast(Any, SimpleNamespace(status=status, reason="no"))
    return discord.HTTPException(response, {"message": "no", "code": code})


@every_row(
    ("error", "became", "told"),
    [
        (http(404, 10062), ReplyOutcome.REFUSED, False),
        (http(404, 10015), ReplyOutcome.REFUSED, False),
        (http(401, 50027), ReplyOutcome.REFUSED, False),
        (http(400, 50083), ReplyOutcome.REFUSED, True),
        (http(403, 50013), ReplyOutcome.REFUSED, True),
        (http(400, 50035), ReplyOutcome.REFUSED, True),
        (http(413, 40005), ReplyOutcome.REFUSED, True),
        (http(429, 0), ReplyOutcome.REFUSED, True),
        (discord.RateLimited(99), ReplyOutcome.REFUSED, True),
        (http(400, 40060), ReplyOutcome.ANSWERED, False),
        (http(408, 0), ReplyOutcome.DOUBTFUL, True),
        (http(500, 0), ReplyOutcome.DOUBTFUL, True),
        (http(503, 0), ReplyOutcome.DOUBTFUL, True),
        (aiohttp.ServerDisconnectedError(), ReplyOutcome.DOUBTFUL, True),
        (TimeoutError(), ReplyOutcome.DOUBTFUL, True),
    ],
)
def test_only_what_discord_says_is_a_refusal(error: Exception, became: ReplyOutcome, told: bool) -> None:
    assert (outcome_of(error), can_still_reply(error)) == (became, told)


def message(view: discord.ui.LayoutView) -> discord.Message:
    return cast(Any, SimpleNamespace(components=[_component_factory(cast(Any, part)) for part in view.to_components()]))


def test_a_card_is_known_by_its_button_and_not_by_what_a_member_wrote() -> None:
    words = "cancel:zzzzzzzzzzzzzzzzzzzz 'cancel:0123456789abcdefghjz'"
    [made, card_context] = next(iter(situations(words)))
    assert cards_on(message(status_card.render(made, card_context))) == {LONG_ID}
    longer = generation(id=f"{LONG_ID}x", prompt=words)
    assert LONG_ID not in cards_on(message(status_card.render(longer, card_context)))
