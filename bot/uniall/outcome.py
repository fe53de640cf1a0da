"""What the answer to a submit means for the job.

Promised: `RetryLater` only where the answer is documented as refused for now, `Refused` only where it proves that
nothing was started, `Accepted` only with an id; everything else is `Unclear`, because UniAll may have started and billed
the job. Rests on `facts/video-api.md`, sections 5 and 7, and on the design's rule "at most one submit".

The gateway tries several channels for one request and answers with the last error (new-api, `controller/relay.go`), so
its own codes prove nothing, whatever their names suggest:

- `do_request_failed`: the request to the upstream broke, perhaps after it was read. Unclear.
- `invalid_response`: the upstream answered something unreadable, perhaps with a job. Unclear.
- `get_channel_failed`: no channel for the *next* try; an earlier try may have ended in `do_request_failed`. Unclear.
- `model_not_found` with 503: said before any channel is tried. Refused for now.
- the funds codes: said before any channel is tried, charged once. Refused for now.
- content and validation codes: a verdict on the request, also when the status is 5xx. Refused.
- any other 5xx, and 408, 409, 425, 499, and redirects: no proof. Unclear.
"""

from bot.domain.jobs import Accepted, Fault, Outcome, Refused, RetryLater, Unclear
from bot.uniall.answers import Reading, Tidy, job_id_in, read_job
from bot.uniall.exchange import Answer
from bot.uniall.faults import STATUSES, Trouble, read_trouble
from bot.uniall.pace import asked_wait
from bot.uniall.shapes import parse

_FOR_NOW = frozenset({Fault.AUTH, Fault.INSUFFICIENT_FUNDS, Fault.RATE_LIMITED, Fault.MODEL_UNAVAILABLE})
_VERDICTS = frozenset({Fault.CONTENT_BLOCKED, Fault.BAD_REQUEST, Fault.TOO_LARGE})
_NO_PROOF = frozenset({408, 409, 425, 499})


def accepted_in(answer: Answer, tidy: Tidy) -> Reading | None:
    """The job that a 2xx answer describes, or None where it has no id."""
    if not 200 <= answer.status < 300 or answer.body is None:
        return None
    body = parse(answer.body)
    job_id = job_id_in(body)
    return None if job_id is None else read_job(body, job_id, tidy=tidy, poll_after=asked_wait(answer.headers))


def outcome_of(answer: Answer, tidy: Tidy) -> Outcome:
    """The outcome of a submit that was answered. Never raises."""
    reading = accepted_in(answer, tidy)
    if reading is not None:
        # Also with a failed status: with an id it is a job like any other, and its own record says how it ends.
        return Accepted(status=reading.status)
    trouble = (None if answer.body is None else read_trouble(parse(answer.body))) or Trouble()
    status = answer.status
    if 200 <= status < 300:
        status = trouble.status or 200
    detail = tidy(trouble.message) or f"status {answer.status}{', ' + answer.trouble if answer.trouble else ''}"
    fault = _refusal(status, trouble.fault, explicit=answer.status < 300)
    if fault is None:
        return Unclear(detail=detail)
    if fault in _FOR_NOW and not (fault is Fault.MODEL_UNAVAILABLE and 400 <= status < 500):
        return RetryLater(fault=fault, after=asked_wait(answer.headers), detail=detail)
    return Refused(fault=fault, detail=detail)


def _refusal(status: int, code: Fault | None, *, explicit: bool) -> Fault | None:
    """The fault of an answer that proves the refusal, or None where it proves nothing.

    explicit: the error came inside a 2xx answer, so that its code is all there is to go by.
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
