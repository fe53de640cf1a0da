"""The rules for a prompt's text."""

import unicodedata

from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import PromptTooLong, Refusal

LONGEST_PROMPT = 4000
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that are invisible


def clean(prompt: str) -> str:
    """The prompt without outer whitespace and control characters. Raises Refusal `prompt_empty` or `prompt_too_long`.

    Joiners and direction marks stay: emoji and many scripts need them.
    """
    controls = ("Cc", "Cs")
    kept = "".join(one for one in prompt if one in "\n\t" or unicodedata.category(one) not in controls).strip()
    if not any(unicodedata.category(one)[0] in "LNPS" and one not in _BLANK for one in kept):
        raise Refusal(RefusalCode.PROMPT_EMPTY)
    if len(kept) > LONGEST_PROMPT:
        raise Refusal(PromptTooLong(length=len(kept), most=LONGEST_PROMPT))
    return kept
