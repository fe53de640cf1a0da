"""Decides whether Discord took a reply: the card is there, it was refused, or the outcome is unknown.

After a definite refusal nobody will see the card, so the reservation is given back before anything is sent. The outcome
is unknown only if the connection broke during the request, or if Discord itself failed; then the job goes on. An
interaction that is already answered (40060) was answered by an earlier attempt of ours or by another copy of this bot.
The generation id on its card tells which.
"""

import asyncio
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

import discord
import structlog

from bot.domain.generation import Generation
from bot.domain.messages import component_ids
from cogs._ui.refusals import services

log = structlog.stdlib.get_logger()

LOOK_TIMEOUT = 10.0
OWN_PLACEHOLDER = (0.5, 1.0, 2.0)  # seconds between looks at our own placeholder; another copy fills its own sooner
# The same for a placeholder of another process, which may take long to fill it.
OTHERS_PLACEHOLDER = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
ANSWERED_ALREADY = 40060
PASSING = (408,)  # the only 4xx status that means the request did not arrive whole
# Codes which say that a token or its message can no longer be used, so the member cannot be told either.
UNUSABLE_TOKEN = (10008, 10015, 10062, ANSWERED_ALREADY, 50027)


class ReplyOutcome(StrEnum):
    """The outcome of a reply."""

    REFUSED = "refused"
    DOUBTFUL = "doubtful"
    ANSWERED = "answered"  # an earlier attempt of ours, or another process, has replied


def outcome_of(error: BaseException) -> ReplyOutcome:
    """Return the outcome of the reply that raised this error."""
    if isinstance(error, discord.RateLimited):
        return ReplyOutcome.REFUSED
    if isinstance(error, discord.HTTPException) and 400 <= error.status < 500 and error.status not in PASSING:
        return ReplyOutcome.ANSWERED if error.code == ANSWERED_ALREADY else ReplyOutcome.REFUSED
    return ReplyOutcome.DOUBTFUL


def can_still_reply(error: BaseException) -> bool:
    """Return whether the member can still get a reply after the card was refused."""
    return not (isinstance(error, discord.HTTPException) and (error.code in UNUSABLE_TOKEN or error.status == 401))


def cards_on(message: discord.Message) -> set[str]:
    """Return the ids of the generations that a message's Cancel buttons name."""
    found = (component_ids.parse(custom_id) for custom_id in _custom_ids(message.components))
    return {carried[0] for name, carried in found if name == "cancel" and carried}


def _custom_ids(parts: Sequence[Any]) -> Iterator[str]:
    for part in parts:
        if custom_id := getattr(part, "custom_id", None):
            yield str(custom_id)
        yield from _custom_ids(getattr(part, "children", ()))


async def fetch_reply(interaction: discord.Interaction[Any]) -> discord.InteractionMessage | None:
    """Fetch the current first reply. None if there is none or it cannot be fetched."""
    interaction._original_response = None  # discord.py would return its cached copy
    try:
        async with asyncio.timeout(LOOK_TIMEOUT):
            return await interaction.original_response()
    except Exception as error:  # noqa: BLE001 - also a reply that discord.py cannot read: it proves nothing
        log.info("answer_not_seen", error=error)
        return None


async def find_card(interaction: discord.Interaction[Any], generation: Generation) -> discord.InteractionMessage | None:
    """Look for the card of this generation after a reply whose outcome is unknown."""
    found = await fetch_reply(interaction)
    return found if found is not None and generation.id in cards_on(found) else None


async def placeholder_is_ours(interaction: discord.Interaction[Any]) -> bool:
    """Return whether "thinking…" is there because of us, after a defer whose outcome is unknown.

    Another copy would fill its own.
    """
    for pause in OWN_PLACEHOLDER:
        found = await fetch_reply(interaction)
        if found is None or not found.flags.loading:
            return False
        await asyncio.sleep(pause)
    return True


async def check_other_reply(interaction: discord.Interaction[Any], generation: Generation) -> None:
    """Look at the reply of another process.

    A card that is not in this database means that two copies of this bot run.
    """
    for pause in OTHERS_PLACEHOLDER:
        found = await fetch_reply(interaction)
        if found is None:
            return
        if others := cards_on(found) - {generation.id}:
            for other in others:
                await services(interaction).second_copy.answered_elsewhere(other)
            return
        if not found.flags.loading:  # a refusal by the other process: it does not show whose it is
            return
        await asyncio.sleep(pause)
