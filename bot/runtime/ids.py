"""Fresh ids for what the bot stores."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class RandomIds:
    """20 characters: nine of time in milliseconds, eleven (55 bits) of chance."""

    def new(self) -> str:
        """One more id."""
        number = (time.time_ns() // 1_000_000) << 55 | secrets.randbits(55)
        return "".join(_ALPHABET[number >> shift & 31] for shift in range(95, -1, -5))
