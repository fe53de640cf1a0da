"""The rules for a prompt's text."""

import unicodedata

from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, PromptTooLong, Refusal, StyledTooLong
from bot.domain.requests.styles import Style, with_style

LONGEST_PROMPT = 4000
LONGEST_AVOID = 500  # the least that any model takes
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that are invisible


def clean(prompt: str) -> str:
    """The prompt without outer whitespace and control characters. Raises Refusal `prompt_empty` or `prompt_too_long`.

    Joiners and direction marks stay: emoji and many scripts need them.
    """
    kept = visible(prompt)
    if not kept:
        raise Refusal(RefusalCode.PROMPT_EMPTY)
    if len(kept) > LONGEST_PROMPT:
        raise Refusal(PromptTooLong(length=len(kept), most=LONGEST_PROMPT))
    return kept


def styled(prompt: str, style: Style | None) -> str:
    """A clean prompt with the text of its style. Raises Refusal `styled_too_long`."""
    sent = with_style(prompt, style)
    if style and len(sent) > LONGEST_PROMPT:
        raise Refusal(StyledTooLong(length=len(sent), most=LONGEST_PROMPT, style=style.name))
    return sent


def clean_avoid(avoid: str | None) -> str | None:
    """What a video must not show, cleaned like a prompt; None where nothing is left. Raises Refusal `avoid_too_long`."""
    kept = visible(avoid or "")
    if len(kept) > LONGEST_AVOID:
        raise Refusal(AtMost(RefusalCode.AVOID_TOO_LONG, most=LONGEST_AVOID))
    return kept or None


def visible(text: str) -> str:
    """What remains of a text without outer whitespace and control characters; "" where nothing of it is visible."""
    if text.isascii() and text.isprintable():  # as most are
        return text.strip()
    controls = ("Cc", "Cs")
    kept = "".join(one for one in text if one in "\n\t" or unicodedata.category(one) not in controls).strip()
    return kept if any(unicodedata.category(one)[0] in "LNPS" and one not in _BLANK for one in kept) else ""
