"""GET requests to UniAll: which path a job is polled at, and which answers count.

Promised: what cannot be trusted as an answer about the job (any 5xx, a proxy's web page, an empty, cut or huge body) is
a passing ProviderError and never a status. Only the API's own coded errors mean that a key is refused or a job unknown:
a 401, 403 or 404 without a code is a proxy's. A job is polled at `GET /v1/videos/{id}` first, and at its format's other
paths if an answer says that the first is wrong; the path that worked is used first from then on. One format may serve
models of several vendors, so that a 404 counts for the job alone only at the path where that very job was found before.
Source: `docs/sources.md`, the video API.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault, Format, JobState
from bot.uniall.formats import poll_paths
from bot.uniall.network.exchange import CUT, Answer, Lost
from bot.uniall.network.pace import asked_wait
from bot.uniall.network.shapes import is_container
from bot.uniall.network.transport import Gateway
from bot.uniall.reading.answers import ends_in_error, is_unknown_job, job_of, read_job
from bot.uniall.reading.faults import ErrorReport, error_in, poll_fault
from bot.uniall.reading.layers import Layer, job_layers, names

_NOT_JSON = ("text/html", "video/", "image/", "audio/")
# Faults of the key, the account or the job. They count only if the API itself states them.
_NEEDS_A_CODE = frozenset({Fault.AUTH, Fault.INSUFFICIENT_FUNDS, Fault.FORBIDDEN, Fault.NOT_FOUND})
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An answer that describes a job: its JSON, and the objects in that which are about the job."""

    answer: Answer
    body: object
    layers: Sequence[Layer]


class Questions:
    """Requests to UniAll that can be repeated freely."""

    def __init__(self, gateway: Gateway, tidy: Callable[[str], str]) -> None:
        self._gateway = gateway
        self._tidy = tidy
        self._known: dict[Format, int] = {}
        self._found_at: dict[tuple[Format, str], int] = {}

    def paths(self, job_id: str, form: Format) -> dict[int, str]:
        """Return the poll paths by their index in the table, the one that worked last time first."""
        paths = dict(enumerate(poll_paths(form, job_id)))
        known = self._found_at.get((form, job_id), self._known.get(form))
        return paths if known is None else {known: paths[known], **paths}

    async def job(self, job_id: str, form: Format) -> Described:
        """Return the answer that describes a job. Raises ProviderError."""
        unknown: ProviderError | None = None
        error = ProviderError(Fault.WRONG_FORMAT, "no path to ask at")
        for place, path in self.paths(job_id, form).items():
            answer = await self.get(path)
            if answer.ok:
                described = self._job_in(answer, job_id)
                self._known[form] = place
                self._remember(form, job_id, place)
                return described
            error = self.error(answer)
            # A 404 without a code may be about the job or about the path.
            vague = error.fault in (Fault.NOT_FOUND, Fault.TRANSIENT)
            bare = answer.status == 404 and vague and not _known_code(answer)
            if bare and self._found_at.get((form, job_id)) != place:
                unknown = unknown or error
            elif error.fault is not Fault.WRONG_FORMAT:
                raise error
        raise unknown or error  # "no such job" from any path says more than "no such path" from another

    def _remember(self, form: Format, job_id: str, place: int) -> None:
        """Note where a job was found. To forget one costs two more questions, should it ever be missing."""
        if len(self._found_at) >= _MOST_REMEMBERED:
            self._found_at.clear()
        self._found_at[form, job_id] = place

    def _job_in(self, answer: Answer, job_id: str) -> Described:
        """Return what a 2xx answer says of the job. Raises ProviderError."""
        body = self.json(answer, job_id)
        layers = job_layers(body, job_id)
        if is_unknown_job(layers):
            raise ProviderError(Fault.NOT_FOUND, "the job's status is that there is none")
        silent = all(layer.word is None for layer in layers)
        if silent and error_in(answer) is not None and not ends_in_error(body, job_id):
            raise self.error(answer)
        # If the answer is incomplete, or declared as a web page, a failed status counts only if it names the job.
        if not (answer.sound and not _calls_itself_a_page(answer)) and not names(body, job_id):
            status = read_job(body, job_id).status
            if status.state in (JobState.FAILED, JobState.EXPIRED):
                raise self._not_json(answer, answer.trouble or CUT)
        return Described(answer=answer, body=body, layers=layers)

    async def get(self, path: str) -> Answer:
        """Send one GET. Raises TRANSIENT if no answer came."""
        answer = await self._gateway.get(path)
        if isinstance(answer, Lost):
            raise ProviderError(Fault.TRANSIENT, answer.detail)
        return answer

    def json(self, answer: Answer, job_id: str | None = None) -> object:
        """Return the JSON of a 2xx answer. Raises TRANSIENT if it has none.

        For a job, a whole document in an incomplete answer is enough; for a list it is not.
        """
        found = answer.found
        values = found.values[:-1] if found.partial else found.values
        body = None
        if job_id is not None:
            body = job_of(values, job_id)
        elif answer.sound and not _calls_itself_a_page(answer) and is_container(values[0]):
            body = values[0]
        if body is None:
            raise self._not_json(answer, answer.trouble or "the answer is not JSON")
        return body

    def _not_json(self, answer: Answer, why: str) -> ProviderError:
        return ProviderError(Fault.TRANSIENT, self._tidy(why), retry_after=asked_wait(answer.headers))

    def error(self, answer: Answer) -> ProviderError:
        """Return the error that an answer stands for. An error that the API itself did not state is transient."""
        report = error_in(answer) or ErrorReport()
        detail = self._tidy(report.message) or f"status {answer.status}"
        fault = poll_fault(answer.status, report)
        if fault in _NEEDS_A_CODE and not report.coded:
            fault = Fault.TRANSIENT
        return ProviderError(fault, detail, retry_after=asked_wait(answer.headers))


def _calls_itself_a_page(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").strip().casefold().startswith(_NOT_JSON)


def _known_code(answer: Answer) -> bool:
    report = error_in(answer)
    return report is not None and report.fault is not None
