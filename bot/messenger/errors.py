"""Translates discord.py's errors to those of the domain.

Discord's own code, and whether it may pass, determine the error. The code takes precedence over the status: some rate
limits come as 400, and a 403 or 404 without a code is a proxy's page, which says nothing about a message. Source:
Discord's list of error codes (topics/opcodes-and-status-codes).
"""

from collections.abc import Generator
from contextlib import contextmanager

import aiohttp
import discord

from bot.domain.errors import PostClosed, PostError, PostForbidden, PostGone, PostImpossible, PostTooLarge
from bot.system.discord_answers import unreadable

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
_TOO_LARGE = 40005
_HARMFUL_LINK = 240000
_GONE = (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE)
_CLOSED = (
    50083,  # the thread is archived
    160005,  # the thread is locked
)
# Refused for now, whatever the status: the same request may be accepted later.
_PASSING = frozenset(
    {
        0,  # a general error; a proxy's page has no code either
        20016,  # slow mode
        20022,  # edits of announcements
        20028,  # writes in this channel
        20029,  # writes in this server
        30046,  # edits of messages that are older than an hour
        40003,  # direct messages opened too fast
        40004,  # sending messages is switched off for a while
        40006,  # this feature is switched off for a while
        40058,  # the author of the forum post has not written yet
        40062,  # a service is limited
        40333,  # Discord's outer network refused it
        110000,  # an index is not ready
        130000,  # overloaded
    }
)


@contextmanager
def errors() -> Generator[None]:
    """Translate discord.py's errors to PostErrors inside the block.

    `PostGone`: will never work. Any other `PostImpossible`: will not work as things are. `PostTooLarge`: over the size
    limit. Any other PostError may be retried unchanged.
    """
    try:
        yield
    except discord.HTTPException as error:
        raise _kind(error)(_described(error)) from error
    except discord.RateLimited as error:
        raise PostError("Discord's rate limit", retry_after=error.retry_after) from error
    except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
        raise PostError(type(error).__name__) from error
    except Exception as error:
        if not unreadable(error):
            raise
        raise PostError("Discord's answer cannot be read") from error


def _kind(error: discord.HTTPException) -> type[PostError]:
    """Return the domain's error class."""
    if error.code == _TOO_LARGE or error.status == 413:
        return PostTooLarge
    if error.code in _PASSING or error.status not in (400, 403, 404):
        return PostError
    if error.code in _GONE:
        return PostGone
    if error.code in _CLOSED:
        return PostClosed
    return PostForbidden if error.status == 403 else PostImpossible


def filtered(error: Exception) -> bool:
    """Return whether Discord's link filter has refused a message because of its text."""
    return isinstance(error, discord.HTTPException) and error.code == _HARMFUL_LINK


def _described(error: discord.HTTPException) -> str:
    """Describe an error without Discord's message, which may quote a prompt."""
    return f"Discord {error.status} {error.code}"
