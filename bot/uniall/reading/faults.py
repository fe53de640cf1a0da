"""Reads the error in a body, and the fault it stands for.

Promised: every known shape of an error is read (object, text, `code` and `message` beside an
empty `data`, `success: false`, `fail_reason`, JSON as a text inside a message, and JSON or a printed Python dictionary
after a prefix in one, as LiteLLM passes errors on). The code and the status decide, never the wording, with the one
exception the page names: "Invalid URL".

A message may quote what a member wrote. So JSON after a prefix counts only if the error around it has no known code of
its own, and what it says about the key, the account or a model counts only if the HTTP status fits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.domain.provider import Fault
from bot.uniall.network.exchange import Answer
from bot.uniall.network.jsontext import first_object, parse
from bot.uniall.network.shapes import Json, as_list, as_object, as_text

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
# Codes after a prefix that concern more than this one job, and the statuses with which they count.
_FITTING: Mapping[Fault, frozenset[int]] = MappingProxyType(
    {
        Fault.AUTH: frozenset({401, 403}),
        Fault.INSUFFICIENT_FUNDS: frozenset({402, 403, 429}),
        Fault.RATE_LIMITED: frozenset({429}),
        Fault.MODEL_UNAVAILABLE: frozenset({403, 404}),
    }
)
_LONGEST = 64 * 1024
_MESSAGES = ("message", "fail_reason", "msg")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReport:
    """An error as a body describes it: its codes, the innermost first, and the innermost message, unredacted.

    quoted: the codes that came after a prefix in a message. shaped: the body has the form of the API's own errors, so
    that even without a known code it comes from the API and not from a proxy.
    """

    codes: tuple[str, ...] = ()
    message: str = ""
    quoted: tuple[str, ...] = ()
    shaped: bool = False

    @property
    def fault(self) -> Fault | None:
        """Return the fault of the first known code: one of the error's own before one that is only quoted."""
        return next((CODES[code] for code in (*self.codes, *self.quoted) if code in CODES), None)

    def fault_with(self, status: int) -> Fault | None:
        """Return the fault, as far as an answer with this HTTP status can mean it."""
        fault = self.fault
        if fault is None or any(code in CODES for code in self.codes):
            return fault
        return fault if status in _FITTING.get(fault, (status,)) else None

    @property
    def coded(self) -> bool:
        """Return whether the API itself stated this."""
        return self.shaped or self.fault is not None

    @property
    def status(self) -> int | None:
        """Return an HTTP status that came as the code, as in `{code: 429, message}`."""
        return next((int(c) for c in self.codes if len(c) == 3 and c.isascii() and c.isdigit() and c[0] in "45"), None)


def read_error(body: object, depth: int = 8) -> ErrorReport | None:
    """Return the error that a body describes, or None."""
    if depth == 0:
        return None
    if isinstance(body, str):
        return _in_text(body[:_LONGEST], depth)
    whole = as_object(body)
    if whole is None:
        return None
    code = _code(whole)
    errors = as_list(whole.get("errors"))
    error = whole.get("error") or (errors[0] if errors else None)
    inside = as_object(error)
    if inside or as_text(error) is not None:
        nested = _of(inside, depth) if inside is not None else read_error(error, depth - 1)
        if nested is not None:
            return replace(nested, codes=(*nested.codes, *code), shaped=inside is not None and _is_error_object(inside))
    if code or whole.get("success") is False:
        return replace(_of(whole, depth), shaped=_is_flat_error(whole))
    return read_error(as_text(whole.get("fail_reason")), depth - 1)


def error_in(answer: Answer) -> ErrorReport | None:
    """Return the error that an answer describes: of several documents, the first one."""
    values = answer.found.values
    return next((report for value in values if (report := read_error(value)) is not None), None)


def _in_text(text: str, depth: int) -> ErrorReport | None:
    """Read JSON that is a text, or that a text ends with; otherwise the text is the message."""
    if not text.strip():
        return None
    inner = parse(text) if text.lstrip().startswith("{") else None
    nested = None if inner is None else read_error(inner, depth - 1)
    if nested is not None:
        return nested
    behind = as_object(first_object(text)) if "{" in text else None
    quoted = read_error(behind, depth - 1) if behind is not None else None
    if quoted is None:
        return ErrorReport(message=text)
    return ErrorReport(message=quoted.message or text, quoted=(*quoted.codes, *quoted.quoted))


def _of(whole: Json, depth: int) -> ErrorReport:
    """Return codes and message of an error object, with the JSON that may be inside the message."""
    code = _code(whole) or _code({"code": whole.get("type")})
    message = next((text for name in _MESSAGES if (text := as_text(whole.get(name))) is not None), "")
    nested = read_error(message, depth - 1) if message else None
    if nested is None:
        return ErrorReport(codes=code, message=message)
    return ErrorReport(codes=(*nested.codes, *code), message=nested.message or message, quoted=nested.quoted)


def _is_error_object(error: Json) -> bool:
    """Return whether this is `{message, type, code}`, the form of `error` at OpenAI and new-api. At Google the code is a
    number.
    """
    code = error.get("code")
    named = isinstance(code, str) or ("code" in error and code is None) or as_text(error.get("type")) is not None
    return as_text(error.get("message")) is not None and named


def _is_flat_error(whole: Json) -> bool:
    """Return whether this is `{code, message, data}` of the task routes, or `{success: false, message}`."""
    if as_text(whole.get("message")) is None:
        return False
    code = as_text(whole.get("code"))
    return whole.get("success") is False or (code is not None and not code.strip().isdigit() and "data" in whole)


def _code(whole: Json) -> tuple[str, ...]:
    code = whole.get("code")
    if isinstance(code, bool) or not isinstance(code, int | str):
        return ()
    # A huge number cannot be a code, and converting it to text can fail.
    text = (as_text(code) or "").strip().casefold() if isinstance(code, str) else str(code) if abs(code) < 10**9 else ""
    return () if text in _FINE else (text,)


def poll_fault(status: int, report: ErrorReport | None) -> Fault:
    """Return the fault of a GET that got an error. Any 5xx but 501 is transient, whatever it says."""
    if status >= 500:
        return Fault.WRONG_FORMAT if status == 501 else Fault.TRANSIENT
    if report is not None:
        fault = report.fault_with(report.status or status)
        if fault is not None:
            return fault
        if status == 404 and report.message.strip().casefold().startswith("invalid url"):
            return Fault.WRONG_FORMAT
        if status < 400 and report.status is not None:
            return STATUSES.get(report.status, Fault.TRANSIENT)
    return STATUSES.get(status, Fault.TRANSIENT)
