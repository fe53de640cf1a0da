"""GETs at UniAll: which path a job is asked at, and when an answer is none.

Promised: what cannot be trusted as an answer about the job (any 5xx, a page of a proxy, an empty, cut or huge body) is a
passing ProviderError and never a status. A job is asked at `GET /v1/videos/{id}` first, and at its format's own path
where an answer says that the first is wrong; the one that worked is asked first from then on. Rests on
`facts/video-api.md`, sections 2, 3 and 5.
"""

from collections.abc import Callable

from bot.domain.errors import ProviderError
from bot.domain.jobs import Fault, Format
from bot.uniall.answers import names_a_status
from bot.uniall.exchange import SMALL_BODY, Answer, Lost
from bot.uniall.faults import Trouble, poll_fault, read_trouble
from bot.uniall.formats import poll_paths
from bot.uniall.pace import asked_wait
from bot.uniall.shapes import as_list, as_object, parse
from bot.uniall.transport import Gateway

LIST_BODY = 8 * 1024 * 1024

_NOT_JSON = ("text/html", "video/", "image/", "audio/")


class Questions:
    """What is asked of UniAll as often as one likes."""

    def __init__(self, gateway: Gateway, tidy: Callable[[str], str]) -> None:
        self._gateway = gateway
        self._tidy = tidy
        self._known: dict[Format, int] = {}

    def paths(self, job_id: str, form: Format) -> dict[int, str]:
        """Poll paths by their place in the table, the one that worked last time first."""
        paths = dict(enumerate(poll_paths(form, job_id)))
        known = self._known.get(form)
        return paths if known is None else {known: paths[known], **paths}

    async def job(self, job_id: str, form: Format) -> tuple[Answer, object]:
        """The answer that describes a job, and its JSON. Raises ProviderError."""
        unknown: ProviderError | None = None
        error = ProviderError(Fault.WRONG_FORMAT, "no path to ask at")
        for place, path in self.paths(job_id, form).items():
            answer = await self.get(path)
            if answer.ok:
                body = self.json(answer)
                self._known[form] = place
                if not names_a_status(body) and read_trouble(body) is not None:
                    raise self.error(answer)
                return answer, body
            error = self.error(answer)
            # A 404 without a code may speak of the job or of the path.
            vague = error.fault in (Fault.NOT_FOUND, Fault.TRANSIENT)
            bare = answer.status == 404 and vague and not _known_code(answer)
            if bare and self._known.get(form) != place:
                unknown = unknown or error
            elif error.fault is not Fault.WRONG_FORMAT:
                raise error
        raise unknown or error  # "no such job" from any path says more than "no such path" from another

    async def get(self, path: str, *, cap: int = SMALL_BODY) -> Answer:
        """One GET. Raises TRANSIENT where no answer came."""
        answer = await self._gateway.get(path, cap=cap)
        if isinstance(answer, Lost):
            raise ProviderError(Fault.TRANSIENT, answer.detail)
        return answer

    def json(self, answer: Answer) -> object:
        """The JSON of a 2xx answer. Raises TRANSIENT where it has none."""
        kind = answer.headers.get("content-type", "").strip().casefold()
        trouble = answer.trouble
        if not trouble and kind.startswith(_NOT_JSON):
            trouble = f"not JSON but {kind}"
        body = parse(answer.body) if answer.body is not None and not trouble else None
        if as_object(body) is None and as_list(body) is None:
            trouble = trouble or "the answer is not JSON"
        if trouble:
            raise ProviderError(Fault.TRANSIENT, self._tidy(trouble), retry_after=asked_wait(answer.headers))
        return body

    def error(self, answer: Answer) -> ProviderError:
        """The error that an answer stands for; one without a known code or status may pass."""
        trouble = _trouble(answer)
        detail = self._tidy(trouble.message) or f"status {answer.status}"
        if answer.status in (404, 410) and _page(answer):  # a proxy's, which knows nothing of jobs
            return ProviderError(Fault.TRANSIENT, detail, retry_after=asked_wait(answer.headers))
        return ProviderError(poll_fault(answer.status, trouble), detail, retry_after=asked_wait(answer.headers))


def _trouble(answer: Answer) -> Trouble:
    return (None if answer.body is None else read_trouble(parse(answer.body))) or Trouble()


def _page(answer: Answer) -> bool:
    return "html" in answer.headers.get("content-type", "").casefold() or (answer.body or b"").lstrip()[:1] == b"<"


def _known_code(answer: Answer) -> bool:
    return _trouble(answer).fault is not None
