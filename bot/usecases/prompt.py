"""The rules for a prompt's text."""

import unicodedata

from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import AtMost, PromptTooLong, Refusal

LONGEST_PROMPT = 4000
LONGEST_AVOID = 500  # the least that any model takes
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that are invisible


def clean(prompt: str) -> str:
    """The prompt without outer whitespace and control characters. Raises Refusal `prompt_empty` or `prompt_too_long`.

    Joiners and direction marks stay: emoji and many scripts need them.
    """
    kept = _kept(prompt)
    if not kept:
        raise Refusal(RefusalCode.PROMPT_EMPTY)
    if len(kept) > LONGEST_PROMPT:
        raise Refusal(PromptTooLong(length=len(kept), most=LONGEST_PROMPT))
    return kept


def clean_avoid(avoid: str | None) -> str | None:
    """What a video must not show, cleaned like a prompt; None where nothing is left. Raises Refusal `avoid_too_long`."""
    kept = _kept(avoid or "")
    if len(kept) > LONGEST_AVOID:
        raise Refusal(AtMost(RefusalCode.AVOID_TOO_LONG, most=LONGEST_AVOID))
    return kept or None


def _kept(text: str) -> str:
    """Return what remains of a text; "" where nothing of it is visible."""
    controls = ("Cc", "Cs")
    kept = "".join(one for one in text if one in "\n\t" or unicodedata.category(one) not in controls).strip()
    return kept if any(unicodedata.category(one)[0] in "LNPS" and one not in _BLANK for one in kept) else ""
