"""What UniAll lists: the models of a key, and its newest jobs. No JSON whatsoever makes anything here raise."""

from bot.domain.jobs import JobState, ListedJob
from bot.uniall.network.shapes import as_epoch, as_int, as_list, as_object, as_text, dig
from bot.uniall.reading.layers import Layer
from bot.uniall.reading.status_words import state_of

_LONGEST_CLIP = 100_000
_FAMILIES = frozenset(
    {"sora2"}
)  # where an entry names one of these, it may be of any model of that family, or of another

_LISTS: tuple[tuple[str, ...], ...] = (
    (),
    *((name,) for name in ("data", "videos", "tasks", "items", "jobs", "list", "results", "records")),
    *(("data", name) for name in ("data", "items", "list", "tasks", "videos", "records", "results")),
)


def items_of(body: object) -> list[object] | None:
    """The entries of a list answer, the body itself or under `data` and its like; None where it is no list."""
    return next((items for place in _LISTS if (items := as_list(dig(body, place))) is not None), None)


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
    """The model id of an entry; None also where it names a family, which says nothing of the id it was ordered with."""
    name = as_text(layer.fields.get("model"))
    return None if name in _FAMILIES else name
