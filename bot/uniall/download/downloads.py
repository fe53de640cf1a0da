"""Downloads a finished video.

Promised: the file at the target is whole, begins like a video, passes the caller's check, is not larger than allowed,
and came from an allowed address on every hop. Each address is requested byte for byte as it was given. Every link is a
candidate: if one leads to no video, the next is tried. A broken transfer is resumed with Range and If-Range if the
server supports it, else restarted, a few times. The key goes only to the gateway's own origin and never over a
redirect. Memory does not grow with the video. Source: `docs/sources.md`, the video API.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import cast

import httpx
import structlog
from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt, wait_random_exponential

from bot.domain.errors import ProviderError
from bot.domain.provider import Downloaded, Fault
from bot.uniall.download.containers import video_type
from bot.uniall.download.partfile import PartFile
from bot.uniall.download.redirects import close, link_of, open_following
from bot.uniall.download.resume import begins_at, is_whole, total_size, validator_of
from bot.uniall.network.exchange import NETWORK_ERRORS, read_answer
from bot.uniall.network.pace import asked_wait
from bot.uniall.network.transport import Gateway
from bot.uniall.network.verbatim import Link
from bot.uniall.reading.faults import error_in, poll_fault

_log = structlog.get_logger("bot.uniall")

_CHUNK = 256 * 1024
_LONGEST_PAUSE = 30.0
# Status codes for a signed link that has expired or was withdrawn: the job can be polled for a fresh one.
_LINK_IS_OVER = frozenset({400, 401, 403, 404, 410})
# Of the faults of several links, the one that says most about what to do next.
_TELLING = (Fault.RATE_LIMITED, Fault.TRANSIENT, Fault.EXPIRED)

Check = Callable[[Path], Awaitable[object]]


class Download:
    """One download of one video into one file. Call `run` once."""

    def __init__(
        self,
        gateway: Gateway,
        to: Path,
        *,
        tidy: Callable[[str], str],
        max_bytes: int,
        on_bytes: Callable[[int, int | None], None] | None,
        check: Check | None,
        tries: int,
        backoff: float,
    ) -> None:
        self._gateway = gateway
        self._to = to
        self._tidy = tidy
        self._max_bytes = max_bytes
        self._on_bytes = on_bytes
        self._check = check
        self._tries = tries
        self._backoff = wait_random_exponential(multiplier=backoff, max=_LONGEST_PAUSE)
        self._validator: str | None = None
        self._total: int | None = None
        self._media_type: str | None = None

    async def run(
        self,
        *,
        links: Sequence[str],
        more: Callable[[], Awaitable[Sequence[str]]],
        content: Sequence[httpx.URL],
        timeout: float,
    ) -> Downloaded:
        """Download from the first link that leads to a video. If none does, `more` is called for other links.

        Without any link, use the first `content` address that exists. Raises ProviderError.
        """
        deadline = asyncio.timeout(timeout)
        done: Downloaded | None = None
        try:
            async with deadline, PartFile(self._to) as part:
                if links:
                    await self._fetch_links(links, more, part)
                else:
                    await self._fetch_content(content, part)
                    await self._look(part)
                digest, kind = await part.finish(), self._media_type or "video/mp4"
                done = Downloaded(path=self._to, size=part.size, media_type=kind, sha256=digest)
        except TimeoutError:
            if not deadline.expired():  # a timeout of the local disk, not ours
                raise
        if done is None:
            raise ProviderError(Fault.TRANSIENT, "the download took too long")
        return done

    async def _fetch_links(
        self, links: Sequence[str], more: Callable[[], Awaitable[Sequence[str]]], part: PartFile
    ) -> None:
        troubles: list[ProviderError] = []
        tried: set[str] = set()
        for again in (False, True):
            for link in await more() if again else links:
                if link in tried:
                    continue
                tried.add(link)
                trouble = await self._try_link(link, part)
                if trouble is None:
                    return
                troubles.append(trouble)
        raise next((one for fault in _TELLING for one in troubles if one.fault is fault), troubles[0])

    async def _try_link(self, link: str, part: PartFile) -> ProviderError | None:
        await self._forget(part)
        try:
            await self._fetch(link_of(link), part, is_link=True)
            await self._look(part)
        except ProviderError as error:
            return error
        return None

    async def _look(self, part: PartFile) -> None:
        """Run the caller's check on the whole file, before it is renamed. Raises ProviderError."""
        if self._check is not None:
            await self._check(part.path)

    async def _forget(self, part: PartFile) -> None:
        """Discard what came from another address."""
        if part.size:
            await part.restart()
        self._validator = self._total = self._media_type = None

    async def _fetch_content(self, content: Sequence[httpx.URL], part: PartFile) -> None:
        missing: list[ProviderError] = []
        for url in content:
            trouble = await self._try(url, part)
            if trouble is None:
                return
            if trouble.fault not in (Fault.NOT_FOUND, Fault.WRONG_FORMAT):
                raise trouble
            missing.append(trouble)
        raise next((one for one in missing if one.fault is Fault.NOT_FOUND), missing[0])

    async def _try(self, url: httpx.URL, part: PartFile) -> ProviderError | None:
        try:
            await self._fetch(link_of(str(url)), part, is_link=False)
        except ProviderError as error:
            return error
        return None

    async def _fetch(self, link: Link, part: PartFile, *, is_link: bool) -> None:
        retrying = AsyncRetrying(
            retry=_may_pass,
            stop=stop_after_attempt(self._tries),
            wait=self._pause,
            reraise=True,
            sleep=asyncio.sleep,
        )
        await retrying(self._attempt, link, part, is_link=is_link)

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        retry_after = error.retry_after if isinstance(error, ProviderError) else None
        return max(self._backoff(state), retry_after or 0.0)

    async def _attempt(self, link: Link, part: PartFile, *, is_link: bool) -> None:
        headers: dict[str, str] = {}
        if part.size and self._validator is not None:
            headers = {"Range": f"bytes={part.size}-", "If-Range": self._validator}
        response = await open_following(self._gateway, link, headers)
        try:
            await self._receive(response, part, is_link=is_link, resuming=bool(headers))
        finally:
            await close(response)

    async def _receive(self, response: httpx.Response, part: PartFile, *, is_link: bool, resuming: bool) -> None:
        status = response.status_code
        if status == 206 and resuming and begins_at(response.headers) == part.size:
            pass
        elif status in (200, 203) or (status == 206 and is_whole(response.headers, range_requested=resuming)):
            await self._forget(part)
            self._validator = validator_of(response.headers)
        elif status in (206, 416):  # not the requested range: discard it and start again
            self._validator = None
            raise ProviderError(Fault.TRANSIENT, f"status {status} for a range")
        else:
            raise await self._refusal(response, is_link=is_link)
        self._total = total_size(response.headers, partial=status == 206)
        if self._total is not None and self._total > self._max_bytes:
            raise self._too_large()
        trouble = await self._stream(response, part)
        if trouble is not None:
            raise trouble
        if self._total is not None and part.size != self._total:
            raise ProviderError(Fault.TRANSIENT, f"cut after {part.size} of {self._total} bytes")
        if self._media_type is None:
            raise ProviderError(Fault.RESULT_UNUSABLE, "the answer is empty")

    async def _stream(self, response: httpx.Response, part: PartFile) -> ProviderError | None:
        async with aclosing(cast("AsyncGenerator[bytes, None]", response.aiter_raw(_CHUNK))) as chunks:
            return await self._store(chunks, part)

    async def _store(self, chunks: AsyncGenerator[bytes, None], part: PartFile) -> ProviderError | None:
        while True:
            chunk, failure = b"", ""
            try:
                chunk = await anext(chunks, b"")
            except NETWORK_ERRORS as error:  # network errors only: an error of the disk must not count as one
                failure = type(error).__name__
            if failure:
                return ProviderError(Fault.TRANSIENT, f"{failure} after {part.size} bytes")
            if not chunk:
                return None
            if self._media_type is None:
                self._media_type = video_type(chunk)
                if self._media_type is None:
                    return ProviderError(Fault.RESULT_UNUSABLE, "the answer is not a video")
            if part.size + len(chunk) > self._max_bytes:
                return self._too_large()
            await part.write(chunk)
            if self._on_bytes is not None:
                self._on_bytes(part.size, self._total)

    async def _refusal(self, response: httpx.Response, *, is_link: bool) -> ProviderError:
        status = response.status_code
        answer = await read_answer(response, 64 * 1024)
        trouble = error_in(answer)
        detail = self._tidy(trouble.message if trouble is not None else "") or f"status {status}"
        if is_link:
            fault = Fault.EXPIRED if status in _LINK_IS_OVER else poll_fault(status, trouble)
        elif status == 410:
            fault = Fault.EXPIRED
        elif status == 400 and (trouble is None or trouble.fault in (None, Fault.BAD_REQUEST)):
            fault = Fault.RESULT_MISSING  # /content returns 400 until the job is done
        else:
            fault = poll_fault(status, trouble)
        _log.info("download_refused", status=status, fault=str(fault))
        return ProviderError(fault, detail, retry_after=asked_wait(response.headers))

    def _too_large(self) -> ProviderError:
        return ProviderError(Fault.RESULT_UNUSABLE, f"larger than {self._max_bytes} bytes")


def _may_pass(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, ProviderError) or (error.retry_after or 0.0) > _LONGEST_PAUSE:
        return False
    return error.fault in (Fault.TRANSIENT, Fault.RATE_LIMITED)
