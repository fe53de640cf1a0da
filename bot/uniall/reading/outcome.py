"""Decides what the answer to a submit means for the job.

Promised: `RetryLater` only if the answer is documented as refused for now, `Refused` only if it proves that nothing was
started, `Accepted` only with an id. Everything else is `Unclear`, because UniAll may have started and billed the job.
The rule behind it: a paid job is submitted at most once.

The gateway tries several channels for one request and returns the last error (new-api, `controller/relay.go`), so its
own codes prove nothing, whatever their names suggest:

- `do_request_failed`: the request to the upstream failed, perhaps after it was read. Unclear.
- `invalid_response`: the upstream's answer was unreadable, perhaps with a job in it. Unclear.
- `get_channel_failed`: no channel for the *next* try; an earlier try may have ended in `do_request_failed`. Unclear.
- `model_not_found` with 503: returned before any channel is tried. Refused for now.
- the funds codes: returned before any channel is tried, charged once. Refused for now.
- content and validation codes: a verdict on the request, also if the status is 5xx. Refused.
- any other 5xx, and 408, 409, 425, 499, and redirects: no proof. Unclear.

A job whose id is known is always followed, also if the answer is cut, malformed or calls itself an error, as long as it
describes a job. A job followed in vain is given up as lost; a job sent again is billed twice. The one exception is an
error around the id that is a verdict on the request: then there is nothing to follow. An incomplete answer, or a code
that is only quoted in the message of a 5xx, never causes a second submit.
"""

from bot.domain.provider import Accepted, Fault, JobState, Outcome, Refused, RetryLater, Unclear
from bot.uniall.network.exchange import Answer
from bot.uniall.network.pace import asked_wait
from bot.uniall.network.shapes import as_text
from bot.uniall.reading.answers import Reading, Tidy, job_id_in, job_of, read_job
from bot.uniall.reading.faults import CODES, STATUSES, ErrorReport, error_in
from bot.uniall.reading.layers import job_layers
from bot.uniall.reading.status_words import state_of

_FOR_NOW = frozenset({Fault.AUTH, Fault.INSUFFICIENT_FUNDS, Fault.RATE_LIMITED, Fault.MODEL_UNAVAILABLE})
_VERDICTS = frozenset({Fault.CONTENT_BLOCKED, Fault.BAD_REQUEST, Fault.TOO_LARGE})
_NO_PROOF = frozenset({408, 409, 425, 499})
_ENDED_BADLY = frozenset({JobState.FAILED, JobState.EXPIRED})
_NAMES_OF_JOBS = ("taskid", "jobid", "generationid", "videoid")


def accepted_in(answer: Answer, tidy: Tidy) -> Reading | None:
    """Return the job that an answer describes, or None if it has no id."""
    found = answer.found
    for place, body in enumerate(found.values):
        partial = found.partial and place == len(found.values) - 1
        job_id = job_id_in(body, partial=partial)
        if job_id is None or not (answer.ok or _is_a_job(body, answer)):
            continue
        bodies = (body,) if partial else found.values
        return read_job(job_of(bodies, job_id), job_id, tidy=tidy, poll_after=asked_wait(answer.headers))
    return None


def _is_a_job(body: object, answer: Answer) -> bool:
    """Return whether an answer that calls itself an error still describes a job that may be running."""
    report = error_in(answer) or ErrorReport()
    if report.fault_with(answer.status) in _VERDICTS:
        return False
    for layer in job_layers(body):
        known, listed = state_of(layer.word)
        if listed and layer.word is not None and known in _ENDED_BADLY and answer.status < 500:
            return False
        named = any(layer.fields.get(key) for key in _NAMES_OF_JOBS)
        under_way = layer.word is not None and listed and known not in _ENDED_BADLY
        if layer.own_id is not None and (named or under_way or "video" in (as_text(layer.fields.get("object")) or "")):
            return True
    return False


def outcome_of(answer: Answer, tidy: Tidy) -> Outcome:
    """Return the outcome of a submit that got an answer. Never raises."""
    reading = accepted_in(answer, tidy)
    if reading is not None:
        # Also with a failed status: with an id it is a job like any other, and its own record says how it ends.
        return Accepted(status=reading.status)
    report = error_in(answer) or ErrorReport()
    detail = tidy(report.message) or f"status {answer.status}{', ' + answer.trouble if answer.trouble else ''}"
    if answer.mended:
        return Unclear(detail=detail)
    outcome = _stated(answer, report, detail)
    if isinstance(outcome, RetryLater) and not answer.sound:
        outcome = _stated(answer, ErrorReport(), detail)
    return outcome


def _stated(answer: Answer, report: ErrorReport, detail: str) -> Outcome:
    status = answer.status
    if 200 <= status < 300:
        status = report.status or 200
    code = report.fault_with(status)
    if status >= 500 and code in _FOR_NOW and not any(CODES.get(own) is code for own in report.codes):
        code = None
    fault = _refusal(status, code, explicit=answer.ok)
    if fault is None:
        return Unclear(detail=detail)
    if fault in _FOR_NOW and not (fault is Fault.MODEL_UNAVAILABLE and 400 <= status < 500):
        return RetryLater(fault=fault, after=asked_wait(answer.headers), detail=detail, coded=report.coded)
    return Refused(fault=fault, detail=detail, coded=report.coded)


def _refusal(status: int, code: Fault | None, *, explicit: bool) -> Fault | None:
    """Return the fault of an answer that proves the refusal, or None if it proves nothing.

    explicit: the error came inside a 2xx answer, so only its code can decide.
    """
    if code is Fault.GATEWAY_ERROR or status in _NO_PROOF:
        return None
    if code in _VERDICTS or code is Fault.INSUFFICIENT_FUNDS:
        return code if status >= 400 or explicit else None
    if status == 501:
        return code if code is Fault.WRONG_FORMAT else None
    if code is Fault.MODEL_UNAVAILABLE and (status == 503 or 400 <= status < 500 or explicit):
        return code
    if explicit and code in _FOR_NOW:
        return code
    if not 400 <= status < 500:
        return None
    if code in _FOR_NOW:
        return code
    if status in (404, 405, 410):
        return Fault.WRONG_FORMAT
    return STATUSES.get(status, Fault.BAD_REQUEST)
