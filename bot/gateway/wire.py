"""What discord.py sends and reads, held to Discord's own description.

discord.py writes ids as numbers in some places (`allowed_mentions.users`, `message_reference`, `attachments`), where the
description has strings, and reads a body as JSON only where its type has no parameters.
"""

import json
import traceback
from collections.abc import Mapping
from typing import Any, cast

import aiohttp
import discord.http
import discord.utils
import discord.webhook.async_

_SMALLEST_ID = 10**15  # ids are times in milliseconds, shifted; no other number that is sent is nearly as large


_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)


def unreadable(error: BaseException) -> bool:
    """Whether discord.py has failed over an answer that is none of Discord's: a proxy's page under 200, or half of an answer.

    Nobody knows then what became of the request. What goes wrong in this project's own code is none of that.
    """
    if not isinstance(error, _UNREADABLE):
        return False
    modules = [str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)]
    known = [name for name in modules if name.partition(".")[0] in ("bot", "cogs", "discord")]
    return bool(known) and (known[-1] == __name__ or known[-1].startswith("discord."))


def with_text_ids(body: Any) -> Any:
    """The same body with ids as strings."""
    if isinstance(body, Mapping):
        found = {key: with_text_ids(value) for key, value in cast("Mapping[str, Any]", body).items()}
        for file in found.get("attachments") or ():
            if "id" in file:
                file["id"] = str(file["id"])
        return found
    if isinstance(body, list | tuple):
        return [with_text_ids(value) for value in cast("list[Any]", body)]
    return str(body) if isinstance(body, int) and body >= _SMALLEST_ID else body


def _to_json(body: Any) -> str:
    return json.dumps(with_text_ids(body), separators=(",", ":"), ensure_ascii=True)


async def _read(response: aiohttp.ClientResponse) -> Any:
    text = await response.text(encoding="utf-8")
    return json.loads(text) if response.content_type == "application/json" and text else text


def hold_to_description() -> None:
    """Put both in place; for every client of this process."""
    discord.utils._to_json = _to_json
    discord.http.json_or_text = _read
    discord.webhook.async_.json_or_text = _read  # pyright: ignore[reportPrivateImportUsage]
