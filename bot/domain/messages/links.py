"""Links in a prompt, removed where Discord's link filter would refuse the message that shows it."""

import re
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from enum import IntEnum
from typing import TypeVar

T = TypeVar("T")
IN_ITS_PLACE = "…"
# An address with its scheme, or a bare host name: two or more labels, the last of letters. Repetitions are bounded, so
# that a prompt of one very long word costs no more than any other.
_LINK = re.compile(
    r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}://\S+"
    r"|(?<![\w.-])(?:[\w-]{1,63}\.){1,10}[^\W\d_]{2,63}(?::[0-9]{1,5})?(?:[/?#]\S*)?",
    re.IGNORECASE,
)


def without_links(prompt: str) -> str:
    """The prompt with `…` in place of each link and each host name."""
    return _LINK.sub(IN_ITS_PLACE, prompt)


class Shown(IntEnum):
    """How much of the text that people wrote is shown."""

    ALL = 0
    NO_LINKS = 1
    NOTHING = 2


_shown: ContextVar[Shown] = ContextVar("shown", default=Shown.ALL)


def shown(prompt: str) -> str:
    """The part of the prompt that may be shown at this moment (set by `past_filter`)."""
    match _shown.get():
        case Shown.ALL:
            return prompt
        case Shown.NO_LINKS:
            return without_links(prompt)
        case Shown.NOTHING:
            return IN_ITS_PLACE if prompt else ""


async def past_filter(send: Callable[[], Awaitable[T]], filtered: Callable[[Exception], bool]) -> T:
    """Return what `send` returns, sending with less of people's text if Discord's filter refuses the message.

    The message is sent in full, then without links, then without any text that people wrote. So a page, a card or a
    video does not fail because of one old prompt.

    send: makes the message anew at each call. filtered: whether an error is that refusal. Other errors are raised at
    once.
    """
    for much in Shown:
        token = _shown.set(much)
        try:
            return await send()
        except Exception as error:
            if much is Shown.NOTHING or not filtered(error):
                raise
        finally:
            _shown.reset(token)
    raise AssertionError("the last try returns or raises")
