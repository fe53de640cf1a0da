"""How many bytes a reference image may have. The bot checks it by itself, so that it need not load a decoder."""

from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal

MOST_BYTES = 20 * 1024 * 1024


def check_size(size: int) -> None:
    """Raise Refusal `image_empty` or `image_too_large` (most, in MB)."""
    if size == 0:
        raise Refusal(RefusalCode.IMAGE_EMPTY)
    if size > MOST_BYTES:
        raise Refusal(AtMost(RefusalCode.IMAGE_TOO_LARGE, most=MOST_BYTES // 2**20))
