"""Reads UniAll's lists: the models of a key, and its newest jobs. No JSON makes anything here raise."""

from bot.domain.provider import JobState, ListedJob
from bot.uniall.network.shapes import as_epoch, as_int, as_list, as_object, as_text, dig
from bot.uniall.reading.layers import Layer
from bot.uniall.reading.status_words import state_of

_LONGEST_CLIP = 100_000
_FAMILIES = frozenset({"sora2"})  # an entry that names one of these may be of any model of that family, or of another

_LISTS: tuple[tuple[str, ...], ...] = (
    (),
    *((name,) for name in ("data", "videos", "tasks", "items", "jobs", "list", "results", "records")),
    *(("data", name) for name in ("data", "items", "list", "tasks", "videos", "records", "results")),
)


def items_of(body: object) -> list[object] | None:
    """Return the entries of a list answer, from the body itself or under `data` and similar names; None if it is not a
    list.
    """
    return next((items for place in _LISTS if (items := as_list(dig(body, place))) is not None), None)


def model_ids(body: object) -> frozenset[str] | None:
    """Return the ids of `GET /v1/models`; None if the body is not a list."""
    items = items_of(body)
    if items is None:
        return None
    return frozenset(text for item in items if (text := as_text(dig(item, ("id",)))) is not None)


def listed_jobs(body: object) -> list[ListedJob] | None:
    """Return the jobs of `GET /v1/videos`; None if the body is not a list. Entries without an id are left out."""
    items = items_of(body)
    if items is None:
        return None
    jobs: list[ListedJob] = []
    for item in items:
        raw = as_object(item)
        layer = None if raw is None else Layer(raw)
        if layer is not None and layer.own_id is not None:
            created = (layer.fields.get(key) for key in ("createdat", "created", "createtime", "submittime"))
            jobs.append(
                ListedJob(
                    job_id=layer.own_id,
                    model=_model_of(layer),
                    prompt=as_text(layer.fields.get("prompt")),
                    # never `duration`: UniAll puts the elapsed time there
                    seconds=as_int(layer.fields.get("seconds"), most=_LONGEST_CLIP),
                    created_at=next((time for value in created if (time := as_epoch(value)) is not None), None),
                    failed=state_of(layer.word)[0] in (JobState.FAILED, JobState.EXPIRED),
                )
            )
    return jobs


def _model_of(layer: Layer) -> str | None:
    """Return the model id of an entry. None also for the name of a family, which does not tell the ordered id."""
    name = as_text(layer.fields.get("model"))
    return None if name in _FAMILIES else name
