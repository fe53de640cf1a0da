"""What the readers of all formats share: a valid submit, a refusal in UniAll's words, the check of an address."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

SIMCORD_CDN = "cdn.simcord.invalid"  # host of SimCord's attachments; the sandbox treats it as public
WIDE = (16, 9)
TALL = (9, 16)


class RefusedError(Exception):
    """A refusal: HTTP status, code and message, worded as new-api does.

    middleware: True if the refusal comes from before the task routes, in the `{error: …}` shape.
    """

    def __init__(self, status: int, code: str, message: str, *, middleware: bool = False) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.middleware = status, code, message, middleware


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOrder:
    """A submit that was accepted as valid.

    shape: width to height of the video. size: as it was sent in the OpenAI format. sound: whether the video has a sound
    track.
    """

    format: str
    model: str
    prompt: str
    seconds: int
    shape: tuple[int, int] = WIDE
    size: str | None = None
    has_image: bool = False
    sound: bool = True


def invalid(message: str) -> RefusedError:
    """Return the refusal of a bad request."""
    return RefusedError(400, "invalid_request", message)


def check_address(address: object, now: float, *, name: str = "image_url") -> None:
    """Check that a remote server could fetch the address in a field: http(s), a public host, a Discord signature that has
    not expired.
    """
    parts = urlsplit(address) if isinstance(address, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid(f"{name} must be a public http(s) address")
    if parts.hostname != SIMCORD_CDN and not _is_public(parts.hostname):
        raise invalid(f"{name} must be a public http(s) address, not a private one")
    if parts.hostname.endswith((".discordapp.com", ".discordapp.net")) and "ex" in (query := parse_qs(parts.query)):
        expiry = query["ex"][0]
        if not re.fullmatch(r"[0-9a-fA-F]{1,12}", expiry) or int(expiry, 16) < now:
            raise invalid(f"{name} has expired")


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        last = host.rstrip(".").rpartition(".")
        return bool(last[0]) and last[2] not in ("local", "internal", "localhost", "invalid", "test", "lan")
