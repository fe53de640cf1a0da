"""What a body says about a job: pure functions from foreign JSON to the vocabulary of `bot.domain.jobs`.

Promised: every row of `facts/video-api.md`, sections 3 and 4; no JSON whatsoever makes anything here raise. A status
that is missing, `unknown` or unlisted is running, never an end. A link is looked for only in a job that succeeded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from bot.domain.jobs import Fault, JobState, JobStatus, ListedJob
from bot.uniall.faults import read_trouble
from bot.uniall.formats import is_id
from bot.uniall.shapes import Json, as_int, as_list, as_number, as_object, as_text, dig

STATES: Mapping[JobState, frozenset[str]] = MappingProxyType(
    {
        JobState.QUEUED: frozenset(
            {"queued", "pending", "submitted", "created", "not_start", "notstarted"}
            | {"preparing", "preprocessing", "queueing", "initializing", "starting"}
        ),
        JobState.RUNNING: frozenset({"in_progress", "processing", "running", "generating"}),
        JobState.SUCCEEDED: frozenset({"completed", "complete", "succeeded", "succeed", "success", "finished", "done"}),
        JobState.FAILED: frozenset({"failed", "fail", "failure", "error", "cancelled", "canceled", "timeout"}),
        JobState.EXPIRED: frozenset({"expired"}),
    }
)

# In this order, inside every layer; the first http(s) address wins.
LINKS: tuple[tuple[str | int, ...], ...] = (
    ("video_url",),
    ("url",),
    ("result", "video_url"),
    ("result", "outputs", 0),
    ("result_url",),
    ("output", "url"),
    ("output", "video_url"),
    ("video", "url"),
    ("metadata", "url"),
    ("content", "video_url"),
    ("task_result", "videos", 0, "url"),
    ("detail", "url"),
)

_IDS = ("task_id", "id", "generation_id")
_STATUSES = ("status", "task_status")
_JOB_FAULTS = frozenset({Fault.CONTENT_BLOCKED, Fault.BAD_REQUEST})

Tidy = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A job's status, and the status word that is in no list, for the log."""

    status: JobStatus
    unlisted: str | None = None


def layers_of(body: object) -> list[Json]:
    """The body and the objects under `data`, at most three deep, the outermost first; empty where it is no object."""
    found: list[Json] = []
    layer = as_object(body)
    while layer is not None and len(found) < 4:
        found.append(layer)
        layer = as_object(layer.get("data"))
    return found


def _job_layers(body: object) -> list[Json]:
    """The layers from the one that describes the job inwards: an envelope around it is left out.

    The outermost object is an envelope when it carries a `code` or `success`, or no id of its own, while `data` looks
    like a job. Further in, the outer layer counts: a relay's own record carries the upstream's raw answer in `data`.
    """
    layers = layers_of(body)
    if len(layers) < 2:
        return layers
    outer, inner = layers[0], layers[1]
    looks_like_envelope = "code" in outer or "success" in outer or _own_id(outer) is None
    inner_is_job = any(key in inner for key in (*_IDS, *_STATUSES, "request_id"))
    return layers[1:] if looks_like_envelope and inner_is_job else layers


def _own_id(layer: Json) -> str | None:
    texts = [text for key in _IDS if isinstance(text := layer.get(key), str)]
    numbers = [str(n) for key in _IDS if isinstance(n := layer.get(key), int) and 0 < n < 10**18 and n is not True]
    return next((text.strip() for text in (*texts, *numbers) if is_id(text.strip())), None)


def _word(layer: Json) -> str | None:
    return next((word for key in _STATUSES if (word := as_text(layer.get(key))) is not None), None)


def job_id_in(body: object) -> str | None:
    """The id of the job a submit answer describes; `request_id` only where nothing else is an id."""
    layers = _job_layers(body)
    found = next((own for layer in layers if (own := _own_id(layer)) is not None), None)
    if found is None:
        found = next((own for layer in layers_of(body) if (own := _own_id(layer)) is not None), None)
    if found is None and read_trouble(body) is None:
        texts = (layer.get("request_id") for layer in reversed(layers))
        found = next((text.strip() for text in texts if isinstance(text, str) and is_id(text.strip())), None)
    return found


def names_a_status(body: object) -> bool:
    """Whether the body says how a job stands; one that does not, and describes an error, is no job."""
    return any(_word(layer) is not None for layer in _job_layers(body))


def state_of(word: str | None) -> tuple[JobState, bool]:
    """The normal form of a status word, and whether it is listed. A missing word is running and not worth a log line."""
    if word is None:
        return JobState.RUNNING, True
    plain = word.strip().casefold()
    for state, words in STATES.items():
        if plain in words:
            return state, True
    return JobState.RUNNING, False


def read_job(body: object, job_id: str, *, tidy: Tidy = str, poll_after: float | None = None) -> Reading:
    """What a body says about the job `job_id`. `tidy` shortens and cleans a message of the API."""
    layers = _job_layers(body)
    word = next((found for layer in layers if (found := _word(layer)) is not None), None)
    state, listed = state_of(word)
    fault, detail = None, ""
    if state in (JobState.FAILED, JobState.EXPIRED):
        fault, detail = _failure(body, layers)
        if state is JobState.EXPIRED:
            fault = Fault.EXPIRED
    status = JobStatus(
        job_id=job_id,
        state=state,
        progress=next((p for layer in layers if (p := _progress(layer.get("progress"))) is not None), None),
        video_url=_link(body) if state is JobState.SUCCEEDED else None,
        fault=fault,
        detail=tidy(detail),
        poll_after=poll_after,
    )
    return Reading(status=status, unlisted=None if listed else word)


def _failure(body: object, layers: list[Json]) -> tuple[Fault, str]:
    fault, message = None, ""
    for layer in (*layers, *layers_of(body)[:1]):
        trouble = read_trouble(layer)
        if trouble is not None:
            fault = fault or trouble.fault
            message = message or trouble.message
    message = message or next((text for layer in layers if (text := as_text(layer.get("message")))), "")
    return (fault if fault in _JOB_FAULTS else Fault.UPSTREAM_FAILED) or Fault.UPSTREAM_FAILED, message


def _progress(value: object) -> int | None:
    number = as_number(value)
    return None if number is None else int(min(100.0, max(0.0, number)))


def _link(body: object) -> str | None:
    layers = layers_of(body)
    for layer in layers:
        for place in LINKS:
            if (link := _address(dig(layer, place))) is not None:
                return link
    # Older relays put the address there on success; on failure the same field holds the reason.
    return next((link for layer in layers if (link := _address(layer.get("fail_reason"))) is not None), None)


def _address(value: object) -> str | None:
    text = (as_text(value) or "").strip()
    if not text.casefold().startswith(("http://", "https://")) or len(text) > 16_384 or any(c.isspace() for c in text):
        return None
    try:
        return text if urlsplit(text).hostname else None
    except ValueError:
        return None


def items_of(body: object) -> list[object] | None:
    """The entries of a list answer: `data`, `data.data` or the body itself; None where it is no list."""
    for candidate in (body, dig(body, ("data",)), dig(body, ("data", "data"))):
        if (items := as_list(candidate)) is not None:
            return items
    return None


def model_ids(body: object) -> frozenset[str] | None:
    """The ids of `GET /v1/models`; None where the body is no list."""
    items = items_of(body)
    if items is None:
        return None
    return frozenset(text for item in items if (text := as_text(dig(item, ("id",)))) is not None)


def listed_jobs(body: object) -> list[ListedJob] | None:
    """The jobs of `GET /v1/videos`; None where the body is no list. Entries without an id are left out."""
    items = items_of(body)
    if items is None:
        return None
    jobs: list[ListedJob] = []
    for item in items:
        layer = as_object(item)
        own = None if layer is None else _own_id(layer)
        if layer is not None and own is not None:
            jobs.append(
                ListedJob(
                    job_id=own,
                    model=as_text(layer.get("model")),
                    prompt=as_text(layer.get("prompt")),
                    seconds=as_int(layer.get("seconds")),  # never `duration`: UniAll puts the elapsed time there
                    created_at=as_int(layer.get("created_at")),
                )
            )
    return jobs
