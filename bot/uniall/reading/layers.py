"""Finds the object in a body that describes a job, its id and its status word.

Gateways send a job flat, in an envelope, in a list of one, or in a JSON text, and spell a name `task_id`, `taskId` or
`TaskId`. Promised: an id is taken only from an object that stands for a job; an id of a model, a user or an error never
counts. Source: `docs/sources.md`, the video API.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.uniall.formats import is_id
from bot.uniall.network.jsontext import Exact, parse
from bot.uniall.network.shapes import Json, as_list, as_object, as_text

# Names of the job inside an envelope, or of the part of a job with more details.
_HOLDS_A_JOB = ("data", "task", "job", "generation", "response")
_HOLDS_A_PART = ("output", "result", "video")
_HOLDERS = (*_HOLDS_A_JOB, *_HOLDS_A_PART)
# Searched only if none of those describes the job: names that have many other meanings.
_MAY_HOLD = (
    *("tasks", "jobs", "generations", "predictions", "prediction", "operation", "render", "payload", "body", "content"),
    *("items", "list", "records", "results", "videos", "outputs", "info"),
)
_IDS = (
    *("taskid", "id", "generationid", "jobid", "videoid", "uuid", "predictionid", "operationid", "renderid", "workid"),
    *("taskuuid", "jobuuid", "videotaskid", "videogenerationid"),
)
_LISTS_OF_IDS = ("ids", "taskids", "jobids", "generationids", "videoids")
_OWN_STATUSES = ("taskstatus", "jobstatus", "videostatus", "generationstatus", "taskstate", "jobstate")
_NO_ID = frozenset({"null", "none", "nil", "undefined", "false", "true", "0"})
_DEEPEST = 5
_LONGEST_NAME = 64  # of a member whose folded name is remembered
_MOST = 40
_LOOKS_LIKE_AN_ID = re.compile(r"(?=.*[0-9])[\w.:~=+-]{3,}", re.ASCII)


def fold(name: str) -> str:
    """Return one spelling for `task_id`, `taskId` and `Task-Id`."""
    return _folded(name) if len(name) <= _LONGEST_NAME else _folded.__wrapped__(name)


@lru_cache(maxsize=1024)
def _folded(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")


@dataclass(frozen=True)
class Layer:
    """An object of a body. under: the folded name of the member that holds it."""

    raw: Json
    under: str = ""

    @cached_property
    def fields(self) -> Json:
        """Return the members by folded name; of two spellings, the first one with a value."""
        found: Json = {}
        for name, value in self.raw.items():
            if found.get(key := fold(name)) is None:
                found[key] = value
        return found

    @cached_property
    def own_id(self) -> str | None:
        """Return the object's own id: a text before a number."""
        values = [self.fields.get(key) for key in _IDS]
        texts = [_id_text(value) for value in values if isinstance(value, str)]
        numbers = [_id_text(value) for value in values if not isinstance(value, str)]
        return next((found for found in (*texts, *numbers) if found is not None), None)

    @property
    def request_id(self) -> str | None:
        """Return the id of the request, which some gateways (xAI's) use as the job's."""
        return _id_text(self.fields.get("requestid"))

    @cached_property
    def word(self) -> str | None:
        """Return the status word as it came."""
        words = [self._word_at(key) for key in (*_OWN_STATUSES, "status", "state")]
        return next((word for word in words if word is not None), None)

    @property
    def second_word(self) -> str | None:
        """Return `state` if the word is `status`: an envelope's "success" may stand beside a job's state."""
        own = any(self._word_at(key) for key in _OWN_STATUSES)
        return None if own or self._word_at("status") is None else self._word_at("state")

    def _word_at(self, key: str) -> str | None:
        value = self.fields.get(key)
        inside = as_object(value)
        if inside is not None:  # {"status": {"state": "failed"}}
            value = next((text for name in ("state", "status", "name", "value") if (text := inside.get(name))), None)
        word = as_text(value)
        return None if word is None or word.strip().isdigit() else word

    @property
    def is_job_like(self) -> bool:
        """Return whether this can stand for a job."""
        return self.own_id is not None or self.word is not None or self.request_id is not None


def _id_text(value: object) -> str | None:
    """Return an id as text, with every digit, or None for a value that cannot be one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Exact):
        value = value.whole
    if isinstance(value, int):
        value = str(value) if 0 < value < 10**512 else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if is_id(text) and text.casefold() not in _NO_ID else None


def _layer(value: object, under: str, job_id: str | None) -> Layer | None:
    """Return the object that a value is or holds: of a list, the one that names the job, else the first."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        value = parse(value)
    items = as_list(value)
    if items is not None:
        objects = [Layer(raw, under) for item in items if (raw := as_object(item)) is not None]
        named = [layer for layer in objects if job_id is not None and job_id in (layer.own_id, layer.request_id)]
        return next(iter((*named, *objects)), None)
    raw = as_object(value)
    return None if raw is None else Layer(raw, under)


def layers_of(body: object, job_id: str | None = None, *, holders: tuple[str, ...] = _HOLDERS) -> list[Layer]:
    """Return the body and the objects it holds, the outermost first."""
    found: list[Layer] = []
    row: list[tuple[object, str]] = [(body, "")]
    for _ in range(_DEEPEST):
        layers = [layer for value, under in row if (layer := _layer(value, under, job_id)) is not None]
        found += layers
        if not layers:
            break
        row = [(layer.fields[key], key) for layer in layers for key in holders if key in layer.fields]
        if len(found) > _MOST:
            break
    return found


def _telling_layers(body: object, job_id: str | None = None) -> list[Layer]:
    """Return the layers that may describe a job: the usual ones, and if they do not, the others as well."""
    layers = layers_of(body, job_id)

    def named(found: list[Layer]) -> bool:
        return any(layer.own_id is not None and job_id in (None, layer.own_id) for layer in found)

    if named(layers):
        return layers
    more = layers_of(body, job_id, holders=(*_HOLDERS, *_MAY_HOLD))
    silent = not any(layer.word is not None for layer in layers)
    return more if named(more) or (silent and job_id is not None) else layers


def job_layers(body: object, job_id: str | None = None) -> list[Layer]:
    """Return the layers from the one that describes the job inwards, without an envelope around it.

    The layer with the job's own id describes it. Without that id, the outermost object is an envelope if it has a
    `code` or `success`, no id of its own, or no status while the inner one has one. Otherwise the outer one counts: a
    relay's own record holds the upstream's raw answer in `data`.
    """
    layers = _telling_layers(body, job_id)
    named = next((layer for layer in layers if job_id is not None and job_id == layer.own_id), None)
    if named is None:
        named = next((layer for layer in layers if job_id is not None and job_id == layer.request_id), None)
    if named is None and len(layers) > 1:
        inner = next((layer for layer in layers[1:] if layer.is_job_like), None)
        if inner is None or not _is_envelope(layers[0], inner):
            return layers
        return layers_of(inner.raw, job_id)
    return layers if named is None else layers_of(named.raw, job_id)


def _is_envelope(outer: Layer, inner: Layer) -> bool:
    says_job = outer.word is not None or "video" in (as_text(outer.fields.get("object")) or "")
    if inner.under in _HOLDS_A_PART:
        return not says_job or (outer.own_id is None and inner.word is not None)
    if outer.own_id is None or "code" in outer.fields or "success" in outer.fields:
        return True
    return not says_job and inner.own_id is not None and (inner.word is not None or inner.under != "data")


def id_in(body: object, *, partial: bool, describes_an_error: bool) -> str | None:
    """Return the id of the job in a submit answer.

    `request_id`, and a bare text in the place of a job, count only if nothing else is an id and no error is described.
    partial: the body was cut short, so that only an envelope's own id may be left.
    """
    layers = _telling_layers(body)
    inner = job_layers(body)
    found = next((layer.own_id for layer in inner if layer.own_id is not None), None)
    if found is None:
        found = next((layer.own_id for layer in layers if layer.own_id is not None), None)
    if found is not None and partial and layers[0].own_id == found and _holds_more(layers[0]):
        return None
    if found is None and not describes_an_error:
        found = next((layer.request_id for layer in reversed(layers) if layer.request_id is not None), None)
        found = found or next((text for layer in layers if (text := _bare_id(layer)) is not None), None)
    return found


def _holds_more(outer: Layer) -> bool:
    envelope = "code" in outer.fields or "success" in outer.fields
    return envelope and any(key in outer.fields for key in _HOLDS_A_JOB)


def _bare_id(layer: Layer) -> str | None:
    """Return the id in `{"code": 0, "data": "task_1"}` or `{"ids": ["task_1"]}`."""
    for key in (*_HOLDS_A_JOB, *_LISTS_OF_IDS):
        value = layer.fields.get(key)
        text = _id_text(next(iter(as_list(value) or (value,)), None))
        if text is not None and _LOOKS_LIKE_AN_ID.fullmatch(text):
            return text
    return None


def names(value: object, job_id: str, depth: int = _DEEPEST) -> bool:
    """Return whether a body has the job's own id in any place for ids, including an error object."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        value = parse(value)
    if (items := as_list(value)) is not None:
        return depth > 0 and any(names(item, job_id, depth - 1) for item in items[:_MOST])
    raw = as_object(value)
    if raw is None:
        return False
    fields = Layer(raw).fields
    if any(_id_text(fields.get(key)) == job_id for key in (*_IDS, "requestid", *_HOLDS_A_JOB)):
        return True
    inside = [fields[key] for key in (*_HOLDERS, *_MAY_HOLD, "error") if key in fields]
    return depth > 0 and any(names(item, job_id, depth - 1) for item in inside)
