"""New ids for what the bot stores."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class RandomIds:
    """Ids of 20 characters: nine encode the time in milliseconds, eleven are random (55 bits)."""

    def new(self) -> str:
        """A new id."""
        number = (time.time_ns() // 1_000_000) << 55 | secrets.randbits(55)
        return "".join(_ALPHABET[number >> shift & 31] for shift in range(95, -1, -5))
