"""Whether Discord took an answer: the card is there, it was refused, or nobody can know.

A definite refusal means that nobody will see the card: everything is given back before anything is sent. Only where the
connection was lost in mid-answer, or Discord itself failed, is it in doubt; then the job goes on. An interaction that is
already answered (40060) was answered by an earlier try of ours, or by another copy of this bot: the id on its card tells.
"""

import asyncio
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

import discord
import structlog

from bot.domain import component_ids
from bot.domain.generation import Generation
from cogs._ui.refusals import services

log = structlog.stdlib.get_logger()

LOOK_TIMEOUT = 10.0
OWN_PLACEHOLDER = (0.5, 1.0, 2.0)  # seconds between looks at a placeholder that is ours, unless another copy fills it
# … and at one that another process has put there, which it may take long to fill.
OTHERS_PLACEHOLDER = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
ANSWERED_ALREADY = 40060
PASSING = (408,)  # of the 4xx the one that says that the request did not arrive whole
# What says of a token, or of a message of it, that it cannot be used any more: whoever asked cannot be told either.
SPEECHLESS = (10008, 10015, 10062, ANSWERED_ALREADY, 50027)


class Fate(StrEnum):
    """What became of an answer."""

    REFUSED = "refused"
    DOUBTFUL = "doubtful"
    ANSWERED = "answered"  # somebody has answered: an earlier try of ours, or another process


def fate(error: BaseException) -> Fate:
    """What an error says of the answer that it was raised for."""
    if isinstance(error, discord.RateLimited):
        return Fate.REFUSED
    if isinstance(error, discord.HTTPException) and 400 <= error.status < 500 and error.status not in PASSING:
        return Fate.ANSWERED if error.code == ANSWERED_ALREADY else Fate.REFUSED
    return Fate.DOUBTFUL


def may_be_told(error: BaseException) -> bool:
    """Whether whoever asked may still be answered though the card was refused."""
    return not (isinstance(error, discord.HTTPException) and (error.code in SPEECHLESS or error.status == 401))


def cards_on(message: discord.Message) -> set[str]:
    """The generations whose Cancel button a message really has."""
    found = (component_ids.parse(custom_id) for custom_id in _custom_ids(message.components))
    return {carried[0] for name, carried in found if name == "cancel" and carried}


def _custom_ids(parts: Sequence[Any]) -> Iterator[str]:
    for part in parts:
        if custom_id := getattr(part, "custom_id", None):
            yield str(custom_id)
        yield from _custom_ids(getattr(part, "children", ()))


async def look(interaction: discord.Interaction[Any]) -> discord.InteractionMessage | None:
    """The first answer as it stands now; None where there is none, or where it cannot be seen."""
    interaction._original_response = None  # discord.py would answer with what it saw before
    try:
        async with asyncio.timeout(LOOK_TIMEOUT):
            return await interaction.original_response()
    except Exception as error:  # noqa: BLE001 - also what discord.py cannot read: it tells nothing of the answer
        log.info("answer_not_seen", error=error)
        return None


async def find_card(interaction: discord.Interaction[Any], generation: Generation) -> discord.InteractionMessage | None:
    """The card of this generation, where an answer of ours was taken though Discord did not say so."""
    found = await look(interaction)
    return found if found is not None and generation.id in cards_on(found) else None


async def placeholder_is_ours(interaction: discord.Interaction[Any]) -> bool:
    """Whether "thinking…" stands there because of us, after a defer whose answer was lost. Another copy fills its own."""
    for pause in OWN_PLACEHOLDER:
        found = await look(interaction)
        if found is None or not found.flags.loading:
            return False
        await asyncio.sleep(pause)
    return True


async def find_other(interaction: discord.Interaction[Any], generation: Generation) -> None:
    """Another process has answered. Where it shows a card that is not in this database, this bot is one of two."""
    for pause in OTHERS_PLACEHOLDER:
        found = await look(interaction)
        if found is None:
            return
        if others := cards_on(found) - {generation.id}:
            for other in others:
                await services(interaction).second_copy.answered_elsewhere(other)
            return
        if not found.flags.loading:  # a refusal of its own: it tells nothing of whose it is
            return
        await asyncio.sleep(pause)
