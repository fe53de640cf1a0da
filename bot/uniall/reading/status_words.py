"""Maps the status words of a job to states.

Promised: every spelling of a word (`Timed Out`, `timed-out`, `TASK_STATUS_TIMED_OUT`, `timedOut`) is the same word. A
word that is missing or unlisted is running, never an end. Source: `docs/sources.md`, the video API.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from bot.domain.provider import JobState

STATES: Mapping[JobState, frozenset[str]] = MappingProxyType(
    {
        JobState.QUEUED: frozenset(
            {"queued", "pending", "submitted", "created", "not_start", "notstarted", "in_queue", "waiting", "scheduled"}
            | {"preparing", "preprocessing", "queueing", "queuing", "initializing", "starting", "accepted"}
        ),
        JobState.RUNNING: frozenset({"in_progress", "processing", "running", "generating", "started"}),
        JobState.SUCCEEDED: frozenset({"completed", "complete", "succeeded", "succeed", "success", "finished", "done"})
        | frozenset({"成功", "已成功", "生成成功", "完成", "已完成"}),
        JobState.FAILED: frozenset(
            {"failed", "fail", "failure", "error", "errored", "cancelled", "canceled", "timeout", "timed_out"}
            | {
                "aborted",
                "abort",
                "rejected",
                "reject",
                "refused",
                "denied",
                "deleted",
                "terminated",
                "killed",
                "stopped",
            }
            | {"cancel", "user_cancelled", "user_canceled", "crashed", "exception", "revoked", "banned", "dead"}
            | {"moderated", "content_moderated", "request_moderated", "blocked", "content_blocked", "content_filtered"}
            | {"moderation_blocked", "moderation_failed", "nsfw", "flagged"}
            | {
                "interrupted",
                "declined",
                "discarded",
                "unsuccessful",
                "失败",
                "已失败",
                "生成失败",
                "任务失败",
                "已取消",
            }
        ),
        JobState.EXPIRED: frozenset({"expired"}),
    }
)
# A longer word that begins or ends with one of these is an end as well, such as `failed_internal` or `render_failed`,
# unless another part of it revokes that.
_ENDS_BADLY = frozenset(
    {"failed", "failure", "error", "errored", "aborted", "cancelled", "canceled", "rejected", "timeout", "terminated"}
)
_TAKES_BACK = frozenset(
    {
        "not",
        "no",
        "non",
        "without",
        "partial",
        "partially",
        "retry",
        "retrying",
        "retryable",
        "retried",
        "recovering",
        "pending",
    }
    | {
        "recoverable",
        "resuming",
        "queued",
        "running",
        "waiting",
        "processing",
        "will",
        "may",
        "if",
        "on",
        "after",
        "handling",
    }
    | {"correction", "correcting", "check", "checking", "transient", "temporary"}
)
_DONE_WITH_A_LINK = frozenset({"ready", "available", "generated", "rendered", "processed", "published", "ok"})
_MODERATED = frozenset(
    {"moderated", "contentmoderated", "requestmoderated", "blocked", "contentblocked", "contentfiltered"}
    | {"moderationblocked", "moderationfailed", "nsfw", "flagged"}
)
_UNKNOWN_JOB = frozenset(
    {"notfound", "notexist", "notexists", "nosuchtask", "nosuchjob", "tasknotfound", "tasknotexist"}
)
# `TASK_STATUS_SUCCEED`, `JobState.FAILED`: a type name before the word.
_KIND = frozenset({"task", "job", "video", "generation", "render", "status", "state"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W_A-Za-z]+")


def _parts(word: str) -> list[str]:
    parts = [part.casefold() for part in _WORDS.findall(word[:200])]
    while len(parts) > 1 and parts[0] in _KIND:
        del parts[0]
    return parts


def _plain(word: str) -> str:
    """Return one spelling of a status word: `Timed Out`, `timed-out`, `TIMED_OUT`, `TASK_STATUS_TIMED_OUT` and
    `timedOut`.
    """
    return _joined(word[:200])


@lru_cache(maxsize=256)
def _joined(word: str) -> str:
    return "".join(_parts(word))


def _ends_badly(word: str) -> bool:
    """Return whether the first or last part of a compound word says that the job has failed.

    A sentence does not count.
    """
    parts = _parts(word)
    return len(parts) in (2, 3, 4) and bool({parts[0], parts[-1]} & _ENDS_BADLY) and not _TAKES_BACK & {*parts}


_STATE_OF: Mapping[str, JobState] = MappingProxyType(
    {_plain(word): state for state, words in STATES.items() for word in words}
)


def state_of(word: str | None) -> tuple[JobState, bool]:
    """Return the state of a status word, and whether the word is listed.

    A missing word is running and needs no log line.
    """
    if word is None:
        return JobState.RUNNING, True
    state = _STATE_OF.get(_plain(word)) or (JobState.FAILED if _ends_badly(word) else None)
    return (JobState.RUNNING, False) if state is None else (state, True)


def may_mean_done(word: str | None) -> bool:
    """Return whether a word ends a job well only together with a link: "ready" may also mean ready to begin."""
    return word is not None and _plain(word) in _DONE_WITH_A_LINK


def is_moderated(word: str | None) -> bool:
    """Return whether a word of failure says that the content was refused."""
    return word is not None and _plain(word) in _MODERATED


def is_no_such_job(word: str | None) -> bool:
    """Return whether a word says that there is no such job."""
    return word is not None and _plain(word) in _UNKNOWN_JOB
