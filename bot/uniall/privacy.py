"""Redacts what may be shown, and checks the form of the key and the origin.

Promised: no message made here contains the key. A detail is one printable line of at most 300 characters.
"""

import re
from urllib.parse import unquote

import httpx

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE)
_LONGEST = 300
_LONGEST_SEEN = 20_000


class Redactor:
    """Turns a message of the API into a detail that can be logged and shown."""

    __slots__ = ("_secrets",)

    def __init__(self, key: str) -> None:
        # Some relays repeat a key without its `sk-`.
        bare = key.removeprefix("sk-")
        self._secrets = (key, bare) if len(bare) >= 8 else (key,)

    def __call__(self, text: str) -> str:
        """Return one printable line without the key, shortened."""
        # Twice: before the cut, which could leave half a key, and after the cleaning, which could join one together.
        text = self._without_secrets(text)[:_LONGEST_SEEN]
        printable = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
        line = self._without_secrets(" ".join(printable.split()))
        return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"

    def holds(self, address: str) -> bool:
        """Return whether an address contains the key, plain or escaped. Such an address must not be stored or shown."""
        return any(secret in text for secret in self._secrets for text in (address, unquote(address)))

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def __repr__(self) -> str:
        return "Redactor(hidden)"


def checked_key(key: str) -> str:
    """Return the key if its form is valid. Raises ValueError, which does not show the key."""
    if not key or not key.isascii() or not key.isprintable() or any(c.isspace() for c in key):
        raise ValueError("the UniAll key must be printable ASCII without spaces")
    return key


def checked_origin(base_url: str) -> httpx.URL:
    """Return the origin of `https://host[:port]`.

    Raises ValueError for anything more, above all for a trailing `/v1`.
    """
    bare = base_url.strip().rstrip("/")
    try:
        url = httpx.URL(bare)
    except (httpx.InvalidURL, ValueError):
        raise ValueError("the base URL is not a URL") from None
    if url.path.rstrip("/").endswith("/v1"):
        raise ValueError("the base URL is an origin: leave out /v1")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise ValueError("the base URL must be http(s)://host, without a user")
    if _HOST.fullmatch(url.raw_host.decode("ascii")) is None or not 0 < (url.port or 1) < 65536:
        raise ValueError("the base URL names no host or port that can exist")
    if url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("the base URL is an origin: leave out path and query")
    return url
