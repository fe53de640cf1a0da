"""The error a body describes, and the fault it stands for.

Promised: every error shape of `facts/video-api.md`, section 5, is read (object, text, `code` and `message` beside an
empty `data`, `success: false`, `fail_reason`, JSON as a text inside a message); the decision is by code and status,
never by wording, with the one exception the page names: "Invalid URL".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.domain.jobs import Fault
from bot.uniall.shapes import Json, as_object, as_text, parse

CODES: Mapping[str, Fault] = MappingProxyType(
    {
        "invalid_api_key": Fault.AUTH,
        "insufficient_user_quota": Fault.INSUFFICIENT_FUNDS,
        "pre_consume_token_quota_failed": Fault.INSUFFICIENT_FUNDS,
        "insufficient_quota": Fault.INSUFFICIENT_FUNDS,
        "invalid_request": Fault.BAD_REQUEST,
        "missing_model": Fault.BAD_REQUEST,
        "invalid_json": Fault.BAD_REQUEST,
        "invalid_size": Fault.BAD_REQUEST,
        "model_price_error": Fault.BAD_REQUEST,
        "task_not_exist": Fault.NOT_FOUND,
        "model_not_found": Fault.MODEL_UNAVAILABLE,
        "not_implemented": Fault.WRONG_FORMAT,
        "api_not_implemented": Fault.WRONG_FORMAT,
        "do_request_failed": Fault.GATEWAY_ERROR,
        "get_channel_failed": Fault.GATEWAY_ERROR,
        "invalid_response": Fault.GATEWAY_ERROR,
        "moderation_blocked": Fault.CONTENT_BLOCKED,
        "sentinel_block": Fault.CONTENT_BLOCKED,
        "content_policy_violation": Fault.CONTENT_BLOCKED,
        "sensitive_words_detected": Fault.CONTENT_BLOCKED,
        "rate_limit_exceeded": Fault.RATE_LIMITED,
    }
)

STATUSES: Mapping[int, Fault] = MappingProxyType(
    {
        400: Fault.BAD_REQUEST,
        401: Fault.AUTH,
        402: Fault.INSUFFICIENT_FUNDS,
        403: Fault.FORBIDDEN,
        404: Fault.NOT_FOUND,
        405: Fault.WRONG_FORMAT,
        410: Fault.NOT_FOUND,
        413: Fault.TOO_LARGE,
        422: Fault.BAD_REQUEST,
        429: Fault.RATE_LIMITED,
        451: Fault.CONTENT_BLOCKED,
        501: Fault.WRONG_FORMAT,
    }
)

_FINE = frozenset({"", "success", "ok", "0", "200", "none", "null"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An error as a body tells it: its codes, the innermost first, and the innermost message, raw."""

    codes: tuple[str, ...] = ()
    message: str = ""

    @property
    def fault(self) -> Fault | None:
        """The fault of the first code that is known."""
        return next((CODES[code] for code in self.codes if code in CODES), None)

    @property
    def status(self) -> int | None:
        """An HTTP status that came as the code, as in `{code: 429, message}`."""
        return next((int(c) for c in self.codes if len(c) == 3 and c.isascii() and c.isdigit() and c[0] in "45"), None)


def read_trouble(body: object, depth: int = 4) -> Trouble | None:
    """The error a body describes, or None where it describes none."""
    if depth == 0:
        return None
    if isinstance(body, str):
        inner = parse(body) if body.lstrip().startswith("{") else None
        nested = None if inner is None else read_trouble(inner, depth - 1)
        return nested or (Trouble(message=body) if body.strip() else None)
    whole = as_object(body)
    if whole is None:
        return None
    code = _code(whole)
    error = whole.get("error")
    inside = as_object(error)
    if inside or as_text(error) is not None:
        nested = _of(inside, depth) if inside is not None else read_trouble(error, depth - 1)
        if nested is not None:
            return Trouble(codes=(*nested.codes, *code), message=nested.message)
    if code or whole.get("success") is False:
        return _of(whole, depth)
    return read_trouble(as_text(whole.get("fail_reason")), depth - 1)


def _of(whole: Json, depth: int) -> Trouble:
    """Codes and message of an object that is an error, with the JSON that may hide in the message."""
    code = _code(whole) or _code({"code": whole.get("type")})
    message = as_text(whole.get("message")) or as_text(whole.get("fail_reason")) or ""
    nested = read_trouble(message, depth - 1) if message else None
    if nested is None:
        return Trouble(codes=code, message=message)
    return Trouble(codes=(*nested.codes, *code), message=nested.message or message)


def _code(whole: Json) -> tuple[str, ...]:
    code = whole.get("code")
    if isinstance(code, bool) or not isinstance(code, int | str):
        return ()
    # A huge number cannot be a code, and turning it into text can fail.
    text = (as_text(code) or "").strip().casefold() if isinstance(code, str) else str(code) if abs(code) < 10**9 else ""
    return () if text in _FINE else (text,)


def poll_fault(status: int, trouble: Trouble | None) -> Fault:
    """The fault of a GET that was answered with an error. Any 5xx but 501 is passing, whatever it says."""
    if status >= 500:
        return Fault.WRONG_FORMAT if status == 501 else Fault.TRANSIENT
    if trouble is not None:
        if trouble.fault is not None:
            return trouble.fault
        if status == 404 and trouble.message.strip().casefold().startswith("invalid url"):
            return Fault.WRONG_FORMAT
        if status < 400 and trouble.status is not None:
            return STATUSES.get(trouble.status, Fault.TRANSIENT)
    return STATUSES.get(status, Fault.TRANSIENT)
