"""The UniAll client: submits a video job, polls it, and downloads the result.

    async with UniAll(key="sk-…") as uniall:
        outcome = await uniall.submit(Order(format=Format.TASK, model="sora2-landscape-4s", prompt="A red fox"))
        if isinstance(outcome, Accepted):
            job = await uniall.wait(outcome.status.job_id, format=Format.TASK)
            await uniall.download(job, Path("fox.mp4"), format=Format.TASK)

An order for a model besides Sora has what only that model takes in `extra`, as it is sent:

    Order(
        format=Format.MEDIA,
        model="kling-v3-std-audio",
        prompt="It turns its head",
        seconds=5,
        image_url="https://…/first.png",
        end_image_url="https://…/last.png",
        extra={"extra_body": {"negative_prompt": "rain"}},
    )

Promised: `submit` returns what is known about the request and never sends it twice. Every other call raises only
ProviderError for what UniAll or the network does. The key is in no message, no log line and no `repr`. Rests on
`docs/sources.md`: the video API, and models besides Sora for `Format.MEDIA`.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import httpx
import structlog

from bot.domain.errors import ProviderError
from bot.domain.processes.contact import Contact
from bot.domain.provider import (
    Accepted,
    Downloaded,
    Fault,
    Format,
    JobStatus,
    ListedJob,
    NeverLeft,
    Order,
    Outcome,
    Unclear,
)
from bot.uniall.download.downloads import Check, Download
from bot.uniall.download.sharing import forbids, opens
from bot.uniall.formats import DIALECTS, body_of
from bot.uniall.network.exchange import Bearer, Lost
from bot.uniall.network.pace import asked_wait, wait_for_end
from bot.uniall.network.transport import Gateway, Timeouts
from bot.uniall.network.verbatim import Link
from bot.uniall.privacy import Redactor, checked_key, checked_origin
from bot.uniall.questions import Questions
from bot.uniall.reading.answers import read_job
from bot.uniall.reading.listings import listed_jobs, model_ids
from bot.uniall.reading.outcome import accepted_in, outcome_of

_log = structlog.get_logger("bot.uniall")

_CANNOT_LIST = frozenset({400, 404, 405, 501})
_MAY_LIST_LATER = frozenset({Fault.AUTH, Fault.FORBIDDEN, Fault.INSUFFICIENT_FUNDS, Fault.RATE_LIMITED})


class UniAll:
    """An async client of the UniAll video API; an async context manager. It does not depend on this bot.

    base_url: an origin, without `/v1`. allow_local_media: fetch videos over http and from private addresses too (for
    tests and sandboxes). Times are seconds: submit_timeout, poll_timeout and download_timeout are for the whole call,
    stall_timeout for a download that delivers nothing. Environment proxies are not used
    (`bot.uniall.network.transport`). contact: receives whether each call got an answer, and UniAll's time. may_send: asked
    right before the first byte of a submit; if not, nothing is sent and the outcome is `NeverLeft`. Raises ValueError for a
    malformed key or origin.
    """

    def __init__(
        self,
        *,
        key: str,
        base_url: str = "https://api.uniall.ai",
        allow_local_media: bool = False,
        max_video_bytes: int = 500 * 1024 * 1024,
        submit_timeout: float = 120.0,
        poll_timeout: float = 30.0,
        download_timeout: float = 600.0,
        connect_timeout: float = 10.0,
        stall_timeout: float = 30.0,
        download_tries: int = 4,
        download_backoff: float = 1.0,
        contact: Contact | None = None,
        may_send: Callable[[], bool] = lambda: True,
    ) -> None:
        key = checked_key(key)
        self._redact = Redactor(key)
        self._gateway = Gateway(
            origin=checked_origin(base_url),
            bearer=Bearer(key),
            allow_local_media=allow_local_media,
            timeouts=Timeouts(connect=connect_timeout, poll=poll_timeout, submit=submit_timeout, stall=stall_timeout),
            contact=contact or Contact(time.monotonic, time.time),
            may_send=may_send,
        )
        self._origin = str(self._gateway.origin).rstrip("/")
        self._max_video_bytes = max_video_bytes
        self._download_timeout = download_timeout
        self._download_tries = download_tries
        self._download_backoff = download_backoff
        self._questions = Questions(self._gateway, self._redact)
        self._unlisted: set[str] = set()

    def __repr__(self) -> str:
        return f"UniAll(base_url={str(self._gateway.origin)!r})"

    async def __aenter__(self) -> Self:
        await self._gateway.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._gateway.__aexit__(*exc)

    async def submit(self, order: Order) -> Outcome:
        """Send an order once, and return what is known about it. Never raises for what UniAll or the network does.

        Raises ValueError for an order that mixes formats, and OSError if its image file cannot be read, both before
        anything is sent. A cancellation passes through: then it is unknown whether the request arrived.
        """
        body = await body_of(order)
        answer = await self._gateway.post(body)
        if isinstance(answer, Lost):
            _log.warning("submit_lost", left=answer.left, model=order.model)
            return Unclear(detail=answer.detail) if answer.left else NeverLeft(detail=answer.detail)
        outcome = outcome_of(answer, self._redact)
        reading = accepted_in(answer, self._redact) if isinstance(outcome, Accepted) else None
        if reading is not None:
            self._note_unlisted(reading.unlisted)
        _log.info(
            "submit_answered",
            status=answer.status,
            outcome=type(outcome).__name__.lower(),
            job_id=outcome.status.job_id if isinstance(outcome, Accepted) else None,
            request_id=self._redact(answer.headers.get("x-oneapi-request-id", "")) or None,
            model=order.model,
        )
        return outcome

    async def status(self, job_id: str, *, format: Format) -> JobStatus:  # noqa: A002  the contract's own word
        """Return the status of a job. Raises ProviderError, and ValueError for a malformed job id.

        A link that contains the key is left out.
        """
        found = await self._questions.job(job_id, format)
        reading = read_job(
            found.body,
            job_id,
            tidy=self._redact,
            poll_after=asked_wait(found.answer.headers),
            origin=self._origin,
            names_links=self.names_links(format),
            layers=found.layers,
        )
        self._note_unlisted(reading.unlisted)
        status = reading.status
        links = tuple(link for link in status.video_urls if not self._redact.holds(link))
        if len(links) < len(status.video_urls):
            _log.warning("link_with_key", job_id=job_id)
            # The caller may store and post a link; `/content` has the video too.
            return replace(status, video_url=next(iter(links), None), video_urls=links)
        return status

    async def wait(
        self,
        job_id: str,
        *,
        format: Format,  # noqa: A002
        on_status: Callable[[JobStatus], object] | None = None,
        poll_min: float = 5.0,
        poll_max: float = 60.0,
        timeout: float | None = None,
    ) -> JobStatus:
        """Poll until the job has succeeded, failed or expired. `on_status` is called with each status.

        A failed poll does not end the wait, with two exceptions that raise their ProviderError: a key, permission,
        request or path that is refused three times in a row, and a job that is unknown for two minutes. Gaps grow from
        poll_min to poll_max seconds, unless UniAll asks for a longer one. Raises TimeoutError after `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            return await wait_for_end(
                lambda: self.status(job_id, format=format),
                on_status=on_status,
                poll_min=poll_min,
                poll_max=poll_max,
                clock=time.monotonic,
                sleep=asyncio.sleep,
            )

    async def download(
        self,
        job: JobStatus,
        to: Path,
        *,
        format: Format,  # noqa: A002
        on_bytes: Callable[[int, int | None], None] | None = None,
        check: Check | None = None,
    ) -> Downloaded:
        """Download a finished video to `to`, which is whole or absent. `on_bytes` gets the bytes so far and, if known,
        the total.

        Uses the first of the job's links that leads to a video, or `/content` at UniAll if it has none. `check`
        inspects the whole file before it is renamed, and raises ProviderError if it is not a video. If every link fails
        and `job` has only one, UniAll is asked for others. Raises ProviderError: EXPIRED (poll again for a fresh link),
        RESULT_MISSING (`/content` has nothing yet), RESULT_UNUSABLE (not a video, too large, forbidden address),
        TRANSIENT, and the faults of a poll. Raises OSError for the local disk. Only one call at a time may use `to`.
        """
        content = [self._gateway.at(path + "/content") for path in self._questions.paths(job.job_id, format).values()]
        fetch = Download(
            self._gateway,
            to,
            tidy=self._redact,
            max_bytes=self._max_video_bytes,
            on_bytes=on_bytes,
            check=check,
            tries=self._download_tries,
            backoff=self._download_backoff,
        )
        links = job.video_urls or (() if job.video_url is None else (job.video_url,))

        async def more() -> tuple[str, ...]:
            if job.video_urls:
                return ()
            try:
                return (await self.status(job.job_id, format=format)).video_urls
            except ProviderError as error:
                _log.info("links_not_asked", job_id=job.job_id, fault=error.fault)
            return ()

        return await fetch.run(links=links, more=more, content=content, timeout=self._download_timeout)

    def names_links(self, format: Format) -> bool:  # noqa: A002
        """Return whether a finished job of this format comes with a link.

        Otherwise only `/content` at UniAll has its video.
        """
        return DIALECTS[format].names_links

    async def may_share(self, link: str) -> bool:
        """Return whether anybody can open this link, and for a while yet.

        Raises ProviderError if that is not known now.
        """
        try:
            address = Link.of(link)
        except (httpx.InvalidURL, ValueError):
            return False
        reason = forbids(address.url, own_host=self._gateway.origin.host, now=datetime.now(UTC))
        if reason is None and not self._redact.holds(link):
            headers = {"Range": "bytes=0-0"}
            return await opens(address, lambda at: self._gateway.open(at, headers=headers, with_key=False))
        _log.info("link_not_shared", reason=reason or "it carries the key")
        return False

    async def models(self) -> frozenset[str]:
        """Return the model ids that this key may use, from `GET /v1/models`. Raises ProviderError."""
        answer = await self._questions.get("/v1/models")
        found = model_ids(self._questions.json(answer)) if answer.ok else None
        if found is None:
            raise self._questions.error(answer)
        return found

    async def recent(self) -> list[ListedJob] | None:
        """Return the newest jobs that the API lists, or None if it lists no jobs. Raises ProviderError for passing
        faults.

        The list is OpenAI's, `GET /v1/videos`, for every format: the relay keeps one table of jobs.
        """
        answer = await self._questions.get("/v1/videos?limit=100&order=desc")
        if answer.status in _CANNOT_LIST:
            return None
        if not answer.ok:
            raise self._questions.error(answer)
        jobs = listed_jobs(self._questions.json(answer))
        if jobs is None and (error := self._questions.error(answer)).fault in _MAY_LIST_LATER:
            raise error
        return jobs

    def _note_unlisted(self, word: str | None) -> None:
        """Log an unlisted status word once, for a hundred words at most."""
        if word is not None and word not in self._unlisted and len(self._unlisted) < 100:
            self._unlisted.add(word)
            _log.warning("status_unlisted", length=len(word))  # the word may be a sentence that quotes the prompt
