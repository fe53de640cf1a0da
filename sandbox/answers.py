"""A job of the stand-in, and UniAll's answers about it on each path.

Promised: the shapes of UniAll's pages, with the
variety that real gateways show: flat objects and envelopes, lower and upper case, `progress` as a number and as text, a
link in several places.
"""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.checks import SandboxOrder
from sandbox.markers import markers_in
from sandbox.orders import SUFFIX_ID
from sandbox.render import frame_size

SLOW_SECONDS = 30.0
_QUEUED_SHARE = 0.2


@dataclass(slots=True, kw_only=True)
class Job:
    """One accepted order. length: seconds its rendering pretends to take. clip: the file once it is rendered.

    completed: when it was first reported as completed.
    """

    id: str
    order: SandboxOrder
    length: float
    created: float = field(default_factory=time.time)
    started: float = field(default_factory=time.monotonic)
    clip: Path | None = None
    polls: int = 0
    rendering: asyncio.Task[None] | None = None
    completed: float | None = None

    @property
    def completed_at(self) -> int | None:
        """Return when it was first reported as completed, in epoch seconds; the same value on every call."""
        if self.completed is None and self.state == "completed":
            self.completed = time.time()
        return None if self.completed is None else int(self.completed)

    @property
    def markers(self) -> frozenset[str]:
        return markers_in(self.order.prompt)

    @property
    def share(self) -> float:
        """Return the share of its time that has passed, 0 to 1. A stalled job stops half way."""
        length = max(self.length, SLOW_SECONDS) if "[slow]" in self.markers else self.length
        gone = min(1.0, (time.monotonic() - self.started) / length) if length > 0 else 1.0
        return min(gone, 0.5) if "[stall]" in self.markers else gone

    @property
    def state(self) -> str:
        """Return queued, in_progress, completed or failed; completed only when the clip can be fetched."""
        share = self.share
        if share >= 1 and self.failure:
            return "failed"
        if share >= 1 and self.clip is not None:
            return "completed"
        return "queued" if share < _QUEUED_SHARE else "in_progress"

    @property
    def progress(self) -> int:
        if self.state == "completed":
            return 100
        return 0 if self.state == "queued" else min(99, round(self.share * 100))

    @property
    def failure(self) -> dict[str, str] | None:
        """Return the failure that it ends with once its time has passed."""
        if "[blocked]" in self.markers:
            return {"code": "moderation_blocked", "message": "Your request was blocked by our moderation system."}
        if "[fail]" in self.markers:
            return {"code": "internal_error", "message": "The upstream channel could not finish this video."}
        return None


def submitted(job: Job) -> dict[str, Any]:
    """Return the answer to the submit itself."""
    if job.order.format == "openai":
        return openai_object(job)
    if job.order.format == "media":
        return {**_media_object(job), "status": "in_progress", "progress": 5}
    if job.order.format == "videos":
        return {
            "id": job.id,
            "task_id": job.id,
            "object": "video.generation.task",
            "model": job.order.model,
            "status": "pending",
            "progress": 0,
            "created_at": int(job.created),
        }
    model = "sora2" if SUFFIX_ID.fullmatch(job.order.model) else "sora2-pro"  # the family, not the id that was sent
    return {
        "id": job.id,
        "object": "video.generation.job",
        "model": model,
        "status": "queued",
        "progress": 0,
        "created_at": int(job.created),
        "seconds": str(job.order.seconds),
    }


def _media_object(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "task_id": job.id,
        "object": "video.generation.job",
        "model": job.order.model,
        "created_at": int(job.created),
    }


def media_status(job: Job, link: str | None) -> dict[str, Any]:
    """GET /v1/videos/{id} as on the Wan 2.6 page.

    A blocked job of Grok ends as completed, with an error and without a file, as another gateway reports it.
    """
    state = "in_progress" if job.state == "queued" else job.state
    failure = job.failure if state == "failed" else None
    if failure and job.order.model == "grok-imagine" and "[blocked]" in job.markers:
        state = "completed"
    answer: dict[str, Any] = {
        **_media_object(job),
        "error": failure,
        "status": state,
        "raw_status": state.upper(),
        "progress": job.progress,
        "prompt": job.order.prompt,
        "duration": _elapsed(job),
    }
    if job.state == "completed" and link:
        answer |= {"result": {"outputs": [link], "video_url": link}, "video_url": link}
    return answer


def _elapsed(job: Job) -> int:
    """Return what `duration` says in an answer, a known trap: elapsed seconds, not the clip's length."""
    return round(time.monotonic() - job.started)


def flat_status(job: Job, link: str | None) -> dict[str, Any]:
    """GET /v1/videos/{id}, as on the Sora 2 page. Jobs of the OpenAI and media formats are answered in those formats."""
    if job.order.format == "openai":
        return openai_object(job)
    if job.order.format == "media":
        return media_status(job, link)
    answer: dict[str, Any] = {
        "id": job.id,
        "object": "video.generation.job",
        "model": job.order.model,
        "status": job.state,
        "progress": job.progress,
        "created_at": int(job.created),
        "seconds": str(job.order.seconds),
        "duration": _elapsed(job),
    }
    if job.state == "failed":
        answer["error"] = job.failure
    if job.state == "completed" and link:
        answer["video_url"] = link
    return answer


def happy_horse_status(job: Job, link: str | None) -> dict[str, Any]:
    """GET /v1/videos/generations/{id}: the link is in `result`."""
    words = {"queued": "pending", "in_progress": "processing", "completed": "succeeded", "failed": "failed"}
    answer: dict[str, Any] = {
        "id": job.id,
        "task_id": job.id,
        "object": "video.generation.task",
        "model": job.order.model,
        "status": words[job.state],
        "progress": job.progress,
        "result": {"video_url": link, "outputs": [link]} if job.state == "completed" and link else None,
        "error": job.failure["message"] if job.state == "failed" and job.failure else None,
    }
    return answer


def envelope_status(job: Job, link: str | None) -> dict[str, Any]:
    """GET /v1/video/generations/{id}: new-api's own task in an envelope, progress as text."""
    words = {"queued": "NOT_START", "in_progress": "IN_PROGRESS", "completed": "SUCCESS", "failed": "FAILURE"}
    failure = job.failure if job.state == "failed" else None
    data = {
        "task_id": job.id,
        "action": "generate",
        "status": words[job.state],
        "progress": f"{job.progress}%",
        "submit_time": int(job.created),
        "finish_time": int(time.time()),  # set although it is unfinished, as new-api does
        "fail_reason": f"{failure['code']}: {failure['message']}" if failure else "",
        "result_url": link if job.state == "completed" and link else "",
    }
    return {"code": "success", "message": "", "data": data}


def openai_object(job: Job) -> dict[str, Any]:
    """Return OpenAI's `video` object, which never contains a link."""
    done = job.state == "completed"
    return {
        "id": job.id,
        "object": "video",
        "model": job.order.model,
        "status": job.state,
        "progress": job.progress,
        "created_at": int(job.created),
        "completed_at": job.completed_at,
        "expires_at": int(job.created) + 3600 if done else None,
        "prompt": job.order.prompt,
        "seconds": str(job.order.seconds),
        "size": job.order.size or "{}x{}".format(*(2 * side for side in frame_size(job.order.shape))),
        "remixed_from_video_id": None,
        "error": job.failure if job.state == "failed" else None,
    }


def listed(job: Job) -> dict[str, Any]:
    """Return the entry of a job in the list of jobs: OpenAI's object, for a media job with the elapsed time beside it."""
    if job.order.format == "media":
        return {**openai_object(job), "duration": _elapsed(job)}
    return openai_object(job)
