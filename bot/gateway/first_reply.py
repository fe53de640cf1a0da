"""Sends the first reply to an interaction, and returns no more than the id of the message.

discord.py's own method also builds an object of the message that Discord sends back, which nobody needs of a card without
a picture. Everything else is discord.py's: the sender with its tries and limits, and the errors.
"""

from typing import Any, cast

import discord
from discord.http import MultipartParameters
from discord.webhook.async_ import async_context

from bot.gateway.described_http import Described

_KIND = discord.InteractionResponseType.channel_message
_COMPONENTS_V2 = discord.MessageFlags(components_v2=True).value


async def reply_with(interaction: discord.Interaction[Any], components: list[dict[str, Any]]) -> int:
    """Reply with a message of these components (V2) that pings nobody, and return its id. They hold no id as a number.

    Raises what `InteractionResponse.send_message` raises, and as that does LookupError, TypeError or ValueError for an
    answer that is not Discord's: then the reply may be there.
    """
    response, http = interaction.response, interaction._state.http
    if response.is_done():
        raise discord.InteractionResponded(interaction)
    message: dict[str, Any] = {"components": components, "flags": _COMPONENTS_V2, "allowed_mentions": {"parse": []}}
    body = Described(type=_KIND.value, data=message)
    answer = await async_context.get().create_interaction_response(
        interaction.id,
        interaction.token,
        session=interaction._session,
        proxy=http.proxy,
        proxy_auth=http.proxy_auth,
        params=MultipartParameters(payload=body, multipart=None, files=None),
    )
    response._response_type = _KIND
    return _message_id(cast("dict[str, Any]", answer))


def _message_id(answer: dict[str, Any]) -> int:
    about, resource = answer["interaction"], answer.get("resource")
    shown = resource.get("message") if resource else None
    return int(shown["id"] if shown else about["response_message_id"])
