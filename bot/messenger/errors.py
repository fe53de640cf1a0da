"""discord.py's errors, as those of the domain."""

from collections.abc import Generator
from contextlib import contextmanager

import aiohttp
import discord

from bot.domain.errors import PostError, PostForbidden, PostImpossible, PostTooLarge

_TOO_LARGE = 40005
_TRY_AGAIN = (0, 20016, 20028)  # an error of no kind, slow mode, a write limit of the channel


@contextmanager
def errors() -> Generator[None]:
    """discord.py's errors as PostErrors.

    `PostImpossible` will never work, `PostTooLarge` is over what the place takes, every other may be tried again as it is.
    """
    try:
        yield
    except discord.Forbidden as error:
        raise PostForbidden(_said(error)) from error
    except discord.NotFound as error:
        raise PostImpossible(_said(error)) from error
    except discord.HTTPException as error:
        said = _said(error)
        if error.code == _TOO_LARGE or error.status == 413:
            raise PostTooLarge(said) from error
        if error.status == 400 and error.code not in _TRY_AGAIN:
            raise PostImpossible(said) from error
        raise PostError(said) from error
    except discord.RateLimited as error:
        raise PostError("Discord's rate limit", retry_after=error.retry_after) from error
    except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
        raise PostError(type(error).__name__) from error


def _said(error: discord.HTTPException) -> str:
    """Without Discord's own words: they may quote what was sent to it, a prompt among that."""
    return f"Discord {error.status} {error.code}"
