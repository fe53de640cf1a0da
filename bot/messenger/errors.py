"""discord.py's errors, as those of the domain.

What Discord refuses is told apart by its own code, and by whether it may pass. The code decides before the status does:
some limits come as 400, and a 403 or 404 without a code is a proxy's page, which says nothing about a message.
Source: Discord's list of error codes (topics/opcodes-and-status-codes).
"""

from collections.abc import Generator
from contextlib import contextmanager

import aiohttp
import discord

from bot.domain.errors import PostClosed, PostError, PostForbidden, PostGone, PostImpossible, PostTooLarge
from bot.runtime.unreadable import unreadable

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
_TOO_LARGE = 40005
_HARMFUL_LINK = 240000
_GONE = (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE)
_CLOSED = (
    50083,  # the thread is archived
    160005,  # the thread is locked
)
# Refused for now, whatever the status: the very same request may be taken later.
_PASSING = frozenset(
    {
        0,  # an error of no kind; a proxy's page has no code either
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
    """discord.py's errors as PostErrors.

    `PostGone` will never work, any other `PostImpossible` not as things are, `PostTooLarge` is over what the place takes,
    every other may be tried again as it is.
    """
    try:
        yield
    except discord.HTTPException as error:
        raise _kind(error)(_said(error)) from error
    except discord.RateLimited as error:
        raise PostError("Discord's rate limit", retry_after=error.retry_after) from error
    except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
        raise PostError(type(error).__name__) from error
    except Exception as error:
        if not unreadable(error):
            raise
        raise PostError("Discord's answer cannot be read") from error


def _kind(error: discord.HTTPException) -> type[PostError]:
    """Which of the domain's errors it is."""
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
    """Whether Discord's link filter has refused a message for what is written in it."""
    return isinstance(error, discord.HTTPException) and error.code == _HARMFUL_LINK


def _said(error: discord.HTTPException) -> str:
    """Without Discord's own words: they may quote what was sent to it, a prompt among that."""
    return f"Discord {error.status} {error.code}"
