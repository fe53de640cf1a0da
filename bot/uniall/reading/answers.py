"""Reads what a body says about a job: pure functions from foreign JSON to the types of `bot.domain.provider`.

Promised: every known shape of an answer is read, and no JSON makes anything here raise. A status
that is missing, `unknown` or unlisted is running, never an end. But without any status, an error that names the job is
an end, unless its code is a passing one. A link is read only from a job that succeeded. A job that is done without a
link, but with an error code, has failed: some gateways report a blocked video so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.provider import Fault, JobState, JobStatus
from bot.uniall.network.shapes import as_number, as_text, is_container
from bot.uniall.reading.faults import STATUSES, ErrorReport, read_error
from bot.uniall.reading.layers import Layer, id_in, job_layers, layers_of, names
from bot.uniall.reading.links import links_in
from bot.uniall.reading.status_words import is_moderated, is_no_such_job, may_mean_done, state_of

_JOB_FAULTS = frozenset({Fault.CONTENT_BLOCKED, Fault.BAD_REQUEST})
# Codes of an error that names a job but does not end it; section 5 and similar ones.
_PASSING = frozenset(
    {
        "service_unavailable",
        "server_error",
        "server_busy",
        "system_busy",
        "overloaded",
        "overloaded_error",
        "rate_limited",
    }
    | {"server_overloaded", "too_many_requests", "bad_gateway", "gateway_timeout", "upstream_unavailable"}
    | {"temporarily_unavailable", "try_again_later", "fail_to_fetch_task", "rate_limit_error", "request_timeout"}
)
# Codes that are about the question alone even where they stand beside a finished job; a `server_error` there is the job's.
_ABOUT_THE_QUESTION = (_PASSING - {"server_error"}) | {"rate_limit_exceeded", "408", "425", "429", "502", "503", "504"}
_ENDING = frozenset({Fault.CONTENT_BLOCKED, Fault.BAD_REQUEST, Fault.TOO_LARGE})

Tidy = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A job's status, and its status word if that is unlisted, for the log."""

    status: JobStatus
    unlisted: str | None = None


def job_id_in(body: object, *, partial: bool = False) -> str | None:
    """Return the id of the job in a submit answer; `request_id` only if nothing else is an id."""
    return id_in(body, partial=partial, describes_an_error=read_error(body) is not None)


def job_of(values: Sequence[object], job_id: str) -> object:
    """Return the most telling document of a poll's answer: the last one with a status, one that names the job first."""
    bodies = [body for body in values if is_container(body)]
    if len(bodies) < 2:
        return next(iter(bodies), None)
    telling = [body for body in bodies if names_a_status(body, job_id)]
    named = [body for body in telling or bodies if names(body, job_id)]
    return next(iter((*reversed(named), *reversed(telling), *bodies)), None)


def names_a_status(body: object, job_id: str | None = None) -> bool:
    """Return whether the body states a job's status. A body that does not, and describes an error, is not a job."""
    return any(layer.word is not None for layer in job_layers(body, job_id))


def is_unknown_job(layers: Sequence[Layer]) -> bool:
    """Return whether the status itself says that there is no such job. layers: `job_layers` of the body."""
    return is_no_such_job(_word_in(layers))


def _word_in(layers: Sequence[Layer]) -> str | None:
    for layer in layers:
        if layer.word is not None:
            second = layer.second_word if state_of(layer.word)[0] is JobState.SUCCEEDED else None
            return second if second is not None and state_of(second)[1] else layer.word
    return None


def ends_in_error(body: object, job_id: str) -> bool:
    """Return whether an answer without a status ends the job: by an error that names it, with a code that is not a
    passing one.
    """
    report = read_error(body)
    return report is not None and _is_final(report) and names(body, job_id)


def _ended_without_video(layers: Sequence[Layer], *, names_links: bool) -> bool:
    """Return whether a job that calls itself done, and has no link, says by an error code that there is no video.

    A code that is no verdict counts only in the job's `error`, unless it speaks of the question and not of the job, and
    only where a finished job comes with a link: elsewhere the missing link says nothing, and `/content` may have the video.
    """
    reports = [report for layer in layers if (report := read_error(layer.raw)) is not None]
    if any(report.fault in _ENDING for report in reports):
        return True
    errors = [report for layer in layers if (report := read_error({"error": layer.fields.get("error")})) is not None]
    return names_links and any(report.codes and not _ABOUT_THE_QUESTION & {*report.codes} for report in errors)


def _is_final(report: ErrorReport) -> bool:
    """Return whether an error has a code, and not a passing one."""
    if not (report.codes or report.quoted):
        return False
    if report.fault is not None:
        return report.fault in _ENDING
    if report.status is not None:
        return STATUSES.get(report.status) in _ENDING
    return not any(code in _PASSING for code in report.codes)


def read_job(
    body: object,
    job_id: str,
    *,
    tidy: Tidy = str,
    poll_after: float | None = None,
    origin: str = "",
    names_links: bool = True,
    layers: Sequence[Layer] | None = None,
) -> Reading:
    """Read what a body says about the job `job_id`.

    tidy: shortens and cleans a message of the API; origin: where it came from. names_links: whether a finished job of
    this format comes with a link. layers: `job_layers` of the body, if they are known already.
    """
    layers = job_layers(body, job_id) if layers is None else layers
    word = _word_in(layers)
    state, listed = state_of(word)
    links: tuple[str, ...] = ()
    if state is JobState.SUCCEEDED or may_mean_done(word):
        links = links_in(body, job_id, origin=origin)
        state = JobState.SUCCEEDED if links else state
        if state is JobState.SUCCEEDED and not links and _ended_without_video(layers, names_links=names_links):
            state = JobState.FAILED
    elif word is None and ends_in_error(body, job_id):
        state = JobState.FAILED
    elif word is None and read_error(body) is None and _seems_done(layers):
        links = links_in(body, job_id, origin=origin)
        state = JobState.SUCCEEDED if links else state
    fault, detail = None, ""
    if state in (JobState.FAILED, JobState.EXPIRED):
        fault, detail = _failure(body, layers, word)
        if state is JobState.EXPIRED:
            fault = Fault.EXPIRED
    status = JobStatus(
        job_id=job_id,
        state=state,
        progress=next((p for layer in layers if (p := _progress(layer.fields.get("progress"))) is not None), None),
        video_url=next(iter(links), None),
        video_urls=links,
        fault=fault,
        detail=tidy(detail),
        poll_after=poll_after,
    )
    return Reading(status=status, unlisted=None if listed else word)


def _seems_done(layers: Sequence[Layer]) -> bool:
    """Return whether an answer without a status word, but with a link, describes a finished job.

    A flag, the progress, or the name of the video show it. If it is not finished after all, there is no whole file yet,
    and the job is polled again.
    """
    progress = next((p for layer in layers if (p := _progress(layer.fields.get("progress"))) is not None), None)
    flags = [
        layer.fields.get(key) for layer in layers for key in ("done", "finished", "completed", "iscompleted", "isdone")
    ]
    if False in flags or (progress is not None and progress < 100):
        return False
    return True in flags or progress == 100 or any(as_text(layer.fields.get("videourl")) for layer in layers)


def _failure(body: object, layers: Sequence[Layer], word: str | None) -> tuple[Fault, str]:
    fault, message = None, ""
    for layer in (*layers, *layers_of(body)[:1]):
        report = read_error(layer.raw) or ErrorReport()
        fault = fault or report.fault
        message = message or report.message
    message = message or next((text for layer in layers if (text := as_text(layer.fields.get("message")))), "")
    if fault not in _JOB_FAULTS and is_moderated(word):
        return Fault.CONTENT_BLOCKED, message
    return (fault if fault in _JOB_FAULTS else Fault.UPSTREAM_FAILED) or Fault.UPSTREAM_FAILED, message


def _progress(value: object) -> int | None:
    number = as_number(value)
    return None if number is None else int(min(100.0, max(0.0, number)))
