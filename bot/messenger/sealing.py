"""Seals a short text with the bot's own token, so that it says nothing to whoever reads it in a file or a backup.

The standard library has no cipher. Here every text has a name of its own, so that a stream of bytes that is made of the
secret and the name is used for one text only.
"""

import hashlib
import hmac

_TAG = 16  # bytes


def seal(secret: str, name: str, text: str) -> str:
    """Return the text under the secret, as hexadecimal digits. name: never used for another text."""
    plain = text.encode()
    return (_tag(secret, name, plain) + _under(secret, name, plain)).hex()


def unsealed(secret: str, name: str, sealed: str) -> str | None:
    """Return the text; None where another secret or name sealed it, or it was changed."""
    try:
        data = bytes.fromhex(sealed)
    except ValueError:
        return None
    plain = _under(secret, name, data[_TAG:])
    return plain.decode() if hmac.compare_digest(data[:_TAG], _tag(secret, name, plain)) else None


def _under(secret: str, name: str, data: bytes) -> bytes:
    stream = hashlib.shake_256(f"stream {name} {secret}".encode()).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, stream, strict=True))


def _tag(secret: str, name: str, plain: bytes) -> bytes:
    return hmac.digest(secret.encode(), f"tag {name} ".encode() + plain, "sha256")[:_TAG]
